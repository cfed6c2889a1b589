"""The signed document of a data subject's request (书面请求): checked when the request is opened, and ``readRequestDocument``."""

import base64
import binascii
import hashlib
from dataclasses import dataclass
from datetime import date

from db.access import DOCUMENT, DocumentType, Role
from db.encryption.vault import Sealed
from db.security.audit_log import Entry
from resolvers.commands.context import (
    MEMBER,
    CommandContext,
    clean_text,
    command,
    decode_ids,
    in_roles,
    log,
    refused,
    roles_held,
    transaction,
)
from resolvers.commands.grounds import SUBJECT_REQUEST, is_independent
from resolvers.commands.reveal import DOCUMENT_READ, within_limit
from resolvers.commands.visible_rows import visible_rows
from resolvers.engine.request import global_ids

MAX_SCAN = 150 * 1024
MIN_NUMBER, MAX_NUMBER = 4, 40
MAGIC = {
    b"%PDF-": DocumentType.PDF,
    b"\xff\xd8\xff": DocumentType.JPEG,
    b"\x89PNG\r\n\x1a\n": DocumentType.PNG,
}
"""The first bytes of a file of each type."""
READERS = (Role.FEDERATION, Role.WORKER)


@dataclass(frozen=True, slots=True)
class RequestDocument:
    """A signed document: its number, the day of receipt, and the scan in base64 with its type and SHA-256."""

    number: str
    received_on: date
    type: DocumentType
    digest: bytes
    scan: str


def checked_document(number: str, received_on: date, scan: str, today: date) -> RequestDocument:
    """A document in its stored form.

    Raises:
        Refused: BAD_DOCUMENT, DOCUMENT_TOO_LARGE, BAD_TEXT.
    """
    text = clean_text(number, MAX_NUMBER, "document", "number")
    if text is None or len(text) < MIN_NUMBER:
        raise refused(
            "BAD_DOCUMENT", f"A document's number has {MIN_NUMBER} to {MAX_NUMBER} characters.", "document", "number"
        )
    if received_on > today:
        raise refused("BAD_DOCUMENT", "`receivedOn` cannot be after today.", "document", "receivedOn")
    if len(scan) > MAX_SCAN * 4 // 3 + 4:
        raise _too_large()
    try:
        data = base64.b64decode(scan, validate=True)
    except (binascii.Error, ValueError):
        raise refused("BAD_DOCUMENT", "The scan is not base64.", "document", "scan") from None
    if len(data) > MAX_SCAN:
        raise _too_large()
    type_ = next((kind for magic, kind in MAGIC.items() if data.startswith(magic)), None)
    if type_ is None:
        raise refused("BAD_DOCUMENT", "The scan is not a PDF, JPEG or PNG file.", "document", "scan")
    return RequestDocument(text, received_on, type_, hashlib.sha256(data).digest(), base64.b64encode(data).decode())


def _too_large() -> Exception:
    return refused(
        "DOCUMENT_TOO_LARGE",
        f"A scan has at most {MAX_SCAN:,} bytes. Scan it at a lower resolution.",
        "document",
        "scan",
    )


@command
async def read_document(context: CommandContext, request: str) -> RequestDocument:
    """The document of a request: for the person, and while it is open for an official of the federation that answers it who did not open
    it. Counts as a reveal; the log entry is committed before the document is returned.

    Raises:
        Refused: FORBIDDEN, BAD_ID, NOT_FOUND (also for a request that the caller does not see, or without a document),
            NOT_INDEPENDENT, ALREADY_CLOSED, DAILY_LIMIT.
    """
    key = decode_ids([request], SUBJECT_REQUEST, "id")[0]
    roles = roles_held(context.caller, READERS)
    if not roles:
        raise refused("FORBIDDEN", "Only the person and the federation that answers a request read its document.")
    async with transaction(context) as connection:
        row = await connection.fetchrow("SELECT * FROM subject_request WHERE id = $1", key)
        caller = in_roles(context.caller, roles)
        if (
            row is None
            or row["document"] is None
            or not await visible_rows(connection, caller, context.today, "Member", [row["member_id"]], [])
        ):
            raise refused("NOT_FOUND", "There is no such request with a document, or you do not see it.", "id")
        own = Role.WORKER in roles and row["member_id"] == context.caller.member_id
        if not own and Role.FEDERATION not in roles:
            raise refused("NOT_FOUND", "There is no such request with a document, or you do not see it.", "id")
        if not own and row["closed_on"] is not None:
            raise refused("ALREADY_CLOSED", "This request is closed. Only the person reads its document now.", "id")
        if not own and not await is_independent(connection, context.caller, row["opened_by"], row["member_id"]):
            raise refused("NOT_INDEPENDENT", "Whoever opened a request may not answer it: another official must.", "id")
        await within_limit(connection, context, 1, "id")
        sealed = Sealed(DOCUMENT.table, DOCUMENT.column, key, row["document"])
        (scan,) = context.vault.open([sealed])
        entry = Entry(
            DOCUMENT_READ,
            role=(Role.WORKER if own else Role.FEDERATION).name,
            case_reference=global_ids.encode(SUBJECT_REQUEST, key),
            records=[global_ids.encode(MEMBER, row["member_id"])],
            fields=["DOCUMENT"],
        )
        await log(connection, context, entry)
    return RequestDocument(
        row["document_number"],
        row["document_received_on"],
        DocumentType[row["document_type"]],
        row["document_digest"],
        scan,
    )
