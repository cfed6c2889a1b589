"""Values as Chinese offices and spreadsheets write them."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest

from db.columns.industries import INDUSTRY
from db.employers import EmployerKind
from db.input_values import normal_bank_card, normal_phone, normal_resident_number, resident_check
from db.members import Sex, WorkerType
from resolvers.writing.values import (
    BadValue,
    CodeType,
    CountType,
    DayType,
    DecimalType,
    DivisionType,
    MoneyType,
    NormalType,
    TextType,
    ValueType,
    YesNoType,
)

MONEY = MoneyType()
TEN_THOUSANDS = MONEY.in_unit("万元")
PERSON = NormalType(normal_resident_number)


def resident_number(first: str) -> str:
    return first + resident_check(first)


def code_of(type_: ValueType, value: Any) -> str:
    with pytest.raises(BadValue) as caught:
        type_.read(value)
    assert len(str(value)) < 12 or str(value) not in caught.value.message
    assert len(caught.value.message) > 15
    return caught.value.code


@pytest.mark.parametrize(
    "written",
    [
        "2023-02-09", "2023年2月9日", "2023年02月09日", "2023年2月9号", "2023.2.9", "2023.02.09", "2023/02/09", "2023/2/9", "20230209",
        "２０２３年２月９日", "２０２３－０２－０９", " 2023 年 2 月 9 日 ", "'2023-02-09", "2023-02-09 00:00:00", "2023/2/9 0:00",
        "2023-02-09T08:00:00+08:00", "2023年2月9日 14:30", "二〇二三年二月九日", "二零二三年二月九日", "44966", 44966, 44966.35, 20230209,
        20230209.0, date(2023, 2, 9), datetime(2023, 2, 9, 8, 30),
    ],
)  # fmt: skip
def test_days_in_every_spelling(written: Any) -> None:
    assert DayType().read(written) == date(2023, 2, 9)


def test_days_at_the_ends_of_chinese_numbers() -> None:
    assert DayType().read("二〇二二年十月十日") == date(2022, 10, 10)
    assert DayType().read("一九九九年十二月三十一日") == date(1999, 12, 31)
    assert DayType().read("二○二四年二月二十九日") == date(2024, 2, 29)


@pytest.mark.parametrize(
    "written",
    [
        "2023-02-30", "2023年13月1日", "2023年2月", "2023.2", "23.2.9", "2/9/2023", "09/02/2023", "去年", "2023..2.9", "1899-12-31",
        "2023-2-9-1", "二〇二三年二月三十日", "二〇二三年十十月一日", True, 3, 2.5, 99999999, 1e300, float("nan"), float("inf"), "12:30",
    ],
)  # fmt: skip
def test_what_is_no_day_is_refused(written: Any) -> None:
    assert code_of(DayType(), written) == "BAD_DATE"


@pytest.mark.parametrize(
    ("written", "amount"),
    [
        ("1234.5", "1234.50"), ("1,234.50元", "1234.50"), ("１，２３４．５元", "1234.50"), ("¥ 1,234.5", "1234.50"), ("￥0", "0.00"),
        ("人民币1234.5元", "1234.50"), (1234.5, "1234.50"), (0.1 + 0.2, "0.30"), (12, "12.00"), ("'1234.50", "1234.50"),
    ],
)  # fmt: skip
def test_amounts_are_in_yuan(written: Any, amount: str) -> None:
    assert MONEY.read(written) == Decimal(amount)


def test_ten_thousands_count_only_where_the_heading_says_so() -> None:
    assert code_of(MONEY, "3万元") == "WRONG_UNIT"
    assert code_of(MONEY, "3万") == "WRONG_UNIT"
    assert TEN_THOUSANDS.read("3") == TEN_THOUSANDS.read("3万元") == TEN_THOUSANDS.read(3.0) == Decimal("30000.00")
    assert TEN_THOUSANDS.read("1.23456") == Decimal("12345.60")
    assert code_of(TEN_THOUSANDS, "30000元") == "WRONG_UNIT"
    assert MONEY.in_unit("元").read("3") == 3
    assert MONEY.in_unit("亿元").read("1.5") == 150_000_000
    with pytest.raises(BadValue, match="yuan"):
        MONEY.in_unit("万美元")
    assert CountType().in_unit("万人").read("1.2") == 12_000
    assert TextType().in_unit("万元").read("3") == "3"


@pytest.mark.parametrize(
    "written", ["1.234", "12,34", "1.2.3", "约3000", "3000-5000", "一千", "0." + "9" * 400, True, "", "NaN"]
)
def test_what_is_no_amount_is_refused(written: Any) -> None:
    assert code_of(MONEY, written) == "BAD_NUMBER"


def test_numbers_have_bounds() -> None:
    assert CountType().read("1，200 人") == 1200
    assert code_of(CountType(), "-1") == "NUMBER_OUT_OF_RANGE"
    assert code_of(CountType(most=100), "101") == "NUMBER_OUT_OF_RANGE"
    assert code_of(MONEY, "9" * 400) == code_of(MONEY, 1e300) == "NUMBER_OUT_OF_RANGE"
    assert code_of(CountType(), "12.5") == "BAD_NUMBER"
    assert DecimalType(6, least=None).read("-0.123456") == Decimal("-0.123456")


@pytest.mark.parametrize(
    ("words", "value"),
    [
        (["是", "有", "√", "✓", "对", "true", "TRUE", "Yes", "y", "1"], True),
        (["否", "无", "没有", "×", "false", "No", "n", "0"], False),
    ],
)
def test_yes_and_no(words: list[str], value: bool) -> None:
    assert {YesNoType().read(word) for word in words} == {value}
    assert YesNoType().read(value) is value
    assert YesNoType().read(float(value)) is value


def test_neither_yes_nor_no() -> None:
    assert code_of(YesNoType(), "待定") == "BAD_YES_NO"
    assert code_of(YesNoType(), 2) == "BAD_YES_NO"


@pytest.mark.parametrize("written", ["MALE", "male", "Male", "男", " 男 ", "Male (男)", "Male（男）", Sex.MALE, "1"])
def test_codes_by_name_label_and_alias(written: Any) -> None:
    assert CodeType(Sex, {"1": "MALE", "2": "FEMALE"}).read(written) == "MALE"


def test_every_code_is_read_by_its_name_and_its_label() -> None:
    for terms in (Sex, WorkerType, EmployerKind):
        type_ = CodeType(terms)
        for term in terms:
            assert (
                type_.read(term.name)
                == type_.read(term.label)
                == type_.read(term.name.replace("_", " ").lower())
                == term.name
            )
            assert type_.options[term.name] == term.label


def test_codes_of_a_standard() -> None:
    industry = CodeType(INDUSTRY.codes)
    assert industry.read("Ｇ60") == industry.read("邮政业") == industry.read("post and couriers") == "G60"
    assert code_of(industry, "快递") == "UNKNOWN_CODE"


def test_an_unknown_code_names_those_that_there_are() -> None:
    with pytest.raises(BadValue, match="男, 女"):
        CodeType(Sex).read("X")


def test_a_number_that_a_spreadsheet_has_rounded_is_named_as_that() -> None:
    true = resident_number("33010619900307123")
    assert PERSON.read(true) == PERSON.read(f"'{true}") == PERSON.read(f" {true[:6]} {true[6:14]} {true[14:]}") == true
    for written in (
        float(true[:17] + "0"),
        int(true[:15] + "000"),
        true[:15] + "000",
        "3.30106E+17",
        "3.30106199003071e+17",
    ):
        assert code_of(PERSON, written) == "ROUNDED_NUMBER"
    assert code_of(NormalType(normal_bank_card), 6222020200112230000.0) == "ROUNDED_NUMBER"
    assert code_of(PERSON, true[:17]) == "BAD_VALUE"
    assert code_of(PERSON, "33010619900230123X") == "BAD_VALUE"


def test_a_number_that_only_looks_rounded_is_taken() -> None:
    number = next(
        number for place in range(100, 1000, 100) for day in range(1, 29)
        if (number := resident_number(f"330106199003{day:02}{place}")).endswith("000")
    )  # fmt: skip
    assert PERSON.read(number) == number


def test_phones_from_numeric_cells() -> None:
    phone = NormalType(normal_phone)
    assert (
        phone.read(13800138000.0)
        == phone.read("+86 138-0013-8000")
        == phone.read("１３８００１３８０００")
        == "13800138000"
    )


def test_names_stay_whole() -> None:
    text = TextType()
    for name in ("𠮷田·买买提", "阿依古丽・艾山", "某某（上海）有限公司", "﨑", "①号车间", "O'Brien", "’98届校友会"):
        assert text.read(name) == name
    assert text.read(" Ａ座１２号　") == "A座12号"
    assert text.read("'0571-88880000") == "0571-88880000"
    assert text.read(12.0) == "12"


def test_bad_texts() -> None:
    assert code_of(TextType(5), "六个字的名称") == "BAD_TEXT"
    assert code_of(TextType(), "甲\n乙") == "BAD_TEXT"
    assert code_of(TextType(), "甲\u202e乙") == "BAD_TEXT"
    for formula in ("=1+1", '=HYPERLINK("x")', "@SUM(A1)", "+cmd|' /C calc'!A0", "-A1*(2)", "#REF!", "#N/A"):
        assert code_of(TextType(), formula) == "FORMULA"
    assert TextType().read("-") == "-"


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("330106", "330106"), ("330106000000", "330106"), ("330100", "3301"), (330000.0, "33"), ("33", "33"), ("３３０１０６", "330106"),
        ("330106西湖区", "330106"), ("浙江省杭州市西湖区", "浙江省杭州市西湖区"), ("浙江省 杭州市 西湖区", "浙江省杭州市西湖区"),
    ],
)  # fmt: skip
def test_divisions_by_code_or_full_name(written: Any, value: str) -> None:
    assert DivisionType().read(written) == value


@pytest.mark.parametrize("written", ["33010", "?", "省", "3301061"])
def test_what_is_no_division(written: str) -> None:
    assert code_of(DivisionType(), written) == "BAD_DIVISION"
