"""Whether entries that were cut from the audit log were old enough: what neighbouring entries and anchors prove.

A ``RETENTION`` entry says which entries were cut. Whoever owns the tables can write one, so that it proves nothing by itself. Entries are
dated in the order in which they were written: that those before an entry, or those to an anchor, are old follows from *its* date.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from db.clock import SHANGHAI

RETENTION = "RETENTION"
"""Action of the entry that stands for older ones that were cut."""

MIN_MONTHS = 6
"""Months that the Cybersecurity Law (art. 23, until 2025 art. 21) wants logs kept at the least."""

CLOCKS = timedelta(minutes=15)
"""How far the clocks of the database, of who notes anchors, and of who checks may be apart."""

DAY = timedelta(days=1)
"""Months are counted in days of some time zone."""


@dataclass(frozen=True, slots=True)
class Anchor:
    """An entry that was the last of the log at a moment (``at``), with its digest, as somebody noted it elsewhere."""

    id: int
    digest: bytes
    at: datetime


@dataclass(frozen=True, slots=True)
class Mark:
    """What a ``RETENTION`` entry says: the entries to ``through``, whose digest is ``digest``, were cut as older than ``before``."""

    id: int
    at: datetime
    through: int
    digest: bytes
    before: datetime

    def limit(self, months: int) -> datetime:
        """The day before which entries must be dated that could be cut then."""
        return months_earlier(self.at, months) + DAY


class Beginning(NamedTuple):
    """The first entry of a log, and the digest that it names of the one before it."""

    id: int
    at: datetime
    previous: bytes


Found = tuple[int, str]
"""The number of an entry, and what is wrong with it."""


def months_earlier(at: datetime, months: int) -> datetime:
    """The same time so many months before, by the calendar of Shanghai; on the month's last day where it has no such day."""
    local = at.astimezone(SHANGHAI)
    year, month = divmod(local.year * 12 + local.month - 1 - months, 12)
    first = local.replace(year=year, month=month + 1, day=1)
    following = first.replace(year=year + month // 11, month=(month + 1) % 12 + 1)
    return min(first + timedelta(days=local.day - 1), following - DAY)


def mark_of(row: Mapping[str, Any]) -> Mark | None:
    """What a ``RETENTION`` entry says; None if it does not say all of it."""
    try:
        fields = dict(item.split("=", 1) for item in json.loads(row["fields"]))
        before = datetime.fromisoformat(fields["before"])
        return Mark(row["id"], row["at"], int(fields["through"]), bytes.fromhex(fields["digest"]), aware(before))
    except (ValueError, KeyError, AttributeError, TypeError):
        return None


def aware(moment: datetime) -> datetime:
    """A moment with its time zone, UTC if it says none."""
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def examine_cuts(
    beginning: Beginning, marks: Sequence[Mark], anchors: Sequence[Anchor], months: int, now: datetime
) -> Found | None:
    """What is wrong with the cuts of a log whose chain is whole from its first entry on; None if nothing is.

    Args:
        beginning: the first entry that is there.
        marks: what all its ``RETENTION`` entries say, in their order.
        anchors: what was noted elsewhere.
        months: how long entries were to be kept when they were cut.
        now: the time of who checks.
    """
    last = 0
    for mark in marks:
        wrong = (
            contradiction(mark, beginning, last)
            or misdated(mark, anchors, months, now)
            or refuted(mark, anchors, months)
        )
        if wrong is not None:
            return mark.id, wrong
        last = mark.through
    cut = beginning.id - 1
    if not cut:
        return None
    if last != cut or marks[-1].digest != beginning.previous:
        return 1, f"entries 1 to {cut} are missing, and no entry says that they were cut for their age"
    late = next((each for each in anchors if each.id <= cut and beginning.at < each.at - CLOCKS), None)
    if late is not None:
        return (
            beginning.id,
            f"it is dated before {late.at:%Y-%m-%d}, when entry {late.id} before it was noted as the last",
        )
    if not proven(marks[-1], beginning, anchors, months):
        return marks[-1].id, (
            f"it says that entries to {cut} were cut for their age, but neither the entry after them nor an anchor shows that they "
            f"were {months} months old"
        )
    return None


def contradiction(mark: Mark, beginning: Beginning, last: int) -> str | None:
    """Where a mark contradicts the entries that are there, or the mark before it."""
    if not last < mark.through < mark.id:
        return f"it says that entries to {mark.through} were cut, which is not in the order of cuts"
    if mark.through >= beginning.id:
        return f"it says that entries to {mark.through} were cut, and they are there"
    return None


def misdated(mark: Mark, anchors: Sequence[Anchor], months: int, now: datetime) -> str | None:
    """Why the date of a mark, or the day that it names, cannot be true."""
    if mark.at > now + CLOCKS:
        return "it is dated in the future"
    for anchor in anchors:
        if anchor.id < mark.id and mark.at < anchor.at - CLOCKS:
            return f"it is dated before {anchor.at:%Y-%m-%d}, when entry {anchor.id} before it was noted as the last"
        if anchor.id >= mark.id and mark.at > anchor.at + CLOCKS:
            return f"it is dated after {anchor.at:%Y-%m-%d}, when it was there already"
    if mark.before > mark.limit(months):
        return f"it says that entries to {mark.before:%Y-%m-%d} were cut, which were not {months} months old"
    return None


def refuted(mark: Mark, anchors: Sequence[Anchor], months: int) -> str | None:
    """What anchors show against a mark: another digest of the last entry cut, or that younger entries were cut."""
    for anchor in anchors:
        if anchor.id == mark.through and anchor.digest != mark.digest:
            return f"the digest that it has of entry {mark.through} is not the one that was noted before"
        if anchor.id < mark.through and anchor.at >= mark.limit(months):
            return (
                f"it says that entries to {mark.through} were cut for their age, but on {anchor.at:%Y-%m-%d} the last was "
                f"{anchor.id}: those after it were not {months} months old"
            )
    return None


def proven(mark: Mark, beginning: Beginning, anchors: Sequence[Anchor], months: int) -> bool:
    """Whether all that was cut was old enough: the entry after it was, or all of it was there when an old anchor was noted."""
    limit = mark.limit(months)
    return beginning.at < limit or any(each.id >= mark.through and each.at < limit for each in anchors)
