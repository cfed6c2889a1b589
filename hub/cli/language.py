"""The language of the terminal (终端语言): commands speak Chinese where ``LC_ALL``, ``LC_MESSAGES`` or ``LANG`` begins with ``zh``.

Commands, and the layers below them, write their texts in English, once, where they are known. On its way to the terminal a text is looked
up among the templates of ``hub/cli/chinese_*.py``: it is one of them, or one of them with values in the places of ``{}``, which
are looked up in their turn. What has no Chinese stays English; a test collects all texts from the source and finds those.
"""

import os
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import click

from hub.cli.chinese_errors import ERRORS, SETTINGS
from hub.cli.chinese_findings import FINDINGS
from hub.cli.chinese_help import CLICK, HELP
from hub.cli.command_hints import pasted

CHINESE: Mapping[str, str] = {**CLICK, **SETTINGS, **FINDINGS, **ERRORS, **HELP}
VARIABLES = ("LC_ALL", "LC_MESSAGES", "LANG")
WORDS = frozenset({"none", "never", "open", "revoked"})
"""Texts of one word that are translated inside of other texts; any other single word is a name."""

PLACE = re.compile(r"\{(\d*)\}")


class Pattern(NamedTuple):
    """A template with placeholders, as the pattern that it matches."""

    weight: int
    """How many characters of the template are fixed: of several templates that match, the one with the most is used."""

    form: re.Pattern[str]
    chinese: str


def of(template: str, chinese: str) -> Pattern:
    """A template as a pattern."""
    *first, last = map(re.escape, template.split("{}"))
    form = re.compile("(.*?)".join(first) + "(.*)" + last, re.DOTALL)
    return Pattern(len(template.replace("{}", "")), form, chinese)


PATTERNS = sorted(
    (of(english, chinese) for english, chinese in CHINESE.items() if "{}" in english), key=lambda each: -each.weight
)


def is_chinese(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether the language of the terminal is Chinese, by the first of the variables that is set."""
    set_ = next((value for value in map(environment.get, VARIABLES) if value), "")
    return set_.lower().startswith("zh")


def translated(text: str) -> str:
    """A text in the language of the terminal."""
    return in_chinese(text) if is_chinese() else text


@lru_cache(maxsize=1024)
def in_chinese(text: str) -> str:
    """A text in Chinese, as far as there is a translation: of the whole, else line by line."""
    exact = CHINESE.get(text)
    if exact is not None:
        return exact
    for pattern in PATTERNS:
        found = pattern.form.fullmatch(text)
        if found is not None:
            return filled(pattern.chinese, [value_in_chinese(value) for value in found.groups()])
    if "\n" in text:
        return "\n".join(in_chinese(line) if line else line for line in text.split("\n"))
    bare = text.strip()
    return text.replace(bare, in_chinese(bare)) if bare and bare != text else text


def value_in_chinese(value: str) -> str:
    """A value inside of a text: translated if it is a text, unchanged if it is a name."""
    return in_chinese(value) if " " in value or value in WORDS else value


def filled(template: str, values: list[str]) -> str:
    """Fill a template: ``{}`` takes the next value, ``{0}`` the first."""
    following = iter(range(len(values)))
    return PLACE.sub(lambda place: values[int(place[1]) if place[1] else next(following)], template)


def echo(message: str, **more: Any) -> None:
    """Print a message in the language of the terminal, with commands that can be pasted."""
    click.echo(pasted(translated(message)), **more)


def use_terminal_language() -> None:
    """Set the language of the engine's errors to that of the terminal."""
    from hub.messages import set_language  # so that `unionhub doctor` needs no more than click

    set_language(chinese=is_chinese())


class Formatter(click.HelpFormatter):
    """Help in the language of the terminal."""

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        """Write how the command is called."""
        super().write_usage(prog, args, f"{translated('Usage:')} " if prefix is None else prefix)

    def write_heading(self, heading: str) -> None:
        """Write the heading of a section."""
        super().write_heading(translated(heading))

    def write_text(self, text: str) -> None:
        """Write paragraphs."""
        super().write_text("\n\n".join(translated(" ".join(part.split())) for part in text.split("\n\n")))

    def write_dl(self, rows: Any, *given: Any, **more: Any) -> None:
        """Write options or commands, each with its help."""
        super().write_dl([(name, explained(text)) for name, text in rows], *given, **more)


def explained(text: str) -> str:
    """The help of an option, with what click adds in brackets."""
    about, mark, extra = text.rpartition("  [")
    if not mark:
        return translated(text)
    return f"{translated(about)}  [{'; '.join(translated(part) for part in extra.removesuffix(']').split('; '))}]"


class Group(click.Group):
    """Commands whose help and errors are in the language of the terminal, also those of nested groups."""

    group_class = type

    def format_commands(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        """The commands, each with the first sentence of its help."""
        found = [(name, self.get_command(context, name)) for name in self.list_commands(context)]
        rows = [
            (name, first_sentence(command)) for name, command in found if command is not None and not command.hidden
        ]
        if rows:
            with formatter.section("Commands"):
                formatter.write_dl(rows)

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        **extra: Any,
    ) -> Any:
        """Run a command line; its errors are in the language of the terminal."""
        click.Context.formatter_class = Formatter
        try:
            done = super().main(args, prog_name, complete_var, standalone_mode=False, **extra)
        except (click.ClickException, click.Abort) as error:
            if not standalone_mode:
                raise
            if isinstance(error, click.Abort):
                echo("Aborted!", err=True)
                raise SystemExit(1) from None
            show(error)
            raise SystemExit(error.exit_code) from None
        if not standalone_mode:
            return done
        raise SystemExit(done if isinstance(done, int) else 0)


def first_sentence(command: click.Command) -> str:
    """The first sentence of a command's help."""
    help_ = " ".join((command.help or "").partition("\n\n")[0].split())
    sentence = translated(help_)
    end = "。" if sentence != help_ else ". "
    return sentence.partition(end)[0].rstrip(".")


def show(error: click.ClickException) -> None:
    """Print an error of a command line, how the command is called, and where its help is."""
    context = getattr(error, "ctx", None)
    if isinstance(error, click.UsageError) and context is not None:
        click.echo(context.get_usage(), err=True)
        if context.command.get_help_option(context) is not None:
            echo(f"Try '{context.command_path} {context.help_option_names[0]}' for help.", err=True)
        click.echo(err=True)
    echo(f"Error: {error.format_message()}", err=True)
