"""What each example is for: which caller may run it and finds something by it, tried on a hub with the demonstration."""

import json
import re
from pathlib import Path
from typing import Any, NamedTuple

import httpx

from db.demo.personas import PERSONAS
from tests.tokens import token

FOLDER = Path(__file__).parents[2] / "explorer" / "src" / "examples"
PLACE = FOLDER / "audiences.json"
OTHERS = "OTHERS"
"""Stands for the roles that no persona of the demonstration has."""

PUBLIC = "public"
CALLERS = (PUBLIC, *PERSONAS)

ONLY = {"WhatIsHeldOnMe": {"WORKER"}, "AssignedCases": {"CASE_WORKER"}, "PublishedClaims": {"ANALYST", "WORKER"}}
"""Examples of one role's own records, which others could run too and gain nothing by; they may find nothing yet."""


class Example(NamedTuple):
    """An operation of the explorer, with the variables that come with it."""

    query: str
    variables: dict[str, Any]


def examples() -> dict[str, Example]:
    """All examples of the explorer, by the name of their operation."""
    general = [path.read_text() for path in sorted(FOLDER.glob("*.graphql"))]
    of_page = [one["query"] for part in json.loads((FOLDER / "page.json").read_text()) for one in part["examples"]]
    found = {}
    for text in (*general, *of_page):
        (name,) = re.findall(r"^query (\w+)", text, re.MULTILINE)
        found[name] = Example(text, {"name": "明"} if "$name" in text else {})
    return found


def client(caller: str) -> httpx.Client:
    """A client that asks as a persona, or as the public."""
    headers = {} if caller == PUBLIC else {"authorization": f"Bearer {token(caller)}"}
    return httpx.Client(headers=headers, timeout=60)


def role_of(caller: str) -> str:
    """The role of a persona; the public is an analyst."""
    return "ANALYST" if caller == PUBLIC else PERSONAS[caller].role.name


def scopes(hub_url: str) -> dict[str, str | None]:
    """The name of the union or division that each caller is granted, as `viewer` says it."""
    found = {}
    for caller in CALLERS:
        with client(caller) as asking:
            answer = asking.post(
                f"{hub_url}/graphql", json={"query": "{ viewer { grants { organizationName divisionName } } }"}
            ).json()
        (grant,) = answer["data"]["viewer"]["grants"]
        found[caller] = grant["organizationName"] or grant["divisionName"]
    return found


def tried(hub_url: str) -> dict[str, dict[str, bool]]:
    """For each example, which caller it answers with something."""
    found: dict[str, dict[str, bool]] = {}
    for caller in CALLERS:
        with client(caller) as asking:
            for name, example in examples().items():
                answer = asking.post(f"{hub_url}/graphql", json=example._asdict()).json()
                found.setdefault(name, {})[caller] = "errors" not in answer and (name in ONLY or finds(answer["data"]))
    return found


def finds(value: Any) -> bool:
    """Whether an answer has anything in it: a number, a text, a row."""
    if isinstance(value, dict):
        return any(finds(below) for name, below in value.items() if name not in {"keys", "asOf", "dimension"})
    if isinstance(value, list):
        return any(map(finds, value))
    return value not in (None, "", 0, "0", "0.00")


def audiences(hub_url: str) -> dict[str, dict[str, bool | list[str]]]:
    """The file's content: by example and role, everybody of the role or the scopes of those who find something."""
    named = scopes(hub_url)
    wanted: dict[str, dict[str, bool | list[str]]] = {}
    roles = sorted({role_of(caller) for caller in CALLERS})
    for name, found in tried(hub_url).items():
        by_role: dict[str, bool | list[str]] = {}
        for role in roles:
            callers = [caller for caller in CALLERS if role_of(caller) == role]
            if role not in ONLY.get(name, set(roles)):
                continue
            if all(found[caller] for caller in callers):
                by_role[role] = True
            elif some := [scope for caller in callers if found[caller] and (scope := named[caller])]:
                by_role[role] = some
        if all(by_role.get(role) is True for role in roles):
            by_role[OTHERS] = True
        wanted[name] = by_role
    return wanted


def printed(wanted: dict[str, dict[str, bool | list[str]]]) -> str:
    """The file, a line for each example."""
    lines = (f"  {json.dumps(name)}: {json.dumps(by_role, ensure_ascii=False)}" for name, by_role in wanted.items())
    return "{\n" + ",\n".join(lines) + "\n}\n"
