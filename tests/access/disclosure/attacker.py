"""The attacker: a caller with aggregates only who sends GraphQL. Each question is sent once, for many places at a time."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import asyncpg

from db.access import Role
from resolvers.access.callers import Caller as Persona
from resolvers.access.callers import Grant
from tests.resolvers.engine_client import EngineClient

PAGE = 200


@dataclass(frozen=True)
class Question:
    """What is asked of a place: ``where`` are pairs of dimension and value, ``frame`` the arguments that say when."""

    kind: str
    where: tuple[tuple[str, str], ...] = ()
    frame: tuple[tuple[str, str], ...] = ()
    by: tuple[str, ...] = ()
    event: str | None = None

    def as_of(self, day: str) -> "Question":
        """The same as of a day."""
        return replace(self, frame=(("asOf", day),))

    def between(self, since: str, until: str) -> "Question":
        """The same over a period."""
        return replace(self, frame=(("from", since), ("until", until)))

    def only(self, *where: tuple[str, str]) -> "Question":
        """The same of fewer records."""
        return replace(self, where=(*self.where, *where))

    def grouped(self, *by: str) -> "Question":
        """The same in groups."""
        return replace(self, by=by)

    @property
    def arguments(self) -> str:
        """As the field takes them."""
        parts = [f"kind: {self.kind}", *(f'{name}: "{day}"' for name, day in self.frame)]
        if self.where:
            parts.append(
                "where: [" + ", ".join(f'{{dimension: {name}, in: ["{value}"]}}' for name, value in self.where) + "]"
            )
        if self.by:
            parts.append(f"groupBy: [{', '.join(self.by)}]")
        if self.event:
            parts.append(f"event: {self.event}")
        return ", ".join(parts)


@dataclass(frozen=True)
class Answer:
    """What one place's statistic told: measures of the whole, and of the groups by their keys."""

    total: Mapping[str, Any]
    groups: Mapping[tuple[str | None, ...], Mapping[str, Any]]

    def value(self, measure: str, *keys: str | None) -> float | None:
        """A figure, of a group if keys are given; None where it is not told."""
        found = (self.groups.get(keys) or {}) if keys else self.total
        told = found.get(measure)
        return None if told is None else float(told)


class Attacker:
    """Sends questions, and keeps the answers and refusals."""

    def __init__(self, hub: EngineClient, persona: Persona, measures: Sequence[str]) -> None:
        self.hub = hub
        self.persona = persona
        self.measures = " ".join(measures)
        self.known: dict[tuple[Question, str], Answer] = {}
        self.refused: Counter[str] = Counter()
        self.barred: dict[Question, str] = {}
        self.asked = 0

    async def ask(self, question: Question, codes: Sequence[str]) -> bool:
        """Ask of these divisions what is not known yet; whether it was answered."""
        missing = [code for code in dict.fromkeys(codes) if (question, code) not in self.known]
        for start in range(0, len(missing), PAGE):
            if question in self.barred or not await self._page(question, missing[start : start + PAGE]):
                return False
        return question not in self.barred

    async def _page(self, question: Question, codes: Sequence[str]) -> bool:
        keys = "keys { value } " if question.by else ""
        groups = f" groups {{ {keys}{self.measures} }}" if question.by else ""
        text = (
            "query($codes: [String!]) { divisions(first: 200, filter: {code: {in: $codes}}) { nodes { code"
            f" statistics({question.arguments}) {{ total {{ {self.measures} }}{groups} }} }} }} }}"
        )
        response = await self.hub.response(text, {"codes": list(codes)}, caller=self.persona)
        self.asked += len(codes)
        if "errors" in response:
            code = response["errors"][0]["extensions"]["code"]
            self.refused[code] += 1
            self.barred[question] = code
            return False
        for node in response["data"]["divisions"]["nodes"]:
            found = node["statistics"]
            parts = {tuple(key["value"] for key in group["keys"]): group for group in found.get("groups", ())}
            self.known[question, node["code"]] = Answer(found["total"], parts)
        return True

    def told(self, question: Question, code: str, measure: str, *keys: str) -> float | None:
        """A figure of an answer; None where it is withheld, or the place has none."""
        found = self.known.get((question, code))
        return None if found is None else found.value(measure, *keys)


async def analyst(db: asyncpg.Pool, codes: Sequence[str]) -> Persona:
    """An analyst with a name, who has finer geography inside these divisions."""
    rows = await db.fetch("SELECT id FROM division WHERE code = ANY ($1) AND valid_to IS NULL", list(codes))
    return Persona("university", 10**6, tuple(Grant(Role.ANALYST, division_id=row["id"]) for row in rows))
