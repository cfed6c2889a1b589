"""Erasure (删除, PIPL art. 47): what becomes of every row about a person who is erased.

Rows stay, under a person without a name: statistics count them, and what money was paid is in the accounts. Texts that tell who it was,
or what the person suffered from, are emptied.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import asyncpg

ERASED_NAME = "已删除"
"""What stands for the name of somebody who was erased."""

OWN = "member_id = $1"
OWN_HOUSEHOLD = "household_id IN (SELECT id FROM household WHERE member_id = $1)"


@dataclass(frozen=True, slots=True)
class Fate:
    """What becomes of the rows of a table: columns that are ``emptied`` or, in the case of names, ``replaced``; why the rows ``stay``, and
    why ``texts`` in them do. ``where`` says which rows are about the person ``$1``."""

    stay: str
    emptied: tuple[str, ...] = ()
    replaced: tuple[str, ...] = ()
    texts: Mapping[str, str] = field(default_factory=dict)
    where: str = OWN

    @property
    def written(self) -> tuple[str, ...]:
        """All columns that change."""
        return self.replaced + self.emptied


COUNTED = "statistics count them"
ACCOUNTS = "the accounts refer to them (Accounting Law art. 23), and statistics count them"
SIGN_IN = "who had access stays on record; an operator disables the sign-in"

FATES: Mapping[str, Fate] = {
    "member": Fate(
        "statistics count them: five years of birth, sex, occupation group and division stay",
        emptied=(
            "birth_date", "resident_number", "resident_number_index", "resident_number_region", "phone", "phone_index", "phone_head",
            "bank_card", "bank_card_changed_on", "resident_number_changed_on", "phone_changed_on",
        ),
        replaced=("name",),
        where="id = $1",
    ),
    "membership": Fate("the union's register of members, and statistics", emptied=("end_reason",)),
    "engagement": Fate(COUNTED, emptied=("job_title",)),
    "insurance_enrolment": Fate(
        "statistics count them; the agency's own record is not the hub's",
        emptied=("source_number",),
        texts={"source_system": "the name of a system"},
    ),
    "dispute_party": Fate("the file of the closed case, which its other parties have too", replaced=("name",)),
    "recovery": Fate("the file of the closed case"),
    "legal_service": Fate(COUNTED),
    "household": Fate(ACCOUNTS),
    "dependant": Fate("statistics count them: a child has no name here"),
    "aid_grant": Fate(ACCOUNTS, texts={"item": "what was given, for the accounts"}),
    "wish": Fate(COUNTED, texts={"claimant_name": "a unit that gave; individuals are not named"}),
    "roster_entry": Fate(COUNTED),
    "care_case": Fate(COUNTED, emptied=("diagnosis", "onset_on")),
    "care_step": Fate(COUNTED, emptied=("note",), where="case_id IN (SELECT id FROM care_case WHERE member_id = $1)"),
    "care_shift": Fate(COUNTED),
    "mutual_aid_enrolment": Fate(ACCOUNTS),
    "mutual_aid_claim": Fate(ACCOUNTS),
    "attendance": Fate(COUNTED, emptied=("certificate_number",), where=f"{OWN} OR {OWN_HOUSEHOLD}"),
    "service_transaction": Fate(COUNTED),
    "subject_request": Fate(
        "the request and its answer are the proof that the right was kept (PIPL art. 50)",
        emptied=("detail", "document", "proposal"),
        texts={
            "outcome": "what the person was answered, which may be taken to court",
            "document_number": "the paper that the request came on, which the union keeps",
            "document_digest": "shows that the paper is that one; nothing can be read from it",
            "proposed_fields": "codes of fields",
            "rejection": "why a second official did not approve a change",
        },
    ),
    "principal": Fate(
        SIGN_IN,
        texts={"name": "the audit log names who did something by it", "subject": "keeps the sign-in from being given out anew"},
    ),
    "access_grant": Fate(SIGN_IN),
    "case_assignment": Fate(SIGN_IN),
    "api_key": Fate(
        SIGN_IN,
        texts={"prefix": "the audit log names the key by it", "digest": "no key can be made from it"},
    ),
    "mediator": Fate(
        "their work for a union, which ends it by `valid_to`",
        texts={"name": "whom those turn to whose cases they handle", "firm": "the firm, not the person"},
    ),
}  # fmt: skip
"""By table: every one that names a member, and those that name such a row in turn."""


async def erase(connection: asyncpg.Connection, member: int) -> None:
    """Empty and replace what ``FATES`` say, inside the caller's transaction.

    Raises:
        RuntimeError: there is no such member.
    """
    for table, fate in FATES.items():
        if fate.written:
            changes = ", ".join(
                [*(f"{name} = '{ERASED_NAME}'" for name in fate.replaced), *(f"{name} = NULL" for name in fate.emptied)]
            )
            done = await connection.execute(f"UPDATE {table} SET {changes} WHERE {fate.where}", member)  # noqa: S608
            if table == "member" and done != "UPDATE 1":
                raise RuntimeError(f"member {member} was not written: {done}")


def as_markdown() -> str:
    """The table of ``docs/purposes.md``."""
    lines = ["| Rows | Emptied | Why the rows stay |", "|---|---|---|"]
    for table, fate in FATES.items():
        emptied = [*(f"`{name}`: 已删除" for name in fate.replaced), *(f"`{name}`" for name in fate.emptied)]
        kept = "; ".join([fate.stay, *(f"`{name}`: {why}" for name, why in fate.texts.items())])
        lines.append(f"| `{table}` | {', '.join(emptied) or '–'} | {kept} |")
    return "\n".join(lines)
