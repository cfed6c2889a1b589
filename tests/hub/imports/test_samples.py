"""The files of ``docs/samples``: they are as printed, name their faults and no others, and go in mended, in the order of docs/start.md."""

import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from click.testing import CliRunner, Result
from python_calamine import CalamineWorkbook

from db.founding import Founding, found
from db.security.row_security import READER
from db.server.connect import create_pool
from hub.app import default_engine, limits_of
from hub.cli.commands import main
from hub.cli.explain import caller_named
from hub.documents import Accepted, Documents
from hub.imports.table import Table
from hub.settings import load
from resolvers.writing.kinds import KINDS
from schema import schema
from tests.conftest import KEY_FILE, ROOT, run
from tests.samples import FOLDER, SAMPLES, Fault, Sample, content
from tests.some_divisions import load_territory


def lines(path: Path, sample: Sample) -> list[list[Any]]:
    """The cells of a file, as imports read them."""
    return [list(cells) for cells in Table(path, KINDS[sample.kind]).cells()]


@pytest.mark.parametrize("mended", [False, True], ids=["sent", "mended"])
@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)
def test_the_samples_are_as_printed(sample: Sample, mended: bool, tmp_path: Path) -> None:
    path = FOLDER / ("mended" if mended else "") / sample.name
    if os.environ.get("UPDATE_DOCS"):
        path.write_bytes(content(sample, mended=mended))
    printed = tmp_path / sample.name
    printed.write_bytes(content(sample, mended=mended))
    assert lines(path, sample) == lines(printed, sample)


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)
def test_what_is_mended_are_the_faulty_cells(sample: Sample) -> None:
    sent, mended = sample.cells(mended=False), sample.cells(mended=True)
    changed = {
        f"{chr(65 + place)}{number}"
        for number, (one, other) in enumerate(zip(sent, mended, strict=True), 1)
        for place in range(len(one))
        if one[place] != other[place]
    }
    assert changed == set(sample.faults)
    assert sum(isinstance(cell, Fault) for row in sample.rows for cell in row) == len(changed)


async def begin(url: str) -> str | None:
    """Divisions and a province's hub; the key of its administrator."""
    await load_territory(url)
    connection = await asyncpg.connect(url)
    try:
        return (await found(connection, Founding(division="33"))).key
    finally:
        await connection.close()


async def answers(url: str, queries: list[str]) -> list[Any]:
    """What the administrator is answered."""
    settings = load()
    pool = await create_pool(url, size=2, role=READER)
    try:
        caller, engine = await caller_named(pool, "administrator"), default_engine(pool, settings)
        given = []
        for query in queries:
            accepted = Documents(schema._schema, limits_of(settings)).get(query)
            assert isinstance(accepted, Accepted)
            answer = await engine.execute(accepted.document, None, {}, caller=caller)
            given.append(json.loads(answer.body))
        return given
    finally:
        await pool.close()


def import_(sample: Sample, *options: str, mended: bool = False) -> Result:
    path = FOLDER / ("mended" if mended else "") / sample.name
    return CliRunner().invoke(main, ["import", sample.kind, str(path), "--as", "administrator", *options])


def test_the_samples_go_in_as_the_start_page_says(
    kept_database: Callable[[str], str], bare_template: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    url = kept_database(bare_template)
    assert (run(begin(url)) or "").startswith("uh_")
    monkeypatch.setenv("UNIONHUB_DATABASE_URL", url)
    monkeypatch.setenv("UNIONHUB_KEY_FILE", str(KEY_FILE))
    for sample in SAMPLES:
        marked = tmp_path / f"{sample.kind}.xlsx"
        sent = import_(sample, "--dry-run", "--report", str(marked))
        assert sent.exit_code == 1
        shown = [line for line in sent.output.splitlines() if "): " in line and line[0].isupper() and line[1].isdigit()]
        assert {line.split()[0]: line.split("(")[-1].split(")")[0] for line in shown} == dict(sample.faults), (
            sent.output
        )
        sheet = CalamineWorkbook.from_path(str(marked)).get_sheet_by_index(0).to_python()
        explained = {number for number, cells in enumerate(sheet, 1) if cells[-1] and number > len(sample.titles) + 1}
        assert explained == {int(cell[1:]) for cell in sample.faults}
        first, again = import_(sample, mended=True), import_(sample, mended=True)
        assert f"Written: {len(sample.rows)} new" in first.output, first.output
        assert "Every row is in the hub already" in again.output
        assert (first.exit_code, again.exit_code) == (0, 0)
    page = (ROOT / "docs" / "start.md").read_text()
    queries = [json.loads(body)["query"] for body in re.findall(r"-d '(\{.*\})'", page)]
    shown = [json.loads(block) for block in re.findall(r"```json\n(.*)\n```", page)]
    assert len(queries) == 2
    assert run(answers(url, queries)) == shown
