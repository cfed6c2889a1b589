"""A disclosure: which personal data of which members a caller wants to see or compare, for which purpose and on which ground."""

from collections.abc import Sequence
from dataclasses import dataclass

from db.access import Role
from db.security.audit_log import Entry
from resolvers.commands.context import MEMBER, refused
from resolvers.commands.purposes import RULES, PersonalField, RevealPurpose
from resolvers.engine.request import global_ids

MAX_REFERENCE = 100


@dataclass(frozen=True, slots=True)
class Disclosure:
    """Fields of members to reveal or to compare, for a purpose. ``roles`` are those of the caller that may do so."""

    keys: list[int]
    fields: Sequence[PersonalField]
    purpose: RevealPurpose
    reference: str | None
    roles: Sequence[Role]

    @property
    def ids(self) -> list[str]:
        """The members' global IDs."""
        return [global_ids.encode(MEMBER, key) for key in self.keys]

    def entry(self, action: str, *codes: str) -> Entry:
        """The audit log's entry for it; ``codes`` are added to the fields."""
        return Entry(
            action,
            role=", ".join(role.name for role in self.roles) or None,
            purpose=self.purpose.name,
            case_reference=self.reference,
            records=self.ids,
            fields=[*(field.name for field in self.fields), *codes],
        )


def check_purpose(disclosure: Disclosure) -> None:
    """Check that the caller has a role that may see the fields for the purpose, and gives a case reference if and only if one is needed.

    Raises:
        Refused: FORBIDDEN_PURPOSE, MISSING_CASE_REFERENCE, UNEXPECTED_CASE_REFERENCE.
    """
    if not disclosure.roles:
        raise refused(
            "FORBIDDEN_PURPOSE",
            "None of your roles may see these fields for this purpose: see docs/purposes.md.",
            "purpose",
        )
    required = RULES[disclosure.purpose].reference
    if required is not None and disclosure.reference is None:
        raise refused(
            "MISSING_CASE_REFERENCE", f"This purpose needs a case reference: {required.value}.", "caseReference"
        )
    if required is None and disclosure.reference is not None:
        raise refused(
            "UNEXPECTED_CASE_REFERENCE",
            "This purpose takes no case reference. Leave `caseReference` out.",
            "caseReference",
        )
