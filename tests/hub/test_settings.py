"""Settings come from the environment, and a bad one is named in one line."""

import re
from pathlib import Path

import pytest

from hub import settings
from hub.settings import ROOT, BadSettingError, Settings, hide_password, is_loopback, load

README = ("README.md", "README.zh-CN.md")


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in settings.os.environ if name.startswith("UNIONHUB_") or name == "PORT"]:
        monkeypatch.delenv(name)


def test_without_variables_the_hub_listens_on_loopback_and_keeps_its_data_in_the_checkout() -> None:
    found = load()
    assert (found.host, found.port, found.database_url) == ("127.0.0.1", 8000, None)
    assert found.data_dir == ROOT / ".data"
    assert found.issuer_key == ROOT / ".data" / "issuer.json"


def test_port_is_read_from_both_names_and_ours_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "8123")
    assert load().port == 8123
    monkeypatch.setenv("UNIONHUB_PORT", "8124")
    assert load().port == 8124


def test_the_issuer_key_follows_the_data_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("UNIONHUB_DATA_DIR", str(tmp_path))
    assert load().issuer_key == tmp_path / "issuer.json"


def test_local_issuer_gives_way_to_a_provider(monkeypatch: pytest.MonkeyPatch) -> None:
    assert load().trusts_local_issuer
    monkeypatch.setenv("UNIONHUB_OIDC_ISSUER", "https://id.example.org")
    monkeypatch.setenv("UNIONHUB_OIDC_AUDIENCE", "unionhub")
    assert not load().trusts_local_issuer
    monkeypatch.setenv("UNIONHUB_LOCAL_ISSUER", "true")
    assert load().trusts_local_issuer


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"OIDC_ISSUER": "https://id.example.org"}, "UNIONHUB_OIDC_AUDIENCE: is needed"),
        ({"OIDC_AUDIENCE": "unionhub"}, "UNIONHUB_OIDC_ISSUER: is needed"),
    ],
)
def test_half_a_provider_is_refused(monkeypatch: pytest.MonkeyPatch, given: dict[str, str], said: str) -> None:
    for name, value in given.items():
        monkeypatch.setenv(f"UNIONHUB_{name}", value)
    with pytest.raises(BadSettingError, match=said):
        load()


def test_an_empty_variable_is_an_unset_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNIONHUB_DATABASE_URL", "")
    monkeypatch.setenv("UNIONHUB_POOL_SIZE", "")
    assert load() == Settings()


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("PORT", "abc", "integer"),
        ("UNIONHUB_PORT", "70000", "65535"),
        ("UNIONHUB_POOL_SIZE", "0", "greater than or equal to 1"),
        ("UNIONHUB_EXECUTOR", "fast", "'plan' or 'default'"),
        ("UNIONHUB_LOG_LEVEL", "loud", "'debug', 'info'"),
        ("UNIONHUB_STATEMENT_TIMEOUT_MS", "10s", "integer"),
        ("UNIONHUB_DATABASE_URL", "mysql://root:geheim@localhost/x", "postgresql://"),
        ("UNIONHUB_DATABASE_URL", "postgresql://root:geheim@localhost", "must name a database"),
        ("UNIONHUB_OIDC_ISSUER", "http://id.example.org", "https://"),
        ("UNIONHUB_ROLE_LIMITS", '{"KING": [1, 1, 1]}', "no role KING"),
        ("UNIONHUB_BUDGET_SECONDS", "0", "greater than or equal to 1"),
        ("UNIONHUB_METRICS_PORT", "8000", "another port than that of the hub"),
        ("UNIONHUB_METRICS_PORT", "70000", "65535"),
        ("UNIONHUB_METRICS_TOKEN", "short", "at least 16 characters"),
        ("UNIONHUB_METRICS_TOKEN", "a b c d e f g h i j k l", "at least 16 characters"),
        ("UNIONHUB_CALLER_CONNECTIONS", "-1", "greater than or equal to 0"),
    ],
)
def test_a_bad_value_is_one_line_that_names_the_variable(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, said: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(BadSettingError) as caught:
        load()
    line = str(caught.value)
    assert line.startswith(f"{name}: ")
    assert said in line
    assert "\n" not in line
    assert "geheim" not in line


def test_all_bad_values_are_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNIONHUB_MAX_DEPTH", "-1")
    monkeypatch.setenv("UNIONHUB_MAX_TOKENS", "many")
    with pytest.raises(BadSettingError) as caught:
        load()
    assert [line.partition(":")[0] for line in str(caught.value).splitlines()] == [
        "UNIONHUB_MAX_TOKENS",
        "UNIONHUB_MAX_DEPTH",
    ]


def test_the_hub_listens_on_loopback_unless_told_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    assert is_loopback(load().host)
    monkeypatch.setenv("UNIONHUB_HOST", "0.0.0.0")
    assert load().host == "0.0.0.0"


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("127.0.0.1", True),
        ("127.3.2.1", True),
        ("::1", True),
        ("localhost", True),
        ("0.0.0.0", False),
        ("hub.example", False),
    ],
)
def test_what_is_loopback(host: str, expected: bool) -> None:
    assert is_loopback(host) is expected


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://hub:geheim@db:5432/unionhub",
        "postgresql://hub:ge@heim@db/unionhub",
        "postgresql://db/unionhub?user=hub&password=geheim&host=/tmp",
    ],
)
def test_a_password_is_never_shown(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("UNIONHUB_DATABASE_URL", url)
    found = load()
    assert "heim" not in found.shown()["UNIONHUB_DATABASE_URL"]
    assert "***" in found.shown()["UNIONHUB_DATABASE_URL"]
    assert "heim" not in repr(found)


def test_the_token_for_metrics_is_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNIONHUB_METRICS_TOKEN", "geheim-und-lang-genug")
    found = load()
    assert found.metrics_token is not None
    assert found.shown()["UNIONHUB_METRICS_TOKEN"] == "(set)"
    assert "geheim" not in repr(found)
    monkeypatch.setenv("UNIONHUB_METRICS_TOKEN", "geheim")
    with pytest.raises(BadSettingError) as caught:
        load()
    assert "geheim" not in str(caught.value)


def test_the_share_of_a_caller_is_a_quarter_of_the_pool_unless_it_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    assert load().share == 2
    for pool, share in (("1", 1), ("3", 1), ("40", 10)):
        monkeypatch.setenv("UNIONHUB_POOL_SIZE", pool)
        assert load().share == share
    monkeypatch.setenv("UNIONHUB_CALLER_CONNECTIONS", "0")
    assert load().share == 0


def test_a_url_without_a_password_is_shown_as_it_is() -> None:
    assert hide_password("postgresql://postgres@/unionhub?host=/tmp") == "postgresql://postgres@/unionhub?host=/tmp"


def test_misspelt_names_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNIONHUB_MAX_DEPHT", "3")
    monkeypatch.setenv("UNIONHUB_TEST_DATABASE_URL", "postgresql://postgres@/postgres")
    assert settings.unknown() == ["UNIONHUB_MAX_DEPHT"]


@pytest.mark.parametrize("readme", README)
def test_the_readme_lists_every_setting_with_its_default(readme: str) -> None:
    rows = dict(re.findall(r"^\| `(UNIONHUB_\w+)` \| (.*?) \|", (ROOT / readme).read_text(), re.MULTILINE))
    assert rows.keys() == load().shown().keys()
    for name in (
        "host",
        "port",
        "executor",
        "pool_size",
        "statement_timeout_ms",
        "max_body_bytes",
        "max_objects",
        "log_level",
    ):
        default = str(Settings.model_fields[name].default)
        assert rows[f"UNIONHUB_{name.upper()}"] == f"`{default}`"


def test_origins_are_separated_by_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNIONHUB_ORIGINS", "https://App.example.org, http://localhost:5173")
    assert load().origins == ("https://app.example.org", "http://localhost:5173")


@pytest.mark.parametrize(
    ("given", "origin"),
    [
        ("https://app.example.org:443", "https://app.example.org"),
        ("http://app.example.org:80", "http://app.example.org"),
        ("http://app.example.org:443", "http://app.example.org:443"),
        ("https://工会.例子.cn", "https://xn--6oq837a.xn--fsqu00a.cn"),
        ("http://[::1]:5173", "http://[::1]:5173"),
        ("*", "*"),
    ],
)
def test_origins_are_kept_as_browsers_write_them(monkeypatch: pytest.MonkeyPatch, given: str, origin: str) -> None:
    monkeypatch.setenv("UNIONHUB_ORIGINS", given)
    assert load().origins == (origin,)


@pytest.mark.parametrize(
    "origins", ["app.example.org", "https://app.example.org/", "https://", "ftp://x", "https://*.x"]
)
def test_what_is_no_origin_is_named(monkeypatch: pytest.MonkeyPatch, origins: str) -> None:
    monkeypatch.setenv("UNIONHUB_ORIGINS", origins)
    with pytest.raises(BadSettingError, match="UNIONHUB_ORIGINS: must be origins"):
        load()
