"""Adds members in bulk: persons who join given unions over a period, with sealed numbers and engagements."""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import lru_cache
from itertools import accumulate
from typing import NamedTuple

import asyncpg

from db.encryption.keys import KeyRing
from db.generate.codes import SEQUENCE_PARTS, SEQUENCES, weighted
from db.generate.names import FEMALE, MALE, given_table, surname_table
from db.generate.persons import BIRTH_BANDS, BIRTHS, GIVEN, PHONES, RESIDENTS, STRIDE, SURNAMES
from db.generate.sealing import NO_CARD, MemberSealer
from db.generate.tables import TABLES
from db.input_values import RESIDENT_CHECK
from db.page.days import within, working_days
from db.page.places import Home, county_codes
from db.server.bulk_copy import copy_lines

YOUNGEST, OLDEST = 18 * 365 + 5, 59 * 365 + 15
"""Age on the day of joining, in days."""

APPLIED_BEFORE = 15
"""The most days between application and joining."""


class Person(NamedTuple):
    """A new member: the IDs of member, union and employer (if any), the name, and the day of joining."""

    id: int
    name: str
    union: int
    employer: int | None
    joined: date


@dataclass(frozen=True, slots=True)
class Joining:
    """``count`` persons who join ``homes`` (by weight) on working days of ``[since, until)``.

    ``months`` gives months a weight other than 1, ``channels`` the channels of joining. ``migrant`` is the share of migrant workers. With
    ``engaged`` each has an engagement of ``kind`` with an employer that the union covers, if it covers any.
    """

    count: int
    homes: Sequence[Home]
    since: date
    until: date
    worker_type: str = "EMPLOYEE"
    migrant: float = 0.0
    channels: Mapping[str, float] = field(default_factory=lambda: {"PAPER": 1.0})
    months: Mapping[int, float] | None = None
    engaged: bool = True
    kind: str = "LABOUR_CONTRACT"
    title: str | None = None


class People:
    """Makes new members; the same for the same ``seed`` and federation, but for sealed values.

    Resident numbers continue after those of the federation that was generated from this seed, so that none is used twice: one maker for a
    load.
    """

    def __init__(self, connection: asyncpg.Connection, ring: KeyRing, seed: int) -> None:
        self.connection = connection
        self.seed = seed
        self.seals = MemberSealer(ring)
        tables = random.Random(f"unionhub {seed} names")
        self.surnames = surname_table(SURNAMES, tables)
        self.given = (given_table(FEMALE, GIVEN, tables), given_table(MALE, GIVEN, tables))
        self.offset = tables.randrange(RESIDENTS)
        self.serial = 0
        self.last = 0
        self.counties: list[str] = []

    def chance(self, label: str) -> random.Random:
        """A random generator for a label, the same for the same seed."""
        return random.Random(f"unionhub {self.seed} page {label}")

    async def join(self, label: str, joining: Joining) -> list[Person]:
        """Make members inside the caller's transaction, in the order of their IDs. ``label`` is unique for each call, e.g. a figure's
        code.

        Raises:
            ValueError: none of these unions exists on a working day of the period.
        """
        if joining.count <= 0:
            return []
        chance = self.chance(label)
        if not self.counties:
            self.counties = await county_codes(self.connection)
            self.last = await self.connection.fetchval("SELECT coalesce(max(id), 0) FROM member")
        first = self.last + 1
        self.last += joining.count
        self.serial = max(self.serial, first)
        placed = _placed(chance, joining)
        made: list[Person] = []
        rows = _Rows()
        channels = chance.choices(list(joining.channels), list(joining.channels.values()), k=joining.count)

        def members() -> Iterator[str]:
            for position, ((home, joined), channel) in enumerate(zip(placed, channels, strict=True)):
                person, line = self._person(chance, joining, first + position, home, joined, channel, rows)
                made.append(person)
                yield line

        await copy_lines(self.connection, "member", TABLES["member"], members())
        await copy_lines(self.connection, "membership", TABLES["membership"], rows.membership)
        await copy_lines(self.connection, "engagement", TABLES["engagement"], rows.engagement)
        await self.connection.execute("SELECT setval(pg_get_serial_sequence('member', 'id'), $1)", self.last)
        return made

    def _person(
        self,
        chance: random.Random,
        joining: Joining,
        member: int,
        home: Home,
        joined: date,
        channel: str,
        rows: "_Rows",
    ) -> tuple[Person, str]:
        day = joined.toordinal()
        while True:
            birth, sequence = divmod((self.serial * STRIDE + self.offset) % RESIDENTS, SEQUENCES)
            self.serial += 1
            iso_date, digits, birth_sum, born = BIRTHS[birth]
            if YOUNGEST <= day - born <= OLDEST:
                break
        sequence_digits, sequence_sum, male = SEQUENCE_PARTS[sequence + 1]
        drawn = chance.getrandbits(62)
        name = self.surnames[drawn & 1023] + self.given[male][drawn >> 10 & 8191]
        migrant = joining.migrant >= 1.0 or (drawn >> 23 & 1023) < joining.migrant * 1024
        county = self.counties[(drawn >> 33) % len(self.counties)] if migrant else home.county
        check = RESIDENT_CHECK[(_county_sum(county) + birth_sum + sequence_sum) % 11]
        phone = f"{PHONES[drawn >> 50 & 7]}{drawn >> 3 & 0x3FFFFFF:08d}"
        sealed = self.seals.cells(member, iso_date, f"{county}{digits}{sequence_digits}{check}", phone)
        place = "\\N" if home.division is None else home.division
        union = "\\N" if home.dissolved else home.union
        line = (
            f"{member}\t{name}\t{'MALE' if male else 'FEMALE'}\t{BIRTH_BANDS[birth]}\t{sealed}{NO_CARD}"
            f"\t{joining.worker_type}\t{'t' if migrant else 'f'}\tf\t{place}\t{union}\n"
        )
        applied = max(joined - timedelta(days=drawn >> 53 & APPLIED_BEFORE), home.established or date.min)
        ended = "TRANSFERRED_OUT" if home.dissolved else "ACTIVE"
        end = f"{home.dissolved}\t工会撤销,会员转出" if home.dissolved else "\\N\t\\N"
        rows.membership.append(f"{member}\t{home.union}\t{ended}\t{channel}\t{applied}\t{joined}\t{end}\n")
        employer = None
        if joining.engaged and home.employers:
            employer = home.employers[(drawn >> 40) % len(home.employers)]
            title = "\\N" if joining.title is None else joining.title
            until = home.dissolved or "\\N"
            rows.engagement.append(f"{member}\t{employer}\t{home.union}\t{joining.kind}\t{title}\t{applied}\t{until}\n")
        return Person(member, name, home.union, employer, joined), line


@lru_cache(maxsize=4096)
def _county_sum(code: str) -> int:
    return weighted(code, 0)


class _Rows:
    """The rows that refer to the members, as lines of COPY's text format."""

    def __init__(self) -> None:
        self.membership: list[str] = []
        self.engagement: list[str] = []


def _placed(chance: random.Random, joining: Joining) -> list[tuple[Home, date]]:
    """A union and a day for each person, in the order of days."""
    days = working_days(joining.since, joining.until)
    choices = []
    for home in joining.homes:
        standing = within(days, home.established, home.dissolved)
        if standing and home.weight > 0:
            weights = None if joining.months is None else [joining.months.get(day.month, 1.0) for day in standing]
            choices.append((home, standing, None if weights is None else list(accumulate(weights))))
    if not choices:
        raise ValueError(f"no union stands on a working day from {joining.since} to {joining.until}")
    drawn = chance.choices(choices, [home.weight for home, _, _ in choices], k=joining.count)
    placed = [
        (home, chance.choice(standing) if weights is None else chance.choices(standing, cum_weights=weights)[0])
        for home, standing, weights in drawn
    ]
    return sorted(placed, key=lambda item: item[1])
