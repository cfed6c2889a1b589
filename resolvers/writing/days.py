"""Days as Chinese offices and spreadsheets write them."""

import re
from datetime import date, timedelta
from functools import lru_cache

FIRST_SERIAL = date(1899, 12, 30)
"""The day of the serial number 0 in a workbook. Serial numbers below 61 are a day off, since there was no 29 February 1900."""

SERIALS = range(61, 73051)
"""Serial numbers of 1 March 1900 to 31 December 2099."""

FORMS = tuple(
    re.compile(form)
    for form in (
        r"(\d{4})年(\d{1,2})月(\d{1,2})[日号]?",
        r"(\d{4})[-/.．。_](\d{1,2})[-/.．。_](\d{1,2})\.?",
        r"(\d{4})(\d{2})(\d{2})",
    )
)

_TIME = re.compile(r"(?:\s+|T|(?<=[日号]))\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?$")
_CHINESE_DIGITS = {ord(word): str(value) for value, word in enumerate("〇一二三四五六七八九")} | {
    ord("零"): "0",
    ord("○"): "0",
}
_CHINESE = re.compile(
    r"([〇零○一二三四五六七八九]{4})年([一二三四五六七八九十]{1,2})月([一二三四五六七八九十]{1,3})[日号]?"
)


@lru_cache(maxsize=16384)
def day_of(written: str | int | float) -> date | None:
    """The day that is written, or nothing if it is none. A number is a workbook's serial number, or YYYYMMDD.

    ``written`` has no full-width digits. The year has four digits and stands first: 2/9/23 may be February or September.
    """
    if isinstance(written, int | float):
        if 61 <= written < 73051:
            return FIRST_SERIAL + timedelta(days=int(written))
        written = str(int(written)) if written == written // 1 else ""
    written = written.strip()
    if written.isdigit() and len(written) == 5 and int(written) in SERIALS:
        return FIRST_SERIAL + timedelta(days=int(written))
    text = "".join(without_time(written).split())
    for form in FORMS:
        found = form.fullmatch(text)
        if found is not None:
            return _checked(*map(int, found.groups()))
    found = _CHINESE.fullmatch(text)
    if found is None:
        return None
    year, month, day = found.groups()
    return _checked(int(year.translate(_CHINESE_DIGITS)), small_number(month), small_number(day))


def without_time(text: str) -> str:
    """The text without a time of day, which follows a blank, a T or 日."""
    return _TIME.sub("", text)


def small_number(text: str) -> int:
    """A number below 100 in Chinese, e.g. 二十九."""
    tens, ten, ones = text.rpartition("十")
    value = int(ones.translate(_CHINESE_DIGITS)) if ones and "十" not in ones else 0
    if not ten:
        return value
    return (int(tens.translate(_CHINESE_DIGITS)) if tens and "十" not in tens else 1 if not tens else 99) * 10 + value


def _checked(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day) if 1900 <= year <= 2100 else None
    except ValueError:
        return None
