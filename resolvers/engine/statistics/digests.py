"""Digests of the conditions under which the cells of one answer count: the noise of a question and the budget of cells go by them."""

from datetime import date
from hashlib import blake2b
from typing import Any

from resolvers.engine.statistics import row_marks, time_buckets
from resolvers.engine.statistics.frames import Frame
from resolvers.engine.statistics.key_values import value_of
from resolvers.engine.statistics.question import Question
from resolvers.engine.statistics.row_layout import KEYS, MARK, Row


class Digests:
    """The digests of one answer's cells, each of 8 bytes; ``parent`` is the key of the place that is counted.

    A digest is that of one text for the same conditions, whichever question set them: by ``where`` or by a group, of a child or of the
    place itself, of a period or of a bucket of time. What a key adds to the text is made once for each key.
    """

    def __init__(self, question: Question, frame: Frame, parent: Any) -> None:
        self._question, self._frame, self._parent = question, frame, parent
        self._fixed = {name: [value] for name, value in frame.where}
        self._head = f"({question.population.kind!r}, {question.counted_event!r}, "
        self._place = repr(parent)
        self._when = self._period(frame.since, frame.until)
        self._child = self._time = -1
        own = {}
        for at, item in enumerate(question.dimensions):
            if item.children is not None:
                self._child = at
            elif item.name in time_buckets.TIMES:
                self._time = at
            else:
                own[item.name] = at
        self._conditions = [(name, own.get(name, -1)) for name in sorted({*self._fixed, *own})]
        self._values = [value_of(question, at) for at in range(len(question.dimensions))]
        self._parts: list[dict[Any, str]] = [{} for _ in question.dimensions]
        fixed = [self._condition(name, []) for name in sorted(self._fixed)]
        self._whole = self._digest(self._place, fixed, self._when)

    def of(self, row: Row) -> bytes:
        """The digest of the whole or of a group."""
        if row[MARK] != row_marks.GROUP:
            return self._whole
        place = self._place if self._child < 0 else self._part(self._child, row)
        when = self._when if self._time < 0 else self._part(self._time, row)
        conditions = [self._condition(name, []) if at < 0 else self._part(at, row) for name, at in self._conditions]
        return self._digest(place, conditions, when)

    def _digest(self, place: str, conditions: list[str], when: str) -> bytes:
        text = f"{self._head}{place}, [{', '.join(conditions)}], {when})"
        return blake2b(text.encode(), digest_size=8).digest()

    def _part(self, at: int, row: Row) -> str:
        """What the key of a dimension adds to the text."""
        key, known = row[KEYS + at], self._parts[at]
        if key not in known:
            known[key] = self._made(at, key, row)
        return known[key]

    def _made(self, at: int, key: Any, row: Row) -> str:
        name = self._question.dimensions[at].name
        if at == self._child:
            return repr((self._parent, None) if key is None else key)
        if at == self._time:
            frame = self._frame
            return self._when if key is None else self._period(*_narrowed(name, key, frame.since, frame.until))
        return self._condition(name, [self._values[at](row) or ""])

    def _condition(self, name: str, values: list[str]) -> str:
        return repr((name, sorted({*self._fixed.get(name, ()), *values})))

    def _period(self, since: date | None, until: date | None) -> str:
        return f"{self._frame.as_of!r}, {since!r}, {until!r}"


def _narrowed(name: str, bucket: date, since: date | None, until: date | None) -> tuple[date, date]:
    """The part of a period that is in a bucket of time."""
    following = time_buckets.following(name, bucket)
    return max(since or bucket, bucket), min(until or following, following)
