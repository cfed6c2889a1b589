"""Working days (工作日): by the State Council's yearly notices, and in years without a notice by the statutory festivals.

The regulation is that on days off for festivals and memorial days (全国年节及纪念日放假办法), as revised in 1999, 2007, 2013 and 2024. A
festival that falls on a Saturday, a Sunday or another festival is compensated on a working day, which the notice names; without a notice
the next working day is assumed.
"""

from datetime import date, timedelta
from functools import lru_cache

from chinese_calendar import constants, is_workday

LUNAR = """
2000 02-05 04-04 06-06 09-12; 2001 01-24 04-05 06-25 10-01; 2002 02-12 04-05 06-15 09-21; 2003 02-01 04-05 06-04 09-11
2004 01-22 04-04 06-22 09-28; 2005 02-09 04-05 06-11 09-18; 2006 01-29 04-05 05-31 10-06; 2007 02-18 04-05 06-19 09-25
2008 02-07 04-04 06-08 09-14; 2009 01-26 04-04 05-28 10-03; 2010 02-14 04-05 06-16 09-22; 2011 02-03 04-05 06-06 09-12
2012 01-23 04-04 06-23 09-30; 2013 02-10 04-04 06-12 09-19; 2014 01-31 04-05 06-02 09-08; 2015 02-19 04-05 06-20 09-27
2016 02-08 04-04 06-09 09-15; 2017 01-28 04-04 05-30 10-04; 2018 02-16 04-05 06-18 09-24; 2019 02-05 04-05 06-07 09-13
2020 01-25 04-04 06-25 10-01; 2021 02-12 04-04 06-14 09-21; 2022 02-01 04-05 06-03 09-10; 2023 01-22 04-05 06-22 09-29
2024 02-10 04-04 06-10 09-17; 2025 01-29 04-04 05-31 10-06; 2026 02-17 04-05 06-19 09-25; 2027 02-06 04-05 06-09 09-15
2028 01-26 04-04 05-28 10-03; 2029 02-13 04-04 06-16 09-22; 2030 02-03 04-05 06-05 09-12; 2031 01-23 04-05 06-24 10-01
2032 02-11 04-04 06-12 09-19; 2033 01-31 04-04 06-01 09-08; 2034 02-19 04-05 06-20 09-27; 2035 02-08 04-05 06-10 09-16
2036 01-28 04-04 05-30 10-04; 2037 02-15 04-04 06-18 09-24; 2038 02-04 04-05 06-07 09-13; 2039 01-24 04-05 05-27 10-02
2040 02-12 04-04 06-14 09-20; 2041 02-01 04-04 06-03 09-10; 2042 01-22 04-04 06-22 09-28; 2043 02-10 04-05 06-11 09-17
2044 01-30 04-04 05-31 10-05; 2045 02-17 04-04 06-19 09-25; 2046 02-06 04-04 06-08 09-15; 2047 01-26 04-05 05-29 10-04
2048 02-14 04-04 06-15 09-22; 2049 02-02 04-04 06-04 09-11; 2050 01-23 04-04 06-23 09-30; 2051 02-11 04-05 06-13 09-19
2052 02-01 04-04 06-01 09-07; 2053 02-19 04-04 06-20 09-26; 2054 02-08 04-04 06-10 09-16; 2055 01-28 04-05 05-30 10-05
2056 02-15 04-04 06-17 09-24; 2057 02-04 04-04 06-06 09-13; 2058 01-24 04-04 06-25 10-02; 2059 02-12 04-05 06-14 09-21
2060 02-02 04-04 06-03 09-09; 2061 01-21 04-04 06-22 09-28; 2062 02-09 04-04 06-11 09-17; 2063 01-29 04-05 06-01 10-06
2064 02-17 04-04 06-19 09-25; 2065 02-05 04-04 06-08 09-15; 2066 01-26 04-04 05-28 10-03; 2067 02-14 04-05 06-16 09-23
2068 02-03 04-04 06-04 09-11; 2069 01-23 04-04 06-23 09-29; 2070 02-11 04-04 06-13 09-19; 2071 01-31 04-05 06-02 09-08
2072 02-19 04-04 06-20 09-26; 2073 02-07 04-04 06-10 09-16; 2074 01-27 04-04 05-30 10-05; 2075 02-15 04-04 06-17 09-24
2076 02-05 04-04 06-06 09-12; 2077 01-24 04-04 06-24 10-01; 2078 02-12 04-04 06-14 09-20; 2079 02-02 04-04 06-04 09-10
2080 01-22 04-04 06-22 09-28; 2081 02-09 04-04 06-11 09-17; 2082 01-29 04-04 06-01 10-06; 2083 02-17 04-04 06-19 09-26
2084 02-06 04-04 06-07 09-14; 2085 01-26 04-04 05-27 10-03; 2086 02-14 04-04 06-15 09-22; 2087 02-03 04-04 06-05 09-11
2088 01-24 04-04 06-23 09-29; 2089 02-10 04-04 06-13 09-18; 2090 01-30 04-04 06-02 09-08; 2091 02-18 04-04 06-21 09-27
2092 02-07 04-04 06-09 09-16; 2093 01-27 04-04 05-29 10-05; 2094 02-15 04-04 06-17 09-24; 2095 02-05 04-04 06-06 09-13
2096 01-25 04-04 06-24 09-30; 2097 02-12 04-04 06-14 09-20; 2098 02-01 04-04 06-04 09-09; 2099 01-21 04-04 06-23 09-29
2100 02-09 04-05 06-12 09-18
"""
"""Spring Festival, Qingming, Dragon Boat and Mid-Autumn Festival of each year, as month and day (GB/T 33661-2017)."""

FESTIVALS = {
    int(year): tuple(date.fromisoformat(f"{year}-{day}") for day in days)
    for year, *days in (part.split() for part in LUNAR.replace("\n", ";").split(";") if part.strip())
}
DAY = timedelta(days=1)
FIRST_PUBLISHED, LAST_PUBLISHED = int(min(constants.holidays).year), int(max(constants.holidays).year)
"""The years whose notices are known."""


def is_working_day(day: date) -> bool:
    """Whether a day is a working day: Monday to Friday except days off, and weekends that a notice makes working days."""
    if is_published(day):
        return bool(is_workday(day))
    return day.weekday() < 5 and day not in days_off(day.year)


def is_published(day: date) -> bool:
    """Whether the notice for the year of a day is known."""
    return FIRST_PUBLISHED <= day.year <= LAST_PUBLISHED


def is_provisional(day: date) -> bool:
    """Whether a day computed from working days may still move, because its year's notice is not published."""
    return day.year > LAST_PUBLISHED


@lru_cache(maxsize=64)
def days_off(year: int) -> frozenset[date]:
    """The festivals of a year without a notice, and the days that compensate those on weekends or on another festival."""
    days = festivals(year)
    taken = set(days)
    off = {day for day in taken if day.weekday() < 5}
    missing = sorted(
        [day for day in taken if day.weekday() >= 5] + [day for day in taken for _ in range(days.count(day) - 1)]
    )
    for day in missing:
        while day.weekday() >= 5 or day in taken:
            day += DAY
        taken.add(day)
        off.add(day)
    return frozenset(off)


def festivals(year: int) -> list[date]:
    """The statutory festival days of a year, in order; a day twice if two festivals fall on it.

    Outside 2000 to 2100 only those of the solar calendar.
    """
    labour = 2 if year >= 2025 else 1 if year >= 2008 else 3
    days = [
        date(year, 1, 1),
        *(date(year, 5, day + 1) for day in range(labour)),
        *(date(year, 10, day) for day in (1, 2, 3)),
    ]
    if year in FESTIVALS:
        spring, *others = FESTIVALS[year]
        before = 1 if year >= 2025 or 2008 <= year < 2014 else 0  # New Year's Eve
        length = 4 if year >= 2025 else 3
        days += [spring + number * DAY for number in range(-before, length - before)]
        days += others if year >= 2008 else []
    return sorted(days)
