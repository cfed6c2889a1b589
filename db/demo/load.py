"""The demonstration: a generated federation with the organizations that a newspaper page of union work names."""

import asyncio
from collections.abc import Set
from dataclasses import dataclass, field
from datetime import date

import asyncpg

from db.clock import today
from db.demo.agreements_under_review import add_reviews
from db.divisions import DivisionLevel
from db.encryption.keys import KeySource, from_environment
from db.errors import DataError
from db.generate import generate, makers
from db.generate.codes import credit_code
from db.hierarchies import link
from db.models import Model
from db.organizations import Hierarchy
from db.page.bodies import NewUnion, add_unions
from db.page.load import load_page
from db.page.places import union_id
from db.reference.load_divisions import FILES, FOLDER, Loader, load_divisions
from db.rollups.maintenance import build_rollups, rebuild_rollups
from db.server.bulk_copy import Progress
from db.server.migrate import connect, require_head

MEMBERS, SEED = 100_000, 2023
TOWN = "610222103"
"""宜君县太安镇: a union in each of its eleven villages."""


@dataclass(frozen=True, slots=True)
class NamedUnion:
    """A union to add. ``division`` is a code, or the name of a zone without one; ``parents`` are named, and the first one leads."""

    name: str
    level: str
    form: str
    division: str
    established: date
    parents: tuple[tuple[Hierarchy, str], ...]
    industry: str | None = None
    kind: str = "GRASSROOTS_UNION"
    dissolved: date | None = None
    prefix: str | None = field(default="81")


PLACE, TRADE = Hierarchy.TERRITORIAL, Hierarchy.INDUSTRIAL
NAMED = (
    NamedUnion(
        "铜川高新技术产业开发区总工会",
        "COUNTY",
        "FEDERATION",
        "铜川高新技术产业开发区",
        date(2005, 6, 1),
        ((PLACE, "铜川市总工会"),),
        kind="LOCAL_FEDERATION",
        prefix="89",
    ),
    NamedUnion(
        "铜川市人民医院工会委员会",
        "GRASSROOTS",
        "INDEPENDENT",
        "6102",
        date(1984, 5, 1),
        ((PLACE, "铜川市总工会"),),
        "Q84",
    ),
    NamedUnion(
        "中铁四局集团有限公司工会委员会",
        "GRASSROOTS",
        "INDEPENDENT",
        "3401",
        date(1966, 5, 1),
        ((TRADE, "中华全国铁路总工会"), (PLACE, "安徽省总工会")),
        "E48",
    ),
    NamedUnion(
        "上海烟草集团有限责任公司工会委员会",
        "GRASSROOTS",
        "INDEPENDENT",
        "31",
        date(1993, 5, 1),
        ((PLACE, "上海市总工会"), (TRADE, "上海市财贸轻纺烟草工会")),
        "C16",
    ),
    NamedUnion(
        "上海汽车集团股份有限公司工会委员会",
        "GRASSROOTS",
        "INDEPENDENT",
        "31",
        date(1997, 5, 1),
        ((PLACE, "上海市总工会"), (TRADE, "上海市机械冶金建材工会")),
        "C36",
    ),
    NamedUnion(
        "重庆市快递行业工会联合会",
        "CITY",
        "UNION_FEDERATION",
        "50",
        date(2021, 11, 1),
        ((PLACE, "重庆市总工会"), (TRADE, "重庆市国防邮电工会")),
        "G60",
    ),
    NamedUnion(
        "文登区道路改造工程项目工会委员会",
        "GRASSROOTS",
        "PROJECT",
        "371003",
        date(2021, 3, 15),
        ((PLACE, "威海市文登区总工会"),),
        "E48",
        dissolved=date(2022, 11, 30),
        prefix=None,
    ),
    NamedUnion(
        "临港区安置房工程项目工会委员会",
        "GRASSROOTS",
        "PROJECT",
        "371073",
        date(2022, 4, 1),
        ((PLACE, "威海市临港经济技术开发区总工会"),),
        "E47",
        dissolved=date(2024, 9, 30),
        prefix=None,
    ),
    NamedUnion(
        "文登区产业园工程项目工会委员会",
        "GRASSROOTS",
        "PROJECT",
        "371003",
        date(2025, 3, 1),
        ((PLACE, "威海市文登区总工会"),),
        "E47",
        prefix=None,
    ),
)
"""Unions that the generator does not make: named bodies, and project unions whose works begin and end. Their dates are made up."""

DIVISIONS = frozenset({"division", "division_closure"})
"""Tables that have rows before the federation is generated."""

MARK = NAMED[2].name
"""The union whose presence shows that the demonstration is loaded."""

REUSED = (
    "中华全国总工会",
    "中国国防邮电工会",
    "浙江省总工会",
    "深圳市总工会",
    "威海市总工会",
    "威海市文登区总工会",
    "淮南市总工会",
    "淮南市田家庵区总工会",
    "上海市总工会",
    "云南省总工会",
    "昆明市五华区华山街道总工会",
    "怒江傈僳族自治州福贡县总工会",
    "铜川市总工会",
    "铜川市宜君县太安镇总工会",
    "重庆市总工会",
    "重庆市国防邮电工会",
    "重庆市璧山区总工会",
    "景德镇市总工会",
    "合肥市总工会",
)
"""Organizations of the page that the generator makes under these names."""


async def is_loaded(connection: asyncpg.Connection) -> bool:
    """Whether the demonstration is in the database."""
    return bool(await connection.fetchval("SELECT EXISTS (SELECT FROM organization WHERE name = $1)", MARK))


async def load_demo(
    url: str,
    *,
    progress: Progress | None = None,
    members: int = MEMBERS,
    seed: int = SEED,
    keys: KeySource | None = None,
) -> bool:
    """Load the divisions and the demonstration; false if it is loaded already. ``keys`` seal personal data (the environment's unless
    given).

    Raises:
        DataError: the database cannot be reached, is not migrated, or holds another federation.
    """
    connection = await connect(url)
    try:
        await require_head(connection)
        loaded = await is_loaded(connection)
        if not loaded and await connection.fetchval("SELECT EXISTS (SELECT FROM organization)"):
            raise DataError(
                "The database holds a federation that is not the demonstration's. Serve it with: `unionhub serve`"
                " — or name an empty"
                " database for the demonstration."
            )
    finally:
        await connection.close()
    if loaded:
        await build_rollups(url, progress)  # an earlier load may have been interrupted
        return False
    keys = keys or from_environment()
    ring = keys.ring()

    async def extend(connection: asyncpg.Connection) -> None:
        await add_named(connection)
        await load_page(connection, ring, seed)
        await add_reviews(connection, today())

    with makers(members) as pool:
        await load_divisions(url, progress=progress, analyze=False)
        made = generate(url, members, seed, progress=progress, pool=pool, keys=keys, extend=extend, analyze=False)
        await asyncio.gather(made, vacuum(url, DIVISIONS))
    await asyncio.gather(rebuild_rollups(url, progress), vacuum(url, set(Model.metadata.tables) - DIVISIONS))
    return True


async def vacuum(url: str, tables: Set[str]) -> None:
    """VACUUM and analyze these tables."""
    connection = await connect(url)
    try:
        await connection.execute(f"VACUUM (ANALYZE) {', '.join(sorted(tables))}")
    finally:
        await connection.close()


async def add_named(connection: asyncpg.Connection) -> None:
    """Add ``NAMED``, and the villages of one town with a union in each, inside the caller's transaction."""
    for named in NAMED:
        await add(connection, named)
    loader = Loader(connection, None)
    await loader.start(TOWN)
    await loader.level(DivisionLevel.VILLAGE, FOLDER / FILES[DivisionLevel.VILLAGE][0], within=TOWN)
    await loader.inherit()
    await loader.advance_sequence()
    villages = await connection.fetch(
        "SELECT id, name FROM division WHERE level = 'VILLAGE' AND starts_with(code, $1) ORDER BY code", TOWN
    )
    parent = await union_id(connection, "铜川市宜君县太安镇总工会")
    unions = []
    for village in villages:
        called = village["name"].removesuffix("委会").removesuffix("民").removesuffix("村") + "村"
        name = f"太安镇{called}工会委员会"
        unions.append(NewUnion(name, "JOINT", village["id"], parent, date(2021, 6, 1), level="VILLAGE"))
    await add_unions(connection, unions)


async def add(connection: asyncpg.Connection, named: NamedUnion) -> int:
    """Add one union with its links; its ID.

    Raises:
        DataError: its division or a parent does not exist.
    """
    division = await connection.fetchval(
        "SELECT id FROM division WHERE valid_to IS NULL AND (code = $1 OR (code IS NULL AND name = $1))", named.division
    )
    if division is None:
        raise DataError(f"{named.name}: there is no division {named.division}.")
    number = await connection.fetchval(
        "INSERT INTO organization (name, level, kind, form, status, division_id, industry, established_on,"
        " dissolved_on)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING id",
        named.name,
        named.level,
        named.kind,
        named.form,
        "DISSOLVED" if named.dissolved else "NORMAL",
        division,
        named.industry,
        named.established,
        named.dissolved,
    )
    if named.prefix is not None:
        county = (named.division if named.division.isdigit() else "610200")[:6].ljust(6, "0")
        await connection.execute(
            "UPDATE organization SET credit_code = $2 WHERE id = $1", number, credit_code(named.prefix, county, number)
        )
    for position, (hierarchy, parent_name) in enumerate(named.parents):
        parent = await union_id(connection, parent_name)
        await link(
            connection, child=number, parent=parent, hierarchy=hierarchy, on=named.established, is_lead=position == 0
        )
    if named.dissolved is not None:
        await connection.execute(
            "UPDATE organization_link SET valid_to = $2 WHERE child_id = $1", number, named.dissolved
        )
    return int(number)
