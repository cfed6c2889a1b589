"""Values are checked at the door: every text of every command, and every kind of personal value, by one set of checks."""

from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from datetime import timedelta
from typing import Any

import pytest
from graphql import GraphQLInputObjectType, get_named_type

from db.access import PrincipalKind
from db.clock import today
from db.errors import DataError
from db.input_values import (
    TextError,
    luhn,
    normal_bank_card,
    normal_birth_date,
    normal_phone,
    normal_resident_number,
    normal_text,
    resident_check,
)
from db.security.principals import AccessError, create_principal
from db.security.row_security import READER
from db.server.connect import create_pool
from resolvers.access.callers import Caller
from resolvers.commands.context import IN_LINES
from tests.resolvers.command_fixtures import CLOSE, OPEN, SCHEMA, Hub, gids, hub

DIGITS = "37100319900101123"
NUMBER = DIGITS + resident_check(DIGITS)
CARD = "620000123456789012" + luhn("620000123456789012")
BREAKS = ("甲\n乙", "甲\r\n乙", "甲\t乙")
MARKS = (
    "甲\u200b乙",
    "甲\u2060乙",
    "甲\ufeff乙",
    "甲\u202e乙",
    "甲\u2066乙",
    "甲\u200e乙",
    "甲\u00ad乙",
    "甲\u2028乙",
    "甲\x07乙",
)
MARKS += ("甲\x85乙", "甲\0乙", "甲\ud800乙", "甲\uffff乙", "甲" * 3_000)
CHOICES = {
    "RevealPurpose": "MEMBERSHIP_CHECK",
    "Resolution": "REFUSED",
    "SubjectRequestKind": "CORRECTION",
    "Role": "FEDERATION",
    "Decision": "APPROVED",
}
VALUES = {"name": "甲", "birthDate": "1990-01-01", "residentNumber": NUMBER, "phone": "13800138000", "bankCard": CARD}
DOCUMENT = {"number": "来信1号", "receivedOn": "2026-01-05", "scan": "JVBERi0="}
PAYLOAD = "errors { code message path }"


def inputs() -> Iterator[tuple[str, GraphQLInputObjectType]]:
    """Every command of the schema, with the type of its input."""
    mutation = SCHEMA._schema.mutation_type
    assert mutation is not None
    for command, field in mutation.fields.items():
        made = get_named_type(field.args["input"].type)
        assert isinstance(made, GraphQLInputObjectType)
        yield command, made


def texts(made: GraphQLInputObjectType, *above: str) -> Iterator[tuple[str, ...]]:
    """The places of all texts in an input."""
    for name, field in made.fields.items():
        inner = get_named_type(field.type)
        if name == "records":  # refused one by one: tests/resolvers/writing/test_mutations.py
            continue
        if isinstance(inner, GraphQLInputObjectType):
            yield from texts(inner, *above, name)
        elif inner.name == "String" and name != "scan":  # base64: what it holds is no text
            yield (*above, name)


PLACES = [(command, place) for command, made in inputs() for place in texts(made)]


@pytest.fixture(scope="module")
async def here(kept_database: Any, template: str, vault: Any) -> AsyncIterator[Hub]:
    url = kept_database(template)
    pool, served = await create_pool(url), await create_pool(url, size=4, role=READER)
    yield await hub(pool, served, vault)
    await pool.close()
    await served.close()


UNIONS: Mapping[str, Any] = {
    "unions": ["org_1"], "union": "org_1", "parent": "org_2", "into": "org_2", "on": "2026-01-01",
    "parts": [{"into": "org_2", "employers": ["emp_1"]}],
}  # fmt: skip
"""The inputs of commands that reorganize unions."""


def whole(here: Hub, command: str, made: GraphQLInputObjectType) -> dict[str, Any]:
    """An input that has everything, all of it good."""
    given: dict[str, Any] = {}
    for name, field in made.fields.items():
        kind = get_named_type(field.type)
        if kind.name == "DocumentInput":
            given[name] = dict(DOCUMENT)
        elif name == "records":
            given[name] = [{}]
        elif name in UNIONS:
            given[name] = UNIONS[name]
        elif isinstance(kind, GraphQLInputObjectType):
            unseen = "bankCard" if command == "verify" else ""  # no purpose of a federation's has it compared
            given[name] = {field: value for field, value in VALUES.items() if field != unseen}
        elif kind.name in CHOICES:
            given[name] = CHOICES[kind.name]
        elif name in ("ids", "memberId"):
            given[name] = gids(here.members[:1]) if name == "ids" else gids(here.members[:1])[0]
        elif name == "id":
            given[name] = "grant_1" if command == "revokeAccess" else "sreq_1"
        elif name == "fields":
            given[name] = ["NAME"]
        elif kind.name == "String":
            given[name] = "甲乙丙丁"
    if command == "exportMyData":
        given = {"idempotencyKey": "甲"}
    return given


def caller_of(here: Hub, command: str) -> Caller:
    return here.worker(here.members[0]) if command == "exportMyData" else here.federation()


@pytest.mark.parametrize(("command", "place"), PLACES, ids=[".".join([command, *place]) for command, place in PLACES])
async def test_every_text_of_every_command_is_refused_with_a_mark_or_a_break_in_it(
    here: Hub, command: str, place: tuple[str, ...]
) -> None:
    """A generated watch: a new command, or a new text of one, is tried by itself. Nothing is written."""
    made = dict(inputs())[command]
    document = f"mutation Try($input: {made.name}!) {{ {command}(input: $input) {{ {PAYLOAD} }} }}"
    before = await here.pool.fetchval("SELECT count(*) FROM command_receipt"), await here.actions()
    for text in MARKS if place[-1] in IN_LINES else MARKS + BREAKS:
        given = whole(here, command, made)
        if place[-1] != "caseReference":
            given.pop("caseReference", None)  # a check of membership has none
        inner = given
        for name in place[:-1]:
            inner = inner[name]
        inner[place[-1]] = text
        (error, *_) = (await here.ask(document, given, caller_of(here, command)))["errors"]
        wanted = "BAD_IDEMPOTENCY_KEY" if place[-1] == "idempotencyKey" else "BAD_TEXT"
        assert error["code"] == wanted, (text, error)
        assert error["path"][-1].replace("_", "").lower() == place[-1].lower()
        assert text not in error["message"]
    after = await here.pool.fetchval("SELECT count(*) FROM command_receipt"), await here.actions()
    assert after[0] == before[0]
    assert not set(after[1][len(before[1]) :]) - {"REVEAL_REFUSED", "VERIFY_REFUSED"}


BAD: dict[str, list[str]] = {
    "residentNumber": [
        "000000000000000000",
        NUMBER[:-1] + "X",
        DIGITS[:6] + "19901301" + "1239",
        "１" * 18,
        NUMBER[:-1],
    ],
    "birthDate": ["29990101", "2999-01-01", "1990-1-1", "1990-02-30", "1899-12-31", "１９９０-01-01"],
    "phone": ["00000000000", "23800138000", "12800138000", "1380013800", "+8538001380", "138 0013 800a"],
    "bankCard": ["0000000000000000", CARD[:-1], "62"],
}
CASES = [(name, text) for name, found in BAD.items() for text in found]


@pytest.mark.parametrize(("name", "text"), CASES)
async def test_a_value_that_is_none_of_its_kind_is_refused_on_its_own_in_every_command_that_takes_it(
    here: Hub, name: str, text: str
) -> None:
    opened = await here.ask(OPEN, {"kind": "CORRECTION", "detail": "有误\n请更正"}, here.worker(here.members[0]))
    if opened["errors"]:
        request = await here.pool.fetchval(
            "SELECT to_hex(id) FROM subject_request WHERE closed_on IS NULL ORDER BY id LIMIT 1"
        )
    else:
        request = opened["id"].removeprefix("sreq_")
    corrections = {"id": f"sreq_{request}", "resolution": "GRANTED", "corrections": {name: text}}
    verified = {"memberId": gids(here.members[:1])[0], "values": {name: text}, "purpose": "MEMBERSHIP_CHECK"}
    tried = (
        (CLOSE, corrections),
        (f"mutation Try($input: VerifyInput!) {{ verify(input: $input) {{ {PAYLOAD} }} }}", verified),
    )
    for document, given in tried:
        (error,) = (await here.ask(document, given, here.federation()))["errors"]
        assert error["code"] == "BAD_VALUE"
        assert error["path"][-1] == name
        assert text not in error["message"]


def test_every_wrong_character_of_a_resident_number_is_noticed() -> None:
    assert normal_resident_number(f" {NUMBER.lower()} ") == NUMBER
    for place, right in enumerate(NUMBER):
        for other in "0123456789X".replace(right, ""):
            with pytest.raises(DataError):
                normal_resident_number(NUMBER[:place] + other + NUMBER[place + 1 :])


def test_a_day_of_birth_is_today_at_the_latest() -> None:
    assert normal_birth_date(today().isoformat()) == today().isoformat()
    ahead = today() + timedelta(days=1)
    digits = DIGITS[:6] + ahead.strftime("%Y%m%d") + "123"
    for normal, text in (
        (normal_birth_date, ahead.isoformat()),
        (normal_resident_number, digits + resident_check(digits)),
    ):
        with pytest.raises(DataError, match="between 1900 and today"):
            normal(text)


@pytest.mark.parametrize(
    ("normal", "text", "kept"),
    [
        (normal_phone, "+86 138-0013-8000", "13800138000"),
        (normal_bank_card, "6200 0012-3456 7890 12" + CARD[-1], CARD),
        (normal_birth_date, " 1990-01-01 ", "1990-01-01"),
    ],
)
def test_a_good_value_comes_in_the_form_in_which_it_is_kept(normal: Callable[[str], str], text: str, kept: str) -> None:
    assert normal(text) == kept


@pytest.mark.parametrize("name", ["买买提·吐尔逊", "𠮷田", "葛\U000e0100城", "Zoë", "\ue863"])
def test_names_of_every_script_are_taken(name: str) -> None:
    assert normal_text(f" {name} ", 100) == name


def test_a_text_of_several_lines_may_have_breaks_and_joiners_and_no_direction_marks() -> None:
    assert normal_text("一\r\n二\t👩\u200d👧", 100, lines=True) == "一\r\n二\t👩\u200d👧"
    with pytest.raises(TextError):
        normal_text("一\u202e二", 100, lines=True)


@pytest.mark.parametrize("text", [*BREAKS, *MARKS])
async def test_principals_have_no_such_names_or_subjects_either(here: Hub, text: str) -> None:
    async with here.pool.acquire() as connection:
        with pytest.raises(AccessError, match="printable"):
            await create_principal(connection, text, PrincipalKind.PERSON)
        with pytest.raises(AccessError, match="issuer"):
            await create_principal(connection, "fresh", PrincipalKind.PERSON, subject=f"https://id.example|{text}")
