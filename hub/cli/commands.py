"""The command ``unionhub``. What a command needs is imported when it runs, so that ``doctor`` always works."""

import importlib
import json
import signal
import sys
import tomllib
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import Any

import click

from hub.cli import language
from hub.cli.language import echo
from hub.settings import ROOT, BadSettingError, load

EXPECTED = (
    "db.errors.DataError",
    "db.security.principals.AccessError",
    "hub.authentication.demonstration_tokens.TokenError",
    "hub.setup.bootstrap.SetupError",
)
"""Errors that the user can mend: the message is printed without a traceback. By name, so that nothing is imported for it."""


GROUPS = ("access", "db")


class Group(language.Group):
    """Commands whose expected errors become one message and status 1; ``db`` and ``access`` are imported when they are used."""

    def list_commands(self, context: click.Context) -> list[str]:
        """All commands, including those groups."""
        return sorted([*super().list_commands(context), *GROUPS])

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        """The command of this name."""
        if name in GROUPS:
            command: click.Command = getattr(importlib.import_module(f"hub.cli.{name}"), name)
            return command
        return super().get_command(context, name)

    def invoke(self, context: click.Context) -> Any:
        """Run the command."""
        try:
            return super().invoke(context)
        except BadSettingError as error:
            raise click.ClickException(f"a setting cannot be used\n{error}") from error
        except Exception as error:
            names = {f"{kind.__module__}.{kind.__name__}" for kind in type(error).__mro__}
            if names & set(EXPECTED) or isinstance(error, (OSError, UnicodeDecodeError)):
                raise click.ClickException(in_words(error)) from error
            if "asyncpg.exceptions._base.PostgresError" in names:
                from db.server.login_rights import refusal

                raise click.ClickException(str(refusal(error))) from error
            raise


@click.group(cls=Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"], prog_name="Union Hub")
def main() -> None:
    """Union Hub (工会数据枢纽): one GraphQL schema over the whole trade-union federation.

    Settings are environment variables that begin with UNIONHUB_; `unionhub doctor` prints them.
    """


@main.command()
def demo() -> None:
    """Serve with demonstration data, as `make demo` does once the environment is set up."""
    from hub.cli.demo import run

    stop_like_ctrl_c()
    run(load())


@main.command()
@click.option("--top", metavar="NAME", help="The union at the top; 中华全国总工会 without it and without --division.")
@click.option("--division", metavar="CODE", help="Where the top stands, if it is not the nation's, e.g. 330000.")
@click.option(
    "--administrator", metavar="NAME", help="What the first administrator is called; administrator without it."
)
@click.option(
    "--subject", metavar="ISSUER|SUB", help="Who that is at the OpenID Connect provider; without it a key is made."
)
@click.option(
    "--database-url", metavar="URL", help="The database, by the login of its owner; that of the settings without it."
)
def init(
    top: str | None,
    division: str | None,
    administrator: str | None,
    subject: str | None,
    database_url: str | None,
) -> None:
    """Make an empty hub ready: keys, tables, divisions, the union at the top, and its first administrator.

    A second run changes nothing and says what is there. The administrator's key is printed once, alone on standard output.
    """
    from hub.cli.init import print_ready, run_init, wish

    settings = load()
    if database_url is not None:
        settings = settings.model_copy(update={"database_url": database_url})
    print_ready(settings, run_init(settings, wish(top, division, administrator, subject)))


@main.command()
def serve() -> None:
    """Serve what is in the database. It must have been migrated: unionhub db upgrade."""
    import asyncio

    from hub.cli.connection_check import require_database
    from hub.cli.demo import require_free
    from hub.database import url_of
    from hub.encryption_keys import vault_of

    stop_like_ctrl_c()
    settings = load()
    require_free(settings)
    vault_of(settings)
    if settings.database_url is not None:
        asyncio.run(require_database(settings.database_url))
    url = settings.database_url or url_of(settings)
    from hub.serve import serve as run  # after what is soon found out: it takes a second to load

    with suppress(KeyboardInterrupt):
        run(settings.model_copy(update={"database_url": url}))


@main.command()
@click.argument("persona", default="national")
@click.option("--new", is_flag=True, help="Make another key, which invalidates all tokens printed before.")
def token(persona: str, new: bool) -> None:
    """Print a token of PERSONA (national) of the demonstration; it lasts 90 days."""
    from hub.authentication.demonstration_tokens import token_of

    click.echo(token_of(load(), persona, new=new))


@main.command()
def schema() -> None:
    """Print the schema in GraphQL's schema definition language."""
    from schema import sdl

    click.echo(sdl().rstrip("\n"))


@main.command()
@click.argument("query", type=click.File(encoding="utf-8"))
@click.option("--variables", metavar="JSON", help="The variables of the operation, as a JSON object.")
@click.option("--operation", metavar="NAME", help="The operation to run, where QUERY has several.")
@click.option(
    "--as",
    "name",
    metavar="PRINCIPAL",
    help="Run it as this principal (a persona of the demonstration, or one of `unionhub access list`), or as public: nobody.",
)
def explain(query: Any, variables: str | None, operation: str | None, name: str | None) -> None:
    """Run QUERY (a file, - for standard input) and show its plan, its SQL, and the rows and time of each statement.

    Without --as it runs as a caller who sees everything. Status 1 if it is refused or has errors.
    """
    from hub.cli.explain import explain_query
    from hub.database import url_of

    language.use_terminal_language()
    settings = load()
    given = parsed(variables)
    explained = explain_query(settings, url_of(settings), query.read(), given, operation=operation, name=name)
    if explained.text:
        click.echo(explained.text)
    if explained.errors:
        echo("\n".join(explained.errors), err=True)
        sys.exit(1)


@main.command()
@click.argument("query", type=click.File(encoding="utf-8"))
@click.option(
    "-o",
    "--output",
    required=True,
    metavar="FILE",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    help="The file to write; its name ends in .csv, .xlsx or .ndjson, which says the format.",
)
@click.option("--variables", metavar="JSON", help="The variables of the operation, as a JSON object.")
@click.option("--operation", metavar="NAME", help="The operation to run, where QUERY has several.")
@click.option(
    "--as",
    "name",
    metavar="PRINCIPAL",
    help="Run it as this principal (a persona of the demonstration, or one of `unionhub access list`), or as public: nobody.",
)
@click.option(
    "--headings",
    type=click.Choice(["descriptions", "paths"]),
    default="descriptions",
    help="Headings of a table: the fields' descriptions in the language of the terminal, or their paths.",
)
@click.option(
    "--codes",
    type=click.Choice(["codes", "labels"]),
    default="codes",
    help="Codes of code lists in a table as they are, or their labels in the language of the terminal.",
)
def export(
    query: Any, output: Path, variables: str | None, operation: str | None, name: str | None, headings: str, codes: str
) -> None:
    """Write all rows of the list in QUERY (a file, - for standard input) as a file.

    Without --as it runs as a caller who sees everything. Status 1 if it is refused or fails; then there is no file.
    """
    from hub.cli.export import format_of, run_export
    from hub.database import url_of
    from hub.exports.forms import form_of
    from hub.parameters import Parameters

    language.use_terminal_language()
    settings, format_ = load(), format_of(output)
    form = form_of(format_, {"headings": headings, "codes": codes}, chinese=language.is_chinese())
    parameters = Parameters(query.read(), operation, parsed(variables))
    count = run_export(settings, url_of(settings), parameters, output, form, name)
    echo(f"{count:,} rows are in {output}", err=True)


@main.command("import")
@click.argument("kind")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--as", "name", required=True, metavar="PRINCIPAL", help="Import as this principal, where it may write.")
@click.option("--dry-run", is_flag=True, help="Rehearse: do everything, report it, and take it back.")
@click.option(
    "--good-rows-only", is_flag=True, help="Write the rows without errors; else one error keeps all rows out."
)
@click.option("--refuse-changes", is_flag=True, help="Refuse rows that would change a record that is there.")
@click.option(
    "--mapping",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A TOML or JSON file: where the columns of another system go.",
)
@click.option(
    "--report",
    "report_path",
    metavar="OUT.xlsx",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    help="Write the file again as a workbook with the faulty cells marked, to be mended and imported.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON instead.")
def import_command(
    kind: str,
    file: Path,
    name: str,
    dry_run: bool,
    good_rows_only: bool,
    refuse_changes: bool,
    mapping: Path | None,
    report_path: Path | None,
    as_json: bool,
) -> None:
    """Import FILE (CSV, XLSX or XLS) as records of KIND, e.g. employers.

    All rows are written in one transaction, or none. Status 1 if the file cannot be read or a row is refused.
    """
    from hub.cli.imports import kind_named, run_import, write_report
    from hub.database import url_of
    from hub.imports.report import ImportOptions

    language.use_terminal_language()
    settings, chinese = load(), language.is_chinese()
    options = ImportOptions(dry_run, good_rows_only, refuse_changes)
    job = run_import(settings, url_of(settings), kind_named(kind), file, name, options, mapping)
    if as_json:
        click.echo(json.dumps(job.report.as_json(chinese=chinese), ensure_ascii=False, indent=1))
    else:
        click.echo(job.report.as_text(chinese=chinese, shown=50))
    if report_path is not None and write_report(job, report_path, chinese=chinese):
        echo(f"The file with its faults marked is {report_path}", err=True)
    sys.exit(not job.report.is_good)


@main.command()
@click.argument("kind")
@click.option(
    "-o",
    "--output",
    required=True,
    metavar="FILE.xlsx",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    help="Where the workbook is written.",
)
def template(kind: str, output: Path) -> None:
    """Write an empty workbook for imports of KIND, with headings in the language of the terminal."""
    from hub.cli.imports import kind_named
    from hub.imports.template import write_template

    write_template(kind_named(kind), output, chinese=language.is_chinese())


@main.command()
@click.option(
    "--only",
    "names",
    multiple=True,
    metavar="NAME",
    help="Only the checks that print under this name; may be given several times.",
)
@click.option("--json", "as_json", is_flag=True, help="Print a JSON array instead.")
def doctor(names: tuple[str, ...], as_json: bool) -> None:
    """Say what is wrong with this installation, and what to do. Status 1 if something does not work."""
    from hub.cli.doctor import FAIL, as_text, examine

    findings = examine(names)
    if as_json:
        click.echo(json.dumps([finding._asdict() for finding in findings], ensure_ascii=False, indent=1))
    else:
        click.echo(as_text(findings))
    sys.exit(any(finding.state == FAIL for finding in findings))


def in_words(error: Exception) -> str:
    """The message of an expected error; for a file, its name and the reason."""
    if isinstance(error, UnicodeDecodeError):
        return f"What was read is not UTF-8: {error.reason} at byte {error.start}."
    if isinstance(error, OSError) and error.filename:
        return f"{error.filename}: {error.strerror}."
    return str(error) or type(error).__name__


def parsed(variables: str | None) -> dict[str, Any]:
    """The variables given on the command line."""
    try:
        found = json.loads(variables or "{}")
    except ValueError as error:
        raise click.BadParameter(f"not JSON: {error}", param_hint="--variables") from error
    if not isinstance(found, dict):
        raise click.BadParameter('not a JSON object, as in {"first": 3}', param_hint="--variables")
    return found


def stop_like_ctrl_c() -> None:
    """Exit on SIGTERM and SIGHUP as on Ctrl-C, so that the embedded server is stopped."""

    def end(number: int, _: FrameType | None) -> None:
        sys.exit(128 + number)

    for name in ("SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), end)
