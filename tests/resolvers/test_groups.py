"""From the rows of a statistic's statement to its groups: which are listed, in which order, with which numbers. No database."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from resolvers.access.callers import Lens
from resolvers.code_lists import Dimension, RecordKind
from resolvers.engine.declare.sources import StatisticsField
from resolvers.engine.request.arguments import Leaf
from resolvers.engine.statistics import from_arguments, from_records, from_rollups, row_marks
from resolvers.engine.statistics.dimension_keys import HIDDEN
from resolvers.engine.statistics.frames import Frame
from resolvers.engine.statistics.group_limits import MAX_GROUPS
from resolvers.engine.statistics.groups import table
from resolvers.engine.statistics.key_values import label_of, value_of
from resolvers.engine.statistics.question import Question
from resolvers.engine.statistics.rollup_source import rollup_source
from resolvers.engine.statistics.row_layout import KEYS, MARK, RowLayout
from resolvers.errors import HubError
from schema import registry

DAY = Frame(date(2026, 11, 29), None, None, 10, small_cell=0)


def question_of(
    kind: str,
    *by: str,
    measures: Sequence[str] = ("records",),
    lens: Lens = Lens.EVERYTHING,
    **arguments: Any,
) -> Question:
    """The question of ``statistics`` at the root by these dimensions."""
    field = registry.roots["statistics"]
    assert isinstance(field, StatisticsField)
    given = {"kind": RecordKind[kind], "group_by": [Dimension[name] for name in by], **arguments}
    return from_arguments.question(registry, field, given, (lens,), measures, root=True)


def period(since: str, until: str) -> Frame:
    return Frame(None, date.fromisoformat(since), date.fromisoformat(until), 10, small_cell=0)


def row(question: Question, *keys: Any, mark: int = row_marks.GROUP, label: str | None = None, **measures: Any) -> Any:
    """A row of a question's statement."""
    layout = question.layout
    made = list(
        layout.blank(keys or (None,) * layout.dimensions, [label] * layout.dimensions, [0] * len(layout.measures))
    )
    made[MARK] = mark
    for name, value in measures.items():
        made[layout.people if name == "people" else layout.measure(name)] = value
    return tuple(made)


def whole(question: Question, **measures: Any) -> Any:
    return row(question, mark=row_marks.WHOLE, **measures)


def groups(question: Question, rows: Sequence[Any], frame: Frame = DAY, measure: str = "records") -> Mapping[Any, Any]:
    """A measure of each group by its keys as they are written, in the order of the answer."""
    _, found = table(question, [*rows, whole(question)], frame)
    values = [value_of(question, place) for place in range(len(question.dimensions))]
    return {tuple(value(each) for value in values): each[question.layout.measure(measure)] for each in found}


@pytest.mark.parametrize(
    ("dimension", "since", "until", "first", "expected"),
    [
        ("DAY", "2024-02-28", "2024-03-02", date(2024, 2, 29), {"2024-02-28": 0, "2024-02-29": 3, "2024-03-01": 0}),
        ("MONTH", "2023-12-31", "2024-03-01", date(2024, 1, 1), {"2023-12": 0, "2024-01": 3, "2024-02": 0}),
        ("QUARTER", "2023-11-01", "2024-04-02", date(2024, 4, 1), {"2023-Q4": 0, "2024-Q1": 0, "2024-Q2": 3}),
        ("YEAR", "2023-01-01", "2025-01-01", date(2023, 1, 1), {"2023": 3, "2024": 0}),
        ("STATISTICAL_YEAR", "2022-09-30", "2023-10-01", date(2022, 10, 1), {"2022": 0, "2023": 3}),
    ],
)
def test_buckets_of_a_period_without_records_are_listed_with_zeros(
    dimension: str, since: str, until: str, first: date, expected: dict[str, int]
) -> None:
    question = question_of("MEMBERSHIPS", dimension)
    found = groups(question, [row(question, first, records=3)], period(since, until))
    assert list(found.items()) == [((name,), number) for name, number in expected.items()]


def test_without_both_ends_of_a_period_only_buckets_with_records_are_listed() -> None:
    question = question_of("MEMBERSHIPS", "MONTH")
    rows = [row(question, date(2024, month, 1), records=month) for month in (5, 2)]
    open_ended = Frame(None, date(2024, 1, 1), None, 10, small_cell=0)
    assert groups(question, rows, open_ended) == {("2024-02",): 2, ("2024-05",): 5}


def test_groups_are_in_the_order_of_the_code_list_and_what_has_no_value_comes_last() -> None:
    question = question_of("MEMBERSHIPS", "SEX", "IS_MODEL_WORKER")
    keys = [(None, True), ("MALE", None), ("FEMALE", False), ("MALE", True), ("MALE", False)]
    codes = list(question.dimensions[0].ranks)
    found = list(groups(question, [row(question, *each, records=1) for each in keys]))
    expected = sorted(
        keys, key=lambda each: (each[0] is None, codes.index(each[0]) if each[0] else 0, each[1] is None, each[1])
    )
    assert found == [(sex, None if model is None else str(model).lower()) for sex, model in expected]


def test_of_rows_out_of_sight_there_is_one_group_before_that_of_records_without_a_value() -> None:
    question = question_of("JOB_OFFERS", "EMPLOYER")
    rows = [row(question, key, records=1, label="An employer") for key in (None, HIDDEN, 7)]
    found = [keys for (keys,) in groups(question, rows)]
    assert found[1:] == ["OUT_OF_SIGHT", None]
    assert found[0].startswith("emp")
    assert label_of(question, 0)(rows[1]) == "Not yours to see (不在可见范围)"
    assert label_of(question, 0)(rows[2]) == "An employer"


def test_children_without_records_are_listed_and_have_their_labels() -> None:
    question = question_of("MEMBERSHIPS", "CHILD_DIVISION", "SEX")
    children = [row(question, key, None, mark=1, label=label) for key, label in ((3, "Hebei"), (2, "Tianjin"))]
    _, found = table(question, [*children, row(question, 3, "MALE", records=4, label="Hebei"), whole(question)], DAY)
    labels, records = label_of(question, 0), question.layout.measure("records")
    assert [(labels(each), each[KEYS + 1], each[records]) for each in found] == [
        ("Tianjin", "MALE", 0),
        ("Hebei", "MALE", 4),
    ]


def test_amounts_have_two_places_and_medians_of_nothing_are_null() -> None:
    question = question_of("RECOVERIES", "MONTH", measures=("amount", "persons"))
    found = groups(
        question, [row(question, date(2024, 1, 1), amount="1200.5")], period("2024-01-01", "2024-03-01"), "amount"
    )
    assert found == {("2024-01",): Decimal("1200.50"), ("2024-02",): Decimal("0.00")}
    name, measure = next(
        (name, each) for name, each in registry.statistics["DISPUTE_CASES"].measures.items() if each.zero is None
    )
    question = question_of("DISPUTE_CASES", "MONTH", measures=(name,), event=measure.event)
    assert groups(question, [], period("2024-01-01", "2024-02-01"), name) == {("2024-01",): None}


@pytest.mark.parametrize("number", [MAX_GROUPS, MAX_GROUPS + 1])
def test_an_answer_has_so_many_groups_at_most(number: int) -> None:
    question = question_of("JOB_OFFERS", "EMPLOYER")
    rows = [row(question, key, records=1) for key in range(1, number + 1)]
    if number <= MAX_GROUPS:
        assert len(groups(question, rows)) == number
    else:
        with pytest.raises(HubError, match="more than 2000 groups") as error:
            groups(question, rows)
        assert error.value.code == "TOO_MANY_GROUPS"


def test_groups_that_are_listed_without_records_count_against_the_limit() -> None:
    question = question_of("JOB_OFFERS", "MONTH", "EMPLOYER")
    rows = [row(question, date(2024, 1, 1), key, records=1) for key in range(1, 210)]
    assert len(groups(question, rows[:160], period("2024-01-01", "2025-01-01"))) == 160 * 12
    with pytest.raises(HubError, match="more than 2000 groups"):
        groups(question, rows, period("2024-01-01", "2025-01-01"))


def test_callers_with_aggregates_only_are_given_no_few_and_of_nothing_null() -> None:
    question = question_of("EMPLOYERS", "INDUSTRY", lens=Lens.AGGREGATES)
    frame = Frame(date(2026, 11, 1), None, None, 10, small_cell=10, cells=set())
    first, second, *_ = question.dimensions[0].ranks
    rows = [row(question, first, records=4, people=4), row(question, second, records=500, people=500)]
    found = groups(question, rows, frame)
    assert list(found) == [(second,)]
    assert abs(found[second,] - 500) <= 12
    assert frame.cells is not None
    assert len(frame.cells) == 2, "the whole and the one group that is given"


def test_where_a_caller_may_not_count_the_answer_is_refused() -> None:
    question = question_of("MEMBERSHIPS", lens=Lens.AGGREGATES)
    with pytest.raises(HubError) as error:
        table(question, [row(question, mark=row_marks.REFUSED)], DAY)
    assert error.value.code == "GEOGRAPHY_WITHHELD"


@pytest.mark.parametrize("lens", [Lens.EVERYTHING, Lens.AGGREGATES])
def test_records_and_roll_ups_make_rows_of_one_layout(lens: Lens) -> None:
    question = question_of("MEMBERSHIPS", "CHILD_DIVISION", "SEX", measures=("persons", "records", "women"), lens=lens)
    source = rollup_source(question, question.cells)
    assert source is not None
    of_records = from_records.cells(question, question.cells, None).selected_columns
    of_rollups = from_rollups.cells(question, source, source.is_usable).selected_columns
    names = [
        "mark",
        "k0",
        "k1",
        "people",
        "people_t",
        *(f"m{place}{slot}" for place in range(3) for slot in ("", "l", "t")),
    ]
    assert of_records.keys() == of_rollups.keys() == names
    assert question.layout == RowLayout(2, ("persons", "records", "women"))
    assert [question.layout.measure(name) for name in question.layout.measures] == [8, 11, 14]


def test_a_question_has_each_measure_once_those_of_its_rates_and_the_records() -> None:
    question = question_of("MEMBERSHIPS", measures=("women_share", "women", "persons"))
    assert list(question.measures) == ["women", "records", "persons"]
    assert list(question_of("MEMBERSHIPS", measures=()).measures) == ["records"]


def test_a_day_and_a_period_are_not_asked_about_at_once() -> None:
    day = Leaf(lambda _: date(2024, 1, 1))
    with pytest.raises(HubError) as error:
        question_of("MEMBERSHIPS", **{"as_of": day, "from": day})
    assert error.value.code == "BAD_PERIOD"
