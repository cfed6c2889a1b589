"""Commands speak the language of the terminal, and every text of theirs has its Chinese."""

import re
import subprocess
import sys
from collections.abc import Iterator

import click
import pytest
from click.testing import CliRunner

from hub.cli.commands import main
from hub.cli.language import CHINESE, PLACE, Group, explained, first_sentence, in_chinese, is_chinese, translated
from tests.hub.messages_in_source import ROOT, messages

HAN = re.compile("[\u4e00-\u9fff]")
NOT_WORDS = re.compile(r"`[^`]*`|\{\}|unionhub_\w+|https?://\S+|[\w.]*@\S+")

SAME = {
    "       -H 'Content-Type: application/json' -d '{}'",
    "    {}/graphql#token={}",
    "  curl -s {}/graphql -H 'Authorization: Bearer {}' \\",
    '{"query": "{ viewer { persona } divisions(first: 3) { nodes { code name } } }"}',
    "createdb --encoding=UTF8 --template=template0 NAME",
    " DISABLED",
    "http://{}:{}",
    "Python {} ({})",
    "{} {}s",
    "administrator",
}
"""What can be pasted into a terminal, and names."""

NOT_SAID = {"Connect call failed", "in use", "row security"}
"""What other programs say and is compared with, and names of checks."""


@pytest.fixture
def chinese(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")


def commands(
    command: click.Command = main, path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Every command, by its path."""
    yield path, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            found = command.get_command(context, name)
            assert found is not None
            yield from commands(found, (*path, name))


COMMANDS = dict(commands())


def test_every_text_in_the_source_has_its_chinese() -> None:
    found = messages()
    assert len(found) > 200
    missing = {
        text for text in found - SAME - NOT_SAID - CHINESE.keys() if re.search("[A-Za-z]", NOT_WORDS.sub("", text))
    }
    assert missing == set(), "these have no Chinese in hub/chinese_*.py"


@pytest.mark.parametrize("english", CHINESE)
def test_a_text_is_found_with_any_values_and_keeps_them(english: str) -> None:
    count = english.count("{}")
    values = [f"‹{number}›" for number in range(count)]
    given = iter(values)
    text = re.sub(r"\{\}", lambda _: next(given), english)
    found = in_chinese(text)
    places = [place[1] for place in PLACE.finditer(CHINESE[english])]
    assert len(places) == count
    assert not any(places) or sorted(places) == [str(number) for number in range(count)]
    assert all(value in found for value in values), found
    if re.search("[A-Za-z]", NOT_WORDS.sub("", english)) and len(english) > 20:
        assert HAN.search(found)


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_the_help_of_every_command_has_its_chinese(path: tuple[str, ...], chinese: None) -> None:
    command = COMMANDS[path]
    assert not isinstance(command, click.Group) or isinstance(command, Group), "cls=hub.cli.language.Group"
    for paragraph in (command.help or "").split("\n\n"):
        assert HAN.search(translated(" ".join(paragraph.split()))), paragraph
    for parameter in command.params:
        if isinstance(parameter, click.Option) and parameter.help:
            assert HAN.search(explained(parameter.help)), parameter.help
    printed = CliRunner().invoke(main, [*path, "--help"])
    assert printed.exit_code == 0
    for line in ("用法：", "选项:", "显示本帮助并退出。"):
        assert line in printed.output
    if path:
        assert HAN.search(first_sentence(command))
    assert not re.search(r"\b(the|Show|and|Options|Commands|Usage)\b", printed.output), printed.output


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, False),
        ({"LANG": "zh_CN.UTF-8"}, True),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": "C"}, False),
        ({"LANG": "en_US.UTF-8", "LC_MESSAGES": "zh_TW"}, True),
        ({"LANG": "zh", "LC_MESSAGES": "", "LC_ALL": ""}, True),
        ({"LC_ALL": "POSIX"}, False),
    ],
)
def test_the_first_variable_that_is_set_decides(environment: dict[str, str], expected: bool) -> None:
    assert is_chinese(environment) is expected


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nothing"], "错误：没有命令“nothing”。"),
        (["access", "grant"], "错误：缺少参数“NAME”。"),
        (["access", "grant", "x", "KING"], "不在可选值之中"),
        (["token", "nobody"], "错误：没有演示身份 'nobody'"),
        (["db", "generate", "--members", "x"], "的取值无效：“x”不是整数。"),
        (["explain", "/nowhere"], "没有该文件或目录"),
        (["doctor", "--only", "nothing"], "没有该检查项"),
    ],
)
def test_errors_are_chinese_on_a_chinese_terminal_and_english_elsewhere(
    arguments: list[str], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    printed = CliRunner().invoke(main, arguments)
    assert said in printed.output
    monkeypatch.setenv("LC_ALL", "C")
    english = CliRunner().invoke(main, arguments)
    assert not HAN.search(english.output)
    assert english.exit_code == printed.exit_code != 0


def test_a_setting_that_cannot_be_used_is_said_in_chinese(chinese: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNIONHUB_POOL_SIZE", "many")
    printed = CliRunner().invoke(main, ["token"])
    assert "错误：设置项无法使用\nUNIONHUB_POOL_SIZE：须为整数" in printed.output


def test_values_that_are_words_of_ours_stay_as_they_are() -> None:
    assert in_chinese("fail is disabled.") == "fail 已停用。"


def test_lists_are_chinese_too() -> None:
    line = (
        "  grant 12: FEDERATION 浙江省总工会 TERRITORIAL 2026-01-01 – open, revoked 2026-02-01 10:00, by the operator"
    )
    assert in_chinese(line) == (
        "  授权 12：FEDERATION 浙江省总工会 TERRITORIAL 2026-01-01 – 不限期，已撤销 2026-02-01 10:00，授权人：运维人员"
    )
    assert in_chinese("  key uh_12345678_…: revoked, last used never") == "  密钥 uh_12345678_…：已作废，最近使用：从未"


def test_the_command_line_needs_little_so_that_doctor_always_works() -> None:
    question = "import sys, hub.cli.doctor; print(sorted({'graphql', 'asyncpg', 'sqlalchemy'} & sys.modules.keys()))"
    done = subprocess.run([sys.executable, "-c", question], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout == "[]\n", done.stderr
