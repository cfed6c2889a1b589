"""What a caller states who wants to see or to compare personal data: whose, which, for what purpose and on which ground."""

from collections.abc import Sequence
from dataclasses import dataclass

from db.access import Role
from db.security.audit_log import Entry
from resolvers.commands.context import MEMBER, refused
from resolvers.commands.purposes import RULES, PersonalField, RevealPurpose
from resolvers.engine.request import global_ids

MAX_REFERENCE = 100


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be revealed or compared, by a caller in ``roles``."""

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
        """What the log says of it."""
        return Entry(
            action,
            role=", ".join(role.name for role in self.roles) or None,
            purpose=self.purpose.name,
            case_reference=self.reference,
            records=self.ids,
            fields=[*(field.name for field in self.fields), *codes],
        )


def permit(asked: Asked) -> None:
    """The caller has a role that may see the fields for the purpose, and a case reference comes where one is wanted.

    Raises:
        Refused: FORBIDDEN_PURPOSE, MISSING_CASE_REFERENCE, UNEXPECTED_CASE_REFERENCE.
    """
    if not asked.roles:
        raise refused(
            "FORBIDDEN_PURPOSE",
            "None of your roles may see these fields for this purpose. docs/purposes.md has the table.",
            "purpose",
        )
    wanted = RULES[asked.purpose].reference
    if wanted is not None and asked.reference is None:
        raise refused(
            "MISSING_CASE_REFERENCE", f"This purpose needs a case reference: {wanted.value}.", "caseReference"
        )
    if wanted is None and asked.reference is not None:
        raise refused(
            "UNEXPECTED_CASE_REFERENCE",
            "This purpose has no case reference. Leave `caseReference` out.",
            "caseReference",
        )
