"""Pairs of questions about sets that differ by the target's record only: by time, dimension, place, kind and measure."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from itertools import combinations

from tests.access.disclosure.attacker import Attacker, Question
from tests.access.disclosure.guess_rates import Pair
from tests.access.disclosure.population import Register, Row, Target, Trait

BEFORE = ("2024-01-01", "2023-01-01", "2023-10-01", "2024-05-01")
AFTER = ("2025-01-01", "2026-01-01", "2025-10-01", "2024-06-01")
"""Days before and after that on which the target's record began, if there is one."""
STARTS = ("2016-01-01", "2019-01-01", "2020-10-01")
"""Days from which a period may run; each has some of the others in it and not all."""
NARROW = (
    ("2024-06-01", "2024-05-01"),
    ("2024-07-01", "2024-04-01"),
    ("2025-01-01", "2024-01-01"),
    ("2024-10-01", "2023-10-01"),
)
"""Ends of periods after and before the target's record began: by the month, the quarter, the year, the statistical year."""
LONG_AGO = tuple(f"{year}-01-01" for year in range(1910, 2011, 20))
"""Days before anything began: from each of them on it is the same set."""


KNOWER = "by who knows all others"
"""The strategy of an attacker who knows each other record: no noise of this size hides from them; it is measured only."""


class SetPairs:
    """Sends the questions about one register, and pairs the answers."""

    def __init__(self, attacker: Attacker, register: Register, targets: Sequence[Target]) -> None:
        self.attacker = attacker
        self.register = register
        self.targets = targets
        self.plain = Question(register.kind)

    @property
    def subsets(self) -> Iterator[tuple[tuple[str, str], ...]]:
        """Conditions that the target fulfils and that do not single them out: of the traits but the first."""
        shared = [pair(trait) for trait in self.register.traits[1:]]
        for size in range(len(shared) + 1):
            yield from combinations(shared, size)

    @property
    def extremes(self) -> Iterator[tuple[tuple[str, str], ...]]:
        """Of these the one with no condition and the one with all."""
        found = list(self.subsets)
        yield from (found[0], found[-1])

    @property
    def others(self) -> tuple[str, str]:
        """The condition that all others fulfil, and the target does not."""
        trait = self.register.traits[0]
        return trait.dimension, Trait.told(trait.other)

    @property
    def alone(self) -> tuple[str, str]:
        """The condition that only the target fulfils."""
        return pair(self.register.traits[0])

    async def tell(self, question: Question, place: Callable[[Target], str]) -> bool:
        """Ask of all targets' places; whether it was answered."""
        return await self.attacker.ask(question, [place(target) for target in self.targets])

    async def pairs(
        self, spots: Iterable[tuple[Question, Question]], measure: str, *places: Callable[[Target], str]
    ) -> list[list[Pair]]:
        """The figures of two questions each, for every target; the second may be asked of another place."""
        first, second = (*places, whole)[0], (*places, whole, whole)[1] if len(places) > 1 else (*places, whole)[0]
        found: list[list[Pair]] = [[] for _ in self.targets]
        for one, other in spots:
            if await self.tell(one, first) and await self.tell(other, second):
                for place, target in enumerate(self.targets):
                    told = self.attacker.told
                    found[place].append((told(one, first(target), measure), told(other, second(target), measure)))
        return found

    def time(self, **more: str) -> Iterator[tuple[Question, Question]]:
        """The stock after and before the month, under every subset of conditions."""
        for where in self.extremes if more else self.subsets:
            asked = Question(self.register.kind, where, event=more.get("event"))
            yield from ((asked.as_of(late), asked.as_of(early)) for late, early in zip(AFTER, BEFORE, strict=True))

    def windows(self) -> Iterator[tuple[Question, Question]]:
        """What began in two periods with the same first day, of which one has the month."""
        for where in self.extremes:
            asked = self.plain.only(*where)
            yield from (
                (asked.between(start, late), asked.between(start, early)) for late, early in NARROW for start in STARTS
            )

    def long_ago(self) -> Iterator[tuple[Question, Question]]:
        """The same two sets over and over, from months before anything."""
        yield from (
            (self.plain.between(start, late), self.plain.between(start, early))
            for start in LONG_AGO
            for late, early in (("2024-06-01", "2024-05-01"), ("2025-01-01", "2024-01-01"))
        )

    def dimension(self) -> Iterator[tuple[Question, Question]]:
        """All, and all but who has the target's own trait."""
        for where in self.subsets:
            asked = self.plain.only(*where)
            for frame in (*(asked.as_of(day) for day in AFTER), *(asked.between(day, "2026-01-01") for day in STARTS)):
                yield frame, frame.only(self.others)

    def place(self) -> Iterator[tuple[Question, Question]]:
        """The same question of the city and of its one county that has others."""
        for where in self.subsets:
            asked = self.plain.only(*where)
            yield from ((question, question) for question in (asked.as_of(day) for day in AFTER))
            yield from ((question, question) for question in (asked.between(day, "2026-01-01") for day in STARTS))

    async def parts(self, measure: str) -> list[list[Pair]]:
        """The whole of a table and its other group, of one question."""
        found: list[list[Pair]] = [[] for _ in self.targets]
        for where in self.subsets:
            for day in AFTER:
                asked = self.plain.only(*where).as_of(day).grouped(self.others[0])
                if await self.tell(asked, whole):
                    for place, target in enumerate(self.targets):
                        rest = self.attacker.told(asked, target.where, measure, self.others[1])
                        found[place].append((self.attacker.told(asked, target.where, measure), rest))
        return found

    async def times(self, measure: str) -> list[list[Pair]]:
        """The whole of a period and its other months, quarters and years, of one question."""
        found: list[list[Pair]] = [[] for _ in self.targets]
        for name, own in (("MONTH", "2024-05"), ("QUARTER", "2024-Q2"), ("YEAR", "2024"), ("STATISTICAL_YEAR", "2024")):
            for since in (*STARTS, "2024-01-01"):
                asked = self.plain.between(since, "2026-01-01").grouped(name)
                if await self.tell(asked, whole):
                    for place, target in enumerate(self.targets):
                        answer = self.attacker.known[asked, target.where]
                        parts = [answer.value(measure, *keys) for keys in answer.groups if keys != (own,)]
                        rest = sum(part for part in parts if part is not None)
                        found[place] += [(answer.value(measure), rest), (answer.value(measure, own), None)]
        return found

    async def known(self, measure: str) -> list[list[Pair]]:
        """For who knows everybody else: what is given on a day, and how many of the others there are."""
        found: list[list[Pair]] = [[] for _ in self.targets]
        for where in self.subsets:
            for day in AFTER:
                asked = self.plain.only(*where).as_of(day)
                if await self.tell(asked, whole):
                    for place, target in enumerate(self.targets):
                        exact = sum(self.fits(row, where, date.fromisoformat(day)) for row in target.others)
                        found[place].append((self.attacker.told(asked, target.where, measure), exact))
        return found

    def fits(self, row: Row, where: Sequence[tuple[str, str]], day: date) -> bool:
        """Whether a record holds on a day and fulfils conditions."""
        columns = {trait.dimension: trait.column for trait in self.register.traits}
        return row.holds(day) and all(Trait.told(row.values[columns[name]]) == value for name, value in where)

    async def single(self, measure: str) -> list[list[Pair]]:
        """The cell that only the target can be in: whether it is ever given or listed."""
        found: list[list[Pair]] = [[] for _ in self.targets]
        trait = self.register.traits[0]
        for day in AFTER:
            for question in (
                self.plain.only(self.alone).as_of(day),
                self.plain.only(self.alone).between("2016-01-01", day),
                self.plain.as_of(day).grouped(trait.dimension),
            ):
                if await self.tell(question, alone):
                    for place, target in enumerate(self.targets):
                        answer = self.attacker.known[question, target.alone_at]
                        keys = (self.alone[1],) if question.by else ()
                        listed = float(keys in answer.groups) if question.by else None
                        found[place] += [(answer.value(measure, *keys), None), (listed, 0.0 if question.by else None)]
        return found

    async def gathered(self) -> Mapping[str, list[list[Pair]]]:
        """All pairs, by strategy."""
        first, *more = self.register.counts
        month = [(self.plain.as_of(AFTER[0]), self.plain.as_of(BEFORE[-1]))]
        found = {
            "one month against the next": await self.pairs(month, first),
            "months before and after": await self.pairs(self.time(), first),
            "what had begun by months before and after": await self.pairs(self.time(event="BEGAN"), first),
            "periods with and without the month": await self.pairs(self.windows(), first),
            "periods from long ago": await self.pairs(self.long_ago(), first),
            "with and without the target's trait": await self.pairs(self.dimension(), first),
            "a whole less its other parts": await self.parts(first),
            "a period less its other parts": await self.times(first),
            "the target's own cell": await self.single(first),
            KNOWER: await self.known(first),
        }
        if self.register.city or self.register.town:
            found["a place less its other parts"] = await self.pairs(self.place(), first, whole, others)
        for measure in more:
            found[f"months before and after, by {measure}"] = await self.pairs(self.time(), measure)
        if self.register.kind == "INSURANCE_ENROLMENTS":
            found["who is a member and who is enrolled"] = await self.kinds("persons")
        return found

    async def kinds(self, measure: str) -> list[list[Pair]]:
        """Persons of two kinds of record, of which all but the target have both."""
        known = [trait for trait in self.register.traits if trait.dimension in ("SEX", "WORKER_TYPE")]
        fit = [(), *((pair(trait),) for trait in known if trait.share)]
        spots = [
            (Question(self.register.kind, where).as_of(day), Question("MEMBERSHIPS", where).as_of(day))
            for where in fit
            for day in AFTER
        ]
        return await self.pairs(spots, measure)


def pair(trait: Trait) -> tuple[str, str]:
    """A trait of the target as a condition."""
    return trait.dimension, Trait.told(trait.target)


def whole(target: Target) -> str:
    """The place with the others and the target."""
    return target.where


def others(target: Target) -> str:
    """The place with the others alone, where there is one."""
    return target.others_at


def alone(target: Target) -> str:
    """The place with the target alone, where there is one."""
    return target.alone_at
