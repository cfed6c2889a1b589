"""Coverage, venues, policy documents and certifications of each place, every field filled."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Protocol


class Hand(Protocol):
    """Inserts rows of one place."""

    place: Any

    async def put(self, typename: str, table: str, **values: Any) -> int:
        """Insert a row; its key."""


async def furnish(hand: Hand, number: int, employer: int, day: date) -> None:
    """A row of each type, every field filled."""
    for part in (furnish_policy, furnish_census, furnish_places):
        await part(hand, number, employer, day)


async def furnish_policy(hand: Hand, number: int, employer: int, day: date) -> None:
    """A policy document, and what refers to one."""
    own = {"organization_id": hand.place.union}
    here = {**own, "division_id": hand.place.division}
    later = day + timedelta(300)
    lasting = {"valid_from": day, "valid_to": later}
    document = await hand.put(
        "PolicyDocument", "policy_document", title=f"阶台{number}号意见", number=f"阶发〔2026〕{number}号",
        kind="IMPLEMENTING_OPINION", issued_on=day, **lasting, **here,
    )  # fmt: skip
    await hand.put(
        "PolicyIssuer",
        "policy_issuer",
        document_id=document,
        position=1,
        name=f"阶台{number}号工会",
        kind="UNION",
        **own,
    )
    await hand.put(
        "PolicyMeasure", "policy_measure", document_id=document, position=1, area="优化服务", title=f"措施{number}"
    )
    await hand.put(
        "PublishedFigure", "published_figure", code=f"STAGE{number}", article=f"阶台{number}号", phrase=f"阶台{number}项措施",
        question=f"How many measures has stage {number}?", claim=Decimal(number), unit="ITEM", qualifier="GE",
        is_sensitive=False, starts_on=day, ends_on=later, query="{ policyDocuments(first: 0) { totalCount } }",
        path="policyDocuments.totalCount", **here,
    )  # fmt: skip
    await hand.put(
        "Target", "target", document_id=document, metric="NEW_FORM_JOINS", operator="GE", value=Decimal(700 + number),
        unit="PERSON", starts_on=day, ends_on=later, **here,
    )  # fmt: skip


async def furnish_census(hand: Hand, number: int, employer: int, day: date) -> None:
    """A round of the census, and an estimate."""
    own = {"organization_id": hand.place.union}
    here = {**own, "division_id": hand.place.division}
    later = day + timedelta(300)
    round_ = await hand.put(
        "CensusRound", "census_round", name=f"阶台{number}号摸排", starts_on=day, ends_on=later, **own
    )
    await hand.put(
        "CensusRecord", "census_record", round_id=round_, employer_id=employer, surveyed_on=day, has_union=False,
        headcount=40 + number, migrant_count=20 + number, non_member_count=30 + number, obstacle="TOO_FEW",
        follow_up_on=later, **here,
    )  # fmt: skip
    await hand.put(
        "PopulationEstimate", "population_estimate", worker_type="COURIER", as_of=day, value=9_000 + number,
        source=f"阶台{number}号摸底", **here,
    )  # fmt: skip


async def furnish_places(hand: Hand, number: int, employer: int, day: date) -> None:
    """A designation, a construction project, a venue and its certification."""
    own = {"organization_id": hand.place.union}
    here = {**own, "division_id": hand.place.division}
    later = day + timedelta(300)
    lasting = {"valid_from": day, "valid_to": later}
    await hand.put("Designation", "designation", kind="NEW_FORM_CONCENTRATED", **lasting, **here)
    await hand.put(
        "ConstructionProject", "construction_project", name=f"阶台{number}号工程", employer_id=employer,
        union_id=hand.place.union, started_on=day, completed_on=later, **here,
    )  # fmt: skip
    venue = await hand.put(
        "Venue", "venue", name=f"阶台{number}号驿站", kind="STATION", employer_id=employer, address=f"阶台路{number}号",
        **lasting, **here,
    )  # fmt: skip
    awards = await hand.put(
        "CertificationRound", "certification_round", kind="FIVE_GOOD", level="CITY", cohort=number,
        name=f"阶台{number}批", publicised_from=day, publicised_to=day + timedelta(7), awarded_on=day + timedelta(9), **own,
    )  # fmt: skip
    certification = await hand.put(
        "Certification", "certification", round_id=awards, venue_id=venue, status="AWARDED", applied_on=day,
        awarded_on=day + timedelta(9), valid_to=later, **here,
    )  # fmt: skip
    await hand.put(
        "CertificationScore", "certification_score", certification_id=certification, criterion="FINANCE",
        score=80 + number, is_passed=True, evidence=f"账册{number}",
    )  # fmt: skip
