"""Erasure (删除, PIPL art. 47): what happens to each row about a person who is erased.

The rows stay, and their person has no name any more: statistics count them, and payments are in the accounts. Texts that say who the
person was, or what the person suffered from, are emptied.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import asyncpg

ERASED_NAME = "已删除"
"""The name of a person who was erased."""

OWN = "member_id = $1"
OWN_HOUSEHOLD = "household_id IN (SELECT id FROM household WHERE member_id = $1)"


@dataclass(frozen=True, slots=True)
class ErasureRule:
    """What happens to the rows of a table about the person ``$1``, which ``where`` selects.

    Columns are ``emptied`` or, if they hold a name, ``replaced``. ``stay`` says why the rows stay, ``texts`` why other texts in them do.
    """

    stay: str
    emptied: tuple[str, ...] = ()
    replaced: tuple[str, ...] = ()
    texts: Mapping[str, str] = field(default_factory=dict)
    where: str = OWN

    @property
    def written(self) -> tuple[str, ...]:
        """All columns that erasure writes."""
        return self.replaced + self.emptied


COUNTED = "statistics count them"
ACCOUNTS = "the accounts refer to them (Accounting Law art. 23), and statistics count them"
NUMBER = ("source_system", "source_number")
BOOKED = "the number under which it is in the accounts"
SIGN_IN = "who had access stays on record; an operator disables the sign-in"

ERASURE_RULES: Mapping[str, ErasureRule] = {
    "member": ErasureRule(
        "statistics count them: five years of birth, sex, occupation group and division stay",
        emptied=(
            "birth_date", "resident_number", "resident_number_index", "resident_number_region", "phone", "phone_index", "phone_head",
            "bank_card", "bank_card_changed_on", "resident_number_changed_on", "phone_changed_on", "source_system", "source_number",
        ),
        replaced=("name",),
        where="id = $1",
    ),
    "membership": ErasureRule("the union's register of members, and statistics", emptied=("end_reason",)),
    "engagement": ErasureRule(COUNTED, emptied=("job_title",)),
    "insurance_enrolment": ErasureRule(
        "statistics count them; the agency's own record is not the hub's",
        emptied=("source_number",),
        texts={"source_system": "the name of a system"},
    ),
    "dispute_party": ErasureRule("the file of the closed case, which its other parties have too", replaced=("name",)),
    "recovery": ErasureRule("the file of the closed case", texts=dict.fromkeys(NUMBER, "the number of the payment in that file")),
    "legal_service": ErasureRule(COUNTED, emptied=NUMBER),
    "household": ErasureRule(ACCOUNTS, texts=dict.fromkeys(NUMBER, BOOKED)),
    "dependant": ErasureRule("statistics count them: a child has no name here"),
    "aid_grant": ErasureRule(ACCOUNTS, texts={"item": "what was given, for the accounts", **dict.fromkeys(NUMBER, BOOKED)}),
    "wish": ErasureRule(COUNTED, emptied=NUMBER, texts={"claimant_name": "a unit that gave; individuals are not named"}),
    "roster_entry": ErasureRule(COUNTED),
    "care_case": ErasureRule(COUNTED, emptied=("diagnosis", "onset_on", *NUMBER)),
    "care_step": ErasureRule(COUNTED, emptied=("note",), where="case_id IN (SELECT id FROM care_case WHERE member_id = $1)"),
    "care_shift": ErasureRule(COUNTED),
    "mutual_aid_enrolment": ErasureRule(ACCOUNTS, texts=dict.fromkeys(NUMBER, BOOKED)),
    "mutual_aid_claim": ErasureRule(ACCOUNTS, texts=dict.fromkeys(NUMBER, BOOKED)),
    "attendance": ErasureRule(COUNTED, emptied=("certificate_number",), where=f"{OWN} OR {OWN_HOUSEHOLD}"),
    "service_transaction": ErasureRule(COUNTED, emptied=NUMBER),
    "subject_request": ErasureRule(
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
    "principal": ErasureRule(
        SIGN_IN,
        texts={"name": "the audit log names who did something by it", "subject": "keeps the sign-in from being given out anew"},
    ),
    "access_grant": ErasureRule(SIGN_IN),
    "case_assignment": ErasureRule(SIGN_IN),
    "api_key": ErasureRule(
        SIGN_IN,
        texts={"prefix": "the audit log names the key by it", "digest": "no key can be made from it"},
    ),
    "mediator": ErasureRule(
        "their work for a union, which ends it by `valid_to`",
        texts={"name": "whom those turn to whose cases they handle", "firm": "the firm, not the person",
               **dict.fromkeys(NUMBER, "the register of whom a union turns to")},
    ),
}  # fmt: skip
"""The rule of each table that names a member, and of each that names such a row."""


async def erase(connection: asyncpg.Connection, member: int) -> None:
    """Apply ``ERASURE_RULES`` to a member, inside the caller's transaction.

    Raises:
        RuntimeError: there is no such member.
    """
    for table, rule in ERASURE_RULES.items():
        if rule.written:
            changes = ", ".join(
                [*(f"{name} = '{ERASED_NAME}'" for name in rule.replaced), *(f"{name} = NULL" for name in rule.emptied)]
            )
            done = await connection.execute(f"UPDATE {table} SET {changes} WHERE {rule.where}", member)  # noqa: S608
            if table == "member" and done != "UPDATE 1":
                raise RuntimeError(f"member {member} was not written: {done}")


def as_markdown() -> str:
    """The table of ``docs/purposes.md``."""
    lines = ["| Rows | Emptied | Why the rows stay |", "|---|---|---|"]
    for table, rule in ERASURE_RULES.items():
        emptied = [*(f"`{name}`: 已删除" for name in rule.replaced), *(f"`{name}`" for name in rule.emptied)]
        kept = "; ".join([rule.stay, *(f"`{name}`: {why}" for name, why in rule.texts.items())])
        lines.append(f"| `{table}` | {', '.join(emptied) or '–'} | {kept} |")
    return "\n".join(lines)
