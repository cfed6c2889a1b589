"""Load the divisions (行政区划) from the files in ``data/``, with their closure and the reference data that refers to them."""

import csv
import lzma
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from io import TextIOWrapper
from itertools import islice
from pathlib import Path
from typing import IO

import asyncpg

from db.divisions import DivisionKind, DivisionLevel
from db.errors import DataError
from db.reference.additions import ALIASES, FORMER, PERIODS, SINCE, ZONES
from db.server.bulk_copy import Progress, copy_lines, copy_rows, without_indexes
from db.server.migrate import connect, require_head

FOLDER = Path(__file__).parent / "data"
FILES = {
    DivisionLevel.PROVINCE: ("provinces.csv.xz", None),
    DivisionLevel.CITY: ("cities.csv.xz", "provinceCode"),
    DivisionLevel.COUNTY: ("areas.csv.xz", "cityCode"),
    DivisionLevel.TOWNSHIP: ("streets.csv.xz", "areaCode"),
    DivisionLevel.VILLAGE: ("villages.csv.xz", "streetCode"),
}
ROWS = {
    DivisionLevel.PROVINCE: 31,
    DivisionLevel.CITY: 342,
    DivisionLevel.COUNTY: 2_978,
    DivisionLevel.TOWNSHIP: 41_352,
    DivisionLevel.VILLAGE: 620_573,
}
"""How many rows each vendored file has, for progress bars."""

NAMELESS = frozenset({"市辖区", "县", "省直辖县级行政区划", "自治区直辖县级行政区划"})
"""Second-level entries that only group codes: they are no places, and so no part of a full name."""

INHERITED_PAIRS = """
WITH RECURSIVE heir (old, new) AS (
    SELECT p.id, d.id FROM division d JOIN division p ON p.id = d.predecessor_id AND p.valid_to IS NOT NULL
    UNION SELECT h.old, d.id FROM heir h JOIN division p ON p.id = h.new AND p.valid_to IS NOT NULL
    JOIN division d ON d.predecessor_id = p.id
)
INSERT INTO division_closure (ancestor_id, descendant_id, depth, inherited)
SELECT h.old, c.descendant_id, min(c.depth), true FROM heir h JOIN division_closure c ON c.ancestor_id = h.new AND NOT c.inherited
GROUP BY 1, 2 ON CONFLICT DO NOTHING
"""
"""SQL: closed divisions get the closure pairs of their successors, so that an old code finds what is in these."""

COLUMNS = ("id", "code", "name", "full_name", "level", "kind", "parent_id", "predecessor_id", "valid_from", "valid_to")
CLOSURE_COLUMNS = ("ancestor_id", "descendant_id", "depth")
Row = tuple[object, ...]

BATCH = 20_000
"""How many divisions are written before their closure rows are."""


@dataclass(frozen=True, slots=True)
class Place:
    """A division as the rows of its children need it: ``line`` has the IDs from itself up to its province."""

    full_name: str
    line: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Loaded:
    """How many rows a load has added."""

    divisions: int
    deadline_rules: int


def full_name(parent: str, name: str) -> str:
    """``name`` after its parent's full name. A group of codes adds nothing, nor does a county with the name of its city (东莞市)."""
    return parent if name in NAMELESS or parent.endswith(name) else parent + name


def kind_of(code: str, name: str, parent: str) -> DivisionKind:
    """The kind of a division by its code, its name and its parent's full name.

    A county code whose fifth digit is 7 is a development zone's, which is statistical; the divisions in it are statutory. A county with
    the name of its city, or a code that ends in zeros, repeats the division above.
    """
    if name in NAMELESS:
        return DivisionKind.HEADING
    if parent.endswith(name) and (len(code) == 6 or code.endswith("000")):
        return DivisionKind.REPETITION
    return DivisionKind.STATISTICAL_ZONE if len(code) == 6 and code[4] == "7" else DivisionKind.STATUTORY


def closure_lines(line: tuple[int, ...]) -> list[str]:
    """The closure rows of the first division of ``line``, in COPY's text format."""
    return [f"{ancestor}\t{line[0]}\t{depth}\n" for depth, ancestor in enumerate(line)]


def read(
    file: IO[str], parent_column: str | None, name: str, within: str = ""
) -> Iterator[tuple[str, str, str | None]]:
    """Rows ``(code, name, parent code)`` of a file of codes; with ``within`` only the lines that begin with it.

    Raises:
        DataError: a column is missing.
    """
    columns = next(csv.reader(file), [])
    wanted = {"code", "name", *([parent_column] if parent_column else [])}
    if missing := wanted - set(columns):
        raise DataError(
            f"{name} has no column {', '.join(sorted(missing))}; its first line must name {', '.join(sorted(wanted))}."
        )
    # lines are filtered before they are parsed: most lines of a large file are not needed
    for row in csv.DictReader((line for line in file if line.startswith(within)) if within else file, columns):
        yield row["code"], row["name"], row[parent_column] if parent_column else None


def open_text(path: Path) -> IO[str]:
    """Open a CSV file, compressed with xz or not.

    Raises:
        DataError: it cannot be opened.
    """
    try:
        return TextIOWrapper(lzma.open(path), "utf-8") if path.suffix == ".xz" else path.open(encoding="utf-8")
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}") from error


def vendored(code: str) -> tuple[DivisionLevel, str]:
    """Level and name of a division of the vendored files, by the code in its stored form.

    Raises:
        DataError: there is none.
    """
    lengths = dict(zip((2, 4, 6, 9, 12), FILES, strict=True))
    level = lengths.get(len(code))
    if level is not None and code.isascii() and code.isdigit():
        with open_text(FOLDER / FILES[level][0]) as file:
            name = next((name for found, name, _ in read(file, FILES[level][1], FILES[level][0], code)), None)
        if name is not None:
            return level, name
    raise DataError(f"There is no division in force with the code {code[:12]}.")


class Loader:
    """Loads divisions on one connection, in the caller's transaction."""

    def __init__(self, connection: asyncpg.Connection, progress: Progress | None) -> None:
        self.connection = connection
        self.progress = progress
        self.places: dict[str, Place] = {}
        self.next_id = 1
        self.added = 0

    async def start(self, code: str | None = None) -> None:
        """Read which divisions the database has: all but the villages, or the one with this code."""
        rows = await self.connection.fetch(
            "SELECT d.code, d.full_name, array_agg(c.ancestor_id ORDER BY c.depth) AS line FROM division d"
            " JOIN division_closure c ON c.descendant_id = d.id AND NOT c.inherited WHERE d.valid_to IS NULL AND d.code IS NOT NULL"
            " AND d.level <> 'VILLAGE' AND ($1::text IS NULL OR d.code = $1) GROUP BY d.id",
            code,
        )
        self.places = {row["code"]: Place(row["full_name"], tuple(row["line"])) for row in rows}
        self.next_id = 1 + await self.connection.fetchval("SELECT coalesce(max(id), 0) FROM division")

    async def level(self, level: DivisionLevel, path: Path, within: str = "") -> None:
        """Add the divisions of a level's file that the database does not have; with ``within`` only codes that begin with it."""
        with open_text(path) as file:
            added = self.missing(level, file, path.name, within)
            try:
                while await self.write(islice(added, BATCH)):
                    pass
            except (lzma.LZMAError, UnicodeDecodeError, csv.Error, EOFError) as error:
                raise DataError(f"{path} is not a CSV file of divisions: {error}") from error
        self.report(level, ROWS[level])

    def missing(self, level: DivisionLevel, file: IO[str], name: str, within: str) -> Iterator[tuple[Place, Row]]:
        """The divisions of a level's file that the database does not have."""
        keep = level is not DivisionLevel.VILLAGE
        since = {former.successor: former.valid_to for former in FORMER}
        known = self.places
        for done, (code, called, parent_code) in enumerate(read(file, FILES[level][1], name, within), 1):
            if done % BATCH == 0:
                self.report(level, done)
            if code in known:
                continue
            parent = Place("", ()) if parent_code is None else known.get(parent_code)
            if parent is None:
                raise DataError(f"{name}: division {code} {called} names a parent {parent_code} that is not loaded.")
            place, row = self.make(
                code, called, parent, level, kind_of(code, called, parent.full_name), since.get(code, SINCE)
            )
            if keep:
                known[code] = place
            yield place, row

    def make(
        self,
        code: str | None,
        name: str,
        parent: Place,
        level: DivisionLevel,
        kind: DivisionKind,
        since: date,
        until: date | None = None,
    ) -> tuple[Place, Row]:
        """A division with the next ID, under ``parent``."""
        number = self.next_id
        self.next_id += 1
        self.added += 1
        place = Place(full_name(parent.full_name, name), (number, *parent.line))
        above = parent.line[0] if parent.line else None
        return place, (number, code, name, place.full_name, level.name, kind.name, above, None, since, until)

    async def write(self, made: Iterable[tuple[Place, Row]]) -> bool:
        """Write divisions with their closure rows; whether there were any."""
        closure: list[str] = []

        def rows() -> Iterator[Row]:
            for place, row in made:
                closure.extend(closure_lines(place.line))
                yield row

        await copy_rows(self.connection, "division", COLUMNS, rows())
        await copy_lines(self.connection, "division_closure", CLOSURE_COLUMNS, closure)
        return bool(closure)

    async def inherit(self) -> None:
        """Give closed divisions the closure pairs of their successors, as far as these are loaded."""
        await self.connection.execute(INHERITED_PAIRS)

    async def advance_sequence(self) -> None:
        """Have PostgreSQL assign the next IDs after those of the loader."""
        await self.connection.execute(
            "SELECT setval(pg_get_serial_sequence('division', 'id'), (SELECT max(id) FROM division))"
        )

    def report(self, level: DivisionLevel, done: int) -> None:
        """Report progress."""
        if self.progress is not None:
            self.progress(FILES[level][0].partition(".")[0], done, ROWS[level])

    async def reference(self) -> int:
        """Add missing former divisions, aliases, functional zones and deadline rules; the number of rules added."""
        for former in FORMER:
            if not await self.connection.fetchval(
                "SELECT true FROM division WHERE code = $1 AND valid_to IS NOT NULL", former.code
            ):
                parent = self.places[former.parent]
                number = await self.county(
                    former.code, former.name, parent, DivisionKind.STATUTORY, former.valid_from, former.valid_to
                )
                successor = self.places[former.successor].line[0]
                await self.connection.execute(
                    "UPDATE division SET predecessor_id = $1 WHERE id = $2", number, successor
                )
        await self.inherit()
        for parent_code, name, others in ZONES:
            parent = self.places[parent_code]
            number = await self.connection.fetchval(
                "SELECT id FROM division WHERE code IS NULL AND name = $1 AND parent_id = $2", name, parent.line[0]
            ) or await self.county(None, name, parent, DivisionKind.FUNCTIONAL_ZONE, SINCE)
            for other in others:
                await self.alias(number, other)
        for code, other in ALIASES:
            await self.alias(self.places[code].line[0], other)
        return await self.periods()

    async def county(
        self, code: str | None, name: str, parent: Place, kind: DivisionKind, since: date, until: date | None = None
    ) -> int:
        """Add one division of the county level; its ID."""
        place, row = self.make(code, name, parent, DivisionLevel.COUNTY, kind, since, until)
        await self.write([(place, row)])
        return place.line[0]

    async def alias(self, number: int, name: str) -> None:
        """Add another name for a division, unless it has it."""
        await self.connection.execute(
            "INSERT INTO division_alias (division_id, name) SELECT $1::bigint, $2::text"
            " WHERE NOT EXISTS (SELECT FROM division_alias WHERE division_id = $1 AND name = $2)",
            number,
            name,
        )

    async def periods(self) -> int:
        """Add missing deadline rules; procedure, step, division and first day identify a rule."""
        added = 0
        for period in PERIODS:
            division = None if period.division is None else self.places[period.division].line[0]
            status = await self.connection.execute(
                "INSERT INTO deadline_rule (procedure, step, division_id, length, unit, starts_on, article, valid_from)"
                " SELECT $1::text, $2::text, $3::bigint, $4, $5, $6, $7, $8::date WHERE NOT EXISTS (SELECT FROM"
                " deadline_rule"
                " WHERE procedure = $1 AND step = $2 AND division_id IS NOT DISTINCT FROM $3 AND valid_from = $8)",
                period.procedure,
                period.step,
                division,
                period.length,
                period.unit.name,
                period.starts_on,
                period.article,
                period.valid_from,
            )
            added += int(status.rpartition(" ")[2])
        return added


async def load_divisions(
    url: str, *, villages: bool | Path = False, progress: Progress | None = None, analyze: bool = True
) -> Loaded:
    """Load provinces to townships, and with ``villages`` the villages too: of that file, or with True of the vendored one.

    It is one transaction. Divisions that the database has are not changed, so a second run adds nothing. Without ``analyze`` the caller has
    to run VACUUM (ANALYZE).

    Raises:
        DataError: the database cannot be reached or is not migrated, or a file is not a file of divisions.
    """
    connection = await connect(url)
    try:
        await require_head(connection)
        async with connection.transaction():
            await connection.execute("LOCK TABLE division IN SHARE ROW EXCLUSIVE MODE")
            loader = Loader(connection, progress)
            await loader.start()
            path = villages if isinstance(villages, Path) else FOLDER / FILES[DivisionLevel.VILLAGE][0]
            wanted = [level for level in FILES if villages or level is not DivisionLevel.VILLAGE]
            count = await connection.fetchval(
                "SELECT count(*) FROM division WHERE code IS NOT NULL AND valid_to IS NULL"
            )
            if villages:
                loader.places |= {
                    row["code"]: Place("", ())
                    for row in await connection.fetch(
                        "SELECT code FROM division WHERE level = 'VILLAGE' AND code IS NOT NULL"
                    )
                }
            if count < sum(ROWS[level] for level in wanted):
                async with without_indexes(connection, ["division", "division_closure"], progress, keys=count > 0):
                    for level in wanted:
                        await loader.level(level, path if level is DivisionLevel.VILLAGE else FOLDER / FILES[level][0])
            rules = await loader.reference()
            await loader.advance_sequence()
        if analyze:
            await connection.execute("VACUUM (ANALYZE) division, division_closure, division_alias, deadline_rule")
    finally:
        await connection.close()
    return Loaded(loader.added, rules)
