"""``docs/page.md``: every figure of the page with its question in words, its query, and what the demonstration answers."""

import json
from collections.abc import Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from graphql import parse, print_ast

PLACE = Path(__file__).parents[2] / "docs" / "page.md"
HEAD = """# The page

For analysts: what the articles of one day's newspaper page of union work claim, and what the hub answers. Each figure has its question in
words, the GraphQL query, and the answer of the demonstration with 1,500 generated members, for the national federation, and for health
records for the union that handles them. A figure agrees if the answer equals the claim (`=`), is at least the claim (`≥`), or is within
10 % of it (`≈`). `publishedFigures` has all of them:

```graphql
{ publishedFigures(first: 80) { nodes { code claim qualifier unit value agrees query } } }
```

A caller who does not see all records of a figure's union gets the claim, and neither `value` nor `agrees`. A figure costs 300 objects with
both, and its query may return 150. The explorer has the same queries
among its examples. `make page` prints both.
"""
HEALTH = " Health records: only the union that handles them gets the value."
SIGNS = {"EXACT": "=", "GE": "≥", "APPROX": "≈"}
UNITS = {
    "PERSON": "人",
    "ATTENDANCE": "人次",
    "SESSION": "场次",
    "HOUSEHOLD": "户",
    "ORGANIZATION": "家",
    "CASE": "起",
    "ITEM": "个",
    "COPY": "册",
    "VEHICLE": "辆",
    "TONNE": "吨",
    "YUAN": "元",
    "DAY": "天",
    "MINUTE": "分钟",
    "RATIO": "",
}


def printed(figures: Sequence[Mapping[str, Any]], answers: Mapping[str, Any]) -> str:
    """The document: figures in the order of their articles, with the data that each one's query was answered."""
    parts = [HEAD]
    for article, below in groupby(figures, key=lambda figure: str(figure["article"])):
        parts.append(f"\n## {article}\n")
        parts.extend(_figure(figure, answers[figure["code"]]) for figure in below)
    return "".join(parts)


def _figure(figure: Mapping[str, Any], answer: Any) -> str:
    unit = UNITS[figure["unit"]]
    claim = f"{SIGNS[figure['qualifier']]} {figure['claim']} {unit}".rstrip()
    value = f"{figure['value']} {unit}".rstrip()
    return (
        f"\n### {figure['code']}: {figure['question']}\n\n"
        f"> {figure['phrase']}\n\n"
        f"{figure['division']['name']}{_period(figure)}. Claimed: {claim}. Answered: **{value}**, at `{figure['path']}`."
        f"{HEALTH if figure['isSensitive'] else ''}\n\n"
        f"```graphql\n{print_ast(parse(figure['query']))}\n```\n\n"
        f"```json\n{json.dumps(answer, ensure_ascii=False)}\n```\n"
    )


def _period(figure: Mapping[str, Any]) -> str:
    since, until = figure["startsOn"], figure["endsOn"]
    if since and until:
        return f", from {since} until {until}"
    return f", until {until}" if until else f", from {since}" if since else ""
