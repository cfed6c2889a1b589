"""``unionhub access``: what it prints, and how it says no."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from click.testing import CliRunner

from db.security.audit_log import Digest
from db.server.migrate import connect
from hub.authentication.demonstration_tokens import PERSONAS
from hub.cli.commands import main


@pytest.fixture
def url(new_database: Callable[[str], str], template: str) -> str:
    return new_database(template)


def said(url: str, *arguments: str, status: int = 0) -> str:
    result = CliRunner().invoke(main, ["access", *arguments, "--database-url", url])
    assert result.exit_code == status, result.output
    return result.output


def test_principal_is_added_granted_keyed_and_listed(url: str) -> None:
    said(url, "principal", "add", "weihai-hr", "--kind", "AGENCY")
    assert "Grant" in said(url, "grant", "weihai-hr", "HR_BUREAU", "--division", "3710", "--until", "2999-01-01")
    key = said(url, "key", "new", "weihai-hr").strip()
    assert key.startswith("uh_")
    listed = said(url, "list", "weihai-hr")
    assert "HR_BUREAU 山东省威海市" in listed
    assert "never" in listed
    assert key not in listed
    said(url, "key", "revoke", key.split("_")[1])
    assert "revoked" in said(url, "list")


def test_worker_is_the_member_named(url: str) -> None:
    said(url, "principal", "add", "worker", "--member", "mem_1", "--subject", "https://id.example|1")
    said(url, "grant", "worker", "WORKER")
    assert "WORKER" in said(url, "list", "worker")


def test_an_analyst_may_have_finer_geography_inside_a_division(url: str) -> None:
    said(url, "principal", "add", "university", "--kind", "ANALYST")
    said(url, "grant", "university", "ANALYST", "--division", "3710")
    said(url, "grant", "university", "ANALYST")
    listed = said(url, "list", "university")
    assert "ANALYST 山东省威海市" in listed
    assert listed.count(": ANALYST ") == 2


def test_a_principal_belongs_to_a_union(url: str) -> None:
    said(url, "principal", "add", "official", "--organization", "威海市总工会")
    assert "of 威海市总工会" in said(url, "list", "official")
    said(url, "principal", "move", "official", "--organization", "山东省总工会")
    assert "of 山东省总工会" in said(url, "list", "official")
    assert "no union" in said(url, "principal", "move", "official")
    assert "  of " not in said(url, "list", "official")
    said(url, "grant", "official", "FEDERATION", "--organization", "威海市总工会", "--hierarchy", "TERRITORIAL")
    said(url, "grant", "official", "GRASSROOTS_UNION", "--organization", "山东省总工会", "--hierarchy", "TERRITORIAL")
    assert "of 威海市总工会" in said(url, "list", "official")
    assert "NO_ORGANIZATION" in said(url, "principal", "add", "x", "--organization", "没有总工会", status=1)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["grant", "ghost", "ANALYST"], "NO_PRINCIPAL"),
        (["grant", "x", "FEDERATION", "--organization", "没有总工会", "--hierarchy", "TERRITORIAL"], "NO_ORGANIZATION"),
        (["grant", "x", "FEDERATION", "--organization", "浙江省总工会"], "HIERARCHY_MISSING"),
        (["grant", "x", "HR_BUREAU", "--division", "99"], "NO_DIVISION"),
        (["grant", "x", "ANALYST", "--from", "2001-01-01"], "BAD_VALIDITY"),
        (["revoke", "999999"], "NO_SUCH_GRANT"),
        (["assign", "x", "nothing"], "NO_CASE"),
        (["principal", "add", "x"], "NAME_TAKEN"),
        (["key", "revoke", "00000000"], "NO_KEY"),
    ],
)
def test_refusal_is_one_line_with_its_code(url: str, arguments: list[str], told: str) -> None:
    said(url, "principal", "add", "x")
    printed = said(url, *arguments, status=1)
    assert f"({told})" in printed
    assert "Traceback" not in printed


def test_bad_days_and_roles_are_usage_errors(url: str) -> None:
    assert "YYYY-MM-DD" in said(url, "grant", "x", "ANALYST", "--until", "tomorrow", status=2)
    assert "FEDERATION" in said(url, "grant", "x", "KING", status=2)


def test_personas_can_be_added_to_a_generated_federation(url: str) -> None:
    assert "national" in said(url, "personas")
    assert "Nothing" in said(url, "personas")


def test_every_persona_has_a_token(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("tokens")
    monkeypatch.setenv("UNIONHUB_DATA_DIR", str(folder))
    printed = {name: CliRunner().invoke(main, ["token", name]).output.strip() for name in PERSONAS}
    assert len(set(printed.values())) == len(PERSONAS) == 8
    assert (folder / "issuer.json").stat().st_mode & 0o777 == 0o600
    before = (folder / "issuer.json").read_text()
    assert CliRunner().invoke(main, ["token", "--new"]).exit_code == 0
    assert (folder / "issuer.json").read_text() != before
    (folder / "issuer.json").write_text("{}")
    result = CliRunner().invoke(main, ["token"])
    assert result.exit_code == 1
    assert "unionhub token --new" in result.output
    assert "there are: national" in CliRunner().invoke(main, ["token", "king"]).output


async def test_entries_of_the_command_line_are_chained_by_the_hash_of_the_settings(
    new_database: Callable[[str], str], template: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UNIONHUB_AUDIT_DIGEST", "SM3")
    url = new_database(template)
    with ThreadPoolExecutor(1) as thread:
        for arguments in (
            ("principal", "add", "clerk"),
            ("grant", "clerk", "ANALYST"),
            ("revoke", "1"),
            ("key", "new", "clerk"),
            ("principal", "disable", "clerk"),
            ("personas",),
        ):
            thread.submit(said, url, *arguments).result()
    connection = await connect(url)
    try:
        tags = [row["digest"][0] for row in await connection.fetch("SELECT digest FROM access_log")]
    finally:
        await connection.close()
    assert len(tags) > 6
    assert set(tags) == {Digest.SM3.value}


@pytest.mark.parametrize("code", ["4403", "440300", "440300000000"])
def test_a_division_is_named_by_any_form_of_its_code(url: str, code: str) -> None:
    said(url, "principal", "add", "bureau", "--kind", "AGENCY")
    said(url, "grant", "bureau", "HR_BUREAU", "--division", code)
    assert "HR_BUREAU 广东省深圳市" in said(url, "list", "bureau")


def test_a_code_that_is_used_no_more_names_the_new_one(url: str) -> None:
    said(url, "principal", "add", "bureau", "--kind", "AGENCY")
    assert "371003 山东省威海市文登区" in said(url, "grant", "bureau", "HR_BUREAU", "--division", "371081", status=1)
