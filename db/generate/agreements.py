"""Rows of collective agreements: each has a state, and dated steps that lead to it within the periods of the law."""

import random

from db.generate.calendar import TODAY, iso, iso_or_null, years_after
from db.generate.grassroots import Grassroots
from db.generate.names import person_name
from db.generate.tables import Rows
from db.server.bulk_copy import cell

STATES = (
    ("EFFECTIVE", 50),
    ("EXPIRED", 25),
    ("UNDER_REVIEW", 6),
    ("SUBMITTED", 2),
    ("SIGNED", 3),
    ("CONGRESS_PASSED", 2),
    ("DRAFTED", 2),
    ("BARGAINING", 3),
    ("SUSPENDED", 1),
    ("REPLIED", 2),
    ("REQUESTED", 2),
    ("OBJECTED", 1),
    ("TERMINATED", 1),
)
PATH = ("REQUESTED", "REPLIED", "BARGAINING", "DRAFTED", "CONGRESS_PASSED", "SIGNED", "SUBMITTED", "UNDER_REVIEW")
ACTORS = {
    "REQUESTED": "UNION",
    "REPLIED": "EMPLOYER",
    "BARGAINING": "UNION",
    "SUSPENDED": "UNION",
    "DRAFTED": "UNION",
    "CONGRESS_PASSED": "WORKERS_CONGRESS",
    "SIGNED": "UNION",
    "SUBMITTED": "EMPLOYER",
    "UNDER_REVIEW": "HR_BUREAU",
    "OBJECTED": "HR_BUREAU",
    "EFFECTIVE": "HR_BUREAU",
    "EXPIRED": "UNION",
    "TERMINATED": "UNION",
}
GAPS = {
    "REPLIED": (2, 9),
    "BARGAINING": (1, 10),
    "SUSPENDED": (5, 20),
    "DRAFTED": (10, 50),
    "CONGRESS_PASSED": (5, 15),
    "SIGNED": (1, 5),
    "SUBMITTED": (1, 9),
    "UNDER_REVIEW": (0, 3),
    "OBJECTED": (5, 14),
    "EFFECTIVE": (5, 14),
}
"""Days from one step to the next: a reply comes within the shortest period of the law, a submission within ten days."""

KIND_NAMES = {
    "COMPREHENSIVE": "集体合同",
    "WAGE": "工资专项集体合同",
    "WOMEN": "女职工权益保护专项集体合同",
    "SAFETY": "劳动安全卫生专项集体合同",
    "INDUSTRY": "行业集体合同",
    "REGIONAL": "区域性集体合同",
}


def path_to(state: str) -> list[str]:
    """The states of an agreement up to ``state``."""
    if state == "SUSPENDED":
        return [*PATH[:3], "SUSPENDED"]
    if state in PATH:
        return list(PATH[: PATH.index(state) + 1])
    return [*PATH, state] if state in ("OBJECTED", "EFFECTIVE") else [*PATH, "EFFECTIVE", state]


class Agreements:
    """Makes agreements with their parties, covered employers and steps."""

    def __init__(self, chance: random.Random, rows: Rows) -> None:
        self.chance = chance
        self.rows = rows

    def add(self, number: int, union: Grassroots) -> None:
        """Add the agreement of a union with its employer, or with all its employers if it has several."""
        chance = self.chance
        form = union.planned.form
        kind = {"JOINT": "REGIONAL", "NEW_FORM": "INDUSTRY"}.get(form) or chance.choices(
            ("COMPREHENSIVE", "WAGE", "WOMEN", "SAFETY"), (40, 40, 12, 8)
        )[0]
        years = 1 if kind == "WAGE" else 1 + chance.randrange(3)
        states, weights = zip(*STATES, strict=True)
        dated = self.dated(chance.choices(states, weights)[0], years, union.planned.established)
        state = dated[-1][0]
        days = dict(dated)
        effective = days.get("EFFECTIVE")
        term_to = None if effective is None else days.get("TERMINATED", years_after(effective, years))
        published = None if effective is None else effective + 1 + chance.randrange(5)
        workers = sum(employer.headcount for employer in union.employers)
        division = union.place.union.division
        signed = days.get("SIGNED")
        code = f"集{union.place.code}〔{iso(signed)[:4]}〕{number}号" if signed else None
        single = union.employers[0] if form == "INDEPENDENT" else None
        name = single.name if single else union.name.removesuffix("工会委员会").removesuffix("联合")
        self.rows.add(
            "collective_agreement",
            number,
            code,
            cell(name.removesuffix("行业") + KIND_NAMES[kind]),
            kind,
            state,
            union.planned.id,
            single.id if single else None,
            division.id if division else None,
            union.industry,
            workers,
            iso(days["REQUESTED"]),
            iso_or_null(signed),
            iso_or_null(days.get("SUBMITTED")),
            iso_or_null(days.get("UNDER_REVIEW")),
            iso_or_null(effective),
            iso_or_null(published if published and published <= TODAY else None),
            iso_or_null(effective),
            iso_or_null(term_to),
        )
        self.parties(number, union, single is not None)
        since = effective or days["REQUESTED"]
        for employer in union.employers:
            until = iso_or_null(term_to if state in ("EXPIRED", "TERMINATED") else None)
            self.rows.add("agreement_coverage", number, employer.id, employer.headcount, iso(since), until)
        self.steps(number, dated, code, workers)

    def dated(self, state: str, years: int, established: int) -> list[tuple[str, int]]:
        """The states up to ``state`` with their days, after the union was established and not after the reference day."""
        chance = self.chance
        path = path_to(state)
        offsets = [0]
        for step in path[1:]:
            low, high = GAPS.get(step, (0, 0))
            offsets.append(offsets[-1] + chance.randint(low, high))
        term = 365 * years + 1
        if state == "EFFECTIVE":
            last = TODAY - chance.randrange(term - 2)
        elif state in ("EXPIRED", "TERMINATED"):
            begun = TODAY - term - 1 - chance.randrange(1000)
            start = begun - offsets[-2]
            ended = years_after(begun, years) if state == "EXPIRED" else begun + 30 + chance.randrange(term - 60)
            if start > established:
                return [
                    *((step, start + offset) for step, offset in zip(path[:-1], offsets[:-1], strict=True)),
                    (state, ended),
                ]
            return self.dated("EFFECTIVE", years, established)
        else:
            last = TODAY - chance.randrange(
                {"UNDER_REVIEW": 15, "SUBMITTED": 4, "SIGNED": 16, "OBJECTED": 30}.get(state, 45)
            )
        start = last - offsets[-1]
        if start > established:
            return [(step, start + offset) for step, offset in zip(path, offsets, strict=True)]
        if state == "EFFECTIVE" and established + offsets[-1] < TODAY:
            return [(step, established + 1 + offset) for step, offset in zip(path, offsets, strict=True)]
        return [("REQUESTED", max(established + 1, TODAY - chance.randrange(30)))]

    def parties(self, number: int, union: Grassroots, single: bool) -> None:
        """Add the parties: the union, and an employer or an employers' body."""
        add, chance = self.rows.add, self.chance
        add("agreement_party", number, "UNION", union.planned.id, None, cell(union.name), person_name(chance))
        if single:
            employer = union.employers[0]
            add("agreement_party", number, "EMPLOYER", None, employer.id, cell(employer.name), person_name(chance))
        else:
            division = union.place.union.division
            body = f"{division.name if division else ''}企业联合会"
            add("agreement_party", number, "EMPLOYER", None, None, cell(body), person_name(chance))

    def steps(self, number: int, dated: list[tuple[str, int]], code: str | None, workers: int) -> None:
        """Add a row for each step. At the congress at least two thirds of the roster are present, and more than half of it vote for."""
        chance = self.chance
        for state, on in dated:
            roster = present = votes = None
            if state == "CONGRESS_PASSED":
                roster = min(max(workers, 5), 30 + chance.randrange(100))
                present = -(-roster * 2 // 3) + chance.randrange(roster // 3 + 1)
                votes = min(roster // 2 + 1 + chance.randrange(max(present - roster // 2, 1)), present)
            note = "审查期满十五日未提异议" if state == "EFFECTIVE" and chance.random() < 0.3 else None
            self.rows.add(
                "agreement_step",
                number,
                state,
                ACTORS[state],
                iso(on),
                code if state in ("SIGNED", "SUBMITTED", "UNDER_REVIEW", "EFFECTIVE") else None,
                roster,
                present,
                votes,
                note,
            )
