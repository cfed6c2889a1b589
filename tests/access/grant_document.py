"""The table of ``db.security.grant_rules`` as ``docs/sign-in.md`` prints it."""

from collections.abc import Iterable
from pathlib import Path

from db.security.grant_rules import SEEN, TABLE, Ending, Granter

PLACE = Path(__file__).parent.parent.parent / "docs" / "sign-in.md"
BEGIN = "<!-- Printed from db/security/grant_rules.py by UPDATE_DOCS=1 pytest tests/access/test_grant_document.py -->\n"
END = "<!-- End of what is printed -->\n"
TITLES = {
    "AdministeredGrant": "grants: role, scope, days, by whom (授权)",
    "Principal": "principals: name, kind, union, since when disabled (访问主体)",
    "ApiKey": "keys: prefix, when made, end, last use (接口密钥)",
}


def tables() -> str:
    """Who may grant what, who ends it, and what who administers access sees."""
    return "\n".join([BEGIN, *_granting(), "", *_ending(), "", *_seeing(), "", END])


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _granting() -> list[str]:
    heads = ["Role (角色)", "Over (范围)", *(granter.value for granter in Granter)]
    lines = [_row(heads), "|---" * len(heads) + "|"]
    for role, rule in TABLE.items():
        reach = (rule.by[granter].value if granter in rule.by else "–" for granter in Granter)
        along = "" if len(rule.hierarchies) != 1 else f": {next(iter(rule.hierarchies)).name}"
        lines.append(_row([f"`{role.name}`", f"{rule.over.value}{along}", *reach]))
    return lines


def _ending() -> list[str]:
    return ["A grant is ended by (撤销授权者):", *(f"- {each.value}" for each in Ending)]


def _seeing() -> list[str]:
    lines = [_row(["Of (对象)", "a federation or industry union sees (地方总工会、产业工会可见)"]), "|---|---|"]
    return lines + [_row([f"{TITLES[name]}", "; ".join(each.value for each in seen)]) for name, seen in SEEN.items()]
