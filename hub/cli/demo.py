"""The demonstration: sets up PostgreSQL, migrations, data, explorer and tokens, then serves. A second start keeps all of it."""

import asyncio
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from db.demo.load import load_demo
from db.demo.personas import add_personas
from db.encryption.keys import KeySource
from db.server.migrate import connect, upgrade
from hub import database
from hub.authentication import demonstration_tokens
from hub.cli.db import progress_bars
from hub.cli.language import echo, translated
from hub.encryption_keys import demonstration_keys
from hub.settings import ROOT, Settings
from hub.setup import explorer_build
from hub.setup.bootstrap import SetupError, say


def run(settings: Settings) -> None:
    """Set up what is missing, print the address and the tokens, and serve until Ctrl-C.

    Raises:
        SetupError: the port is taken.
        DataError: the database cannot be used.
        TokenError: the tokens cannot be kept.
    """
    from hub.serve import serve

    began = time.monotonic()
    require_free(settings)
    with explorer_building():
        url = database.url_of(settings)
        say(translated(f"PostgreSQL: {database.named(settings)}"))
        asyncio.run(prepare(url, demonstration_keys(settings)))
    said = {persona: demonstration_tokens.token_of(settings, persona) for persona in demonstration_tokens.PERSONAS}
    echo(welcome(settings, said, time.monotonic() - began))
    try:
        serve(settings.model_copy(update={"database_url": url}))
    except KeyboardInterrupt:
        say(translated("Stopped."))


async def prepare(url: str, keys: KeySource) -> None:
    """Migrate the database and load the demonstration, unless that was done before; ``keys`` encrypt personal numbers."""
    await upgrade(url, keys)
    with progress_bars() as progress:
        await load_demo(url, progress=progress, keys=keys)
    connection = await connect(url)
    try:
        await add_personas(connection)
    finally:
        await connection.close()


def welcome(settings: Settings, said: dict[str, str], seconds: float) -> str:
    """The text that is printed when the demonstration is ready."""
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    address = f"http://{host}:{settings.port}"
    lines = ["", f"Union Hub (工会数据枢纽) is ready after {seconds:.1f} s, and serves on {address}", ""]
    for persona, token in said.items():
        lines += [
            f"  {persona}: {demonstration_tokens.PERSONAS[persona].about}",
            f"    {address}/graphql#token={token}",
            "",
        ]
    token = next(iter(said.values()))
    query = '{"query": "{ viewer { persona } divisions(first: 3) { nodes { code name } } }"}'
    lines += [
        "Open one in a browser; or with the token behind the # of the address:",
        f"  curl -s {address}/graphql -H 'Authorization: Bearer {token}' \\",
        f"       -H 'Content-Type: application/json' -d '{query}'",
        "",
        "Ctrl-C stops it; the data are kept. `unionhub token PERSONA` prints a token, each lasts 90 days.",
        "",
    ]
    return "\n".join(lines)


@contextmanager
def explorer_building() -> Iterator[None]:
    """Build the explorer, if needed, while the body runs; if the build fails, the demonstration goes on."""
    if not (ROOT / "explorer" / "package.json").is_file() or explorer_build.is_built():
        yield
        return
    process = subprocess.Popen([sys.executable, "-m", "hub.setup.explorer_build"], cwd=ROOT, start_new_session=True)
    try:
        yield
        if process.wait():
            say(
                translated(
                    "The hub starts without the explorer: the API works, a browser finds no page. Try again: make explorer"
                )
            )
    finally:
        explorer_build.end(process)


def require_free(settings: Settings) -> None:
    """Require that the hub can listen on its address and port.

    Raises:
        SetupError: a port is taken, or an address is not this machine's.
    """
    fault = listening_fault(settings.host, settings.port)
    if fault is None and settings.metrics_port is not None:
        fault = listening_fault(settings.metrics_host, settings.metrics_port, "UNIONHUB_METRICS_PORT")
    if fault:
        raise SetupError(fault)


def listening_fault(host: str, port: int, variable: str = "PORT") -> str | None:
    """Why the hub cannot listen on ``host`` and ``port``, and what to do; None if it can. ``port`` is set by a variable."""
    error = refusal(host, port)
    if error is None:
        return None
    if port and error.errno is not None and "in use" in str(error):
        near = [*range(port + 1, min(port + 21, 65_536)), *range(port - 1, max(port - 21, 1_023), -1)]
        other = next((each for each in near if refusal(host, each) is None), near[0])
        return f"Port {port} of {host} is taken by another program. Name another one: `export {variable}={other}`"
    return f"Nothing can listen on {host}, port {port}: {error.strerror or error}."


def refusal(host: str, port: int) -> OSError | None:
    """The error of listening on ``host`` and ``port``, if any."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            trial.bind(address)
            trial.listen(1)
    except OSError as error:
        return error
    return None
