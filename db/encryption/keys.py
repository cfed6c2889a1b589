"""Key rings: the keys of the encrypted columns by version, from a file that only its user may read, or from a setting."""

import base64
import binascii
import json
import os
import secrets
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from enum import Enum
from functools import cached_property
from pathlib import Path
from shlex import quote
from typing import Any, Protocol, TypeVar

from fasteners import InterProcessLock

from db.errors import DataError

DEFAULT = Path(__file__).resolve().parents[2] / ".data" / "keys.json"
"""The key file if no setting names another."""

MOST_VERSIONS = 0xFFFF
"""A version's number has two bytes in the header of a sealed value."""


class KeyRingError(DataError):
    """A key ring cannot be used; the hub does not start without one. The message says why and what to do, and contains no key."""


class CipherKind(Enum):
    """The cipher of a version; the value is its name in the key file."""

    AES_256_GCM = "AES-256-GCM"
    SM4_GCM = "SM4-GCM"

    @property
    def key_bytes(self) -> int:
        """Length of its key in bytes."""
        return 32 if self is CipherKind.AES_256_GCM else 16


class DigestKind(Enum):
    """The hash of a version's blind indexes; the value is its name in the key file."""

    SHA_256 = "SHA-256"
    SM3 = "SM3"


INDEX_KEY_BYTES = 32


@dataclass(frozen=True, slots=True)
class KeyVersion:
    """One version: ``key`` encrypts (32 bytes for AES-256, 16 for SM4), ``index_key`` (32 bytes) is for the blind indexes."""

    number: int
    cipher: CipherKind
    digest: DigestKind
    key: bytes = field(repr=False)
    index_key: bytes = field(repr=False)


@dataclass(frozen=True)
class KeyRing:
    """The versions by number. ``current`` encrypts; the others are kept to read values that have not been encrypted again yet."""

    current: int
    versions: Mapping[int, KeyVersion]

    @cached_property
    def newest(self) -> KeyVersion:
        """The version that encrypts."""
        return self.versions[self.current]

    def with_new(self, cipher: CipherKind, digest: DigestKind) -> "KeyRing":
        """The ring with one more version, of new random keys, as the current one.

        Raises:
            KeyRingError: there are 65,535 versions already.
        """
        number = max(self.versions, default=0) + 1
        if number > MOST_VERSIONS:
            raise KeyRingError(f"The key ring has its {MOST_VERSIONS:,} versions; start a new one.")
        made = KeyVersion(
            number, cipher, digest, secrets.token_bytes(cipher.key_bytes), secrets.token_bytes(INDEX_KEY_BYTES)
        )
        return KeyRing(number, {**self.versions, number: made})

    def without(self, numbers: set[int]) -> "KeyRing":
        """The ring without these versions; the current one always stays."""
        return replace(self, versions={n: v for n, v in self.versions.items() if n not in numbers or n == self.current})


class KeySource(Protocol):
    """Where a ring comes from. It is read before every batch of work, so that a running service uses a new version."""

    def ring(self) -> KeyRing:
        """The current ring."""


@dataclass(frozen=True)
class FixedKeys:
    """A ring that does not change while the process runs: the setting ``UNIONHUB_KEYS``."""

    fixed: KeyRing

    def ring(self) -> KeyRing:
        """The ring."""
        return self.fixed


class KeyFile:
    """The ring in a file, read again when the file has changed. When a changed file cannot be used, the ring stays as it was."""

    def __init__(self, path: Path) -> None:
        """Read the file.

        Raises:
            KeyRingError: it is missing, readable by others, or not a key ring.
        """
        self.path = path
        self._stamp = self._look()
        self._ring = read_key_file(path)

    def ring(self) -> KeyRing:
        """The ring that the file has now."""
        try:
            stamp = self._look()
            if stamp != self._stamp:
                self._ring = read_key_file(self.path)
                self._stamp = stamp
        except KeyRingError:
            pass  # a running process keeps the keys that it has; a starting one refuses such a file
        return self._ring

    def _look(self) -> tuple[int, int, int]:
        try:
            status = self.path.stat()
        except OSError:
            return (0, 0, 0)  # reading the file raises the error with a message
        return (status.st_mtime_ns, status.st_size, status.st_ino)


def read_key_file(path: Path) -> KeyRing:
    """The ring in the file at ``path``.

    Raises:
        KeyRingError: it is missing, other users may read or change it, or what it holds is not a key ring.
    """
    make = f"Make one with: `unionhub access new-key-file {quote(str(path))}` — or name yours in UNIONHUB_KEY_FILE."
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            data = file.read()
    except FileNotFoundError:
        raise KeyRingError(
            f"The key file {path} is not there, and personal data cannot be read or written. {make} If the database has"
            " encrypted data already, restore the file that they were written with."
        ) from None
    except OSError as error:
        raise KeyRingError(f"The key file {path} cannot be read: {error.strerror or error}.") from error
    if not stat.S_ISREG(mode):
        raise KeyRingError(f"The key file {path} is not a file. {make}")
    if mode & 0o077 and os.name == "posix":
        raise KeyRingError(
            f"The key file {path} can be read or changed by other users (mode {stat.S_IMODE(mode):o})."
            f" Close it: `chmod 600 {quote(str(path))}` — and if somebody may have read it: `unionhub access rotate-keys`"
        )
    return parse_ring(data, f"The key file {path}")


def parse_ring(data: bytes | str, called: str) -> KeyRing:
    """Parse a ring from JSON; ``called`` begins the message of an error.

    Raises:
        KeyRingError: it is not a key ring. The message names the fault, never a key.
    """
    try:
        parsed = json.loads(data)
    except ValueError:
        raise KeyRingError(f"{called} is not JSON. Restore it from where its copy is kept.") from None
    try:
        return _ring(parsed)
    except (_Fault, TypeError, AttributeError) as fault:
        reason = fault.args[0] if isinstance(fault, _Fault) else "it is not built like a key ring"
        raise KeyRingError(
            f"{called} cannot be used: {reason}. Restore it from where its copy is kept; docs/adr/0022-encryption.md"
            " says how it is built."
        ) from None


class _Fault(ValueError):
    """Why JSON is not a key ring."""


def _ring(parsed: Any) -> KeyRing:
    versions: dict[int, KeyVersion] = {}
    for name, parts in parsed.get("versions", {}).items():
        if not (name.isascii() and name.isdigit() and 1 <= int(name) <= MOST_VERSIONS):
            raise _Fault(f"a version is a number from 1 to {MOST_VERSIONS}, not {name!r}")
        number = int(name)
        cipher = _named(CipherKind, parts.get("cipher"), f"the cipher of version {number}")
        digest = _named(DigestKind, parts.get("digest"), f"the digest of version {number}")
        key = _key(parts.get("key"), cipher.key_bytes, f"the key of version {number}")
        index_key = _key(parts.get("indexKey"), INDEX_KEY_BYTES, f"the index key of version {number}")
        if key == index_key[: len(key)]:
            raise _Fault(f"version {number} uses one key for both ends; indexKey needs random bytes of its own")
        versions[number] = KeyVersion(number, cipher, digest, key, index_key)
    if not versions:
        raise _Fault("it has no versions")
    current = parsed.get("current")
    if isinstance(current, bool) or current not in versions:
        raise _Fault(f"its current version, {current!r}, is not among its versions")
    return KeyRing(current, versions)


Kind = TypeVar("Kind", CipherKind, DigestKind)


def _named(kinds: type[Kind], name: Any, what: str) -> Kind:
    for kind in kinds:
        if kind.value == name:
            return kind
    raise _Fault(f"{what} is {name!r}, and must be {' or '.join(kind.value for kind in kinds)}")


def _key(text: Any, length: int, what: str) -> bytes:
    try:
        key = base64.b64decode(text, validate=True)
    except (TypeError, ValueError, binascii.Error):
        raise _Fault(f"{what} is not base64") from None
    if len(key) != length:
        raise _Fault(f"{what} has {len(key)} bytes, and must have {length}")
    return key


def to_json(ring: KeyRing) -> str:
    """The ring as JSON, for the key file or ``UNIONHUB_KEYS``."""
    versions = {
        str(version.number): {
            "cipher": version.cipher.value,
            "digest": version.digest.value,
            "key": base64.b64encode(version.key).decode(),
            "indexKey": base64.b64encode(version.index_key).decode(),
        }
        for version in ring.versions.values()
    }
    return json.dumps({"current": ring.current, "versions": versions}, indent=1) + "\n"


def write_key_file(path: Path, ring: KeyRing) -> None:
    """Replace the key file at ``path`` atomically; only its user may read it.

    Raises:
        KeyRingError: it cannot be written.
    """
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with _private(temporary) as file:
            file.write(to_json(ring).encode())
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        raise KeyRingError(f"The key file {path} cannot be written: {error.strerror or error}.") from error
    finally:
        with suppress(OSError):
            temporary.unlink()


@contextmanager
def _private(path: Path) -> Iterator[Any]:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        yield file


def new_ring(cipher: CipherKind = CipherKind.AES_256_GCM, digest: DigestKind = DigestKind.SHA_256) -> KeyRing:
    """A ring of one version with new random keys."""
    return KeyRing(0, {}).with_new(cipher, digest)


def new_key_file(
    path: Path, cipher: CipherKind = CipherKind.AES_256_GCM, digest: DigestKind = DigestKind.SHA_256
) -> KeyRing:
    """Create a key file; an existing one is an error.

    Raises:
        KeyRingError: the file exists (it is left alone), or it cannot be written.
    """
    if path.exists():
        raise KeyRingError(
            f"{path} is there already and stays as it is: data written with its keys could not be read again."
            " A new version of the keys is made by: `unionhub access rotate-keys`"
        )
    ring = new_ring(cipher, digest)
    write_key_file(path, ring)
    return ring


def ensure_key_file(
    path: Path, cipher: CipherKind = CipherKind.AES_256_GCM, digest: DigestKind = DigestKind.SHA_256
) -> KeyRing:
    """The ring at ``path``, created if it is missing: for the demonstration and tests, whose data are synthetic.

    Raises:
        KeyRingError: the file cannot be used or written.
    """
    if not path.exists():
        with changing(path):
            if not path.exists():
                new_key_file(path, cipher, digest)
    return read_key_file(path)


@contextmanager
def changing(path: Path) -> Iterator[None]:
    """Lock the key file at ``path`` for changes of this block; reading needs no lock."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with InterProcessLock(path.with_name(f".{path.name}.lock")):
        yield


def source(key_file: Path, keys: str | None = None) -> KeySource:
    """The key source of the settings: the JSON ``keys`` if it is set, else the file.

    Raises:
        KeyRingError: it cannot be used.
    """
    return FixedKeys(parse_ring(keys, "UNIONHUB_KEYS")) if keys else KeyFile(key_file)


def from_environment(environment: Mapping[str, str] = os.environ) -> KeySource:
    """The key source by ``UNIONHUB_KEYS``, ``UNIONHUB_KEY_FILE`` or ``UNIONHUB_DATA_DIR``, for commands without a settings object.

    Raises:
        KeyRingError: it cannot be used.
    """
    folder = environment.get("UNIONHUB_DATA_DIR")
    default = Path(folder).expanduser().absolute() / "keys.json" if folder else DEFAULT
    named = environment.get("UNIONHUB_KEY_FILE")
    return source(Path(named).expanduser().absolute() if named else default, environment.get("UNIONHUB_KEYS"))
