"""Whether entries that were cut from the audit log were old enough, as neighbouring entries and anchors prove.

A ``RETENTION`` entry says which entries were cut. The owner of the tables can write one, so it proves nothing by itself. But entries are
dated in the order in which they were written: an old entry, or an old anchor, proves that the entries before it are old.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from db.clock import SHANGHAI

RETENTION = "RETENTION"
"""Action of an entry that says which older entries were cut."""

MIN_MONTHS = 6
"""For how many months the Cybersecurity Law (art. 23, until 2025 art. 21) requires logs to be kept."""

CLOCK_TOLERANCE = timedelta(minutes=15)
"""How far the clocks of the database, of the machine that notes anchors and of the one that checks may be apart."""

DAY = timedelta(days=1)
"""Tolerance for the time zone in which a month was counted."""


@dataclass(frozen=True, slots=True)
class Anchor:
    """The last entry of the log at a moment (``at``), with its digest, as it was noted outside the database."""

    id: int
    digest: bytes
    at: datetime


@dataclass(frozen=True, slots=True)
class Cut:
    """A ``RETENTION`` entry: entries up to ``through``, whose digest is ``digest``, were cut because they were older than ``before``."""

    id: int
    at: datetime
    through: int
    digest: bytes
    before: datetime

    def limit(self, months: int) -> datetime:
        """Entries that could be cut then are dated before this day."""
        return months_earlier(self.at, months) + DAY


class FirstEntry(NamedTuple):
    """The first entry of a log, and the digest that it has of the entry before it."""

    id: int
    at: datetime
    previous: bytes


Found = tuple[int, str]
"""The number of an entry, and what is wrong with it."""


def months_earlier(at: datetime, months: int) -> datetime:
    """The same time ``months`` months before, by the calendar of Shanghai; the last day of a month that is too short."""
    local = at.astimezone(SHANGHAI)
    year, month = divmod(local.year * 12 + local.month - 1 - months, 12)
    first = local.replace(year=year, month=month + 1, day=1)
    following = first.replace(year=year + month // 11, month=(month + 1) % 12 + 1)
    return min(first + timedelta(days=local.day - 1), following - DAY)


def cut_of(row: Mapping[str, Any]) -> Cut | None:
    """A row of action ``RETENTION``, parsed; None if it is incomplete."""
    try:
        fields = dict(item.split("=", 1) for item in json.loads(row["fields"]))
        before = datetime.fromisoformat(fields["before"])
        return Cut(
            row["id"], row["at"], int(fields["through"]), bytes.fromhex(fields["digest"]), with_time_zone(before)
        )
    except (ValueError, KeyError, AttributeError, TypeError):
        return None


def with_time_zone(moment: datetime) -> datetime:
    """A time with its zone, UTC if it has none."""
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def examine_cuts(
    beginning: FirstEntry, cuts: Sequence[Cut], anchors: Sequence[Anchor], months: int, now: datetime
) -> Found | None:
    """What is wrong with the cuts of a log whose chain is whole from its first entry on; None if nothing is.

    Args:
        beginning: the first entry that is there.
        cuts: all ``RETENTION`` entries, in their order.
        anchors: entries noted outside the database.
        months: for how long entries had to be kept when older ones were cut.
        now: the checking machine's time.
    """
    last = 0
    for cut in cuts:
        wrong = (
            contradiction(cut, beginning, last) or misdated(cut, anchors, months, now) or refuted(cut, anchors, months)
        )
        if wrong is not None:
            return cut.id, wrong
        last = cut.through
    missing = beginning.id - 1
    if not missing:
        return None
    if last != missing or cuts[-1].digest != beginning.previous:
        return 1, f"entries 1 to {missing} are missing, and no entry says that they were cut for their age"
    late = next((each for each in anchors if each.id <= missing and beginning.at < each.at - CLOCK_TOLERANCE), None)
    if late is not None:
        return (
            beginning.id,
            f"it is dated before {late.at:%Y-%m-%d}, when entry {late.id} before it was noted as the last",
        )
    if not proven(cuts[-1], beginning, anchors, months):
        return cuts[-1].id, (
            f"it says that entries to {missing} were cut for their age, but neither the entry after them nor an anchor shows that they "
            f"were {months} months old"
        )
    return None


def contradiction(cut: Cut, beginning: FirstEntry, last: int) -> str | None:
    """How a cut contradicts the entries that are there, or the cut before it."""
    if not last < cut.through < cut.id:
        return f"it says that entries to {cut.through} were cut, which is not in the order of cuts"
    if cut.through >= beginning.id:
        return f"it says that entries to {cut.through} were cut, and they are there"
    return None


def misdated(cut: Cut, anchors: Sequence[Anchor], months: int, now: datetime) -> str | None:
    """Why the date of a cut, or the day that it names, cannot be right."""
    if cut.at > now + CLOCK_TOLERANCE:
        return "it is dated in the future"
    for anchor in anchors:
        if anchor.id < cut.id and cut.at < anchor.at - CLOCK_TOLERANCE:
            return f"it is dated before {anchor.at:%Y-%m-%d}, when entry {anchor.id} before it was noted as the last"
        if anchor.id >= cut.id and cut.at > anchor.at + CLOCK_TOLERANCE:
            return f"it is dated after {anchor.at:%Y-%m-%d}, when it was there already"
    if cut.before > cut.limit(months):
        return f"it says that entries to {cut.before:%Y-%m-%d} were cut, which were not {months} months old"
    return None


def refuted(cut: Cut, anchors: Sequence[Anchor], months: int) -> str | None:
    """What anchors disprove about a cut: its digest of the last entry that was cut, or the age of the entries."""
    for anchor in anchors:
        if anchor.id == cut.through and anchor.digest != cut.digest:
            return f"the digest that it has of entry {cut.through} is not the one that was noted before"
        if anchor.id < cut.through and anchor.at >= cut.limit(months):
            return (
                f"it says that entries to {cut.through} were cut for their age, but on {anchor.at:%Y-%m-%d} the last was "
                f"{anchor.id}: those after it were not {months} months old"
            )
    return None


def proven(cut: Cut, beginning: FirstEntry, anchors: Sequence[Anchor], months: int) -> bool:
    """Whether the entries that were cut were old enough: the next entry is, or an old anchor was noted after them."""
    limit = cut.limit(months)
    return beginning.at < limit or any(each.id >= cut.through and each.at < limit for each in anchors)
