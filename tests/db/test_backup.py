"""A backup taken while writes go on, restored elsewhere: equal answers, a whole chain, fitting roll-ups and keys, the second wall."""

import asyncio
import json
import os
import re
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest

from db.access import PrincipalKind
from db.encryption.keys import KeyFile
from db.encryption.vault import Sealed, Vault
from db.members import PHONE, SECRETS
from db.rollups.maintenance import fold_rollups, rollup_differences
from db.security.audit_log import examine
from db.security.principals import create_principal
from db.security.row_security import faults
from hub.app import create_app
from hub.settings import Settings
from tests.operator_server import OWNER, SERVANT, UNCHANGED, OperatorServer, folder_for_data, own
from tests.slow import sampled
from tests.tokens import token, write_key

ROOT = Path(__file__).parent.parent.parent
LIVING = "living"
BEFORE, AFTER = 20, 20
"""Steps of the writer that are done before a backup begins, and that follow when it has ended."""

FOLDED_EVERY = 7


async def step(connection: asyncpg.Connection, vault: Vault, number: int) -> None:
    """One change, the same wherever it is made: of a member, of its sealed phone, of who may sign in, with an entry of the log."""
    async with connection.transaction():
        member = await connection.fetchval("SELECT id FROM member ORDER BY id OFFSET $1 LIMIT 1", number % 150)
        phone = f"139{number:08d}"
        await connection.execute(
            "UPDATE member SET is_migrant_worker = NOT is_migrant_worker, phone = $2, phone_index = $3, phone_head = '139' WHERE id = $1",
            member,
            vault.seal(PHONE, member, phone),
            vault.sealer(PHONE).index(phone),
        )
        await create_principal(connection, f"step-{number}", PrincipalKind.PERSON)
    if number % FOLDED_EVERY == 0:
        await fold_rollups(connection)


@dataclass
class Writer:
    """Makes one step after the other in a thread of its own, until it is told to stop."""

    url: str
    vault: Vault
    done: int = 0
    stopping: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        async def write() -> None:
            connection = await asyncpg.connect(self.url)
            while not self.stopping.is_set():
                await step(connection, self.vault, self.done + 1)
                self.done += 1
            await connection.close()

        asyncio.run(write())

    def wait_for(self, number: int) -> None:
        """Until so many steps are done."""
        while self.done < number:
            self.stopping.wait(0.02)
            assert self.thread.is_alive()

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Writes go on before the body, during it, and behind it."""
        self.thread = threading.Thread(target=self.run)
        self.thread.start()
        try:
            self.wait_for(BEFORE)
            yield
            self.wait_for(self.done + AFTER)
        finally:
            self.stopping.set()
            self.thread.join(30)


@dataclass
class Restored:
    """A database, and its server."""

    server: OperatorServer
    database: str

    def url(self, user: str) -> str:
        return self.server.url(self.database, user, user)


def dumped(
    living: OperatorServer, folder: Path, make: Callable[[Path | None], OperatorServer], during: Callable[[], Any]
) -> Restored:
    """By ``docker/backup.sh``, that is ``pg_dump``; on a new server, by what docs/operations.md says."""
    with during():
        environment = {
            **living.environment(),
            "BACKUP_DATABASE_URL": living.url(LIVING, OWNER, OWNER),
            "BACKUP_FOLDER": str(folder),
        }
        made = subprocess.run([ROOT / "docker/backup.sh"], env=environment, capture_output=True, text=True)
        assert made.returncode == 0, made.stderr
    dump = Path(made.stdout.strip())
    assert [path.suffix for path in sorted(folder.iterdir())] == [".dump", ".sql"]
    assert all(path.stat().st_mode & 0o077 == 0 for path in folder.iterdir()), "a backup is nobody else's to read"
    server = make(None)
    roles = subprocess.run(
        ["psql", "-q", "-d", "postgres", "-f", dump.with_suffix(".roles.sql")],
        env=server.environment(),
        capture_output=True,
        text=True,
    )
    assert re.findall(r"ERROR: .*", roles.stderr) == ['ERROR:  role "postgres" already exists']
    for name in (OWNER, SERVANT):
        server.sql(f"ALTER ROLE {name} PASSWORD '{name}'")
    server.run("createdb", "--encoding=UTF8", "--template=template0", "--locale=C", f"--owner={OWNER}", "restored")
    restored = Restored(server, "restored")
    server.run("pg_restore", "--exit-on-error", "--no-owner", f"--dbname={restored.url(OWNER)}", dump)
    return restored


def copied(
    living: OperatorServer, folder: Path, make: Callable[[Path | None], OperatorServer], during: Callable[[], Any]
) -> Restored:
    """By ``pg_basebackup``: the whole server, started elsewhere."""
    data = folder_for_data() / "data"
    with during():
        living.run("pg_basebackup", "-D", data, "-X", "stream", "--checkpoint=fast", "--no-sync")
    own(data.parent)
    return Restored(make(data), LIVING)


OPERATIONS = [
    "{ viewer { persona } organizations(first: 20) { totalCount nodes { id name members { totalCount } } } }",
    "{ members(first: 100) { totalCount nodes { id name phone residentNumber isMigrantWorker } } }",
    "{ collectiveAgreements(first: 20) { totalCount nodes { id status reviewDueOn } } }",
    "{ disputeCases(first: 20) { totalCount nodes { number status mediationDueOn } } }",
    "{ insuranceEnrolments(first: 20) { totalCount nodes { id scheme } } }",
    '{ statistics(kind: MEMBERSHIPS, asOf: "2026-01-01", groupBy: [SEX]) { total { records persons } groups { keys { value } records } } }',
]
PERSONAS = ["national", "zhejiang", "weihai", "shenzhen-hr", "shenzhen-mediator", "analyst", "member"]


async def answers(url: str, folder: Path) -> dict[str, list[Any]]:
    """What the hub answers from a database, logged in as the login that owns nothing, to each persona."""
    write_key(folder)
    made = create_app(Settings(database_url=url, data_dir=folder, public_budget_points=0, budget_points=0))
    found: dict[str, list[Any]] = {}
    async with (
        made.router.lifespan_context(made),
        httpx.AsyncClient(transport=httpx.ASGITransport(made), base_url="http://hub") as client,
    ):
        for persona in PERSONAS:
            headers = {"authorization": f"Bearer {token(persona)}"}
            for query in OPERATIONS:
                response = await client.post("/graphql", json={"query": query}, headers=headers)
                body = response.json()
                errors = [error["extensions"]["code"] for error in body.get("errors", [])]
                found.setdefault(persona, []).append([response.status_code, body.get("data"), errors])
    return found


async def opened(connection: asyncpg.Connection, vault: Vault) -> list[str]:
    """All sealed values of members in clear."""
    found = []
    for secret in SECRETS:
        rows = await connection.fetch(
            f"SELECT id, {secret.column} AS value FROM member WHERE {secret.column} IS NOT NULL ORDER BY id"
        )
        assert rows
        found += vault.open(Sealed(secret.table, secret.column, row["id"], row["value"]) for row in rows)
    return found


CHAIN = "SELECT id, digest FROM access_log ORDER BY id"
STEPS = "SELECT count(*) FROM principal WHERE name LIKE 'step-%'"


@pytest.mark.parametrize("backed_up", sampled([dumped, copied], [dumped]), ids=lambda way: way.__name__)
async def test_a_backup_under_writes_restored_elsewhere_is_the_same_hub(
    backed_up: Callable[..., Restored],
    operated_server: OperatorServer,
    new_operator_server: Callable[[Path | None], OperatorServer],
    tmp_path: Path,
) -> None:
    living = operated_server
    living.sql(f"DROP DATABASE IF EXISTS {LIVING} WITH (FORCE)")
    living.sql(f"CREATE DATABASE {LIVING} OWNER {OWNER} TEMPLATE {UNCHANGED}")
    keys = tmp_path / "apart" / "keys.json"
    keys.parent.mkdir(mode=0o700)
    shutil.copy(os.environ["UNIONHUB_KEY_FILE"], keys)
    vault = Vault(KeyFile(keys))
    writer = Writer(living.url(LIVING, OWNER, OWNER), vault)
    folder, sides = tmp_path / "backup", (tmp_path / "here", tmp_path / "there")
    for each in (folder, *sides):
        each.mkdir()
    restored = await asyncio.to_thread(backed_up, living, folder, new_operator_server, writer.writing)

    here, there = await asyncpg.connect(writer.url), await asyncpg.connect(restored.url(OWNER))
    at = await there.fetchval(STEPS)
    assert BEFORE <= at < writer.done, "the backup is of a moment while writes went on"

    chain = await examine(there)
    assert chain.fault is None
    assert chain.entries == chain.id > at
    whole = await here.fetch(CHAIN)
    assert await there.fetch(CHAIN) == whole[: chain.entries], "the log that was restored is how the other one begins"
    assert await rollup_differences(there) == []

    served = await asyncpg.connect(restored.url(SERVANT))
    assert await faults(served) == []
    await served.close()

    for number in range(at + 1, writer.done + 1):
        await step(there, vault, number)
    assert await opened(there, vault) == await opened(here, vault)
    assert await rollup_differences(there) == []
    assert (await examine(there)).fault is None
    await here.close()
    await there.close()

    wanted = await answers(living.url(LIVING, SERVANT, SERVANT), sides[0])
    assert await answers(restored.url(SERVANT), sides[1]) == wanted
    texts = {persona: json.dumps(found) for persona, found in wanted.items()}
    assert len(set(texts.values())) == len(PERSONAS), "each persona sees something else"
    assert '"phone": "139' in texts["national"], texts["national"][-3000:]
    assert all(status == 200 and not errors for status, _, errors in wanted["national"])
