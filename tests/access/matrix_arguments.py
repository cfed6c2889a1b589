"""Paths of the matrix by arguments and values instead of rows: ``within``, cursors, and keys of groups."""

import base64
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from db.organizations import Hierarchy
from resolvers.access.callers import Caller as Persona
from resolvers.engine.declare.sources import Many
from resolvers.engine.declare.statistics import Ref
from resolvers.engine.request import global_ids
from resolvers.engine.request.arguments import snake
from resolvers.engine.request.cursors import BLOCK, FORM, HEADER, TAG
from resolvers.engine.statistics.dimension_keys import OUT_OF_SIGHT
from schema import registry
from tests.access.comparison import Comparison
from tests.access.coverage_plan import camel
from tests.access.matrix import NOBODY, Matrix
from tests.access.matrix_filters import refused
from tests.access.query_writer import filter_for_order

KINDS = sorted(registry.statistics)
ANCHORS = ("Organization", "Division")
AT_ONCE = 25


def anchored(matrix: Matrix, typename: str) -> Iterator[tuple[str, str, str]]:
    """Every root field that takes a row of this type as ``within``, with each selection: its name, its text, and the type that it lists."""
    for each in matrix.writer.lists:
        answer = registry.roots[snake(each.field)] if each.root else None
        if isinstance(answer, Many) and answer.anchor == typename:
            for below in (
                "totalCount",
                "nodes { __typename id }",
                "edges { cursor }",
                "pageInfo { endCursor }",
                "__typename",
            ):
                yield each.field, f"{each.field}(within: $within, first: 1{each.ever}) {{ {below} }}", each.target
    for kind in KINDS if typename == "Organization" else ():
        yield "statistics", f"statistics(within: $within, kind: {kind}) {{ total {{ records }} }}", kind


async def anchors(matrix: Matrix, comparison: Comparison, persona: Persona) -> None:
    """``within`` in every list and statistic: a row out of scope is answered with the same bytes as one that does not exist."""
    for typename in ANCHORS:
        asked = list(anchored(matrix, typename))
        for start in range(0, len(asked), AT_ONCE):
            await within(matrix, comparison, persona, typename, asked[start : start + AT_ONCE])


async def within(
    matrix: Matrix, comparison: Comparison, persona: Persona, typename: str, asked: Sequence[tuple[str, str, str]]
) -> None:
    """Some fields, within every sampled row of a type and within one that does not exist."""
    text = "query($within: ID!) { " + " ".join(f"a{n}: {field}" for n, (_, field, _) in enumerate(asked)) + " }"
    nowhere = global_ids.encode(registry.sources[typename].prefix, NOBODY)
    nothing = (await matrix.hub.answer(text, {"within": nowhere}, caller=persona)).body
    told = json.loads(nothing)
    if any(told["data"].values()) or {error["extensions"]["code"] for error in told["errors"]} != {"NOT_FOUND"}:
        comparison.fails("within", f"an anchor that is not there was answered: {told}")
    comparison.cells.update((target, "within", "out", f"{field} nowhere") for _, field, target in asked)
    for id_ in matrix.ids(typename):
        answer = await matrix.hub.answer(text, {"within": id_}, caller=persona)
        scope = "in" if comparison.sees({"__typename": typename, "id": id_}) else "out"
        if scope == "out" and answer.body != nothing:
            comparison.fails("within", f"{id_} is answered in another way than what is not there: {answer.body!r}")
        response = json.loads(answer.body)
        if scope == "in" and ("errors" in response or None in response["data"].values()):
            comparison.fails("within", f"{id_} is in scope and was not answered: {response}")
        comparison.cells.update((target, "within", scope, f"{field} {id_}") for _, field, target in asked)


async def cursors(matrix: Matrix, comparison: Comparison, persona: Persona) -> None:
    """Every list in every order: no cursor has readable content, and no other list accepts it."""
    other = "divisions(first: 1, after: $at) { nodes { id } }"
    for each in matrix.writer.lists:
        if not each.root:
            continue
        for column in (None, *each.columns):
            if column is not None and refused(comparison, each.target, camel(column)):
                continue
            order = "" if column is None else f", orderBy: [{{field: {column}}}]{filter_for_order(each.target, column)}"
            text = f"{{ {each.field}(first: 5{order}{each.ever})"
            text += " { pageInfo { startCursor endCursor } edges { cursor node { id } } } }"
            page = (await matrix.hub.response(text, caller=persona))["data"][each.field]
            told = [edge["cursor"] for edge in page["edges"]]
            for cursor in {*told, page["pageInfo"]["startCursor"], page["pageInfo"]["endCursor"]} - {None}:
                if leaks(cursor):
                    comparison.fails(f"{each.field} cursor", f"{cursor} can be read")
                comparison.cells.add((each.target, column or "id", "in", f"cursor of {each.field}"))
            if told and each.field != "divisions":
                code = await matrix.code(f"query($at: String) {{ {other} }}", {"at": told[0]}, persona)
                if code != "BAD_CURSOR":
                    comparison.fails(f"{each.field} cursor", f"another list took it: {code}")


def leaks(cursor: str) -> bool:
    """Whether a cursor shows more in clear than its format and the version of its key."""
    raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
    if raw[0] != FORM or (len(raw) - HEADER - TAG) % BLOCK:
        return True
    sealed = raw[HEADER:]
    # of sealed bytes about as many are printable as of any; of JSON or of a number written out all are
    return sum(32 <= byte < 127 for byte in sealed) > 0.8 * len(sealed)


async def keys(matrix: Matrix, comparison: Comparison, persona: Persona) -> None:
    """Every dimension whose values are rows: keys are of rows in scope, groups add up, and no condition finds other rows."""
    for kind, statistic in registry.statistics.items():
        for name, found in statistic.dimensions.items():
            if isinstance(found, Ref):
                await keys_of(
                    matrix, comparison, persona, f"kind: {kind}, groupBy: [{name}]", found.target, f"{kind} by {name}"
                )
                await conditions(matrix, comparison, persona, kind, name, found.target)
    unions = [id_ for id_ in matrix.ids("Organization") if comparison.sees({"__typename": "Organization", "id": id_})]
    for kind in ("MEMBERSHIPS", "EMPLOYERS", "VENUES", "CERTIFICATIONS", "ORGANIZATIONS"):
        for hierarchy in Hierarchy:
            for union in unions:
                arguments = f"kind: {kind}, groupBy: [CHILD_ORGANIZATION], within: $within, hierarchy: {hierarchy.name}"
                path = f"{kind} by CHILD_ORGANIZATION of {union}"
                await keys_of(matrix, comparison, persona, arguments, "Organization", path, within=union)


async def keys_of(
    matrix: Matrix,
    comparison: Comparison,
    persona: Persona,
    arguments: str,
    target: str,
    path: str,
    *,
    within: str | None = None,
) -> None:
    """The groups of one statistic, for the persona and for one who sees all; ``within`` is the value of the variable of that name."""
    declared, variables = ("", {}) if within is None else ("query($within: ID!) ", {"within": within})
    groups = "groups { keys { value label organization { id } } records }"
    text = f"{declared}{{ statistics({arguments}) {{ total {{ records }} {groups} }} }}"
    response = await matrix.hub.response(text, variables, caller=persona)
    if comparison.public:
        code = response["errors"][0]["extensions"]["code"] if "errors" in response else None
        if code != "DIMENSION_WITHHELD" and not comparison.policy.types[target].open:
            comparison.fails(path, f"groups were told to who has aggregates only: {code}")
        comparison.cells.add((target, "value", "out", path))
        return
    told = response["data"]["statistics"]
    national = (await matrix.response(text, variables, matrix.fixtures.standard))["data"]["statistics"]
    there = [group["keys"][0]["value"] for group in national["groups"]]
    for group in told["groups"]:
        key = group["keys"][0]
        row = {"__typename": target, "id": key["value"]}
        if key["value"] in (None, OUT_OF_SIGHT):
            if key["organization"] is not None:
                comparison.fails(path, f"a group without a value has a row: {group}")
            continue
        comparison.cells.add((target, "value", "in", f"{path} {key['value']}"))
        if not comparison.sees(row) or key["label"] is None:
            comparison.fails(path, f"{group} is told, which is out of scope or has no label")
        if target == "Organization" and (key["organization"] or {}).get("id") != key["value"]:
            comparison.fails(path, f"{group} does not lead to its row")
    out = [
        value
        for value in there
        if value not in (None, OUT_OF_SIGHT) and not comparison.sees({"__typename": target, "id": value})
    ]
    comparison.cells.update((target, "value", "out", f"{path} {value}") for value in out)
    if told["total"]["records"] != sum(group["records"] for group in told["groups"]):
        comparison.fails(path, f"groups do not add up: {told}")
    values = [group["keys"][0]["value"] for group in told["groups"]]
    labels = [group["keys"][0]["label"] for group in told["groups"]]
    if len({*zip(values, labels, strict=True)}) < len(values):
        comparison.fails(path, f"a group is told twice: {told}")


async def conditions(
    matrix: Matrix, comparison: Comparison, persona: Persona, kind: str, name: str, target: str
) -> None:
    """``where`` with the key of a row out of scope is answered as with one that does not exist."""
    if comparison.public:
        return
    text = f"query($in: [String!]!) {{ statistics(kind: {kind}, where: [{{dimension: {name}, in: $in}}]) {{ total {{ records }} }} }}"
    nowhere = [global_ids.encode(registry.sources[target].prefix, NOBODY)]
    nothing = await matrix.hub.answer(text, given(nowhere), caller=persona)
    every = f"{{ statistics(kind: {kind}, groupBy: [{name}]) {{ groups {{ keys {{ value }} }} }} }}"
    national = (await matrix.response(every, {}, matrix.fixtures.standard))["data"]["statistics"]["groups"]
    for value in values_of(national):
        if not comparison.sees({"__typename": target, "id": value}):
            answer = await matrix.hub.answer(text, given([value]), caller=persona)
            if answer.body != nothing.body:
                comparison.fails(f"{kind} where {name}", f"{value} is answered in another way than what is not there")
            comparison.cells.add((target, "where", "out", f"{kind} where {name} {value}"))


def given(values: list[str]) -> Mapping[str, Any]:
    """The variables of a condition."""
    return {"in": values}


def values_of(groups: Iterable[Mapping[str, Any]]) -> list[str]:
    """The values of groups by one dimension."""
    found = (group["keys"][0]["value"] for group in groups)
    return [value for value in found if value not in (None, OUT_OF_SIGHT)][:25]


PATHS = (anchors, cursors, keys)
"""All of these: each asks and has the answers judged."""
