"""Purposes of use (使用目的): which role may see which personal data in clear for each. ``docs/purposes.md`` prints the table."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from db.access import Role
from db.model import Term


class PersonalField(Term):
    """Personal data of a member that are masked elsewhere (个人信息项)."""

    NAME = "Name (姓名)"
    BIRTH_DATE = "Day of birth (出生日期)"
    RESIDENT_NUMBER = "Resident number (公民身份号码)"
    PHONE = "Mobile number (手机号码)"
    BANK_CARD = "Bank card: sensitive data (银行卡号，敏感个人信息)"


class RevealPurpose(Term):
    """Purpose for which personal data are shown in clear (使用目的)."""

    MEMBERSHIP_CHECK = "Check of a membership or an application against the person's papers (会籍核验)"
    SERVICE_CONTACT = "To reach a member for a service or visit of the union (联系服务)"
    BENEFIT_PAYMENT = "Payment of relief or condolence money to a member (发放帮扶慰问资金)"
    DISPUTE_CASE = "Work on a dispute case of the person (办理劳动争议案件)"
    INSURANCE_RECONCILIATION = "Reconciliation of insurance enrolments (参保信息核对)"
    EMERGENCY = "Danger to life, health or property (紧急情况)"
    SUBJECT_REQUEST = "To answer a data subject's request, identity checked (办理个人信息主体请求)"
    OWN_DATA = "The person themself (本人查阅)"


class Reference(Enum):
    """What the case reference of a purpose must name; the value is its description in messages."""

    PAYMENT = "ID of an approved grant or claim of mutual aid, unpaid, of the caller's own union, to the person, one person at a time"
    DISPUTE_CASE = "number of an open dispute case that the caller handles and to which every person named is a party"
    ENROLMENT = "ID of an insurance enrolment of the person that holds today, in sight, one person at a time"
    SUBJECT_REQUEST = (
        "ID of the person's open request for correction or erasure, opened by somebody else, one person at a time"
    )


@dataclass(frozen=True)
class Rule:
    """The legal basis of a purpose, and the fields that each role may see for it; ``reference`` is None if no case reference is needed."""

    basis: str
    roles: Mapping[Role, Sequence[PersonalField]]
    reference: Reference | None = None


_N, _B, _R, _P, _C = PersonalField
_UNIONS = (Role.GRASSROOTS_UNION, Role.FEDERATION, Role.INDUSTRY_UNION)

RULES: Mapping[RevealPurpose, Rule] = {
    RevealPurpose.MEMBERSHIP_CHECK: Rule(
        "PIPL art. 13(1)(3): duty of the union to serve its members, whom it registers; Trade Union Law art. 6,"
        " Constitution of the Trade Unions art. 28",
        dict.fromkeys(_UNIONS, (_N, _B, _R, _P)),
    ),
    RevealPurpose.SERVICE_CONTACT: Rule(
        "PIPL art. 13(1)(3): duty of the union to serve the workers; Trade Union Law art. 6",
        dict.fromkeys(_UNIONS, (_N, _P)),
    ),
    RevealPurpose.BENEFIT_PAYMENT: Rule(
        "PIPL art. 13(1)(1), 28–30: separate consent, a bank account being sensitive; kept with the grant referred to",
        dict.fromkeys(_UNIONS, (_N, _R, _C)),
        Reference.PAYMENT,
    ),
    RevealPurpose.DISPUTE_CASE: Rule(
        "PIPL art. 13(1)(3), for arbitration and court also 34, 37; Labour Dispute Mediation and Arbitration Law art. 28;"
        " Trade Union Law art. 22, 29, 30",
        dict.fromkeys((*_UNIONS, Role.CASE_WORKER, Role.TRIBUNAL), (_N, _B, _R, _P)),
        Reference.DISPUTE_CASE,
    ),
    RevealPurpose.INSURANCE_RECONCILIATION: Rule(
        "PIPL art. 13(1)(3), 34; Social Insurance Law art. 74",
        {Role.SOCIAL_SECURITY_AGENCY: (_N, _R)},
        Reference.ENROLMENT,
    ),
    RevealPurpose.EMERGENCY: Rule(
        "PIPL art. 13(1)(4): emergency, to protect life, health and property",
        dict.fromkeys(_UNIONS, (_N, _P)),
    ),
    RevealPurpose.SUBJECT_REQUEST: Rule(
        "PIPL art. 45–47, 50: answer to the person's own request",
        {Role.FEDERATION: (_N, _B, _R, _P, _C)},
        Reference.SUBJECT_REQUEST,
    ),
    RevealPurpose.OWN_DATA: Rule(
        "PIPL art. 44–45: right to know, to read and to copy",
        {Role.WORKER: (_N, _B, _R, _P, _C)},
    ),
}
"""A role without any purpose (human-resources bureau, employers' body, analyst) never sees personal data in clear."""


def allowed(purpose: RevealPurpose, fields: Sequence[PersonalField]) -> list[Role]:
    """The roles that may see all of these fields for this purpose."""
    return [role for role, permitted in RULES[purpose].roles.items() if set(fields) <= set(permitted)]


def as_markdown() -> str:
    """The table as ``docs/purposes.md`` has it."""
    lines = ["| Purpose | Basis | Case reference | Roles | Fields |", "|---|---|---|---|---|"]
    for purpose, rule in RULES.items():
        by_fields: dict[tuple[PersonalField, ...], list[Role]] = {}
        for role, fields in rule.roles.items():
            by_fields.setdefault(tuple(fields), []).append(role)
        reference = rule.reference.value if rule.reference else "none"
        for fields, roles in by_fields.items():
            cells = (
                f"`{purpose.name}` {purpose.label}",
                rule.basis,
                reference,
                ", ".join(f"`{role.name}`" for role in roles),
                ", ".join(f"`{field.name}`" for field in fields),
            )
            lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"
