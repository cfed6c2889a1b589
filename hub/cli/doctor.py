"""``unionhub doctor``: checks the installation, and says what is wrong and what to do."""

import asyncio
import importlib.metadata
import json
import os
import platform
import re
import shutil
import stat
import sys
import urllib.request
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Final, Literal, NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from packaging.requirements import Requirement

from hub import settings
from hub.cli.command_hints import pasted, quoted
from hub.cli.language import is_chinese, translated
from hub.settings import ROOT, BadSettingError, Settings
from hub.setup import explorer_build

OK: Final = "ok"
WARN: Final = "warn"
FAIL: Final = "fail"
State = Literal["ok", "warn", "fail"]
NEWEST_PYTHON = (3, 14)
CHROMIUMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


INSTALL = f"`{quoted(sys.executable)} -m pip install --require-hashes -r {quoted(ROOT / 'requirements.lock')}`"
REPORT = "This is a fault of the hub: report it with these words. The data are as they were."


class Finding(NamedTuple):
    """A result of a check: its ``state``, what was seen, and what to do (empty if nothing)."""

    check: str
    state: State
    seen: str
    advice: str = ""


Check = Callable[[], Iterable[Finding]]


def python() -> Iterator[Finding]:
    """Check the version of Python."""
    seen = f"Python {platform.python_version()} ({sys.executable})"
    if sys.version_info[:2] > NEWEST_PYTHON:
        yield Finding("python", WARN, seen, "It was tried up to Python 3.14 only.")
    else:
        yield Finding("python", OK, seen)


def dependencies() -> Iterator[Finding]:
    """Compare the installed packages with the lock."""
    lock = ROOT / "requirements.lock"
    if not lock.is_file():
        yield Finding("dependencies", WARN, "there is no requirements.lock to compare with")
        return
    wrong = []
    wanted = [Requirement(line.rstrip(" \\\n")) for line in lock.open() if re.match(r"[A-Za-z0-9]", line)]
    needed = [requirement for requirement in wanted if requirement.marker is None or requirement.marker.evaluate()]
    for requirement in needed:
        try:
            found = importlib.metadata.version(requirement.name)
        except importlib.metadata.PackageNotFoundError:
            found = "missing"
        if found == "missing" or not requirement.specifier.contains(found, prereleases=True):
            wrong.append(f"{requirement.name} {found} (lock: {str(requirement.specifier).lstrip('=')})")
    if any(" missing " in each for each in wrong):
        yield Finding("dependencies", FAIL, "not as locked: " + ", ".join(wrong), INSTALL)
    elif wrong:
        yield Finding("dependencies", WARN, "not as locked: " + ", ".join(wrong), INSTALL)
    else:
        yield Finding("dependencies", OK, f"{len(needed)} packages as locked")


def configuration() -> Iterator[Finding]:
    """Check the settings, and variables that look like settings."""
    try:
        found = settings.load()
    except BadSettingError as error:
        for line in str(error).splitlines():
            yield Finding("settings", FAIL, line, "Correct the variable or unset it.")
        return
    changed = [f"{name}={value}" for name, value in found.shown().items() if value != _defaults().get(name)]
    yield Finding("settings", OK, ", ".join(changed) or "all as by default")
    for name in settings.unknown():
        yield Finding("settings", WARN, f"{name} is not a setting", "Is its name spelt right? README.md lists them.")
    if not settings.is_loopback(found.host):
        yield Finding(
            "settings",
            WARN,
            f"the hub listens on {found.host}, where other machines reach it",
            "Put a reverse proxy with TLS before it, so that nobody reads tokens on their way.",
        )


def folders() -> Iterator[Finding]:
    """Check the data folder, the folders above it, and who may read the tokens."""
    found = _settings()
    if found is None:
        return
    data = found.data_dir
    there = next(folder for folder in (data, *data.parents) if folder.exists())
    if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
        yield Finding(
            "folders", FAIL, f"{there} cannot be written", "Make it writable, or name another: UNIONHUB_DATA_DIR"
        )
        return
    closed = [folder for folder in there.parents if not folder.stat().st_mode & stat.S_IXOTH]
    if found.database_url is None and hasattr(os, "geteuid") and os.geteuid() == 0 and closed:
        yield Finding(
            "folders",
            WARN,
            f"{', '.join(map(str, closed))} is closed to other users, and the embedded PostgreSQL does not run as root",
            "Starting it opens the folder for reading (chmod o+rx). If that is not wanted, run as another user, "
            "or set UNIONHUB_DATA_DIR to a folder such as /var/lib/unionhub.",
        )
    else:
        yield Finding("folders", OK, f"{data} can be written")
    key = found.issuer_key
    if key.exists() and key.stat().st_mode & 0o077:
        yield Finding("folders", WARN, f"{key} can be read by other users", f"`chmod 600 {quoted(key)}`")
    if found.trusts_local_issuer and not key.exists():
        yield Finding(
            "tokens",
            WARN,
            f"{key} is not there, and no provider is set: only agencies with keys can sign in",
            "`unionhub token` for the demonstration; docs/sign-in.md for an OpenID Connect provider.",
        )
    if found.local_issuer and found.oidc_issuer is not None:
        yield Finding(
            "tokens",
            WARN,
            f"whoever reads {key} can sign in as a persona",
            "In production: `unset UNIONHUB_LOCAL_ISSUER`",
        )


def encryption() -> Iterator[Finding]:
    """Check the keys of encrypted columns, and whether they are as the settings require."""
    found = _settings()
    if found is None:
        return
    from db.encryption.keys import KeyRingError
    from hub.encryption_keys import key_source, kinds

    if found.keys is None and not found.key_file.exists():
        yield Finding(
            "encryption",
            WARN,
            f"{found.key_file} is not there; `unionhub serve` does not start without it",
            f"`unionhub access new-key-file {quoted(found.key_file)}`; but if the database has encrypted data already, restore the"
            " file that they were written with.",
        )
        return
    try:
        newest = key_source(found).ring().newest
    except KeyRingError as error:
        yield Finding("encryption", FAIL, *str(error).split(". ", 1))
        return
    seen = f"{newest.cipher.value} and HMAC-{newest.digest.value}, key version {newest.number}"
    if (newest.cipher, newest.digest) == kinds(found):
        yield Finding("encryption", OK, seen)
    else:
        yield Finding(
            "encryption",
            WARN,
            f"{seen}, which is not what the settings say",
            "`unionhub access rotate-keys` goes over.",
        )


def database() -> Iterator[Finding]:
    """Check the server, its version, the migrations and the data."""
    found = _settings()
    if found is None:
        return
    from hub import database as base
    from hub.cli.database_checks import examine_database

    if found.database_url is None and not (base.folder(found) / "PG_VERSION").exists():
        advice = "`make demo` sets it up; a server of your own is named by UNIONHUB_DATABASE_URL."
        yield Finding("database", WARN, "the embedded PostgreSQL has not been set up yet", advice)
        return
    from db.encryption.keys import KeyRingError, KeySource
    from db.errors import DataError
    from hub.encryption_keys import key_source

    keys: KeySource | None = None
    with suppress(KeyRingError):  # which the check of the encryption tells
        keys = key_source(found)
    if found.database_url is None:
        yield from _restarts(base.folder(found))
    try:
        url = base.url_of(found)
        for check, state, seen, advice in asyncio.run(examine_database(url, keys, embedded=found.database_url is None)):
            yield Finding(check, state, seen, advice)
    except DataError as error:
        seen, _, advice = str(error).partition(". ")
        yield Finding("database", FAIL, seen, advice)


RESTARTS_DAYS = 7
"""For how many days restarts of the embedded server are told."""


def _restarts(folder: Path) -> Iterator[Finding]:
    """Say when the embedded server ended by itself, and the hub started it again."""
    from db.server.embedded import restarts_of

    file = restarts_of(folder)
    since = datetime.now(UTC) - timedelta(days=RESTARTS_DAYS)
    times = [datetime.fromisoformat(line) for line in file.read_text().split()] if file.is_file() else []
    recent = [time for time in times if time >= since]
    if recent:
        last = recent[-1].astimezone(ZoneInfo("Asia/Shanghai"))
        yield Finding(
            "database",
            WARN,
            f"the embedded PostgreSQL ended by itself and was started again {len(recent)} times in {RESTARTS_DAYS} days,"
            f" last at {last:%Y-%m-%d %H:%M}",
            f"{folder / 'log'} says why. Did the machine run out of memory?",
        )


def explorer() -> Iterator[Finding]:
    """Check the explorer's build, and a Node.js to build it."""
    if (ROOT / "hub" / "static" / "explorer" / "index.html").is_file():
        stale = (ROOT / "explorer").is_dir() and not explorer_build.is_built()
        yield Finding(
            "explorer",
            WARN if stale else OK,
            "built from older sources" if stale else "built",
            stale * "`make explorer`",
        )
    else:
        yield Finding("explorer", WARN, "not built: a browser at /graphql finds no page", "`make explorer`")
    found = [each for each in (explorer_build.node_of_machine(), explorer_build.node_of_wheel()) if each is not None]
    if any(each.suits for each in found):
        yield Finding("node", OK, " and ".join(map(str, found)))
    else:
        seen = ", ".join(map(str, found)) or "none on this machine"
        yield Finding(
            "node",
            WARN,
            f"{seen}; the explorer is built with Node {explorer_build.WANTED}",
            "`make explorer` installs one.",
        )


def port() -> Iterator[Finding]:
    """Check that the port is free, or that the hub listens there already."""
    found = _settings()
    if found is None:
        return
    from hub.cli.demo import listening_fault

    fault = listening_fault(found.host, found.port)
    if fault is None:
        yield Finding("port", OK, f"{found.host}:{found.port} is free")
    elif _is_hub(found):
        yield Finding("port", OK, f"the hub serves on {found.host}:{found.port}")
    else:
        yield Finding("port", FAIL, *fault.split(". ", 1))


def time() -> Iterator[Finding]:
    """Check the time zone in which days are counted, and the calendar of working days."""
    try:
        now = datetime.now(ZoneInfo("Asia/Shanghai"))
    except ZoneInfoNotFoundError:
        pip = f"`{quoted(sys.executable)} -m pip install tzdata`"
        yield Finding("time zone", FAIL, "Asia/Shanghai is not known", f"{pip}, or the system's package tzdata.")
        return
    if now.utcoffset() != timedelta(hours=8):
        yield Finding("time zone", FAIL, f"Asia/Shanghai is {now:%z} from UTC", "Update the time zone data: tzdata")
    else:
        yield Finding("time zone", OK, f"Asia/Shanghai; today is {now:%Y-%m-%d}")
    from chinese_calendar.constants import holidays

    last = max(holidays).year
    if last < now.year:
        yield Finding(
            "calendar",
            FAIL,
            f"working days are known up to {last}",
            "Update chinesecalendar: `make lock UPGRADE=--upgrade`",
        )
    elif last == now.year:
        advice = (
            f"Deadlines in {last + 1} are provisional until chinesecalendar knows that year's notice (each November)."
        )
        yield Finding("calendar", WARN, f"working days are known up to {last}", advice)
    else:
        yield Finding("calendar", OK, f"working days are known up to {last}")


def chromium() -> Iterator[Finding]:
    """Check for a browser for the tests of the explorer; nothing else needs one."""
    path = os.environ.get("UNIONHUB_CHROMIUM") or next(filter(None, map(shutil.which, CHROMIUMS)), None)
    if path is None:
        yield Finding(
            "chromium",
            WARN,
            "none found: the browser tests of the explorer are left out",
            "`apt-get install chromium`, or name one in UNIONHUB_CHROMIUM; only tests need it.",
        )
    else:
        yield Finding("chromium", OK, path)


CHECKS: dict[str, Check] = {
    "python": python,
    "dependencies": dependencies,
    "settings": configuration,
    "folders": folders,
    "encryption": encryption,
    "database": database,
    "explorer": explorer,
    "port": port,
    "time zone": time,
    "chromium": chromium,
}
"""Checks by the first name under which each prints its findings."""

MORE_NAMES = {
    "tokens": "folders",
    "migrations": "database",
    "row security": "database",
    "data": "database",
    "keys": "database",
    "roll-ups": "database",
    "derived": "database",
    "statistics": "database",
    "node": "explorer",
    "calendar": "time zone",
}
"""The other names that are printed, with the check that prints each."""


def examine(names: Sequence[str] = ()) -> list[Finding]:
    """Run all checks, or those that print under these names. A check that raises an error is itself a finding."""
    wanted = [name.lower().replace("_", " ") for name in names]
    wanted = [
        next((known for known in known_names() if known.replace("-", " ") == name.replace("-", " ")), name)
        for name in wanted
    ]
    findings: list[Finding] = []
    for first, check in CHECKS.items():
        asked = {name for name in wanted if MORE_NAMES.get(name, name) == first}
        if names and not asked:
            continue
        found = run(first, check)
        if asked and first not in asked:
            chosen = [finding for finding in found if finding.check in asked]
            found = chosen or [finding for finding in found if finding.state != OK]
            found = found or [Finding(name, OK, "nothing is wrong") for name in sorted(asked)]
        findings.extend(found)
    for name in wanted:
        if name not in known_names():
            findings.append(Finding(name, FAIL, "there is no such check", f"There is: {', '.join(known_names())}."))
    return findings


def known_names() -> tuple[str, ...]:
    """All names that are printed, those of one check together."""
    return tuple(
        name for first in CHECKS for name in (first, *(more for more, check in MORE_NAMES.items() if check == first))
    )


def run(name: str, check: Check) -> list[Finding]:
    """The findings of a check."""
    try:
        return list(check())
    except Exception as error:
        seen = f"could not be checked: {type(error).__name__}: {error}"
        return [Finding(name, FAIL, seen, REPORT)]


def as_text(findings: Sequence[Finding]) -> str:
    """The findings as text: what to do under each, and a count of them at the end."""
    lines = []
    for finding in findings:
        lines.append(
            f"{translated(finding.state):<{2 if is_chinese() else 4}}  {finding.check:<13} {translated(finding.seen)}"
        )
        lines += [
            f"{'':<20}→ {line}" if not at else f"{'':<22}{line}"
            for at, line in enumerate(pasted(translated(finding.advice)).splitlines())
        ]
    if len(findings) > 1:
        fails, warns = (sum(finding.state == state for finding in findings) for state in (FAIL, WARN))
        lines += ["", translated(f"{fails} failed, {warns} to look at, {len(findings) - fails - warns} ok")]
    return "\n".join(lines)


def _settings() -> Settings | None:
    """The settings, or None if they are invalid, which the check of the settings reports."""
    try:
        return settings.load()
    except BadSettingError:
        return None


@cache
def _defaults() -> dict[str, str]:
    return Settings.model_construct().shown()


def _is_hub(found: Settings) -> bool:
    try:
        with urllib.request.urlopen(f"http://{found.host}:{found.port}/healthz", timeout=2) as answer:
            return bool(json.load(answer).get("status") == "ok")
    except (OSError, ValueError, AttributeError):
        return False
