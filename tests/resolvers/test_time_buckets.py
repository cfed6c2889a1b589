"""Dimensions of time: the bucket that a day is in, the next one, and their names."""

from datetime import date

import pytest

from resolvers.engine.statistics import time_buckets

OCTOBER = 10
"""The first month of a statistical year, as a hub has it unless told otherwise."""


@pytest.mark.parametrize(
    ("dimension", "day", "bucket", "following"),
    [
        ("DAY", "2024-02-28", "2024-02-28", "2024-02-29"),
        ("DAY", "2023-12-31", "2023-12-31", "2024-01-01"),
        ("MONTH", "2024-12-31", "2024-12-01", "2025-01-01"),
        ("QUARTER", "2024-03-31", "2024-01-01", "2024-04-01"),
        ("QUARTER", "2024-11-15", "2024-10-01", "2025-01-01"),
        ("YEAR", "2024-12-31", "2024-01-01", "2025-01-01"),
        ("STATISTICAL_YEAR", "2024-09-30", "2023-10-01", "2024-10-01"),
        ("STATISTICAL_YEAR", "2024-10-01", "2024-10-01", "2025-10-01"),
    ],
)
def test_a_day_is_in_the_bucket_that_begins_by_it_and_ends_after_it(
    dimension: str, day: str, bucket: str, following: str
) -> None:
    found = time_buckets.first(dimension, date.fromisoformat(day), OCTOBER)
    assert (found.isoformat(), time_buckets.following(dimension, found).isoformat()) == (bucket, following)


@pytest.mark.parametrize("month", range(1, 13))
def test_a_statistical_year_begins_with_whichever_month_it_is_told_to(month: int) -> None:
    for day in (date(2024, month, 1), date(2024, month, 28), date(2025, month, 1)):
        assert time_buckets.first("STATISTICAL_YEAR", day, month) == date(day.year, month, 1)
    before = date(2024, month - 1, 28) if month > 1 else date(2023, 12, 28)
    assert time_buckets.first("STATISTICAL_YEAR", before, month) == date(2023, month, 1)


@pytest.mark.parametrize(
    ("dimension", "bucket", "name", "label"),
    [
        ("DAY", date(2022, 11, 3), "2022-11-03", "2022-11-03"),
        ("MONTH", date(2022, 11, 1), "2022-11", "2022-11"),
        ("QUARTER", date(2022, 1, 1), "2022-Q1", "2022-Q1"),
        ("QUARTER", date(2022, 10, 1), "2022-Q4", "2022-Q4"),
        ("YEAR", date(2022, 1, 1), "2022", "2022"),
        ("STATISTICAL_YEAR", date(2021, 10, 1), "2022", "2022 (2021-10 – 2022-09)"),
        ("STATISTICAL_YEAR", date(2022, 1, 1), "2022", "2022 (2022-01 – 2022-12)"),
    ],
)
def test_a_bucket_has_a_name_that_leads_back_to_it(dimension: str, bucket: date, name: str, label: str) -> None:
    assert time_buckets.name(dimension, bucket) == name
    assert time_buckets.label(dimension, bucket) == label
    assert time_buckets.parsed(dimension, name, bucket.month if dimension == "STATISTICAL_YEAR" else 1) == bucket


@pytest.mark.parametrize(
    ("dimension", "text"),
    [
        ("DAY", "2022-11"),
        ("DAY", "2022-02-29"),
        ("MONTH", "2022-13"),
        ("MONTH", "2022-00"),
        ("MONTH", "2022-1"),
        ("MONTH", "2022-11-01"),
        ("MONTH", "2022-Q1"),
        ("QUARTER", "2022-Q5"),
        ("QUARTER", "2022"),
        ("YEAR", "2022-01"),
        ("YEAR", "0000"),
        ("YEAR", "22"),
        ("YEAR", " 2022"),
        ("YEAR", "２０２２"),
        ("STATISTICAL_YEAR", "2022-10"),
        ("STATISTICAL_YEAR", "0001"),
    ],
)
def test_a_text_that_is_no_name_of_a_bucket_leads_nowhere(dimension: str, text: str) -> None:
    assert time_buckets.parsed(dimension, text, OCTOBER) is None


@pytest.mark.parametrize(
    ("dimension", "since", "until", "names"),
    [
        ("DAY", "2024-02-28", "2024-03-02", ["2024-02-28", "2024-02-29", "2024-03-01"]),
        ("MONTH", "2023-11-30", "2024-02-01", ["2023-11", "2023-12", "2024-01"]),
        ("MONTH", "2023-11-30", "2024-02-02", ["2023-11", "2023-12", "2024-01", "2024-02"]),
        ("QUARTER", "2023-12-31", "2024-04-02", ["2023-Q4", "2024-Q1", "2024-Q2"]),
        ("YEAR", "2022-07-01", "2024-01-01", ["2022", "2023"]),
        ("STATISTICAL_YEAR", "2022-09-30", "2023-10-01", ["2022", "2023"]),
        ("YEAR", "2024-01-01", "2024-01-01", []),
    ],
)
def test_a_period_has_each_bucket_that_it_touches_once_in_order(
    dimension: str, since: str, until: str, names: list[str]
) -> None:
    days = date.fromisoformat(since), date.fromisoformat(until)
    found = [time_buckets.name(dimension, each) for each in time_buckets.between(dimension, *days, OCTOBER, 10)]
    assert found == names


def test_no_more_buckets_are_listed_than_are_wanted() -> None:
    found = list(time_buckets.between("DAY", date(2000, 1, 1), date(2100, 1, 1), 1, 5))
    assert found == [date(2000, 1, day) for day in range(1, 6)]
