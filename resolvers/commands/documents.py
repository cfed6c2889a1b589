"""The paper on which a data subject's request came (书面请求): taken with the request, sealed, and read by who answers it."""

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
    checked,
    decoded,
    guarded,
    held,
    log,
    narrowed,
    refused,
    transaction,
)
from resolvers.commands.grounds import SUBJECT_REQUEST, independent
from resolvers.commands.reveal import DOCUMENT_READ, within_limit
from resolvers.commands.sight import in_sight
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
class Paper:
    """A document: its number, the day on which it was received, the scan as base64 with its type and SHA-256."""

    number: str
    received_on: date
    type: DocumentType
    digest: bytes
    scan: str


def paper(number: str, received_on: date, scan: str, today: date) -> Paper:
    """A document as it is kept.

    Raises:
        Refused: BAD_DOCUMENT, DOCUMENT_TOO_LARGE, BAD_TEXT.
    """
    text = checked(number, MAX_NUMBER, "document", "number")
    if text is None or len(text) < MIN_NUMBER:
        raise refused(
            "BAD_DOCUMENT", f"A document's number has {MIN_NUMBER} to {MAX_NUMBER} characters.", "document", "number"
        )
    if received_on > today:
        raise refused("BAD_DOCUMENT", "A document is received before it is taken down.", "document", "receivedOn")
    if len(scan) > MAX_SCAN * 4 // 3 + 4:
        raise _too_large()
    try:
        data = base64.b64decode(scan, validate=True)
    except (binascii.Error, ValueError):
        raise refused("BAD_DOCUMENT", "The scan is not base64.", "document", "scan") from None
    if len(data) > MAX_SCAN:
        raise _too_large()
    found = next((kind for magic, kind in MAGIC.items() if data.startswith(magic)), None)
    if found is None:
        raise refused("BAD_DOCUMENT", "The scan is no PDF, JPEG or PNG.", "document", "scan")
    return Paper(text, received_on, found, hashlib.sha256(data).digest(), base64.b64encode(data).decode())


def _too_large() -> Exception:
    return refused(
        "DOCUMENT_TOO_LARGE", f"A scan has at most {MAX_SCAN:,} bytes. Scan in fewer dots.", "document", "scan"
    )


@guarded
async def read_document(context: CommandContext, request: str) -> Paper:
    """The document of a request: for the federation that is to answer it while it is open, and is not who opened it; and for the person
    themself. Counted like a reveal; the entry in the log is committed before it is answered.

    Raises:
        Refused: FORBIDDEN, BAD_ID, NOT_FOUND (also for what is out of sight or has no document), NOT_INDEPENDENT, ALREADY_CLOSED,
            DAILY_LIMIT.
    """
    key = decoded([request], SUBJECT_REQUEST, "id")[0]
    roles = held(context.caller, READERS)
    if not roles:
        raise refused("FORBIDDEN", "A federation that answers a request reads its document, and the person themself.")
    async with transaction(context) as connection:
        row = await connection.fetchrow("SELECT * FROM subject_request WHERE id = $1", key)
        caller = narrowed(context.caller, roles)
        if (
            row is None
            or row["document"] is None
            or not await in_sight(connection, caller, context.today, "Member", [row["member_id"]], [])
        ):
            raise refused("NOT_FOUND", "There is no such request with a document in your sight.", "id")
        own = Role.WORKER in roles and row["member_id"] == context.caller.member_id
        if not own and Role.FEDERATION not in roles:
            raise refused("NOT_FOUND", "There is no such request with a document in your sight.", "id")
        if not own and row["closed_on"] is not None:
            raise refused(
                "ALREADY_CLOSED", "This request was closed before. The document is the person's to read.", "id"
            )
        if not own and not await independent(connection, context.caller, row["opened_by"], row["member_id"]):
            raise refused("NOT_INDEPENDENT", "Who opened a request does not answer it: another official does.", "id")
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
    return Paper(
        row["document_number"],
        row["document_received_on"],
        DocumentType[row["document_type"]],
        row["document_digest"],
        scan,
    )
