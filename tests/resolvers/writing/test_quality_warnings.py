"""A batch warns of the rules of data quality that the records break which it has written."""

from typing import Any

from resolvers.writing.outcomes import BatchOptions, BatchResult, Severity
from tests.resolvers.writing.conftest import Writers, outcomes
from tests.resolvers.writing.test_batches import statements
from tests.resolvers.writing.test_employers import employer
from tests.resolvers.writing.test_members import person
from tests.resolvers.writing.test_organizations import union

NEVER = {"REGION_NOT_IN_FORCE"}


def warnings(result: BatchResult, row: int = 0) -> list[tuple[str, str | None]]:
    findings = result.rows[row].findings
    return [
        (each.code, each.column) for each in findings if each.severity is Severity.WARNING and each.code not in NEVER
    ]


async def test_rows_that_break_a_rule_are_written_and_warned_of(writers: Writers) -> None:
    rows = [employer(writers), employer(writers, headcount=0)]
    result = await writers.write("employers", *rows)
    assert outcomes(result) == ["NEW", "NEW"]
    assert (warnings(result, 0), warnings(result, 1)) == ([], [("EMPLOYER_WITHOUT_HEADCOUNT", "headcount")])
    assert warnings(await writers.write("employers", *rows), 1) == [], "nothing was written"
    changed = await writers.write("employers", rows[1] | {"name": "杭州示例二物流有限公司"})
    assert warnings(changed) == [("EMPLOYER_WITHOUT_HEADCOUNT", "headcount")]


async def test_a_rehearsal_warns_of_the_same(writers: Writers) -> None:
    row = union(writers, term_number="1", elected_on="2012-03-04", chair_name="王示例", term_to="2017-03-04")
    found: list[Any] = [
        warnings(await writers.write("unions", row, options=BatchOptions(dry_run=dry))) for dry in (True, False)
    ]
    assert found == [[("UNION_TERM_OVER", "term_to")]] * 2


async def test_persons_of_one_name_and_phone_are_warned_of(writers: Writers) -> None:
    first, second = (person(writers, name="钱示例", phone="13911112222") for _ in range(2))
    assert warnings(await writers.write("persons", first)) == []
    assert warnings(await writers.write("persons", second)) == [("MEMBER_RECORDED_TWICE", "name")]


async def test_no_rehearsal_tells_who_elsewhere_has_a_name_and_phone(writers: Writers) -> None:
    there = writers.caller(writers.other["id"])
    known = {"name": "吴示例", "phone": "13933334444"}
    await writers.write("persons", person(writers, union=writers.other["name"], **known), caller=there)
    for dry_run in (True, False):
        invented = await writers.write("persons", person(writers, **known), options=BatchOptions(dry_run=dry_run))
        assert (outcomes(invented), warnings(invented)) == (["NEW"], [])
    again = await writers.write("persons", person(writers, **known))
    assert warnings(again) == [("MEMBER_RECORDED_TWICE", "name")], "of both there is one here now"


async def test_one_statement_finds_them_for_all_rows(writers: Writers) -> None:
    for kind, row in (("employers", employer), ("persons", person), ("unions", union)):
        sent = await statements(writers, kind, [row(writers) for _ in range(20)])
        assert sum("AS code" in statement for statement in sent) == 1, kind
