"""``unionhub init``: an empty hub becomes ready for real work. A second run says what is there, and changes nothing.

What can be checked is checked before anything is written, and each step is done in whole or not at all: the key file, the migrations, the
divisions, and the top with its administrator.
"""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, replace

import click

from db.divisions import canonical_code
from db.encryption.keys import KeySource, ensure_key_file
from db.errors import DataError
from db.founding import Founded, Founding, administrators_of, found, name_of_top, require_same_administrator, top_of
from db.members import SECRETS
from db.reference.load_divisions import Loaded, load_divisions, vendored
from db.rollups.maintenance import build_rollups, rebuild_rollups
from db.security.principals import OPERATOR
from db.server import migrate
from db.server.login_rights import missing_right
from hub import database
from hub.cli.db import progress_bars
from hub.encryption_keys import digest_of, key_source, kinds
from hub.settings import Settings


@dataclass(frozen=True, slots=True)
class Ready:
    """What ``init`` found and did."""

    made_keys: bool
    loaded: Loaded
    founded: Founded


def wish(top: str | None, division: str | None, administrator: str | None, subject: str | None) -> Founding:
    """What the operator has asked for, in the forms of the database.

    Raises:
        DataError, AccessError: see ``Founding.check``.
    """
    wanted = Founding(
        None if top is None else top.strip(),
        None if division is None else canonical_code(division.strip()),
        None if administrator is None else administrator.strip(),
        subject,
    )
    wanted.check()
    return wanted


def run_init(settings: Settings, wanted: Founding) -> Ready:
    """Do what is missing.

    Raises:
        DataError: the database cannot be used, or holds what contradicts the wish. The message says what to do.
        KeyRingError: the keys cannot be used or written.
        AccessError: see ``db.founding.found``.
    """
    url = database.url_of(settings)
    asyncio.run(look(url, settings, wanted))
    made_keys = settings.keys is None and not settings.key_file.exists()
    keys = made(settings)
    asyncio.run(migrate.upgrade(url, keys))
    with progress_bars() as progress:
        loaded = asyncio.run(load_divisions(url, progress=progress))
        asyncio.run((rebuild_rollups if loaded.divisions else build_rollups)(url, progress=progress))
    return Ready(made_keys, loaded, asyncio.run(founded(url, settings, wanted)))


async def look(url: str, settings: Settings, wanted: Founding) -> None:
    """Check, before anything is written, what would stop a later step.

    Raises:
        DataError: as ``run_init`` does.
    """
    connection = await migrate.connect(url)
    try:
        revision = await migrate.revision(connection)
        migrate.require_known(revision)
        lacking = await missing_right(connection)
        if lacking is not None:
            raise DataError(lacking)
        if revision is None:
            return check_division(wanted)
        if revision != migrate.head():
            return None  # its tables may be others
        if settings.keys is None and not settings.key_file.exists():
            for secret in SECRETS:
                if await connection.fetchval(
                    f"SELECT EXISTS (SELECT FROM {secret.table} WHERE {secret.column} IS NOT NULL)"  # noqa: S608
                ):
                    raise DataError(
                        f"The database has personal data, and their keys are not there: {settings.key_file}. Restore that file from"
                        " its copy, or name it in UNIONHUB_KEY_FILE."
                    )
        top = await top_of(connection, wanted)
        if top is not None:
            require_same_administrator(wanted, top[1], await administrators_of(connection, top[0]))
        elif not await connection.fetchval("SELECT EXISTS (SELECT FROM division)"):
            check_division(wanted)
    finally:
        await connection.close()
    return None


def check_division(wanted: Founding) -> None:
    """Check the division of the top against the files that will be loaded.

    Raises:
        DataError: they do not have it, or its union's name does not follow.
    """
    if wanted.division is not None:
        level, name = vendored(wanted.division)
        name_of_top(wanted, name, level.name)


def made(settings: Settings) -> KeySource:
    """The keys; a key file is made if there is none.

    Raises:
        KeyRingError: they cannot be used or written.
    """
    if settings.keys is None:
        ensure_key_file(settings.key_file, *kinds(settings))
    source = key_source(settings)
    source.ring()
    return source


async def founded(url: str, settings: Settings, wanted: Founding) -> Founded:
    """Make the top and its administrator, if they are missing."""
    async with migrate.operating(url) as connection:
        return await found(connection, wanted, by=replace(OPERATOR, digest=digest_of(settings)))


def report(settings: Settings, ready: Ready) -> Iterator[str]:
    """What is there now, in lines; the administrator's key is not among them."""
    if settings.keys is not None:
        yield "Keys: those of UNIONHUB_KEYS."
    elif ready.made_keys:
        yield f"Keys: made, in {settings.key_file}. Keep a copy elsewhere: without it personal data cannot be read again."
    else:
        yield f"Keys: {settings.key_file} was there already."
    yield f"Database: {database.named(settings)}, at revision {migrate.head()}."
    if ready.loaded.divisions:
        yield f"Divisions: {ready.loaded.divisions:,} loaded."
    else:
        yield "Divisions: there already."
    top, names = ready.founded.top, ", ".join(ready.founded.administrators)
    yield f"Top: {top}." if ready.founded.is_new_top else f"Top: {top}, there already."
    if not ready.founded.is_new_administrator:
        yield f"Administrator: {names}, there already. A new key, if the old one is lost: `unionhub access key new NAME`"
    elif ready.founded.key is None:
        yield f"Administrator: {names}, who signs in at the provider."
    else:
        yield f"Administrator: {names}. The key is shown only now; whoever has it writes and reads all below {top}:"


def print_ready(settings: Settings, ready: Ready) -> None:
    """Print the report on standard error, and a new key alone on standard output."""
    from hub.cli.language import echo

    for line in report(settings, ready):
        echo(line, err=True)
    if ready.founded.key is not None:
        click.echo(ready.founded.key)
