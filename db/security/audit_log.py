"""The audit log (审计日志): appended to, never changed. Each entry carries the digest of the one before, so a change shows."""

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
from db.security.audit_retention import CLOCKS, MIN_MONTHS, RETENTION, Anchor, Beginning, Mark, examine_cuts, mark_of

GENESIS = bytes(32)
"""What stands in ``previous`` of entry 1."""

LONG_AGO = datetime(1900, 1, 1, tzinfo=UTC)
"""Before any entry."""

TOLD = frozenset(
    {
        "REVEAL", "REVEAL_REPEATED", "VERIFY", "VERIFY_MISMATCH", "EXPORT", "DOCUMENT_READ", "SUBJECT_REQUEST_OPENED",
        "SUBJECT_REQUEST_CLOSED", "CHANGE_PROPOSED", "CHANGE_APPROVED", "CHANGE_REJECTED",
    }
)  # fmt: skip
"""Actions that the person reads of whose record they name: what was done. The database's policy has the same list."""

UNTOLD = frozenset(
    {
        "REVEAL_REFUSED", "VERIFY_REFUSED", "SIGN_IN_REFUSED", "GRANT", "REVOKE", "ASSIGN_CASE", "UNASSIGN_CASE", "CREATE_PRINCIPAL",
        "MOVE_PRINCIPAL", "DISABLE_PRINCIPAL", "ENABLE_PRINCIPAL", "CREATE_KEY", "REVOKE_KEY", RETENTION,
    }
)  # fmt: skip
"""Actions that are the operator's and the national federation's to read: above all refused attempts, for whoever tries may write what they
like. An action that stands in neither list is not told either."""

GROUND_SHOWN = r"^(aid|maclaim|ins|sreq)_[0-9a-f]{1,16}$"
"""Case references that the person is shown as they are: IDs. Of a dispute case its number is, which the ground was checked for."""

LONGEST = 200
_BATCH = 2_000


class Digest(Enum):
    """Hash of the chain; its value is the first byte of a digest, so that a log may go over from one to the other."""

    SHA256 = 1
    SM3 = 2

    def of(self, previous: bytes, encoded: bytes) -> bytes:
        """The digest of an entry: a byte for the hash, then 32 bytes over that byte, the digest before and the entry."""
        made = hashes.Hash(hashes.SM3() if self is Digest.SM3 else hashes.SHA256())
        tag = bytes([self.value])
        made.update(tag + len(previous).to_bytes(2, "big") + previous + encoded)
        return tag + made.finalize()


class AccessLogHead(Model):
    """The last entry of the audit log, in one row: who appends locks it, and a log cut at its end does not match it."""

    __tablename__ = "access_log_head"

    single: Mapped[bool] = mapped_column(primary_key=True)
    id: Mapped[int]
    digest: Mapped[bytes] = mapped_column(LargeBinary)

    __table_args__ = (CheckConstraint("single", name="one_row"),)


@dataclass(frozen=True, slots=True)
class Entry:
    """What is logged: who, in which role and for what purpose, did what to which records (global IDs) and fields, and from where."""

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
class Written:
    """An entry with its place in the chain."""

    id: int
    at: datetime
    entry: Entry
    previous: bytes
    digest: bytes


@dataclass(frozen=True, slots=True)
class Fault:
    """The first entry at which a log is not what was written, and what is wrong there."""

    id: int
    reason: str


@dataclass(frozen=True, slots=True)
class Examination:
    """What ``examine`` found. ``cut_through`` is the last entry cut for its age (0 if none); ``id`` and ``digest`` are the last entry's."""

    entries: int
    cut_through: int
    id: int
    digest: bytes
    fault: Fault | None


def encoded(number: int, at: datetime, entry: Mapping[str, Any]) -> bytes:
    """All columns of an entry but the digests, as bytes that no other entry has: JSON of one fixed order."""
    columns = [entry[name] for name in _COLUMNS]
    moment = at.astimezone(UTC).isoformat(timespec="microseconds")
    return json.dumps([number, moment, *columns], ensure_ascii=True, sort_keys=True, separators=(",", ":")).encode()


def chained(entries: Sequence[Entry], last: int, previous: bytes, at: datetime, digest: Digest) -> list[Written]:
    """The entries as they follow entry ``last``, whose digest is ``previous``."""
    written = []
    for number, entry in enumerate(map(_clean, entries), last + 1):
        made = digest.of(previous, encoded(number, at, _columns(entry)))
        written.append(Written(number, at, entry, previous, made))
        previous = made
    return written


async def record(connection: asyncpg.Connection, entries: Sequence[Entry], *, digest: Digest = Digest.SHA256) -> None:
    """Append entries to the log: two statements, however many there are.

    Inside a transaction the log is held until it ends, and other writers wait: make this the last thing before the commit. The entries
    are there if and only if the transaction is committed. Needs READ COMMITTED.
    """
    if not entries:
        return
    if not connection.is_in_transaction():
        async with connection.transaction(isolation="read_committed"):
            return await record(connection, entries, digest=digest)
    last, previous, at = await connection.fetchrow("SELECT id, digest, at FROM access_log_lock()")
    await insert(connection, chained(entries, last, previous, at, digest))


async def insert(connection: asyncpg.Connection, written: Sequence[Written]) -> None:
    """Insert entries that are chained already. The table takes only those that continue its chain."""
    rows = [(row.id, row.at, *_columns(row.entry).values(), row.previous, row.digest) for row in written]
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
    """The first entry at which the log is not what was written; None when all of it is. See ``examine``."""
    return (await examine(connection, anchors=anchors, months=months, now=now)).fault


async def examine(
    connection: asyncpg.Connection,
    *,
    anchors: Sequence[Anchor] = (),
    months: int = MIN_MONTHS,
    now: datetime | None = None,
) -> Examination:
    """Follow the chain from its first entry to the head, and examine what was cut before the first.

    Entries come in batches, so memory does not grow with the log.

    Args:
        connection: of who may read the whole log.
        anchors: noted elsewhere before: with them even a log that was written anew from some entry on, or cut at its end together with
            its head, is found.
        months: how long entries were to be kept when older ones were cut.
        now: the time of who checks; the database's clock is its owner's.
    """
    chain = _Chain(anchors, months, now or datetime.now(UTC))
    if connection.is_in_transaction():
        return await _examined(connection, chain)
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        return await _examined(connection, chain)


async def prune(connection: asyncpg.Connection, before: datetime, *, digest: Digest = Digest.SHA256) -> int:
    """Cut the entries older than ``before`` and write one that stands for them; how many were cut. For the owner of the table.

    The chain stays whole: the first entry that remains has the digest of the last that was cut, and so has the new one. The last of the
    old entries stays: its date is what shows that those before it were old.

    Raises:
        DataError: ``before`` is less than six months ago.
    """
    async with connection.transaction(isolation="read_committed"):
        try:
            through, cut, last = await connection.fetchrow(
                "SELECT through, cut, digest FROM access_log_prune($1)", before
            )
        except asyncpg.RaiseError as error:
            raise DataError(
                f"The audit log is kept for {MIN_MONTHS} months at the least. Name an earlier day."
            ) from error
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
    """A caller's text as the log can hold it: whole characters without NUL, not endless."""
    return value.replace("\0", "\ufffd").encode("utf-8", "replace").decode()[:LONGEST]


def _optional(value: str | None) -> str | None:
    return None if value is None else _text(value)


@dataclass(slots=True)
class _Chain:
    """Follows a chain, entry by entry, up to its first fault."""

    anchors: Sequence[Anchor]
    months: int
    now: datetime
    entries: int = 0
    last: int = 0
    last_at: datetime = LONG_AGO
    before: bytes = GENESIS
    beginning: Beginning | None = None
    marks: list[Mark] = field(default_factory=list)
    noted: dict[int, bytes] = field(init=False)

    def __post_init__(self) -> None:
        self.noted = {each.id: each.digest for each in self.anchors}

    @property
    def cut_through(self) -> int:
        """The last entry that is not there any longer; 0 if none is missing at the beginning."""
        return self.beginning.id - 1 if self.beginning else 0

    def follow(self, row: asyncpg.Record) -> Fault | None:
        """Take the next entry; what is wrong with it."""
        number = row["id"]
        if self.beginning is None:
            self.beginning = Beginning(number, row["at"], row["previous"])
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
        if (fault := self.follow_mark(row)) is not None:
            return fault
        self.entries, self.last, self.last_at, self.before = self.entries + 1, number, row["at"], row["digest"]
        return None

    def follow_mark(self, row: asyncpg.Record) -> Fault | None:
        """Take what an entry says of a cut; what is wrong with its date between its neighbours'."""
        if self.marks and self.marks[-1].id == self.last and row["at"] < self.last_at - CLOCKS:
            return Fault(self.last, f"it is dated after entry {row['id']}, which follows it")
        if row["action"] != RETENTION:
            return None
        mark = mark_of(row)
        if mark is None:
            return Fault(row["id"], "it does not say which entries were cut, and how old they were")
        if mark.at < self.last_at - CLOCKS:
            return Fault(mark.id, f"it is dated before entry {self.last}, which it follows")
        self.marks.append(mark)
        return None

    def ended(self, head: tuple[int, bytes]) -> Fault | None:
        """What is wrong with the chain as a whole."""
        if self.beginning is not None:
            found = examine_cuts(self.beginning, self.marks, self.anchors, self.months, self.now)
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
    """The digest that an entry should have; None where no entry of ours could have become this row."""
    try:
        kind = Digest(row["digest"][0])
        columns = {**row, "records": json.loads(row["records"]), "fields": json.loads(row["fields"])}
        return kind.of(row["previous"], encoded(row["id"], row["at"], columns))
    except (IndexError, ValueError, OverflowError):
        return None
