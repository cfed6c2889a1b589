"""Proxies with TLS before a hub: a small one in the test's own process, and nginx and Caddy as they are documented, where there are any."""

import asyncio
import os
import re
import shutil
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Protocol

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from hub.settings import ROOT


class Pipes(Protocol):
    """Starts a proxy on a port of 127.0.0.1 before the hub on another."""

    def __call__(self, port: int, folder: Path) -> AbstractAsyncContextManager[int]: ...


def certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 that signs itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "hub.test")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, SHA256())
    )
    folder.mkdir(parents=True, exist_ok=True)
    paths = folder / "hub.pem", folder / "hub.key"
    paths[0].write_bytes(made.public_bytes(Encoding.PEM))
    paths[1].write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return paths


def trusting(folder: Path) -> ssl.SSLContext:
    """What a caller needs to believe the proxy's certificate."""
    return ssl.create_default_context(cafile=str(folder / "hub.pem"))


@asynccontextmanager
async def own_proxy(port: int, folder: Path) -> AsyncIterator[int]:
    """A proxy that appends the peer to ``X-Forwarded-For`` of the first request of a connection, and passes on whatever follows."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate(folder))

    async def pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while part := await reader.read(65_536):
                writer.write(part)
                await writer.drain()
        except (ConnectionError, ssl.SSLError):
            pass
        finally:
            writer.close()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        first, *lines = (await reader.readuntil(b"\r\n\r\n")).rstrip(b"\r\n").split(b"\r\n")
        kept = [line for line in lines if not line.lower().startswith((b"x-forwarded-for:", b"x-forwarded-proto:"))]
        given = [line.partition(b":")[2].strip() for line in lines if line.lower().startswith(b"x-forwarded-for:")]
        chain = b", ".join([*given, writer.get_extra_info("peername")[0].encode()])
        there, back = await asyncio.open_connection("127.0.0.1", port)
        head = [first, *kept, b"X-Forwarded-For: " + chain, b"X-Forwarded-Proto: https"]
        back.write(b"\r\n".join(head) + b"\r\n\r\n")
        await asyncio.gather(pipe(reader, back), pipe(there, writer))

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


def readme_server(port: int, hub: int, folder: Path) -> str:
    """The README's configuration of nginx, with the ports and files of a test."""
    found = re.search(r"```nginx\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    assert found is not None
    pem, key = certificate(folder)
    text = found[1]
    for said, meant in (
        ("listen 443 ssl;", f"listen 127.0.0.1:{port} ssl;"),
        ("http://127.0.0.1:8000;", f"http://127.0.0.1:{hub};"),
        ("/etc/ssl/hub.pem;", f"{pem};"),
        ("/etc/ssl/hub.key;", f"{key};"),
    ):
        assert text.count(said) == 1
        text = text.replace(said, meant)
    return text


def free_port() -> int:
    """A port on which nobody listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@asynccontextmanager
async def nginx(port: int, folder: Path) -> AsyncIterator[int]:
    """nginx by the README's configuration."""
    program = nginx_program()
    assert program is not None
    listening = free_port()
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    folders = "".join(f"{kind}_temp_path {folder}/{kind};" for kind in kinds)
    server = readme_server(listening, port, folder)
    text = f"daemon off; pid {folder}/pid; error_log stderr; events {{}} http {{ access_log off; {folders} {server} }}"
    (folder / "nginx.conf").write_text(text)
    process = await asyncio.create_subprocess_exec(program, "-p", folder, "-c", folder / "nginx.conf", "-e", "stderr")
    try:
        await listened(process, listening)
        yield listening
    finally:
        process.terminate()
        await asyncio.wait_for(process.wait(), 10)


def caddyfile(port: int, folder: Path) -> str:
    """docker/Caddyfile with the certificate and ports of a test; name and address are variables in it."""
    pem, key = certificate(folder)
    text = (ROOT / "docker" / "Caddyfile").read_text()
    for said, meant in (
        ("\tadmin off\n", "\tadmin off\n\tauto_https disable_redirects\n\tgrace_period 1s\n"),
        ("{$HUB_NAME:localhost} {\n", f"{{$HUB_NAME:localhost}} {{\n\tbind 127.0.0.1\n\ttls {pem} {key}\n"),
        ("http://127.0.0.1:8081", f"http://127.0.0.1:{port}"),
    ):
        assert text.count(said) == 1
        text = text.replace(said, meant)
    return text


@asynccontextmanager
async def caddy(port: int, folder: Path) -> AsyncIterator[int]:
    """Caddy by docker/Caddyfile."""
    listening = free_port()
    text = caddyfile(free_port(), folder)
    (folder / "Caddyfile").write_text(text)
    own = {"HUB_NAME": f"https://127.0.0.1:{listening}", "HUB_ADDRESS": f"127.0.0.1:{port}"}
    places = {name: str(folder) for name in ("HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME")}
    command = ("caddy", "run", "--adapter", "caddyfile", "--config", folder / "Caddyfile")
    with (folder / "caddy.log").open("w") as log:
        process = await asyncio.create_subprocess_exec(*command, env={**os.environ, **places, **own}, stderr=log)
    try:
        await listened(process, listening)
        yield listening
    finally:
        process.terminate()
        await asyncio.wait_for(process.wait(), 10)


async def listened(process: asyncio.subprocess.Process, port: int) -> None:
    """Wait until a process listens on a port."""
    for _ in range(200):
        assert process.returncode is None, "the proxy did not start"
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.05)
        else:
            writer.close()
            return
    raise AssertionError("the proxy does not listen")


def nginx_program() -> str | None:
    """nginx, which often stands where only root looks."""
    return shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")


PROXIES: list[Pipes] = [own_proxy, *([nginx] if nginx_program() else []), *([caddy] if shutil.which("caddy") else [])]
