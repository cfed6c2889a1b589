"""Files of employers with known faults."""

import random
from dataclasses import dataclass
from typing import Any

from db.generate.codes import credit_code
from resolvers.writing.kinds import KINDS

EMPLOYERS = KINDS["employers"]
NAMES = [column.name for column in EMPLOYERS.columns]
HEADINGS = [column.heading.chinese for column in EMPLOYERS.columns]

FAULTS: list[tuple[dict[str, Any], list[tuple[str, str]]]] = [
    ({"name": None}, [("REQUIRED", "name")]),
    ({"name": "=1+1"}, [("FORMULA", "name")]),
    ({"name": "甲" * 300}, [("BAD_TEXT", "name")]),
    ({"name": "甲\u202e乙"}, [("BAD_TEXT", "name")]),
    ({"credit_code": ""}, [("REQUIRED", "credit_code")]),
    ({"credit_code": "91330106MC0000071X"}, [("BAD_VALUE", "credit_code")]),
    ({"credit_code": "9.13E+17"}, [("ROUNDED_NUMBER", "credit_code")]),
    ({"kind": None}, [("REQUIRED", "kind")]),
    ({"kind": "星际企业"}, [("UNKNOWN_CODE", "kind")]),
    ({"industry": "快递"}, [("UNKNOWN_CODE", "industry")]),
    ({"division": None}, [("REQUIRED", "division")]),
    ({"division": "999999"}, [("NOT_FOUND", "division")]),
    ({"division": "33010"}, [("BAD_DIVISION", "division")]),
    ({"union": None}, [("REQUIRED", "union")]),
    ({"union": "没有的工会"}, [("NOT_FOUND", "union")]),
    ({"union": "#REF!"}, [("FORMULA", "union")]),
    ({"headcount": None}, [("REQUIRED", "headcount")]),
    ({"headcount": "很多"}, [("BAD_NUMBER", "headcount")]),
    ({"headcount": "12.5"}, [("BAD_NUMBER", "headcount")]),
    ({"headcount": "-1"}, [("NUMBER_OUT_OF_RANGE", "headcount")]),
    ({"headcount": "3万人"}, [("WRONG_UNIT", "headcount")]),
    ({"is_platform_head": "也许"}, [("BAD_YES_NO", "is_platform_head")]),
    ({"registered_on": "2023-02-30"}, [("BAD_DATE", "registered_on")]),
    ({"registered_on": "2050-01-01"}, [("FUTURE_DATE", "registered_on")]),
    ({"closed_on": "23.2.9"}, [("BAD_DATE", "closed_on")]),
    ({"covered_from": "去年"}, [("BAD_DATE", "covered_from")]),
    ({"covered_to": "2/9/2023"}, [("BAD_DATE", "covered_to")]),
    ({"covered_to": "2020-01-01"}, [("DATE_ORDER", "covered_to")]),
    ({"covered_from": None, "covered_to": "2020-01-01"}, [("REQUIRED", "covered_from")]),
    ({"name": None, "headcount": "-", "closed_on": "x"}, [("REQUIRED", "name"), ("BAD_NUMBER", "headcount"), ("BAD_DATE", "closed_on")]),
    ({"is_platform_head": 7, "division": "?"}, [("BAD_YES_NO", "is_platform_head"), ("BAD_DIVISION", "division")]),
]  # fmt: skip
"""What is put into a row, and the codes and columns of the faults that it makes."""


@dataclass
class Seeded:
    """Rows of a file, the good ones without faults beside them, and the expected faults as (row, code, column)."""

    rows: list[list[Any]]
    good: list[list[Any]]
    faults: set[tuple[int, str, str]]


def employer(sequence: int, union: str, division: str) -> dict[str, Any]:
    """A good row."""
    return {
        "name": f"杭州第{sequence}物流有限公司（𠮷·）", "credit_code": credit_code("91", "330106", 600_000_000 + sequence),
        "kind": ("民营企业", "STATE_ENTERPRISE", "平台企业")[sequence % 3], "industry": ("G54", "邮政业", "")[sequence % 3],
        "division": division, "union": union, "headcount": ("126", "1,260 人", 12)[sequence % 3],
        "is_platform_head": ("否", "是", None)[sequence % 3],
        "registered_on": ("2019年3月4日", "2019.3.4", "20190304", "43528")[sequence % 4], "closed_on": None,
        "covered_from": "2021/5/1", "covered_to": None, "expected_version": None,
    }  # fmt: skip


def seeded(count: int, faulty: int, union: str, division: str, *, start: int = 0, seed: int = 7) -> Seeded:
    """Rows with faults of every kind in ``faulty`` of them; a pair of rows has the same credit code."""
    good = [employer(start + number, union, division) for number in range(count)]
    rows = [dict(row) for row in good]
    chosen = random.Random(seed).sample(range(count), faulty)
    expected: set[tuple[int, str, str]] = set()
    first, second = sorted(chosen[:2])
    rows[second]["credit_code"] = rows[first]["credit_code"]
    expected |= {(first + 2, "DUPLICATE", "credit_code"), (second + 2, "DUPLICATE", "credit_code")}
    for place, number in enumerate(chosen[2:]):
        change, faults = FAULTS[place % len(FAULTS)]
        rows[number] |= change
        expected |= {(number + 2, code, column) for code, column in faults}
    return Seeded(*([[*row.values()] for row in each] for each in (rows, good)), expected)
