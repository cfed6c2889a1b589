"""The policy table as ``docs/who-sees-what.md`` prints it."""

from collections.abc import Iterable
from pathlib import Path

from tests.access.policy_table import NATIONAL, PUBLIC, PolicyTable

PLACE = Path(__file__).parent.parent.parent / "docs" / "who-sees-what.md"
MARK = "<!-- From here on: printed from tests/access/who_sees_what.toml by UPDATE_DOCS=1 pytest tests/access/test_policy_document.py -->\n"
LEVELS = {
    "clear": "in clear (明文)",
    "part": "in part (脱敏)",
    "hidden": "hidden (不显示)",
    "handler": "in clear to who handles the case itself, hidden from others (仅承办工会可见)",
}
FIELDS = {
    "NAME": "Name (姓名)",
    "BIRTH_DATE": "Day of birth (出生日期)",
    "RESIDENT_NUMBER": "Resident number (公民身份号码)",
    "PHONE": "Mobile number (手机号码)",
    "BANK_CARD": "Bank card (银行卡号)",
}


def tables(policy: PolicyTable) -> str:
    """Rows, by what they are reached, fields that are masked, fields in clear by ``reveal``, the words, all fields shown with rows."""
    return "\n".join(
        [MARK, *_rows(policy), *_reach(policy), *_masked(policy), *_revealed(policy), *_words(policy), *_fields(policy)]
    )


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _head(*cells: str) -> list[str]:
    return [_row(*cells), "|---" * len(cells) + "|"]


def _short(groups: Iterable[str]) -> str:
    """Groups by their English names: the head of the first table has both."""
    return "; ".join(name.partition(" (")[0] for name in groups)


def _rows(policy: PolicyTable) -> list[str]:
    groups = [group for group in policy.groups if group not in (NATIONAL, PUBLIC)]
    lines = ["## Rows (记录)", "", *_head("Type (类型)", *(policy.groups[group] for group in groups))]
    for entry in policy.types.values():
        cells = ["all (全部)" if entry.open else entry.rows.get(group, "–") for group in groups]
        lines.append(_row(entry.title, *cells))
    withheld = [entry.title for entry in policy.types.values() if entry.withheld]
    kept = (
        f", and of these types only the records that it handles itself (仅限本级承办): {', '.join(withheld)}"
        if withheld
        else ""
    )
    return [
        *lines,
        "",
        f"{policy.groups[NATIONAL]}: all (全部){kept}.",
        "",
        f"{policy.groups[PUBLIC]}: only what is open to everybody (除公开信息外无); counts as in"
        " [small-cells.md](small-cells.md).",
        "",
    ]


def _reach(policy: PolicyTable) -> list[str]:
    lines = ["## How rows are reached (查询范围)", ""]
    return [*lines, *(f"- {rule}. {chinese}。" for rule, chinese in policy.reach.items()), ""]


def _masked(policy: PolicyTable) -> list[str]:
    lines = [
        "## Fields that are not shown in clear to all (脱敏信息项)",
        "",
        *_head("Field (信息项)", "To whom (对象)", "How (方式)"),
    ]
    for name, entry in policy.types.items():
        for field in entry.masked:
            by: dict[str, list[str]] = {}
            for group in policy.groups:
                if entry.sees(group) and group != PUBLIC:
                    by.setdefault(entry.level(field, group), []).append(policy.groups[group])
            for level, groups in by.items():
                lines.append(_row(f"`{name}.{field}` {entry.title}", _short(groups), LEVELS[level]))
    return [
        *lines,
        "",
        "In part: `张*`, `371003************`, `138********`, and of a bank card no digit; [masks.md](masks.md) says why."
        " `birthYearFrom` is the first of five years (1985 for 1985 to 1989), for everybody. A field that is not shown in clear to a caller"
        " cannot be filtered or ordered by (不得按未以明文显示的信息项筛选或排序).",
        "",
    ]


def _revealed(policy: PolicyTable) -> list[str]:
    lines = [
        "## In clear for a stated purpose (按目的查看明文)",
        "",
        "Members in sight, by `reveal`, logged before the answer; [purposes.md](purposes.md) has the purposes.",
        "",
        *_head("Field (信息项)", "To whom (对象)"),
    ]
    for field, groups in policy.reveal.items():
        lines.append(_row(FIELDS[field], _short(name for group, name in policy.groups.items() if group in groups)))
    return [*lines, ""]


def _words(policy: PolicyTable) -> list[str]:
    lines = ["## Words (用语)", "", *_head("Word", "用语")]
    return [*lines, *(_row(word, chinese) for word, chinese in policy.words.items()), ""]


def _fields(policy: PolicyTable) -> list[str]:
    lines = ["## Fields shown with the row (随记录显示的信息项)", "", *_head("Type (类型)", "Fields (信息项)")]
    for name, entry in policy.types.items():
        lines.append(_row(f"`{name}` {entry.title}", " ".join(f"`{field}`" for field in entry.fields)))
    return [*lines, "", *_head("What is no row (非记录类型)", "Whose (归属)"), *_others(policy), ""]


def _others(policy: PolicyTable) -> list[str]:
    return [_row(f"`{name}`", entry.title) for name, entry in policy.others.items()]
