"""Noise put into the whole and the groups of a statistic, in place, for callers with aggregates only (docs/small-cells.md)."""

from collections.abc import Sequence
from datetime import date
from hashlib import blake2b
from typing import Any

from resolvers.engine import buckets
from resolvers.engine.noise import FEW, count, draw, median, noise, real, total
from resolvers.engine.overlap import Neighbourhood
from resolvers.engine.question import Frame
from resolvers.engine.row_layout import KEYS, Layout, Row
from resolvers.engine.tally import SLOTS


def perturb(around: Neighbourhood, rows: Sequence[list[Any]]) -> set[int]:
    """Put noise into the whole (the first row) and its groups; which groups are blank for they are of few, or near to another cell."""
    layout, frame = around.layout, around.frame
    kind = layout.kind.encode()
    blank = set()
    for place, row in enumerate(rows):
        question = _question(layout, row, frame, rows[0][0])
        if not _perturb(around, row, kind, question):
            blank.add(place - 1)
    return blank


def charge(layout: Layout, rows: Sequence[Row], frame: Frame) -> None:
    """Count the whole (the first row) and the groups of an answer as cells that the caller is given: those that are listed, and no
    others, or what is left of the budget would tell how many are withheld."""
    if frame.cells is not None:
        frame.cells.update(int.from_bytes(_question(layout, row, frame, rows[0][0])) for row in rows)


def _perturb(around: Neighbourhood, row: list[Any], kind: bytes, question: bytes) -> bool:
    """Put noise into one row; whether anything of it is given."""
    layout, smallest = around.layout, around.frame.small_cell
    people, ticket = row[layout.people : layout.people + 2]
    moved = noise(ticket, kind, question)
    given = count(people, moved, smallest) if people else None
    if given is not None and not around.is_given(row, layout.people, layout.people + 1, kind):
        given = None
    records = row[layout.measure(layout.names.index("records"))]
    for place, (name, measure) in enumerate(layout.measures):
        at = layout.measure(place)
        value, largest, ticket = row[at : at + SLOTS]
        salt = kind + (name if measure.is_named else "records").encode()
        if value is None or given is None:
            row[at] = None
        elif name in layout.of_people:
            row[at] = given
        elif measure.is_count:
            is_given = measure.part is None or around.is_part_given(row, at, kind)
            row[at] = count(int(value), moved + draw(ticket, salt), smallest) if is_given else None
        elif measure.largest is not None:
            own = real(ticket, salt) + real(ticket, b"?" + salt + question)
            row[at] = total(value, largest or 0, records, moved, own)
        else:
            row[at] = median(value, ticket, salt + question) if given >= FEW * smallest else None
    return given is not None


def _question(layout: Layout, row: Sequence[Any], frame: Frame, parent: int | None) -> bytes:
    """The conditions under which a row counts, in one form whichever question set them, as a digest of 8 bytes."""
    found = {name: [value] for name, value in frame.where}
    place: Any = parent
    since, until = frame.since, frame.until
    for at, item in enumerate(layout.dimensions if row[1] == 0 else ()):
        key = row[KEYS + at]
        if item.children is not None:
            place = (parent, None) if key is None else key
        elif item.name in buckets.TIMES and key is not None:
            since, until = _narrowed(item.name, key, since, until)
        else:
            found.setdefault(item.name, []).append(layout.values[at](row) or "")
    conditions = sorted((name, sorted(set(values))) for name, values in found.items())
    text = repr((layout.kind, layout.event, place, conditions, frame.as_of, since, until))
    return blake2b(text.encode(), digest_size=8).digest()


def _narrowed(name: str, bucket: date, since: date | None, until: date | None) -> tuple[date, date]:
    """The part of a period that is in a bucket of time."""
    following = buckets.following(name, bucket)
    return max(since or bucket, bucket), min(until or following, following)
