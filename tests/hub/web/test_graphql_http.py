"""The audits of npm ``graphql-http`` against the hub: every MUST, every SHOULD and every MAY."""

import asyncio
import json
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from db.server.migrate import connect
from hub import serve
from hub.settings import ROOT, Settings
from hub.setup import explorer_build
from tests.hub.test_serve import running
from tests.tokens import let_in, token, write_key

EXPLORER = ROOT / "explorer"
FAILED_BY_STOCK = {"22EB", "865D", "556A", "D586", "51FE", "74FF", "5E5B", "86EE", "28B9", "2EA1"}


def node_program() -> Path:
    """A Node, where the audits' package is too; else the test is skipped, or fails where nothing may be lacking."""
    found = explorer_build.node_of_machine() or explorer_build.node_of_wheel()
    if found is not None and (EXPLORER / "node_modules" / "graphql-http").is_dir():
        return found.path
    reason = "The audits did not run: `make explorer` installs Node's packages into explorer/node_modules."
    if os.environ.get("CI", "").lower() in {"1", "true"}:
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture
async def address(settings: Settings, fresh_database_url: str) -> AsyncIterator[str]:
    connection = await connect(fresh_database_url)
    await let_in(connection)
    await connection.close()
    write_key(settings.data_dir)
    with running(serve.config(settings.model_copy(update={"port": 0, "database_url": fresh_database_url}))) as port:
        yield f"http://127.0.0.1:{port}/graphql"


@pytest.mark.parametrize("token", [token(), None], ids=["with a token", "anonymous"])
async def test_every_audit_passes(address: str, token: str | None) -> None:
    arguments = [str(node_program()), "audit.mjs", address, *([token] if token else [])]
    process = await asyncio.create_subprocess_exec(*arguments, cwd=EXPLORER, stdout=-1, stderr=-1)
    out, err = await process.communicate()
    results = [json.loads(line) for line in out.splitlines()]
    assert len(results) > 50, err.decode()
    assert [result for result in results if result["status"] != "ok"] == []
    assert {result["id"] for result in results} >= FAILED_BY_STOCK
    assert process.returncode == 0
