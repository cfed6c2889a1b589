"""Counts the resident numbers, phones and bank cards that are possible for a member, given the fields that a caller sees (docs/masks.md).

A resident number (GB 11643) has six digits of region, eight of the day of birth, three in sequence, the last of which is odd for men, and a
check digit that follows from the others.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from db.generate.codes import weighted
from db.input_values import RESIDENT_CHECK

ENOUGH = 10**4
"""No caller may be left with fewer candidates for a whole number."""

BAND = 5
OLDEST, YOUNGEST = date(1936, 1, 1), date(2010, 12, 31)
"""Days of birth that somebody may think of who knows nothing."""

ADULT, RETIRED = 16, (50, 55, 60)
"""Youngest age of a worker; ages at which one retires, in years."""

WORK = frozenset({"Membership", "Engagement", "InsuranceEnrolment"})
"""Types whose days say that somebody was of working age."""

ISSUERS = 6
"""Digits of a bank card that whoever knows the bank knows too, with the check digit at its end."""

Seen = tuple[str, str, object]
"""Type, field, value."""


@dataclass
class Knowledge:
    """What a caller knows of one member."""

    number: str | None = None
    phone: str | None = None
    card: str | None = None
    sex: str | None = None
    first: date = OLDEST
    last: date = YOUNGEST
    months: set[tuple[int, int]] = field(default_factory=set)
    """Months of birth, where only these are possible."""

    @classmethod
    def of(cls, seen: Iterable[Seen]) -> "Knowledge":
        """From all values that somebody sees of a member."""
        found = cls()
        ends: dict[str, object] = {}
        for typename, name, value in seen:
            if value is None:
                continue
            match typename, name:
                case "Member", "residentNumber":
                    found.number = str(value)
                case "Member", "phone":
                    found.phone = str(value)
                case "Member", "bankCard":
                    found.card = str(value)
                case "Member", "sex":
                    found.sex = str(value)
                case "Member", _ if "birth" in name.lower():
                    found.born(name, value)
                case "Membership", "endReason" if "退休" in str(value):
                    ends["reason"] = value
                case "Membership", "validTo":
                    ends["on"] = value
            if typename in WORK and isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", value):
                worked = date.fromisoformat(value)
                found.last = min(found.last, date(worked.year - ADULT, worked.month, min(worked.day, 28)))
        if {"reason", "on"} <= set(ends):
            found.retires(date.fromisoformat(str(ends["on"])))
        return found

    def born(self, name: str, value: object) -> None:
        """A day, a year or a band of years; anything else of the kind is read as a year, which is the least that it can be."""
        if isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", value):
            self.first = self.last = date.fromisoformat(value)
            return
        first = int(str(value)[:4])
        years = BAND if name == "birthYearFrom" else 1
        self.first, self.last = max(self.first, date(first, 1, 1)), min(self.last, date(first + years - 1, 12, 31))

    def retires(self, on: date) -> None:
        """One leaves for age in the month of a birthday, or the month after."""
        before = on.replace(day=1) - timedelta(1)
        self.months = {(each.year - age, each.month) for each in (on, before) for age in RETIRED}

    def days(self) -> list[date]:
        """Possible days of birth."""
        given = (self.first + timedelta(step) for step in range((self.last - self.first).days + 1))
        return [day for day in given if not self.months or (day.year, day.month) in self.months]

    def resident_numbers(self) -> int:
        """How many resident numbers are possible."""
        mask = (self.number or "").ljust(18, "*")
        days = [text for day in self.days() if _fits(text := day.strftime("%Y%m%d"), mask[6:14])]
        odd = {"MALE": 1, "FEMALE": 0}.get(self.sex or "")
        sequences = [
            text
            for number in range(1, 1_000)
            if (odd is None or number % 2 == odd) and _fits(text := f"{number:03d}", mask[14:17])
        ]
        regions = 3_000 if "*" in mask[:6] else 1
        if mask[17] == "*":
            return regions * len(days) * len(sequences)
        # the check digit leaves one in eleven
        sums = [weighted(mask[:6] + day, 0) for day in days] if regions == 1 else []
        parts = [weighted(text, 14) for text in sequences]
        fitting = sum(RESIDENT_CHECK[(day + part) % 11] == mask[17] for day in sums for part in parts)
        return fitting if regions == 1 else regions * len(days) * len(sequences) // 11

    def phones(self) -> int:
        """How many mobile numbers are possible."""
        return 10 ** (11 - sum(map(str.isdigit, self.phone or "")))

    def cards(self) -> int:
        """How many cards of the shortest length in use (16 digits) are possible to who knows the bank."""
        shown = sum(map(str.isdigit, self.card or ""))
        return 10 ** (16 - ISSUERS - max(shown, 1))


def _fits(text: str, mask: str) -> bool:
    return all(digit in ("*", own) for own, digit in zip(text, mask, strict=True))


def told(secret: str, value: object) -> bool:
    """Whether a value tells digits of the hidden part of a number: five in a row, or the last four."""
    if not isinstance(value, str | int) or isinstance(value, bool):
        return False
    digits = re.sub(r"[^0-9Xx]", "", str(value)).upper()
    windows = [secret[place : place + 5] for place in range(len(secret) - 4)]
    return any(window in digits for window in (*windows, secret[-4:]))


def leaks(members: Mapping[int, tuple[Mapping[str, str], Iterable[Seen]]]) -> set[tuple[str, str, str]]:
    """Fields that tell digits of a hidden number: by type and field, which. ``members`` have their hidden parts by name, and what is seen.

    A number may stand somewhere by chance: a field tells it when it does of three members, and of half of those of whom it has any value.
    """
    having: dict[tuple[str, str], set[int]] = defaultdict(set)
    telling: dict[tuple[str, str, str], set[int]] = defaultdict(set)
    for key, (hidden, seen) in members.items():
        for typename, name, value in seen:
            if value is None:
                continue
            having[typename, name].add(key)
            for kind, secret in hidden.items():
                if told(secret, value):
                    telling[typename, name, kind].add(key)
    return {
        (typename, name, kind)
        for (typename, name, kind), keys in telling.items()
        if len(keys) >= 3 and 2 * len(keys) >= len(having[typename, name])
    }


def hidden(number: str, phone: str, card: str | None = None) -> dict[str, str]:
    """What masks hide of a member's numbers, by name; of a card behind the digits of its bank, which are no secret."""
    return {"number": number[6:], "phone": phone[3:], **({} if card is None else {"card": card[ISSUERS:]})}
