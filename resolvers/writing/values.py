"""Types of values that records take: each reads a value from text, however an office may write it, or says what is wrong with the text.

A value that has its type already (of a GraphQL input, or a cell of a workbook) is read too: ``read`` takes either. Numbers, codes and days
are read without differences of width (全角半角); names keep their characters, but for full-width letters, digits and blanks.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any
from unicodedata import normalize

from db.divisions import canonical_code
from db.errors import DataError
from db.input_values import TextError, normal_text
from db.model import CodeList, Term
from resolvers.unknown_codes import chinese, of_terms
from resolvers.writing.days import day_of


class BadValue(Exception):
    """A value that its column does not take: a stable code, and a message that says what to do. It never repeats the value."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class ValueType:
    """How the values of a column are read. ``english`` and ``chinese`` say what is accepted, for templates and documentation."""

    english = "Text"
    chinese = "文本"

    def read(self, value: Any) -> Any:
        """The value as it is stored and compared.

        Raises:
            BadValue: it is no value of this type.
        """
        raise NotImplementedError

    def in_unit(self, unit: str) -> "ValueType":
        """The type of a column whose heading names this unit in brackets. Most types have none and stay as they are.

        Raises:
            BadValue: WRONG_UNIT: values in this unit cannot be converted.
        """
        return self

    @property
    def options(self) -> Mapping[str, str]:
        """The values that there are, each with its label as English (中文); empty where they are not listed."""
        return {}


FULL_WIDTH = {code: code - 0xFEE0 for code in (*range(0xFF10, 0xFF1A), *range(0xFF21, 0xFF3B), *range(0xFF41, 0xFF5B))}
"""Full-width digits and letters to half-width ones. Full-width brackets stay: they are part of the names of companies."""

BLANKS = {0x3000: " ", 0xA0: " ", 0x2007: " ", 0x202F: " "}
"""Blanks that are not U+0020, as they come from text processors and web pages."""

NAME_CHARACTERS = FULL_WIDTH | BLANKS | {0xFEFF: None, 0x200B: None}
APOSTROPHES = "'’‘`＇"
_FORMULA = re.compile(r"[=@]|[+-].*[(|!]")
_APOSTROPHE = re.compile(r"'(?=[0-9+=@-])")
_ERROR_OF_CELL = re.compile(r"#(REF!|N/A|NAME\?|VALUE!|DIV/0!|NULL!|NUM!|SPILL!|CALC!|GETTING_DATA)")


def text_of(value: Any) -> str:
    """A value as text: whole numbers without decimal places, days as YYYY-MM-DD."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, Term):
        return value.name
    return value.isoformat() if isinstance(value, date) else str(value)


def half_width(value: Any) -> str:
    """A value as text without differences of width and the apostrophe by which spreadsheets mark text."""
    return normalize("NFKC", text_of(value)).strip(f"{APOSTROPHES}\ufeff\u200b ")


def compact(value: Any) -> str:
    """The same without blanks."""
    return "".join(half_width(value).split())


class TextType(ValueType):
    """A text of one line without surrounding white space."""

    def __init__(self, most: int = 200) -> None:
        self.most = most
        self.english = f"Text of at most {most} characters"
        self.chinese = f"文本，不超过 {most} 字"

    def read(self, value: Any) -> str:
        """See ``ValueType``. Raises BAD_TEXT, FORMULA."""
        text = text_of(value).translate(NAME_CHARACTERS).strip()
        text = _APOSTROPHE.sub("", text, count=1) if _APOSTROPHE.match(text) else text
        refuse_formula(text)
        try:
            return normal_text(text, self.most)
        except TextError as error:
            raise BadValue("BAD_TEXT", str(error)) from None


def refuse_formula(text: str) -> None:
    """Raises BadValue FORMULA: the text is a formula, or the error that a formula left in a cell."""
    if _FORMULA.match(text) or _ERROR_OF_CELL.match(text):
        raise BadValue(
            "FORMULA", "This is a formula, or the error of one. Paste the value itself (Paste special: values)."
        )


class NormalType(ValueType):
    """A number with a check of its own in ``db.input_values``, such as a resident number. Blanks in it are left out."""

    def __init__(
        self,
        normal: Callable[[str], str],
        english: str = "Number as it is printed",
        chinese: str = "按证件原样填写的号码",
    ) -> None:
        self.normal = normal
        self.english = english
        self.chinese = chinese

    def read(self, value: Any) -> str:
        """See ``ValueType``. Raises BAD_VALUE, ROUNDED_NUMBER, FORMULA."""
        text = compact(value)
        refuse_formula(text)
        if is_lossy(value, text):
            raise rounded()
        try:
            return str(self.normal(text))
        except DataError as error:
            if _ROUNDED.fullmatch(text):
                raise rounded() from None
            raise BadValue("BAD_VALUE", str(error)) from None


SIGNIFICANT = 10**15
"""Spreadsheets keep fifteen digits of a number; the others become zeros."""

_ROUNDED = re.compile(r"[0-9]{15}0{1,4}")
_SCIENTIFIC = re.compile(r"[0-9](\.[0-9]+)?E\+?[0-9]+", re.IGNORECASE)


def is_lossy(value: Any, text: str) -> bool:
    """Whether a number has lost digits: it is a numeric cell with more than fifteen, or text like 1.1E+17."""
    number = isinstance(value, int | float) and abs(value) >= SIGNIFICANT
    return number or _SCIENTIFIC.fullmatch(text) is not None


def rounded() -> BadValue:
    """The error of a number whose last digits a spreadsheet has replaced by zeros."""
    return BadValue(
        "ROUNDED_NUMBER",
        "A spreadsheet has rounded this number to fifteen digits; the others are lost. Format the column as text, then take the numbers"
        " from their source again.",
    )


class DayType(ValueType):
    """A day, in the spellings of Chinese offices and spreadsheets."""

    english = "Day, e.g. 2023-02-09, 2023年2月9日, 2023.2.9 or 20230209"
    chinese = "日期，如 2023-02-09、2023年2月9日、2023.2.9 或 20230209"

    def read(self, value: Any) -> date:
        """See ``ValueType``. Raises BAD_DATE."""
        if isinstance(value, datetime):
            return value.date()
        if isinstance(value, date):
            return value
        day = (
            None if isinstance(value, bool) else day_of(value if isinstance(value, int | float) else half_width(value))
        )
        if day is None:
            raise BadValue(
                "BAD_DATE",
                "This is no day, or there is no such day. Write year, month and day: 2023-02-09 or 2023年2月9日.",
            )
        return day


UNITS: Mapping[str, int] = {"": 1, "千": 1_000, "万": 10_000, "百万": 1_000_000, "亿": 100_000_000}
"""What a number is multiplied with, by the word before its unit."""

_NUMBER = re.compile(r"([+-]?)([0-9]+|[0-9]{1,3}(?:,[0-9]{3})+)(\.[0-9]{1,12})?")


class DecimalType(ValueType):
    """A number with at most ``places`` decimal places. One of ``units`` may follow it, or stand in its heading with 千, 万 or 亿."""

    def __init__(
        self,
        places: int = 2,
        *,
        least: int | None = 0,
        most: int = 10**12 - 1,
        units: tuple[str, ...] = (),
        factor: int = 1,
        above_zero: bool = False,
    ) -> None:
        self.places = places
        self.above_zero = above_zero
        self.least = least
        self.most = most
        self.units = units
        self.factor = factor
        several = f", {places} decimal places at most" if places else ""
        least_words = ("above 0", "大于 0") if above_zero else (f"from {least}", str(least))
        self.english = f"Number{several}" + (f", {least_words[0]} to {most:,}" if least is not None else "")
        self.chinese = f"数字{f'，最多 {places} 位小数' if places else '，整数'}" + (
            f"，{least_words[1]} 至 {most}" if least is not None else ""
        )

    def in_unit(self, unit: str) -> ValueType:
        """The type whose values are multiplied, e.g. with 10,000 for 万元. Raises BadValue: WRONG_UNIT."""
        for word, factor in UNITS.items():
            if word and unit in {word, *(word + each for each in self.units)}:
                return DecimalType(
                    self.places,
                    least=self.least,
                    most=self.most,
                    units=self.units,
                    factor=factor,
                    above_zero=self.above_zero,
                )
        return self

    def read(self, value: Any) -> Any:
        """See ``ValueType``. Raises BAD_NUMBER, NUMBER_OUT_OF_RANGE, WRONG_UNIT, FORMULA."""
        number = self._exact(value) * self.factor
        if self.above_zero and number <= 0:
            raise BadValue("NUMBER_OUT_OF_RANGE", "Numbers above 0 are taken here.")
        if (self.least is not None and number < self.least) or abs(number) > self.most:
            raise BadValue(
                "NUMBER_OUT_OF_RANGE",
                f"Numbers from {-self.most if self.least is None else self.least:,} to {self.most:,} are taken here.",
            )
        if number != number.quantize(Decimal(1).scaleb(-self.places)):
            raise BadValue(
                "BAD_NUMBER",
                f"At most {self.places} decimal places are taken here."
                if self.places
                else "A whole number is taken here.",
            )
        return number.quantize(Decimal(1).scaleb(-self.places)) if self.places else int(number)

    def _exact(self, value: Any) -> Decimal:
        if isinstance(value, float):  # the result of a formula: 0.1 + 0.2
            value = f"{value:.9f}".rstrip("0").rstrip(".")
        text = compact(value)
        refuse_formula(text)
        found = _NUMBER.fullmatch(self._bare(text))
        if found is None:
            raise BadValue("BAD_NUMBER", "This is no number. Write digits, with . before decimal places.")
        return Decimal(f"{found[1]}{found[2].replace(',', '')}{found[3] or ''}")

    def _bare(self, text: str) -> str:
        """The digits without the unit, which must be that of the heading."""
        text = text.removeprefix("人民币").removeprefix("RMB").lstrip("¥￥") if "元" in self.units else text
        for word, factor in sorted(UNITS.items(), key=lambda item: -len(item[0])):
            for unit in (*self.units, "") if word else self.units:
                rest = text.removesuffix(word + unit)
                if rest != text and _NUMBER.fullmatch(rest):
                    if factor != self.factor:
                        raise BadValue(
                            "WRONG_UNIT",
                            "The unit behind this number is another one than the heading names. Name it there, as in 金额（万元）, and"
                            " write numbers alone.",
                        )
                    return rest
        return text


class MoneyType(DecimalType):
    """An amount in yuan with two decimal places; in 万元 only where the heading says so."""

    def __init__(self, *, least: int | None = 0, most: int = 10**12 - 1, above_zero: bool = False) -> None:
        super().__init__(2, least=least, most=most, units=("元", "圆", "元整"), above_zero=above_zero)
        words = (" above 0", "大于 0 的") if above_zero else ("", "")
        self.english = f"Amount{words[0]} in yuan, e.g. 1,234.50; in 万元 if the heading says so: 金额（万元）"
        self.chinese = f"{words[1]}金额，单位元，如 1,234.50；以万元计须在列名注明，如“金额（万元）”"

    def in_unit(self, unit: str) -> ValueType:
        """See ``DecimalType``. Raises BadValue: WRONG_UNIT: another currency."""
        if re.search("美元|美金|港元|港币|欧元|日元|USD|HKD|EUR", unit):
            raise BadValue("WRONG_UNIT", "Amounts are in yuan. Convert them, and name 元 or 万元 in its heading.")
        return super().in_unit(unit)


class CountType(DecimalType):
    """A whole number, e.g. of persons."""

    def __init__(self, *, least: int = 0, most: int = 10**9, units: tuple[str, ...] = ("人", "名", "个")) -> None:
        super().__init__(0, least=least, most=most, units=units)

    def _bare(self, text: str) -> str:
        """Without its unit; an ordinal is its number: 第5届."""
        return super()._bare(text.removeprefix("第"))


YES = frozenset(["是", "有", "对", "真", "已", "√", "✓", "✔", "☑", "y", "yes", "true", "t", "1"])
NO = frozenset(["否", "无", "没有", "不是", "错", "假", "未", "×", "✗", "✘", "x", "☐", "n", "no", "false", "f", "0"])


class YesNoType(ValueType):
    """Yes or no."""

    english = "Yes or no: 是, 有, √, yes, true, 1; 否, 无, ×, no, false, 0"
    chinese = "是或否：是、有、√、yes、true、1；否、无、×、no、false、0"

    def read(self, value: Any) -> bool:
        """See ``ValueType``. Raises BAD_YES_NO."""
        text = compact(value).casefold()
        if text in YES or text in NO:
            return text in YES
        raise BadValue("BAD_YES_NO", "Write 是 or 否 (yes or no).")

    @property
    def options(self) -> Mapping[str, str]:
        """See ``ValueType``."""
        return {"true": "yes (是)", "false": "no (否)"}


class CodeType(ValueType):
    """A code of a list, by its name, its English or Chinese label, or another name of it in ``aliases`` (name → code)."""

    def __init__(self, codes: CodeList | type[Term], aliases: Mapping[str, str] | None = None) -> None:
        self.terms = None if isinstance(codes, CodeList) else codes
        self.codes = codes if isinstance(codes, CodeList) else of_terms(codes)
        self.english = f"Code of {self.codes.name}, or its label in English or Chinese"
        self.chinese = f"{self.codes.name} 的代码，或其中英文名称"
        self._names = names_of(self.codes, aliases or {})

    def read(self, value: Any) -> str:
        """See ``ValueType``. Raises UNKNOWN_CODE."""
        found = self._names.get(plain(text_of(value)))
        if found is None:
            near = self._near(plain(text_of(value)))
            raise BadValue(
                "UNKNOWN_CODE",
                f"This is no code of {self.codes.name} and no label of one.{near} The codes are in {self.codes.listed}.",
            )
        return found

    def _near(self, text: str) -> str:
        """The sentence with the labels that a text is part of, or the only ones that there are."""
        labels = self.codes.labels
        near = [label for label in labels.values() if text and text in plain(label)] or list(labels.values())
        return f" There are: {', '.join(chinese(label) for label in near)}." if len(near) <= 12 else ""

    @property
    def options(self) -> Mapping[str, str]:
        """See ``ValueType``."""
        return self.codes.labels


def plain(text: str) -> str:
    """A name as codes are compared: without blanks, signs, and differences of width and case."""
    return "".join(letter for letter in normalize("NFKC", text).casefold() if letter.isalnum())


def names_of(codes: CodeList, aliases: Mapping[str, str]) -> Mapping[str, str]:
    """Every name of the codes of a list, as compared, with its code. A name that two codes share is none; codes precede labels."""
    found: dict[str, str] = {}
    for names in (_of_codes(codes), _of_labels(codes), ((alias, code) for alias, code in aliases.items())):
        new: dict[str, set[str]] = {}
        for name, code in names:
            new.setdefault(plain(name), set()).add(code)
        found = {name: next(iter(each)) for name, each in new.items() if name and len(each) == 1} | found
    return found


def _of_codes(codes: CodeList) -> Iterable[tuple[str, str]]:
    return ((code, code) for code in codes.labels)


def _of_labels(codes: CodeList) -> Iterable[tuple[str, str]]:
    """The parts of each label: English, English up to a comma or colon, Chinese, and the Chinese synonyms that 、 separates."""
    for code, label in codes.labels.items():
        word = chinese(label)
        english = label.removesuffix(f"({word})")
        yield from ((each, code) for each in {label, english, re.split("[,:;]", english)[0], word})
        yield from ((each, code) for each in re.split("[、，；]", word))


class DivisionType(ValueType):
    """A division by its code, in any form and length, or its full name from the province down."""

    english = "Division: code (330106) or full name (浙江省杭州市西湖区)"
    chinese = "行政区划：代码（330106）或全称（浙江省杭州市西湖区）"

    def read(self, value: Any) -> str:
        """See ``ValueType``: the code as it is stored, or the name. Raises BAD_DIVISION."""
        text = compact(value)
        found = _DIVISION.match(text)
        if found is None:
            return _name_of_division(text)
        if len(found[0]) not in {2, 4, 6, 9, 12}:
            raise BadValue(
                "BAD_DIVISION", "A code of a division has 2, 4, 6, 9 or 12 digits. Write the code or the full name."
            )
        return canonical_code(found[0])


_DIVISION = re.compile(r"[0-9]+")


@lru_cache(maxsize=4096)
def _name_of_division(text: str) -> str:
    if not 2 <= len(text) <= 60 or not text.isalnum():
        raise BadValue("BAD_DIVISION", "This is no code and no name of a division. Write 330106 or 浙江省杭州市西湖区.")
    return text
