"""Rows of dispute cases: parties, claims, dated steps through mediation, arbitration and court, and money recovered."""

import random

from db.generate.calendar import TODAY, iso, iso_or_null
from db.generate.grassroots import Employer, Grassroots
from db.generate.plan import CASE_EVERY
from db.generate.tables import Rows
from db.server.bulk_copy import cell

CAUSES = (
    ("UNPAID_WAGES", 40, "WAGE"),
    ("OVERTIME", 12, "WAGE"),
    ("SEVERANCE", 14, "COMPENSATION"),
    ("WORK_INJURY", 10, "INJURY"),
    ("CONTRACT", 8, "COMPENSATION"),
    ("DISMISSAL", 6, "COMPENSATION"),
    ("HOURS_INSURANCE_WELFARE", 5, "OTHER"),
    ("CONFIRM_RELATION", 3, None),
    ("COLLECTIVE_CONTRACT", 1, "WAGE"),
    ("OTHER", 1, "OTHER"),
)
MEDIATORS = ("ENTERPRISE", "TOWNSHIP", "JOINT_TRIPARTITE", "INDUSTRY_REGIONAL", "PEOPLES")
ACTORS = {
    "COUNSELLING": "UNION",
    "DAILY_MEDIATION": "MEDIATION_BODY",
    "PRE_ARBITRATION": "MEDIATION_BODY",
    "ARBITRATION": "ARBITRATION_COMMISSION",
    "PRE_TRIAL": "MEDIATION_BODY",
    "FIRST_TRIAL": "COURT",
    "SECOND_TRIAL": "COURT",
    "ENFORCEMENT": "COURT",
}
ROUTES = (
    (("DAILY_MEDIATION",), 50),
    (("COUNSELLING",), 6),
    (("PRE_ARBITRATION",), 14),
    (("DAILY_MEDIATION", "ARBITRATION"), 16),
    (("PRE_ARBITRATION", "ARBITRATION"), 6),
    (("DAILY_MEDIATION", "ARBITRATION", "PRE_TRIAL"), 3),
    (("DAILY_MEDIATION", "ARBITRATION", "FIRST_TRIAL"), 3),
    (("PRE_ARBITRATION", "ARBITRATION", "FIRST_TRIAL", "SECOND_TRIAL"), 1),
    (("DAILY_MEDIATION", "ARBITRATION", "FIRST_TRIAL", "ENFORCEMENT"), 1),
)
LENGTHS = {"ARBITRATION": (15, 44), "FIRST_TRIAL": (40, 150), "SECOND_TRIAL": (30, 85), "ENFORCEMENT": (20, 160)}
ENDINGS = {
    "mediation": (("SETTLED", "CLOSED", "WITHDRAWN"), (75, 18, 7)),
    "decision": (("DECIDED", "SETTLED", "WITHDRAWN"), (70, 22, 8)),
}

Step = tuple[str, str, str, int]
"""Phase, status, actor and day of a step."""


class Disputes:
    """Makes the cases of unions."""

    def __init__(self, chance: random.Random, rows: Rows) -> None:
        self.chance = chance
        self.rows = rows

    def add(self, union: Grassroots, names: list[str]) -> None:
        """Add a case for every ``CASE_EVERY``-th member; its ID follows from the member's."""
        first, size = union.planned.member, union.planned.size
        for case in range(first // CASE_EVERY + 1, (first + size) // CASE_EVERY + 1):
            self.case(case, union, names, case * CASE_EVERY - first - 1)

    def route(self, established: int) -> list[Step]:
        """The steps of a case: old cases are closed, those of the last weeks may be open."""
        chance = self.chance
        earliest = max(established + 20, TODAY - 1300)
        phases = list(chance.choices([route for route, _ in ROUTES], [weight for _, weight in ROUTES])[0])
        start = (
            TODAY - chance.randrange(25) if chance.random() < 0.12 else earliest + chance.randrange(TODAY - earliest)
        )
        steps: list[Step] = []
        on = start
        for position, phase in enumerate(phases):
            last = position == len(phases) - 1
            actor = ACTORS[phase]
            mediated = phase not in LENGTHS
            low, high = LENGTHS.get(phase, (3, 14))
            names, weights = ENDINGS["mediation" if mediated else "decision"]
            end = chance.choices(names, weights)[0] if last else "CLOSED" if mediated else "DECIDED"
            accepted = on + (chance.randrange(3) if mediated else 1 + chance.randrange(5))
            for status, who, when in (
                ("RECEIVED", "UNION" if position == 0 else actor, on),
                ("ACCEPTED", actor, accepted),
                ("IN_PROGRESS", actor, accepted + (low + high) // 4),
                (end, actor, max(accepted + chance.randint(low, high), accepted + (low + high) // 4)),
            ):
                if when > TODAY:
                    return steps
                steps.append((phase, status, who, when))
            on = steps[-1][3] + 1 + chance.randrange(10)
        return steps

    def case(self, number: int, union: Grassroots, names: list[str], position: int) -> None:
        """Add one case with its rows."""
        chance, planned = self.chance, union.planned
        size, employers = planned.size, len(union.employers)
        steps = self.route(planned.established)
        phase, status, _, ended = steps[-1]
        claimants = [position]
        if size >= 12 and chance.random() < 0.05:
            many = min(size, 10 + chance.randrange(30))
            claimants = [(position + offset) % size for offset in range(many)]
        employer = union.employers[position * employers // size] if employers else None
        cause, _, kind = chance.choices(CAUSES, [weight for _, weight, _ in CAUSES])[0]
        amounts = [0] * len(claimants) if kind is None else [200_000 + 1000 * chance.randrange(4000) for _ in claimants]
        claimed = None if kind is None else sum(amounts)
        closed = status in ("SETTLED", "DECIDED", "WITHDRAWN", "CLOSED")
        received = steps[0][3]
        accepted = next((on for _, step, _, on in steps if step == "ACCEPTED"), None)
        handler = planned.id if chance.random() < 0.75 else union.place.union.id
        division = union.place.union.division
        self.rows.add(
            "dispute_case",
            number,
            f"{union.place.code}劳争〔{iso(received)[:4]}〕{number}号",
            handler,
            employer.id if employer else None,
            division.id if division else None,
            cause,
            phase,
            status,
            self.body(phase),
            iso(received),
            iso_or_null(accepted),
            iso_or_null(ended if closed else None),
            len(claimants),
            len(claimants) >= 10,
            None if claimed is None else f"{claimed / 100:.2f}",
        )
        self.parties(number, claimants, names, planned.member, employer)
        self.claims(number, kind, claimed)
        for phase, status, actor, on in steps:
            written = f"劳争调字{number}-{on}" if status in ("SETTLED", "DECIDED") else None
            self.rows.add("dispute_step", number, phase, status, actor, iso(on), written, None)
        if kind is not None and closed and status in ("SETTLED", "DECIDED"):
            self.recoveries(number, [planned.member + 1 + claimant for claimant in claimants], kind, amounts, ended)

    def body(self, phase: str) -> str:
        """The body that handles a case in this phase."""
        if phase == "ARBITRATION":
            return "ARBITRATION_COMMISSION"
        if phase == "PRE_TRIAL":
            return "COURT_INVITED"
        if phase in ("FIRST_TRIAL", "SECOND_TRIAL", "ENFORCEMENT"):
            return "COURT"
        return self.chance.choice(MEDIATORS)

    def parties(
        self, number: int, claimants: list[int], names: list[str], first: int, employer: Employer | None
    ) -> None:
        """Add the claimants and the employer; a claimant without an employer claims against a trader who is known by name only."""
        add = self.rows.add
        for claimant in claimants:
            add("dispute_party", number, "CLAIMANT", names[claimant], first + 1 + claimant, None, None)
        name = employer.name if employer else "个体经营者(未登记)"
        add("dispute_party", number, "RESPONDENT", cell(name), None, employer.id if employer else None, None)

    def claims(self, number: int, kind: str | None, claimed: int | None) -> None:
        """Add the claims: one, or two that add up to the amount of the case."""
        if kind is None or claimed is None:
            self.rows.add("dispute_claim", number, "OTHER", None)
            return
        second = claimed // 5 if kind == "WAGE" and self.chance.random() < 0.4 else 0
        self.rows.add("dispute_claim", number, kind, f"{(claimed - second) / 100:.2f}")
        if second:
            self.rows.add("dispute_claim", number, "COMPENSATION", f"{second / 100:.2f}")

    def recoveries(self, number: int, members: list[int], kind: str, amounts: list[int], ended: int) -> None:
        """Add the money that reached each claimant: never more than was claimed, and nothing in one case of eight."""
        chance = self.chance
        if chance.random() < 0.12:
            return
        share = 40 + chance.randrange(61)
        paid = ended + chance.randrange(30)
        if paid <= TODAY:
            for member, amount in zip(members, amounts, strict=True):
                self.rows.add("recovery", number, member, kind, f"{amount * share // 100 / 100:.2f}", iso(paid))
