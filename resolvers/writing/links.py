"""The links of a batch of unions to their parents, which may be unions of the same batch: who is whose parent, and that nobody is their
own."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from db.organizations import OrganizationLink
from resolvers.access.callers import Lens
from resolvers.writing.batch import Batch
from resolvers.writing.columns import UNION
from resolvers.writing.parts import Part
from resolvers.writing.references import refuse_unknown

LINKS = """SELECT child_id, parent_id, hierarchy, is_lead, valid_from, valid_to FROM organization_link
WHERE child_id = ANY ($1::bigint[]) ORDER BY id"""
PARENTS = "SELECT id, established_on, dissolved_on FROM organization WHERE id = ANY ($1::bigint[])"
ABOVE = """SELECT 'TERRITORIAL' AS hierarchy, ancestor_id, descendant_id FROM territorial_closure
WHERE ancestor_id = ANY ($1::bigint[]) AND descendant_id = ANY ($2::bigint[]) AND valid_to IS NULL
UNION ALL SELECT 'INDUSTRIAL', ancestor_id, descendant_id FROM industrial_closure
WHERE ancestor_id = ANY ($1::bigint[]) AND descendant_id = ANY ($2::bigint[]) AND valid_to IS NULL"""
WITHIN = """SELECT 'TERRITORIAL' AS hierarchy, descendant_id FROM territorial_closure
WHERE ancestor_id = ANY ($1::bigint[]) AND descendant_id = ANY ($3::bigint[])
UNION ALL SELECT 'INDUSTRIAL', descendant_id FROM industrial_closure
WHERE ancestor_id = ANY ($2::bigint[]) AND descendant_id = ANY ($3::bigint[])"""
OTHER = {"TERRITORIAL": "INDUSTRIAL", "INDUSTRIAL": "TERRITORIAL"}
SIDES = ("parent", "second_parent")

Record = Mapping[str, Any]


@dataclass(frozen=True)
class Links:
    """The links to leading parents and to second parents that are written."""

    parts: tuple[Part, Part]


class Graph:
    """The parents of a batch's rows: ``rows`` where the parent is a row of the batch, ``keys`` where it is on record; by column."""

    def __init__(self, batch: Batch, unions: Part) -> None:
        self.batch = batch
        self.unions = unions
        hierarchies = [each or "TERRITORIAL" for each in batch.values["hierarchy"]]
        self.hierarchy = {"parent": hierarchies, "second_parent": [OTHER[each] for each in hierarchies]}
        by_name = _by_names(batch)
        self.rows: dict[str, list[int | None]] = {}
        self.keys: dict[str, list[int | None]] = {}
        for side in SIDES:
            self.keys[side] = list(batch.keys[side])
            self.rows[side] = [None] * len(batch)
            for row, value in enumerate(batch.values[side]):
                if value is not None and self.keys[side][row] is None:
                    self._find_in_batch(side, row, by_name.get(value, []))

    def _find_in_batch(self, side: str, row: int, rows: Sequence[int]) -> None:
        if len(rows) == 1:
            self.rows[side][row] = rows[0]
        elif rows:
            numbers = ", ".join(str(self.batch.rows[each].number) for each in rows[:5])
            self.batch.refuse(
                row, "AMBIGUOUS", side, f"Rows {numbers} have this name. Write the credit code or the number."
            )
        elif not any(each.code == "AMBIGUOUS" and each.column == side for each in self.batch.findings.get(row, ())):
            refuse_unknown(self.batch, row, side, UNION)

    def key(self, side: str, row: int) -> int | None:
        """The key of a row's parent, which may be a new one."""
        above = self.rows[side][row]
        assert self.unions.ids is not None
        return self.keys[side][row] if above is None else self.unions.ids[above]

    def parent(self, hierarchy: str, row: int) -> tuple[int | None, int | None]:
        """The parent of a row in one hierarchy: a row of the batch or a key on record, if any."""
        side = SIDES[self.hierarchy["parent"][row] != hierarchy]
        return self.rows[side][row], self.keys[side][row]

    def top(self, hierarchy: str, row: int) -> tuple[int | None, Sequence[int]]:
        """The key on record at which the rows above a row end, and those rows, from the row up; with a circle the first row comes twice."""
        path = [row]
        while True:
            above, key = self.parent(hierarchy, path[-1])
            if above is None:
                return key, path
            if above in path:
                return None, [*path[path.index(above) :], above]
            path.append(above)


def _by_names(batch: Batch) -> Mapping[str, list[int]]:
    """The rows of a batch by each text that names them."""
    rows: dict[str, list[int]] = defaultdict(list)
    for row in range(len(batch)):
        for name in {batch.values[each][row] for each in ("credit_code", "source_number", "name")} - {None}:
            rows[name].append(row)
    return rows


async def links_of(batch: Batch, unions: Part) -> Links:
    """The links that rows give and that are not there: MOVES_UNION, REQUIRED, CIRCLE, DATE_ORDER, PARENT_REFUSED."""
    graph = Graph(batch, unions)
    known: dict[int, list[Record]] = defaultdict(list)
    for record in await batch.connection.fetch(LINKS, [old["id"] for old in unions.existing if old is not None]):
        known[record["child_id"]].append(record)
    begins = [
        own if own is not None else day
        for own, day in zip(batch.values["linked_on"], unions.values["established_on"], strict=True)
    ]
    parts = []
    for side in SIDES:
        present = [_is_new(batch, graph, side, row, begins[row], known) for row in range(len(batch))]
        parts.append(_part(batch, graph, side, begins, present, known))
    await _check_parents(batch, graph, parts, begins)
    await _refuse_circles(batch, graph, parts)
    _refuse_below_refused(batch, graph)
    await _refuse_outside(batch, graph)
    _refuse_below_refused(batch, graph)
    return Links((parts[0], parts[1]))


def _is_new(
    batch: Batch, graph: Graph, side: str, row: int, begins: date | None, known: Mapping[int, Sequence[Record]]
) -> bool:
    """Whether a row gives a link that is not there yet; refuses the row where it cannot be."""
    old, key = graph.unions.existing[row], graph.key(side, row)
    if key is None:
        if (
            old is None
            and side == "parent"
            and batch.values[side][row] is None
            and Lens.EVERYTHING not in batch.context.caller.lenses
        ):
            batch.refuse(row, "REQUIRED", "parent", "A new union has a parent.")
        return False
    links = (
        [each for each in known.get(old["id"], ()) if each["hierarchy"] == graph.hierarchy[side][row]] if old else []
    )
    current = next((each for each in links if each["valid_to"] is None), None)
    if current is not None:
        if current["parent_id"] != key:
            batch.refuse(
                row,
                "MOVES_UNION",
                side,
                "The union has another parent. A move has a day and a reason: it is no correction.",
            )
        return False
    if begins is None:
        batch.refuse(
            row, "REQUIRED", "linked_on", "Say since when the union has this parent, or when it was established."
        )
        return False
    if any(each["valid_to"] > begins for each in links):
        batch.refuse(row, "OVERLAP", "linked_on", "The union had another parent in this hierarchy until a later day.")
    return True


def _part(
    batch: Batch,
    graph: Graph,
    side: str,
    begins: Sequence[date | None],
    present: Sequence[bool],
    known: Mapping[int, Sequence[Record]],
) -> Part:
    """The new links of one side; a union that has a leading parent already gets one that does not lead."""
    existing = graph.unions.existing
    led = [
        any(each["is_lead"] and each["valid_to"] is None for each in known.get(old["id"], ())) if old else False
        for old in existing
    ]
    return Part(
        OrganizationLink,
        [None] * len(batch),
        {},
        fixed={
            "child_id": graph.unions.ids or (),
            "parent_id": [graph.key(side, row) for row in range(len(batch))],
            "hierarchy": graph.hierarchy[side],
            "is_lead": [side == "parent" and not each for each in led],
            "valid_from": begins,
        },
        present=present,
    )


async def _check_parents(batch: Batch, graph: Graph, parts: Sequence[Part], begins: Sequence[date | None]) -> None:
    """A union is linked on a day on which it and its parent exist: DATE_ORDER."""
    keys = sorted({key for side in SIDES for key in graph.keys[side] if key is not None})
    days = {row["id"]: row for row in await batch.connection.fetch(PARENTS, keys)}
    own = graph.unions.values
    for side, part in zip(SIDES, parts, strict=True):
        for row, begin in enumerate(begins):
            if not part.present[row] or begin is None:
                continue
            above, key = graph.rows[side][row], graph.keys[side][row]
            parent = (
                days.get(key)
                if above is None
                else {name: own[name][above] for name in ("established_on", "dissolved_on")}
            )
            established = own["established_on"][row]
            if established is not None and begin < established:
                batch.refuse(
                    row,
                    "DATE_ORDER",
                    "linked_on",
                    "A union is linked on a day on which it exists: it was established later.",
                )
            if parent is not None and (parent["established_on"] or date.min) > begin:
                batch.refuse(row, "DATE_ORDER", side, "The parent was established after the day of the link.")
            if parent is not None and (parent["dissolved_on"] or date.max) <= begin:
                batch.refuse(row, "DATE_ORDER", side, "The parent was dissolved by the day of the link.")


async def _refuse_circles(batch: Batch, graph: Graph, parts: Sequence[Part]) -> None:
    """No union is above itself, within the batch or with what is on record: CIRCLE."""
    ends: list[tuple[int, str, str, int]] = []
    for side, part in zip(SIDES, parts, strict=True):
        for row, hierarchy in enumerate(graph.hierarchy[side]):
            if graph.key(side, row) is None:
                continue
            top, path = graph.top(hierarchy, row)
            if len(path) > 1 and path[0] == path[-1]:
                if row in path:
                    names = " → ".join(str(batch.values["name"][each]) for each in path)
                    batch.refuse(
                        row, "CIRCLE", side, f"These unions would be above themselves: {names}. Write the right parent."
                    )
            elif top is not None and part.present[row] and graph.unions.existing[row] is not None:
                ends.append((row, side, hierarchy, top))
    children = [graph.unions.ids[row] for row, *_ in ends] if graph.unions.ids is not None else []
    found = {tuple(each) for each in await batch.connection.fetch(ABOVE, children, [end[3] for end in ends])}
    for (row, side, hierarchy, top), child in zip(ends, children, strict=True):
        if (hierarchy, child, top) in found:
            name = batch.values["name"][row]
            batch.refuse(
                row, "CIRCLE", side, f"This parent is below {name} in the same hierarchy. Write the right parent."
            )


async def _refuse_outside(batch: Batch, graph: Graph) -> None:
    """A new union is below one of the caller's along the hierarchy in which the caller writes: OUTSIDE."""
    scope = batch.scope
    keys = sorted({key for side in SIDES for key in graph.keys[side] if key is not None})
    within = {tuple(each) for each in await batch.connection.fetch(WITHIN, scope.territorial, scope.industrial, keys)}
    for row, old in enumerate(graph.unions.existing):
        if old is not None or scope.everything or row in batch.refused:
            continue
        if not any((hierarchy, graph.top(hierarchy, row)[0]) in within for hierarchy in OTHER):
            batch.refuse(
                row,
                "OUTSIDE",
                "hierarchy",
                "By this hierarchy the union would be outside of those that you may write to. Link it there too.",
            )


def _refuse_below_refused(batch: Batch, graph: Graph) -> None:
    """A union whose parent is a refused row of the batch cannot be written either: PARENT_REFUSED."""
    below: dict[int, list[tuple[int, str]]] = defaultdict(list)
    for side in SIDES:
        for row, above in enumerate(graph.rows[side]):
            if above is not None:
                below[above].append((row, side))
    left = list(batch.refused)
    while left:
        above = left.pop()
        for row, side in below[above]:
            if row not in batch.refused:
                number = batch.rows[above].number
                batch.refuse(
                    row, "PARENT_REFUSED", side, f"The parent is row {number}, which is refused. Mend that row."
                )
                left.append(row)
