"""The audit log (审计日志): append-only. Each entry has the digest of the one before, so that a later change is detected."""

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum
from typing import Any

import asyncpg
from cryptography.hazmat.primitives import hashes
from sqlalchemy import CheckConstraint, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from db.errors import DataError
from db.model import Model
from db.security.audit_retention import (
    CLOCK_TOLERANCE,
    MIN_MONTHS,
    RETENTION,
    Anchor,
    Cut,
    FirstEntry,
    cut_of,
    examine_cuts,
)

GENESIS = bytes(32)
"""``previous`` of entry 1."""

LONG_AGO = datetime(1900, 1, 1, tzinfo=UTC)
"""Before any entry."""

SHOWN_TO_PERSON = frozenset(
    {
        "REVEAL", "REVEAL_REPEATED", "VERIFY", "VERIFY_MISMATCH", "EXPORT", "DOCUMENT_READ", "SUBJECT_REQUEST_OPENED",
        "SUBJECT_REQUEST_CLOSED", "CHANGE_PROPOSED", "CHANGE_APPROVED", "CHANGE_REJECTED",
    }
)  # fmt: skip
"""Actions that a person may read when they name the person's record. The policy of the table has the same list."""

NOT_SHOWN_TO_PERSON = frozenset(
    {
        "REVEAL_REFUSED", "VERIFY_REFUSED", "SIGN_IN_REFUSED", "GRANT", "REVOKE", "ASSIGN_CASE", "UNASSIGN_CASE", "CREATE_PRINCIPAL",
        "MOVE_PRINCIPAL", "DISABLE_PRINCIPAL", "ENABLE_PRINCIPAL", "CREATE_KEY", "REVOKE_KEY", "WRITE_RECORDS", "EXPORT_LIST",
        "REORGANIZE_UNIONS", RETENTION,
    }
)  # fmt: skip
"""Actions that only the operator and the national federation may read: above all refused attempts, whose caller chooses the text.

An action in neither list is not shown to the person either.
"""

SHOWN_REFERENCE = r"^(aid|maclaim|ins|sreq)_[0-9a-f]{1,16}$"
"""Case references that a person reads unchanged: IDs. The number of a dispute case is shown too, because the case was checked."""

LONGEST = 200
_BATCH = 2_000


class Digest(Enum):
    """Hash of the chain; its value is the first byte of a digest, so that a log may change from one hash to the other."""

    SHA256 = 1
    SM3 = 2

    def of(self, previous: bytes, encoded: bytes) -> bytes:
        """The digest of an entry: a byte for the hash, then 32 bytes over that byte, the digest before and the entry."""
        made = hashes.Hash(hashes.SM3() if self is Digest.SM3 else hashes.SHA256())
        tag = bytes([self.value])
        made.update(tag + len(previous).to_bytes(2, "big") + previous + encoded)
        return tag + made.finalize()


class AccessLogHead(Model):
    """The last entry of the audit log, in one row: appending locks it, and a log that was cut at its end does not match it."""

    __tablename__ = "access_log_head"

    single: Mapped[bool] = mapped_column(primary_key=True)
    id: Mapped[int]
    digest: Mapped[bytes] = mapped_column(LargeBinary)

    __table_args__ = (CheckConstraint("single", name="one_row"),)


@dataclass(frozen=True, slots=True)
class Entry:
    """One logged action: who did what, in which role and for what purpose, to which records (global IDs) and fields, from where."""

    action: str
    principal: str | None = None
    role: str | None = None
    purpose: str | None = None
    case_reference: str | None = None
    records: Sequence[str] = ()
    fields: Sequence[str] = ()
    operation: str | None = None
    source: str | None = None


@dataclass(frozen=True, slots=True)
class ChainedEntry:
    """An entry with its number, time and digests in the chain."""

    id: int
    at: datetime
    entry: Entry
    previous: bytes
    digest: bytes


@dataclass(frozen=True, slots=True)
class Fault:
    """The first entry that is not as it was written, and why."""

    id: int
    reason: str


@dataclass(frozen=True, slots=True)
class Examination:
    """The result of ``examine``: ``cut_through`` is the last entry cut for its age (0 if none), ``id`` and ``digest`` the log's last."""

    entries: int
    cut_through: int
    id: int
    digest: bytes
    fault: Fault | None


def encoded(number: int, at: datetime, entry: Mapping[str, Any]) -> bytes:
    """All columns of an entry but the digests, as JSON in one fixed order, so that different entries have different bytes."""
    columns = [entry[name] for name in _COLUMNS]
    moment = at.astimezone(UTC).isoformat(timespec="microseconds")
    return json.dumps([number, moment, *columns], ensure_ascii=True, sort_keys=True, separators=(",", ":")).encode()


def chained(entries: Sequence[Entry], last: int, previous: bytes, at: datetime, digest: Digest) -> list[ChainedEntry]:
    """The entries chained to entry ``last``, whose digest is ``previous``."""
    made = []
    for number, entry in enumerate(map(_clean, entries), last + 1):
        own = digest.of(previous, encoded(number, at, _columns(entry)))
        made.append(ChainedEntry(number, at, entry, previous, own))
        previous = own
    return made


async def record(connection: asyncpg.Connection, entries: Sequence[Entry], *, digest: Digest = Digest.SHA256) -> None:
    """Append entries to the log, in two statements, however many there are.

    Inside a transaction the log stays locked until the commit, and other writers wait: call this last. The entries are written if and
    only if the transaction is committed. Needs READ COMMITTED.
    """
    if not entries:
        return
    if not connection.is_in_transaction():
        async with connection.transaction(isolation="read_committed"):
            return await record(connection, entries, digest=digest)
    last, previous, at = await connection.fetchrow("SELECT id, digest, at FROM access_log_lock()")
    await insert(connection, chained(entries, last, previous, at, digest))


async def insert(connection: asyncpg.Connection, entries: Sequence[ChainedEntry]) -> None:
    """Insert entries that are chained already; a trigger of the table refuses those that do not continue its chain."""
    rows = [(row.id, row.at, *_columns(row.entry).values(), row.previous, row.digest) for row in entries]
    columns = [list(column) for column in zip(*rows, strict=True)]
    for position in (_RECORDS, _RECORDS + 1):
        columns[position] = [json.dumps(value) for value in columns[position]]
    await connection.execute(_INSERT, *columns)


async def verify(
    connection: asyncpg.Connection,
    *,
    anchors: Sequence[Anchor] = (),
    months: int = MIN_MONTHS,
    now: datetime | None = None,
) -> Fault | None:
    """The first entry that is not as it was written; None if there is none. See ``examine``."""
    return (await examine(connection, anchors=anchors, months=months, now=now)).fault


async def examine(
    connection: asyncpg.Connection,
    *,
    anchors: Sequence[Anchor] = (),
    months: int = MIN_MONTHS,
    now: datetime | None = None,
) -> Examination:
    """Check the chain from its first entry to the head, and whether entries before the first were old enough to be cut.

    Entries are read in batches, so memory does not grow with the log.

    Args:
        connection: a login that may read the whole log.
        anchors: entries noted elsewhere before. They expose a log that was rewritten from some entry on, or cut at its end together
            with its head.
        months: for how long entries had to be kept when older ones were cut.
        now: the checking machine's time; the owner of the database can change the database's.
    """
    chain = _Chain(anchors, months, now or datetime.now(UTC))
    if connection.is_in_transaction():
        return await _examined(connection, chain)
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        return await _examined(connection, chain)


async def prune(connection: asyncpg.Connection, before: datetime, *, digest: Digest = Digest.SHA256) -> int:
    """Cut the entries older than ``before`` and log that; how many were cut. Only the owner of the table may.

    The chain stays whole: the first entry that remains has the digest of the last one cut, and so has the new ``RETENTION`` entry. The
    last of the old entries stays: its date shows that those before it were old.

    Raises:
        DataError: ``before`` is less than six months ago.
    """
    async with connection.transaction(isolation="read_committed"):
        try:
            through, cut, last = await connection.fetchrow(
                "SELECT through, cut, digest FROM access_log_prune($1)", before
            )
        except asyncpg.RaiseError as error:
            raise DataError(f"The audit log is kept for at least {MIN_MONTHS} months. Name an earlier day.") from error
        if cut:
            fields = (f"through={through}", f"digest={last.hex()}", f"before={before.astimezone(UTC).isoformat()}")
            await record(connection, [Entry(RETENTION, fields=fields, operation="prune-log")], digest=digest)
        return int(cut)


_COLUMNS = ("principal", "role", "action", "purpose", "case_reference", "records", "fields", "operation", "source")
_RECORDS = 2 + _COLUMNS.index("records")
_ALL = ("id", "at", *_COLUMNS, "previous", "digest")
_TYPES = {"id": "bigint", "at": "timestamptz", "previous": "bytea", "digest": "bytea"}
_INSERT = (
    f"INSERT INTO access_log ({', '.join(_ALL)}) SELECT id, at, principal, role, action, purpose, case_reference,"  # noqa: S608
    " records::jsonb, fields::jsonb, operation, source, previous, digest FROM unnest("
    + ", ".join(f"${number}::{_TYPES.get(name, 'text')}[]" for number, name in enumerate(_ALL, 1))
    + f") AS entry ({', '.join(_ALL)})"
)


def _columns(entry: Entry) -> dict[str, Any]:
    values: dict[str, Any] = {name: getattr(entry, name) for name in _COLUMNS}
    return {**values, "records": list(entry.records), "fields": list(entry.fields)}


def _clean(entry: Entry) -> Entry:
    return Entry(
        _text(entry.action),
        _optional(entry.principal),
        _optional(entry.role),
        _optional(entry.purpose),
        _optional(entry.case_reference),
        [_text(item) for item in entry.records],
        [_text(item) for item in entry.fields],
        _optional(entry.operation),
        _optional(entry.source),
    )


def _text(value: str) -> str:
    """A caller's text as the log can hold it: valid Unicode without NUL, at most ``LONGEST`` characters."""
    return value.replace("\0", "\ufffd").encode("utf-8", "replace").decode()[:LONGEST]


def _optional(value: str | None) -> str | None:
    return None if value is None else _text(value)


@dataclass(slots=True)
class _Chain:
    """Checks a chain, entry by entry, up to its first fault."""

    anchors: Sequence[Anchor]
    months: int
    now: datetime
    entries: int = 0
    last: int = 0
    last_at: datetime = LONG_AGO
    before: bytes = GENESIS
    beginning: FirstEntry | None = None
    cuts: list[Cut] = field(default_factory=list)
    noted: dict[int, bytes] = field(init=False)

    def __post_init__(self) -> None:
        self.noted = {each.id: each.digest for each in self.anchors}

    @property
    def cut_through(self) -> int:
        """The last entry that is missing before the first one; 0 if none is."""
        return self.beginning.id - 1 if self.beginning else 0

    def follow(self, row: asyncpg.Record) -> Fault | None:
        """Check the next entry; what is wrong with it."""
        number = row["id"]
        if self.beginning is None:
            self.beginning = FirstEntry(number, row["at"], row["previous"])
            if number > 1:
                self.last, self.before = number - 1, row["previous"]
        if number < 1:
            return Fault(number, "it stands before the first entry")
        if number != self.last + 1:
            return Fault(self.last + 1, f"it is missing; entry {number} comes next")
        if row["previous"] != self.before:
            return Fault(number, "it does not name the digest of the entry before it")
        if row["digest"] != _expected(row):
            return Fault(number, "its content does not match its digest")
        if self.noted.get(number, row["digest"]) != row["digest"]:
            return Fault(number, "its digest is not the one that was noted before")
        if (fault := self.follow_cut(row)) is not None:
            return fault
        self.entries, self.last, self.last_at, self.before = self.entries + 1, number, row["at"], row["digest"]
        return None

    def follow_cut(self, row: asyncpg.Record) -> Fault | None:
        """Check a ``RETENTION`` entry; what is wrong with its date, between those of its neighbours."""
        if self.cuts and self.cuts[-1].id == self.last and row["at"] < self.last_at - CLOCK_TOLERANCE:
            return Fault(self.last, f"it is dated after entry {row['id']}, which follows it")
        if row["action"] != RETENTION:
            return None
        cut = cut_of(row)
        if cut is None:
            return Fault(row["id"], "it does not say which entries were cut, and how old they were")
        if cut.at < self.last_at - CLOCK_TOLERANCE:
            return Fault(cut.id, f"it is dated before entry {self.last}, which it follows")
        self.cuts.append(cut)
        return None

    def ended(self, head: tuple[int, bytes]) -> Fault | None:
        """What is wrong with the chain as a whole."""
        if self.beginning is not None:
            found = examine_cuts(self.beginning, self.cuts, self.anchors, self.months, self.now)
            if found is not None:
                return Fault(*found)
        if self.last < head[0]:
            return Fault(self.last + 1, f"it is missing: the log ended at entry {head[0]}")
        if self.last > head[0]:
            return Fault(head[0] + 1, f"it was not appended: the log ended at entry {head[0]}")
        if self.before != head[1]:
            return Fault(self.last, "its digest is not the one that the head has")
        noted = max(self.noted, default=0)
        if noted > self.last:
            return Fault(self.last + 1, f"it is missing: entry {noted} was noted before")
        return None


async def _examined(connection: asyncpg.Connection, chain: _Chain) -> Examination:
    head = await connection.fetchrow("SELECT id, digest FROM access_log_head")
    fault = None
    async for row in _rows(connection):
        fault = chain.follow(row)
        if fault is not None:
            break
    if fault is None:
        fault = (
            Fault(1, "the row that says where the log ends is missing") if head is None else chain.ended(tuple(head))
        )
    return Examination(chain.entries, chain.cut_through, chain.last, chain.before, fault)


async def _rows(connection: asyncpg.Connection) -> AsyncIterator[asyncpg.Record]:
    cursor = connection.cursor(f"SELECT {', '.join(_ALL)} FROM access_log ORDER BY id", prefetch=_BATCH)  # noqa: S608
    async for row in cursor:
        yield row


def _expected(row: asyncpg.Record) -> bytes | None:
    """The digest that an entry must have; None for a row that no entry can have been written as."""
    try:
        kind = Digest(row["digest"][0])
        columns = {**row, "records": json.loads(row["records"]), "fields": json.loads(row["fields"])}
        return kind.of(row["previous"], encoded(row["id"], row["at"], columns))
    except (IndexError, ValueError, OverflowError):
        return None
