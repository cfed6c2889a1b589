"""The unions above the grassroots: national, provincial, city, county and township federations, and industry unions."""

import random
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

import asyncpg

from db.errors import DataError
from db.generate.calendar import TODAY, day, iso, years_after
from db.generate.codes import credit_code
from db.generate.names import person_name
from db.generate.tables import Rows
from db.reference.load_divisions import NAMELESS
from db.server.bulk_copy import cell

NATIONAL = "中华全国总工会"
INDUSTRIES = {
    "教科文卫体": "中国教科文卫体工会",
    "海员建设": "中国海员建设工会",
    "能源化学地质": "中国能源化学地质工会",
    "机械冶金建材": "中国机械冶金建材工会",
    "国防邮电": "中国国防邮电工会",
    "财贸轻纺烟草": "中国财贸轻纺烟草工会",
    "农林水利气象": "中国农林水利气象工会",
    "金融": "中国金融工会",
    "铁路": "中华全国铁路总工会",
    "民航": "中国民航工会",
}
VERTICAL = frozenset({"金融"})
"""Industries whose unions are led by the industrial parent (Constitution of the Trade Unions art. 11)."""

PROVINCIAL = tuple(INDUSTRIES)[:8]
CITY = ("教科文卫体", "财贸轻纺烟草", "国防邮电", "机械冶金建材")


@dataclass(slots=True)
class Division:
    """A row of ``division``, with its children."""

    id: int
    code: str
    name: str
    full_name: str
    is_zone: bool
    children: list["Division"] = field(default_factory=list)


@dataclass(slots=True)
class Union:
    """A union that has unions below it. ``line`` and ``industrial_line`` are its ancestors' IDs, nearest first."""

    id: int
    name: str
    established: int
    division: Division | None = None
    line: tuple[int, ...] = ()
    industrial_line: tuple[int, ...] = ()


async def divisions(connection: asyncpg.Connection) -> list[Division]:
    """The provinces with all divisions down to the townships, in the order of codes.

    Raises:
        DataError: no divisions are loaded.
    """
    rows = await connection.fetch(
        "SELECT id, code, name, full_name, parent_id, kind = 'STATISTICAL_ZONE' AS is_zone FROM division"
        " WHERE code IS NOT NULL AND valid_to IS NULL AND level <> 'VILLAGE' ORDER BY length(code), code"
    )
    if not rows:
        raise DataError("No divisions are loaded. Run: `unionhub db load-divisions`")
    known: dict[int, Division] = {}
    provinces: list[Division] = []
    for row in rows:
        made = Division(row["id"], row["code"], row["name"], row["full_name"], row["is_zone"])
        known[made.id] = made
        (provinces if row["parent_id"] is None else known[row["parent_id"]].children).append(made)
    return provinces


def county_code(code: str) -> str:
    """The six digits of a division's code for credit codes."""
    return code[:6].ljust(6, "0")


def six_digits(county: Division, city: Division) -> str:
    """A county's code for resident numbers. A zone has none and takes that of its city's first county."""
    return (
        next((other.code for other in city.children if not other.is_zone), county.code)
        if county.is_zone
        else county.code
    )


def township_form(name: str) -> tuple[str, str]:
    """The name of a township's union, and its form."""
    if name.endswith(("街道", "街道办事处", "镇")):
        return name.removesuffix("办事处") + "总工会", "FEDERATION"
    if name.endswith("乡"):
        return name + "工会联合会", "UNION_FEDERATION"
    return name + "工会工作委员会", "WORKING_COMMITTEE"


class Federations:
    """Makes the rows of federations and industry unions. IDs follow the tree, so that those of a subtree are consecutive."""

    def __init__(self, chance: random.Random, rows: Rows) -> None:
        self.chance = chance
        self.rows = rows
        self.next_id = 1

    def add(
        self,
        name: str,
        level: str,
        kind: str,
        form: str,
        established: int,
        division: Division | None,
        parent: Union | None,
        industrial: Union | None = None,
        *,
        vertical: bool = False,
        industry: str | None = None,
    ) -> Union:
        """Add one union under its territorial and industrial parent, with links, closure rows, credit code and committee terms."""
        number = self.next_id
        self.next_id += 1
        union = Union(
            number,
            name,
            established,
            division,
            () if parent is None else (parent.id, *parent.line),
            () if industrial is None else (industrial.id, *industrial.industrial_line),
        )
        since = iso(established)
        code = (
            credit_code("89", county_code(division.code) if division else "100000", number)
            if level != "TOWNSHIP"
            else None
        )
        self.rows.add(
            "organization",
            number,
            cell(name),
            level,
            kind,
            form,
            "NORMAL",
            division.id if division else None,
            industry,
            code,
            since,
            None,
        )
        if parent is not None:
            self.rows.add("organization_link", number, parent.id, "TERRITORIAL", not vertical, None, since, None)
        if industrial is not None:
            self.rows.add("organization_link", number, industrial.id, "INDUSTRIAL", vertical, None, since, None)
        for table, line in (("territorial_closure", union.line), ("industrial_closure", union.industrial_line)):
            self.rows.lines[table] += [
                f"{ancestor}\t{number}\t{since}\t\\N\t{depth}\n" for depth, ancestor in enumerate((number, *line))
            ]
        self.terms(union, level)
        return union

    def terms(self, union: Union, level: str) -> None:
        """Add the committee's current term and the one before; above the townships the economic review committee's too."""
        number = (TODAY - union.established) // 1826
        start = years_after(union.established, 5 * number)
        chair = person_name(self.chance)
        overdue = number > 0 and self.chance.random() < 0.03
        if number > 0:
            before = years_after(union.established, 5 * (number - 1))
            self.rows.add("committee_term", union.id, "COMMITTEE", number, iso(before), chair, iso(before), iso(start))
        if not overdue:
            end = iso(years_after(start, 5))
            self.rows.add("committee_term", union.id, "COMMITTEE", number + 1, iso(start), chair, iso(start), end)
            if level != "TOWNSHIP":
                self.rows.add(
                    "committee_term",
                    union.id,
                    "ECONOMIC_REVIEW",
                    number + 1,
                    iso(start),
                    person_name(self.chance),
                    iso(start),
                    end,
                )

    def national(self) -> tuple[Union, dict[str, Union]]:
        """The national federation and the national industry unions."""
        top = self.add(NATIONAL, "NATIONAL", "LOCAL_FEDERATION", "FEDERATION", day(1925, 5, 1), None, None)
        return top, {
            stem: self.add(name, "NATIONAL", "INDUSTRY_UNION", "FEDERATION", day(1950, 1 + place, 1), None, top)
            for place, (stem, name) in enumerate(INDUSTRIES.items())
        }

    def province(self, province: Division, top: Union, industries: dict[str, Union]) -> tuple[Union, dict[str, Union]]:
        """A provincial federation and its industry unions."""
        established = day(1950, 11) + self.chance.randrange(700)
        union = self.add(
            f"{province.name}总工会", "PROVINCIAL", "LOCAL_FEDERATION", "FEDERATION", established, province, top
        )
        return union, {
            stem: self.add(
                f"{province.name}{stem}工会",
                "PROVINCIAL",
                "INDUSTRY_UNION",
                "FEDERATION",
                day(1953) + self.chance.randrange(600),
                province,
                union,
                industries[stem],
                vertical=stem in VERTICAL,
            )
            for stem in PROVINCIAL
        }

    def city(self, city: Division, above: Union, industries: dict[str, Union]) -> tuple[Union, dict[str, Union]]:
        """A city's federation and, in a large city, its industry unions; a mere group of codes has none."""
        if city.name in NAMELESS:
            return above, {}
        established = day(1955) + self.chance.randrange(1500)
        union = self.add(f"{city.name}总工会", "CITY", "LOCAL_FEDERATION", "FEDERATION", established, city, above)
        stems = CITY if len(city.children) >= 10 else CITY[:2] if len(city.children) >= 6 else ()
        return union, {
            stem: self.add(
                f"{city.name}{stem}工会",
                "CITY",
                "INDUSTRY_UNION",
                "FEDERATION",
                established + 30 + self.chance.randrange(700),
                city,
                union,
                industries[stem],
            )
            for stem in stems
        }

    def county(self, county: Division, city: Division, above: Union) -> Union:
        """A county's federation; a city without counties (东莞市) has its own in its place."""
        if county.name == city.name:
            return above
        if city.name in NAMELESS:
            name = county.full_name if city.name in ("市辖区", "县") else county.name
        else:
            stem = city.name.removesuffix("市")
            name = city.name + (county.name.removeprefix(stem) if county.is_zone else county.name)
        established = day(1961) + self.chance.randrange(8000)
        return self.add(f"{name}总工会", "COUNTY", "LOCAL_FEDERATION", "FEDERATION", established, county, above)

    def township(self, township: Division, above: Union) -> Union:
        """A township's union."""
        called, form = township_form(township.name)
        established = day(1986) + self.chance.randrange(7000)
        name = above.name.removesuffix("总工会") + called
        return self.add(name, "TOWNSHIP", "LOCAL_FEDERATION", form, established, township, above)


def counties(provinces: list[Division]) -> Iterator[tuple[Division, Division, Division]]:
    """Every county with its province and its city."""
    for province in provinces:
        for city in province.children:
            for county in city.children:
                yield province, city, county


def spread(total: int, weights: list[int]) -> list[int]:
    """``total`` distributed by ``weights`` (largest remainders); each positive weight gets at least one if ``total`` suffices."""
    heavy = sum(1 for weight in weights if weight)
    least = 1 if total >= heavy else 0
    rest, mass = total - least * heavy, sum(weights) or 1
    exact = [rest * weight / mass for weight in weights]
    shares = [int(value) + (least if weight else 0) for value, weight in zip(exact, weights, strict=True)]
    by_remainder = sorted(range(len(weights)), key=lambda place: (int(exact[place]) - exact[place], place))
    for place in by_remainder[: total - sum(shares)]:
        shares[place] += 1
    return shares


def union_counts(provinces: list[Division], total: int, chance: random.Random) -> dict[int, int]:
    """How many grassroots unions each township has, by division ID: distributed over provinces, then counties, then townships.

    Each county has one if there are as many unions as counties.
    """
    counts: dict[int, int] = defaultdict(int)
    settled = [
        [county for city in province.children for county in city.children if county.children] for province in provinces
    ]
    everywhere = sum(map(len, settled))
    first = 1 if total >= everywhere else 0
    sizes = [sum(len(county.children) for county in below) for below in settled]
    for below, share in zip(settled, spread(total - first * everywhere, sizes), strict=True):
        for county, more in zip(below, spread(share, [len(county.children) for county in below]), strict=True):
            each, left = divmod(first + more, len(county.children))
            chosen = set(chance.sample(range(len(county.children)), left))
            for place, township in enumerate(county.children):
                counts[township.id] = each + (place in chosen)
    return counts
