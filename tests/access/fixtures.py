"""The rows of the access tests: in four places that share nothing a union with an employer, members, an agreement and a case, with every
field filled; and all personas, signed in by grants of their own."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import asyncpg

from db.access import DOCUMENT, PROPOSAL, PrincipalKind, Role
from db.clock import today
from db.demo.personas import ISSUER, add_personas
from db.encryption.vault import Vault
from db.generate.codes import weighted
from db.hierarchies import link
from db.input_values import RESIDENT_CHECK, luhn
from db.members import BANK_CARD, BIRTH_DATE, PHONE, RESIDENT_NUMBER
from db.organizations import Hierarchy
from db.security.audit_log import Entry, record
from db.security.grants import ProposedGrant, assign, grant
from db.security.principals import by_subject, create_key, create_principal, move_principal
from resolvers.access.callers import PUBLIC, Caller
from resolvers.viewer import caller_of
from tests.access import fixtures_coverage
from tests.access.fixtures_activities import furnish_activities, furnish_mediation
from tests.access.fixtures_aid import furnish_aid, furnish_care
from tests.resolvers.engine_client import handler_of_all

PLACES = {
    "hangzhou": (Hierarchy.TERRITORIAL, "浙江省总工会", "3301"),
    "weihai": (Hierarchy.TERRITORIAL, "威海市总工会", "3710"),
    "chongqing": (Hierarchy.INDUSTRIAL, "重庆市国防邮电工会", "50"),
    "shenzhen": (Hierarchy.TERRITORIAL, "深圳市总工会", "4403"),
}
"""Each place's hierarchy, the union above its own, and its division."""

SUPERIOR = """
SELECT coalesce((SELECT c.descendant_id FROM {hierarchy}_closure c WHERE c.ancestor_id = a.id AND c.depth = 1
    AND c.valid_to IS NULL ORDER BY 1 LIMIT 1), a.id)
FROM organization a WHERE a.name = $1
"""
"""A union right below the one of this name, else that union."""
COUNTY = """
SELECT t.descendant_id FROM division_closure t JOIN division d ON d.id = t.ancestor_id AND d.code = $1 AND d.valid_to IS NULL
JOIN division c ON c.id = t.descendant_id AND c.valid_to IS NULL AND c.level = 'COUNTY' ORDER BY 1 LIMIT 1
"""


@dataclass
class Place:
    """The keys of a place's rows by type."""

    union: int
    division: int
    rows: dict[str, list[int]] = field(default_factory=dict)

    def one(self, typename: str) -> int:
        """The first row of a type."""
        return self.rows[typename][0]


@dataclass
class AccessFixtures:
    """The places by name and the personas' callers by name."""

    places: Mapping[str, Place]
    callers: Mapping[str, Caller]
    handlers: tuple[int, ...]
    """Unions above the places that handle a care case themselves."""
    standard: Caller
    """Who sees all, health records too: the national federation, if it handled all of them itself."""

    def keys(self, typename: str) -> list[int]:
        """All places' rows of a type."""
        return [key for place in self.places.values() for key in place.rows.get(typename, ())]


class PlaceWriter:
    """Inserts rows of one place."""

    def __init__(self, db: asyncpg.Connection, place: Place) -> None:
        self.db = db
        self.place = place

    async def put(self, typename: str, table: str, **values: Any) -> int:
        """Insert a row; its key."""
        names, marks = ", ".join(values), ", ".join(f"${n}" for n in range(1, len(values) + 1))
        key = await self.db.fetchval(f"INSERT INTO {table} ({names}) VALUES ({marks}) RETURNING id", *values.values())
        self.place.rows.setdefault(typename, []).append(int(key))
        return int(key)


async def write_fixtures(db: asyncpg.Connection, vault: Vault) -> AccessFixtures:
    """Write the fixtures to a copy of the template."""
    places: dict[str, Place] = {}
    elsewhere: int | None = None
    for number, (name, (hierarchy, above, code)) in enumerate(PLACES.items(), 1):
        places[name] = await _found(db, number, hierarchy, above, await db.fetchval(COUNTY, code))
        await _furnish(PlaceWriter(db, places[name]), vault, number, elsewhere)
        place = places[name]
        await furnish_aid(place.rows, PlaceWriter(db, place).put, place.union, place.division, number, elsewhere)
        for furnish in (furnish_activities, furnish_mediation):
            await furnish(place.rows, PlaceWriter(db, place).put, place.union, place.division, number)
        elsewhere = places[name].union
    handlers: list[int] = []
    names = [above for _, above, _ in PLACES.values()]
    for number, (name, above) in enumerate(zip([*PLACES, "weihai"], [*names, "中华全国总工会"], strict=True), 5):
        handlers.append(await db.fetchval("SELECT id FROM organization WHERE name = $1", above))
        place = places[name]
        await furnish_care(place.rows, PlaceWriter(db, place).put, handlers[-1], place.division, number)
    renamed = "SELECT division_id FROM division_alias UNION SELECT id FROM division WHERE predecessor_id IS NOT NULL"
    followed = "SELECT DISTINCT predecessor_id FROM division WHERE predecessor_id IS NOT NULL"
    for some in (f"{renamed} ORDER BY 1 LIMIT 9", f"{followed} ORDER BY 1 LIMIT 2"):
        places["hangzhou"].rows["Division"] += [row[0] for row in await db.fetch(some)]
    callers = await _personas(db, places)
    return AccessFixtures(places, callers, tuple(handlers), await handler_of_all(db, callers["national"]))


async def _found(db: asyncpg.Connection, number: int, hierarchy: Hierarchy, above: str, division: int) -> Place:
    """A union below another one, with a branch below it, in force since the beginning of the year."""
    on = date(2026, 1, 1)
    hand = PlaceWriter(db, Place(0, division))
    superior = await db.fetchval(SUPERIOR.format(hierarchy=hierarchy.name.lower()), above)
    for order, (level, form) in enumerate((("GRASSROOTS", "INDEPENDENT"), ("GRASSROOTS", "BRANCH"))):
        union = await hand.put(
            "Organization", "organization", name=f"阶台{number}{order}号工会", level=level, kind="GRASSROOTS_UNION",
            form=form, status="NORMAL", division_id=division, industry="G60", credit_code=f"81STAGE{number:09d}{order}",
            established_on=on,
        )  # fmt: skip
        await link(db, child=union, parent=superior, hierarchy=hierarchy, on=on, is_lead=True)
        if hierarchy is Hierarchy.INDUSTRIAL:
            parent = hand.place.union or await db.fetchval("SELECT id FROM organization WHERE name = '重庆市总工会'")
            await link(db, child=union, parent=parent, hierarchy=Hierarchy.TERRITORIAL, on=on, is_lead=False)
        hand.place.union = hand.place.union or union
        superior = union
    links = await db.fetch(
        "SELECT id FROM organization_link WHERE child_id = ANY ($1)", hand.place.rows["Organization"]
    )
    hand.place.rows["OrganizationLink"] = [row["id"] for row in links]
    predecessor, successor = hand.place.rows["Organization"]
    await hand.put(
        "OrganizationSuccession", "organization_succession", predecessor_id=predecessor, successor_id=successor, kind="SPLIT",
        succeeded_on=date(2026, 2, 1), reason="阶台分立",
    )  # fmt: skip
    hand.place.rows["Division"] = [division]
    return hand.place


async def _furnish(hand: PlaceWriter, vault: Vault, number: int, elsewhere: int | None) -> None:
    """Everything that a place has. ``elsewhere`` is the union of another place, where the first member was before."""
    union, division, day = hand.place.union, hand.place.division, date(2026, 3, number)
    employer = await hand.put(
        "Employer", "employer", name=f"阶台{number}号有限公司", kind="PRIVATE_ENTERPRISE", credit_code=f"91STAGE{number:010d}",
        industry="G60", division_id=division, organization_id=union, headcount=40, registered_on=day, closed_on=None,
    )  # fmt: skip
    await hand.put("EmployerCoverage", "employer_coverage", organization_id=union, employer_id=employer, valid_from=day)
    await hand.put(
        "CommitteeTerm", "committee_term", organization_id=union, committee="WOMEN", number=number, elected_on=day,
        chair_name="佟主席", valid_from=day,
    )  # fmt: skip
    await hand.put(
        "ImportJob", "import_job", organization_id=union, principal=f"clerk{number}", kind="employers",
        file_name=f"单位{number}.xlsx", digest=f"{number:064x}", is_dry_run=False, good_rows_only=False, refuses_changes=False,
        state="RUNNING", stage="WRITING",
    )  # fmt: skip
    members = [await _member(hand, vault, number, order) for order in (1, 2)]
    if elsewhere is not None:
        await hand.put(
            "Membership", "membership", member_id=members[0], organization_id=elsewhere, status="TRANSFERRED_OUT",
            channel="QR", applied_on=day - timedelta(400), valid_from=day - timedelta(400), valid_to=day, end_reason="转出",
        )  # fmt: skip
    for member in members:
        await hand.put(
            "Membership", "membership", member_id=member, organization_id=union, status="ACTIVE", channel="APP",
            applied_on=day, valid_from=day,
        )  # fmt: skip
        await hand.put(
            "Engagement", "engagement", member_id=member, employer_id=employer, organization_id=union,
            kind="LABOUR_CONTRACT", job_title="分拣员", valid_from=day,
        )  # fmt: skip
        await hand.put(
            "InsuranceEnrolment", "insurance_enrolment", organization_id=union, member_id=member, participant_id=employer,
            scheme="STANDARD_WORK_INJURY", cohort=number, base_amount=Decimal("5200.00"), rate=Decimal("0.00750"),
            source_system="社保", source_number=f"阶-{number}-{member}", valid_from=day,
        )  # fmt: skip
    await _agreement(hand, number, employer, day)
    await _case(hand, number, employer, members, day)
    await fixtures_coverage.furnish(hand, number, employer, day)
    await _request(hand, vault, members[0], day)
    entry = Entry("REVEAL", principal="an official", role="FEDERATION", purpose="SERVICE_CONTACT",
        case_reference="函字一号", records=[f"mem_{members[0]:x}"], fields=["PHONE"], operation="AccessFixtures")  # fmt: skip
    await record(hand.db, [entry, replace(entry, action="REVEAL_REFUSED", case_reference="写给本人看的话")])
    last = await hand.db.fetchval("SELECT max(id) FROM access_log")
    hand.place.rows["AccessLog"] = [last - 1, last]


async def _request(hand: PlaceWriter, vault: Vault, member: int, day: date) -> None:
    """A request on paper for a change that awaits a second official; both officials are no persona of the tests."""
    opener, proposer = [
        await create_principal(hand.db, f"{hand.place.union} {name}", PrincipalKind.PERSON)
        for name in ("opener", "proposer")
    ]
    key = await hand.put(
        "SubjectRequest", "subject_request", member_id=member, kind="CORRECTION", detail="手机号有误", opened_on=day,
        due_on=day + timedelta(21), opened_by=opener, document_number="阶收1号", document_received_on=day, document_type="PNG",
        document_digest=bytes(32), proposed_by=proposer, proposed_fields="PHONE", proposed_on=day, rejected_on=day, rejection="不符",
    )  # fmt: skip
    await hand.db.execute(
        "UPDATE subject_request SET document = $2, proposal = $3 WHERE id = $1",
        key,
        vault.seal(DOCUMENT, key, "iVBORw0KGgo="),
        vault.seal(PROPOSAL, key, "{}"),
    )


async def _member(hand: PlaceWriter, vault: Vault, number: int, order: int) -> int:
    key = await hand.put(
        "Member", "member", name=f"阶{'甲乙'[order - 1]}{number}", sex="FEMALE", birth_year_from=1980,
        worker_type="COURIER", is_migrant_worker=True, is_model_worker=False, division_id=hand.place.division,
    )  # fmt: skip
    serial = number * 618_033 + order * 41_421
    digits, account = f"371003198{number}0{number}1{order}124", f"620000{serial * 7_919 % 10**11:011d}"
    resident, phone, card = (
        digits + RESIDENT_CHECK[weighted(digits, 0) % 11],
        f"138{serial % 10**8:08d}",
        account + luhn(account),
    )
    await hand.db.execute(
        "UPDATE member SET birth_date = $2, resident_number = $3, resident_number_index = $4, resident_number_region = $5,"
        " phone = $6, phone_index = $7, phone_head = $8, bank_card = $9, birth_year_from = $10, bank_card_changed_on = $11,"
        " resident_number_changed_on = $11, phone_changed_on = $11 WHERE id = $1",
        key,
        vault.seal(BIRTH_DATE, key, f"198{number}-0{number}-1{order}"),
        *(vault.seal(RESIDENT_NUMBER, key, resident), vault.sealer(RESIDENT_NUMBER).index(resident)),
        resident[:6],
        *(vault.seal(PHONE, key, phone), vault.sealer(PHONE).index(phone), phone[:3]),
        *(vault.seal(BANK_CARD, key, card), 1980 + number - number % 5, today() - timedelta(number)),
    )
    return key


async def _agreement(hand: PlaceWriter, number: int, employer: int, day: date) -> None:
    union = hand.place.union
    agreement = await hand.put(
        "CollectiveAgreement", "collective_agreement", number=f"阶协〔2026〕{number}号", title=f"阶台{number}号集体合同",
        kind="COMPREHENSIVE", status="EFFECTIVE", organization_id=union, employer_id=employer,
        division_id=hand.place.division, industry="G60", worker_count=40, requested_on=day, signed_on=day + timedelta(20),
        submitted_on=day + timedelta(25), received_on=day + timedelta(26), effective_on=day + timedelta(41),
        published_on=day + timedelta(45), term_from=day + timedelta(41), term_to=day + timedelta(700),
    )  # fmt: skip
    await hand.put(
        "AgreementParty", "agreement_party", agreement_id=agreement, side="UNION", organization_id=union, name="工会",
        chief_representative="佟代表",
    )  # fmt: skip
    await hand.put(
        "AgreementParty", "agreement_party", agreement_id=agreement, side="EMPLOYER", employer_id=employer, name="公司",
        chief_representative="谷代表",
    )  # fmt: skip
    await hand.put(
        "AgreementCoverage", "agreement_coverage", agreement_id=agreement, employer_id=employer, worker_count=40,
        valid_from=day,
    )  # fmt: skip
    await hand.put(
        "AgreementStep", "agreement_step", agreement_id=agreement, status="CONGRESS_PASSED", actor="WORKERS_CONGRESS",
        occurred_on=day, document_number="阶文", roster_count=40, present_count=38, votes_for=37, note="通过",
    )  # fmt: skip


async def _case(hand: PlaceWriter, number: int, employer: int, members: list[int], day: date) -> None:
    case = await hand.put(
        "DisputeCase", "dispute_case", number=f"阶案〔2026〕{number}号", organization_id=hand.place.union,
        employer_id=employer, division_id=hand.place.division, cause="UNPAID_WAGES", phase="DAILY_MEDIATION",
        status="IN_PROGRESS", body="TOWNSHIP", received_on=day, accepted_on=day, claimant_count=2, is_collective=False,
        amount_claimed=Decimal("9000.00"),
    )  # fmt: skip
    for order, member in enumerate(members):
        await hand.put(
            "DisputeParty",
            "dispute_party",
            case_id=case,
            role="CLAIMANT",
            name=f"阶{'甲乙'[order]}{number}",
            member_id=member,
        )
    await hand.put("DisputeParty", "dispute_party", case_id=case, role="CLAIMANT", name="不在册某人")
    await hand.put(
        "DisputeParty",
        "dispute_party",
        case_id=case,
        role="RESPONDENT",
        name=f"阶台{number}号有限公司",
        employer_id=employer,
    )
    await hand.put(
        "DisputeParty", "dispute_party", case_id=case, role="THIRD_PARTY", name="工会", organization_id=hand.place.union
    )
    await hand.put("DisputeClaim", "dispute_claim", case_id=case, kind="WAGE", amount=Decimal("9000.00"))
    await hand.put(
        "DisputeStep", "dispute_step", case_id=case, phase="DAILY_MEDIATION", status="ACCEPTED", actor="MEDIATION_BODY",
        occurred_on=day, document_number="阶文", note="申请人患病",
    )  # fmt: skip
    for member in members:
        await hand.put(
            "Recovery",
            "recovery",
            case_id=case,
            member_id=member,
            kind="WAGE",
            amount=Decimal("4500.00"),
            received_on=day,
        )


async def _personas(db: asyncpg.Connection, places: Mapping[str, Place]) -> Mapping[str, Caller]:
    """The personas of the demonstration and some more, each with its grants, as the hub signs them in."""
    division = await db.fetchval("SELECT id FROM division WHERE code = '4403' AND valid_to IS NULL")

    async def let_in(name: str, role: Role, kind: PrincipalKind, member: int | None = None, **scope: Any) -> int:
        number = await create_principal(db, name, kind, subject=f"{ISSUER}|{name}", member_id=member)
        await grant(db, ProposedGrant(number, role, today(), **scope))
        return number

    await let_in("member", Role.WORKER, PrincipalKind.PERSON, places["weihai"].one("Member"))
    await let_in("shenzhen-mediator", Role.CASE_WORKER, PrincipalKind.PERSON)
    number = await db.fetchval("SELECT number FROM dispute_case WHERE id = $1", places["shenzhen"].one("DisputeCase"))
    await assign(db, "shenzhen-mediator", number)
    await add_personas(db)
    union = {"organization_id": places["weihai"].union, "hierarchy": Hierarchy.TERRITORIAL}
    await let_in("weihai-grassroots", Role.GRASSROOTS_UNION, PrincipalKind.PERSON, **union)
    await let_in("shenzhen-insurance", Role.SOCIAL_SECURITY_AGENCY, PrincipalKind.AGENCY, division_id=division)
    await let_in("shenzhen-commerce", Role.EMPLOYERS_BODY, PrincipalKind.AGENCY, division_id=division)
    await _clerks(db, places)
    callers: dict[str, Caller] = {"public": PUBLIC}
    for name in PERSONAS:
        await create_key(db, name)
        found = await by_subject(db, f"{ISSUER}|{name}")
        assert found is not None, f"{name} was not let in"
        callers[name] = caller_of(found)
    return callers


async def _clerks(db: asyncpg.Connection, places: Mapping[str, Place]) -> None:
    """In each place principals that belong to its union, each with an API key: with a role there, also with one elsewhere, without a role,
    and an analyst; and a principal with a role there that belongs to no union."""
    elsewhere = next(reversed(places.values())).union
    for name, place in places.items():
        hierarchy = PLACES[name][0]
        here = (Role.GRASSROOTS_UNION, place.union, hierarchy)
        there = (Role.GRASSROOTS_UNION, elsewhere, Hierarchy.TERRITORIAL)
        for kind, roles in {"clerk": [here], "guest": [here, there], "newcomer": [], "inspector": [here]}.items():
            who = await create_principal(db, f"{name} {kind}", PrincipalKind.PERSON, organization_id=place.union)
            for role, union, along in roles:
                await grant(db, ProposedGrant(who, role, today(), organization_id=union, hierarchy=along))
            await create_key(db, f"{name} {kind}")
            if kind == "clerk":
                await grant(db, ProposedGrant(who, Role.ANALYST, today(), division_id=place.division))
            if kind == "inspector":
                await move_principal(db, f"{name} {kind}", None)
        elsewhere = place.union


PERSONAS = (
    "national", "zhejiang", "weihai", "weihai-grassroots", "chongqing-posts", "shenzhen-hr", "shenzhen-insurance",
    "shenzhen-commerce", "shenzhen-mediator", "member", "analyst",
)  # fmt: skip
"""Who asks in the matrix, beside the public without a token."""
