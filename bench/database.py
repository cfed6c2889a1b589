"""Databases of the benchmark: generated federations on an embedded PostgreSQL, kept between runs."""

import asyncio
import hashlib
from dataclasses import dataclass
from pathlib import Path

import asyncpg
from rich.progress import Progress, TaskID

from db.encryption.keys import FixedKeys, ensure_key_file
from db.generate import generate
from db.reference.load_divisions import load_divisions
from db.rollups.maintenance import rebuild_rollups
from db.server import embedded
from db.server.migrate import connect, upgrade
from hub.settings import ROOT, Settings

FOLDER = ROOT / ".data" / "bench"
"""Where the benchmark keeps its server, its logs and the hub's token."""

SOURCES = (
    "migrations/*.py",
    "migrations/versions/*.py",
    "generate/*.py",
    "reference/*.py",
    "reference/data/*.xz",
    "rollups/*.py",
)
"""What a database is made from: when one of these changes, it is made anew."""


@dataclass(frozen=True, slots=True)
class Database:
    """A generated federation: its URL, how many members it has, and the process id of its server (the postmaster)."""

    url: str
    members: int
    postmaster: int


def prepare(members: int, seed: int, folder: Path = FOLDER) -> Database:
    """The federation of ``members`` members, generated unless it is there; its server ends with this process."""
    server = embedded.start(folder / "postgres")
    name = f"bench_{members}_{seed}"
    url = embedded.with_database(server, name)
    keys = FixedKeys(ensure_key_file(folder / "keys.json"))
    asyncio.run(_fill(server, url, name, members, seed, keys))
    return Database(url, members, int((folder / "postgres" / "postmaster.pid").read_text().split()[0]))


def settings_of(database: Database, folder: Path = FOLDER) -> Settings:
    """The hub's settings for a database, with the keys that its personal data are sealed with."""
    return Settings(data_dir=folder / "hub", key_file=folder / "keys.json", database_url=database.url)


async def _fill(server: str, url: str, name: str, members: int, seed: int, keys: FixedKeys) -> None:
    wanted = digest()
    control = await connect(server)
    try:
        found = await control.fetchval(
            "SELECT coalesce(shobj_description(oid, 'pg_database'), '') FROM pg_database WHERE datname = $1", name
        )
        if found == wanted:
            return
        if found is not None:
            await control.execute(f"DROP DATABASE {name}")
        await control.execute(f"CREATE DATABASE {name}")
        await upgrade(url)
        with Progress(transient=True) as bars:
            bar = Bar(bars)
            await load_divisions(url, progress=bar)
            await generate(url, members, seed, progress=bar, keys=keys)
            await rebuild_rollups(url, progress=bar)
        await settle(url)
        await control.execute(f"COMMENT ON DATABASE {name} IS '{wanted}'")
    finally:
        await control.close()


async def settle(url: str) -> None:
    """Do at once what autovacuum would do by and by, so that it does not do it during a measurement."""
    connection: asyncpg.Connection = await connect(url)
    try:
        await connection.execute("VACUUM (ANALYZE)")
        await connection.execute("CHECKPOINT")
    finally:
        await connection.close()


def digest() -> str:
    """A digest of all that a generated database depends on."""
    hashed = hashlib.blake2s(digest_size=12)
    for pattern in SOURCES:
        for path in sorted((ROOT / "db").glob(pattern)):
            hashed.update(path.name.encode() + path.read_bytes())
    return hashed.hexdigest()


class Bar:
    """Progress of the loaders as bars, one a stage."""

    def __init__(self, bars: Progress) -> None:
        self.bars = bars
        self.tasks: dict[str, TaskID] = {}

    def __call__(self, stage: str, done: int, total: int) -> None:
        """Show how far a stage is."""
        if stage not in self.tasks:
            self.tasks[stage] = self.bars.add_task(stage)
        self.bars.update(self.tasks[stage], completed=done, total=total)
