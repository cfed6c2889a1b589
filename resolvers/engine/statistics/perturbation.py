"""Noise put into the whole and the groups of a statistic, in place, for callers with aggregates only (docs/small-cells.md)."""

from collections.abc import Sequence
from typing import Any

from resolvers.engine.declare.statistics import Measure
from resolvers.engine.statistics.digests import Digests
from resolvers.engine.statistics.frames import Frame
from resolvers.engine.statistics.noise import FEW, count, draw, is_few, median, noise, real, total
from resolvers.engine.statistics.overlap import Neighbourhood
from resolvers.engine.statistics.row_layout import SLOTS, Row


def perturb(neighbourhood: Neighbourhood, rows: Sequence[list[Any]], digests: Digests) -> set[int]:
    """Put noise into the whole (the first row) and its groups; which groups are blank for they are of few, or near to another cell."""
    kind = neighbourhood.question.population.kind.encode()
    return {place - 1 for place, row in enumerate(rows) if not _perturb(neighbourhood, row, kind, digests)}


def charge(rows: Sequence[Row], frame: Frame, digests: Digests) -> None:
    """Count the whole and the groups of an answer as cells that the caller is given: those that are listed, and no others, or what is
    left of the budget would tell how many are withheld."""
    if frame.cells is not None:
        frame.cells.update(int.from_bytes(digests.of(row)) for row in rows)


def _perturb(neighbourhood: Neighbourhood, row: list[Any], kind: bytes, digests: Digests) -> bool:
    """Put noise into one row; whether anything of it is given."""
    question = neighbourhood.question
    layout = question.layout
    people, cell_key = row[layout.people], row[layout.people_cell_key]
    given, moved = None, 0
    if people and not is_few(people):  # fewer are never given, whatever the noise
        digest = digests.of(row)
        moved = noise(cell_key, kind, digest)
        given = count(people, moved, neighbourhood.smallest)
        if given is not None and not neighbourhood.is_given(row, layout.people, layout.people_cell_key, kind):
            given = None
    if given is None:
        for at in layout.measure_places:
            row[at] = None
        return False
    records = row[layout.measure("records")]
    for at, (name, measure) in zip(layout.measure_places, question.measures.items(), strict=True):
        if row[at] is None:
            continue
        if name in question.people_measures:
            row[at] = given
        else:
            salt = kind + (name if measure.is_named else "records").encode()
            row[at] = _measured(neighbourhood, row, at, measure, (kind, salt, digest), (given, moved, records))
    return True


def _measured(
    neighbourhood: Neighbourhood,
    row: list[Any],
    at: int,
    measure: Measure,
    salts: tuple[bytes, bytes, bytes],
    cell: tuple[int, int, int],
) -> Any:
    """A measure with noise: ``salts`` are those of the kind, of the measure and of the question, ``cell`` how many people are given,
    the noise in them, and how many records there are."""
    value, largest, cell_key = row[at : at + SLOTS]
    (kind, salt, digest), (given, moved, records), smallest = salts, cell, neighbourhood.smallest
    if measure.is_count:
        is_given = measure.part is None or neighbourhood.is_part_given(row, at, kind)
        return count(int(value), moved + draw(cell_key, salt), smallest) if is_given else None
    if measure.largest is not None:
        own = real(cell_key, salt) + real(cell_key, b"?" + salt + digest)
        return total(value, largest or 0, records, moved, own)
    return median(value, cell_key, salt + digest) if given >= FEW * smallest else None
