"""The matrix: every field of the schema, as every persona, in and out of scope, by every path, against the policy table
``who_sees_what.toml`` (which says how to add a type or a field)."""

import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from itertools import product

import asyncpg
import pytest

from db.clock import today
from db.encryption.vault import Vault
from resolvers.access.callers import Caller
from schema import registry, schema
from tests.access import matrix as matrix_of_rows
from tests.access import matrix_arguments, matrix_filters
from tests.access.comparison import Comparison, StoredRows, VisibleRows
from tests.access.coverage_plan import planned
from tests.access.fixtures import PERSONAS, AccessFixtures
from tests.access.hierarchy_visibility import UnionsOfRows
from tests.access.matrix import Matrix, lookups, nodes
from tests.access.policy_reference import PolicyReference, groups_of
from tests.access.policy_table import NATIONAL, PUBLIC, PolicyTable, missing
from tests.access.query_writer import QueryWriter
from tests.resolvers.engine_client import EngineClient
from tests.slow import sampled

TABLES = {name: source.table.name for name, source in registry.sources.items()}


def test_every_field_of_the_schema_is_in_the_policy_table(policy: PolicyTable) -> None:
    """A new type or field has its line in the table before it is served."""
    found = missing(schema._schema, policy)
    assert not found, "\n\n".join(found)


@pytest.fixture(scope="session")
async def matrices(
    first_wall: EngineClient,
    both_walls: EngineClient,
    owner: asyncpg.Pool,
    fixtures: AccessFixtures,
    policy: PolicyTable,
) -> Mapping[str, Matrix]:
    """The matrix behind the first wall and behind both, with its sample: the rows of the fixtures, what the personas are granted, and some
    of every type."""
    sample: dict[str, list[int]] = {}
    for name in policy.types:
        some = await owner.fetch(f"SELECT id FROM {TABLES[name]} ORDER BY hashint8(id) LIMIT 4")
        sample[name] = [*fixtures.keys(name), *(row["id"] for row in some)]
        if not fixtures.keys(name):
            for caller in fixtures.callers.values():
                sample[name] += sorted(await PolicyReference(owner, policy, TABLES, caller, today()).rows(name))[:2]
    for caller in fixtures.callers.values():
        for grant in caller.grants:
            for name, key in (("Organization", grant.organization_id), ("Division", grant.division_id)):
                if key is not None:
                    sample[name].append(key)
    writer = QueryWriter(schema._schema, policy)
    kept = {name: list(dict.fromkeys(keys)) for name, keys in sample.items()}
    unions = await UnionsOfRows.of(owner, writer)
    first = Matrix(first_wall, fixtures, writer, kept, unions)
    both = Matrix(both_walls, fixtures, writer, kept, unions, standard_hub=first_wall)
    both.national = first.national
    return {"first": first, "both": both}


@pytest.fixture
def matrix(matrices: Mapping[str, Matrix], wall: str) -> Matrix:
    """The matrix behind the walls that a test names."""
    return matrices[wall]


@pytest.fixture(scope="session")
async def truth(matrices: Mapping[str, Matrix], owner: asyncpg.Pool, vault: Vault) -> StoredRows:
    """The sampled rows, and all rows with masked fields, as the database has them."""
    found = StoredRows()
    for name, keys in matrices["first"].sample.items():
        await found.read(owner, vault, name, TABLES[name], keys)
    return found


SEES_ROWS = [name for name in PERSONAS if name != "analyst"]
EVERY_PATH = (*matrix_of_rows.PATHS, *matrix_filters.PATHS, *matrix_arguments.PATHS)
ONE_OF_EACH_LENS = (
    "national",
    "weihai",
    "shenzhen-hr",
    "shenzhen-insurance",
    "shenzhen-commerce",
    "shenzhen-mediator",
    "member",
)
SAMPLE = [("weihai", "first"), ("member", "first")]
"""What ``make test`` runs by every path: one who sees rows by a union and one who sees their own, behind the first wall, which hides what
the second lets through. The second shows what the first shows (``tests/resolvers/test_second_wall.py``)."""


@pytest.mark.parametrize(("name", "wall"), sampled(product(SEES_ROWS, ("first", "both")), SAMPLE))
async def test_a_persona_sees_what_the_policy_table_says_and_nothing_else(
    matrix: Matrix,
    truth: StoredRows,
    owner: asyncpg.Pool,
    name: str,
    record_property: Callable[[str, object], None],
) -> None:
    """By every path: what is in scope comes, as clear or masked as the table has it; what is out of scope is as if it were not there."""
    cells = await compared(matrix, truth, owner, name, EVERY_PATH, "")
    record_property("cells", cells)
    print(f"{name}: {cells} cells")


@pytest.mark.parametrize("wall", ["first"])
@pytest.mark.parametrize("name", [name for name in ONE_OF_EACH_LENS if (name, "first") not in SAMPLE])
async def test_each_lens_sees_by_id_and_by_code_what_the_policy_table_says_and_nothing_else(
    matrix: Matrix, truth: StoredRows, owner: asyncpg.Pool, name: str
) -> None:
    """Every field of every type, in and out of scope. By the other paths the slow set compares them, in the test above."""
    await compared(matrix, truth, owner, name, (nodes, lookups), BY_KEY)


BY_KEY = r"nodes?|\w+\(\w+:\)(?<!\(within:\))"
"""The paths that ``nodes`` and ``lookups`` of the matrix take, by their names in the coverage plan."""


async def compared(
    matrix: Matrix,
    truth: StoredRows,
    owner: asyncpg.Pool,
    name: str,
    paths: Iterable[Callable[[Matrix, Comparison, Caller], Awaitable[None]]],
    planned_paths: str,
) -> int:
    """How many cells were compared for a persona by these paths: none was wrong, and none left out of those that are planned for the paths
    with these names (a pattern; without it, for all)."""
    persona = matrix.fixtures.callers[name]
    reference = PolicyReference(owner, matrix.writer.policy, TABLES, persona, today())
    comparison = Comparison(matrix.writer, await VisibleRows.of(reference, matrix.writer.policy), truth, matrix.unions)
    for path in paths:
        await path(matrix, comparison, persona)
    tried = comparison.cells | {
        (typename, field, "in", path) for typename, field, _, path in comparison.cells if "." in path
    }
    plan = planned(comparison, matrix.staged())
    wanted = {cell for cell in plan if not planned_paths or re.fullmatch(planned_paths, cell[3])}
    assert wanted
    left_out = wanted - tried
    assert not left_out, "\n".join(
        ["No row tries these cells; add one in tests/access/fixtures.py:", *map(str, sorted(left_out)[:60])]
    )
    assert not comparison.faults, "\n".join(
        [f"{len(comparison.faults)} cells are wrong for {name}:", *comparison.faults[:40]]
    )
    assert len(comparison.cells) > 1_000
    return len(comparison.cells)


@pytest.mark.parametrize("wall", ["first", "both"])
@pytest.mark.parametrize("name", ["public", "analyst"])
async def test_callers_with_aggregates_only_find_no_row_by_its_key_and_no_key_of_a_row(
    matrix: Matrix, truth: StoredRows, owner: asyncpg.Pool, name: str
) -> None:
    """What they have no list of they do not find by ID, code or number either, nor as a dimension of statistics."""
    persona = matrix.fixtures.callers[name]
    reference = PolicyReference(owner, matrix.writer.policy, TABLES, persona, today())
    comparison = Comparison(matrix.writer, await VisibleRows.of(reference, matrix.writer.policy), truth, matrix.unions)
    for path in (nodes, lookups, matrix_arguments.keys):
        await path(matrix, comparison, persona)
    assert not comparison.faults, "\n".join(comparison.faults[:40])
    assert len(comparison.cells) > 500


async def test_the_matrix_finds_a_wall_that_is_not_there(
    matrices: Mapping[str, Matrix], truth: StoredRows, owner: asyncpg.Pool, fixtures: AccessFixtures
) -> None:
    """Plans without scope or masks: rows of every type out of scope, and every masked field, are told as wrong."""
    matrix = matrices["first"]
    policy = matrix.writer.policy
    open_hub = EngineClient(owner, max_objects=10**9, first_wall=False)
    without = Matrix(open_hub, fixtures, matrix.writer, matrix.sample, matrix.unions)
    reference = PolicyReference(owner, policy, TABLES, fixtures.callers["weihai"], today())
    comparison = Comparison(matrix.writer, await VisibleRows.of(reference, policy), truth, matrix.unions)
    for path in (nodes, matrix_arguments.anchors, matrix_arguments.keys):
        await path(without, comparison, fixtures.callers["weihai"])
    told = "\n".join(comparison.faults)
    assert "is answered in another way than what is not there" in told
    assert "is told, which is out of scope" in told
    for name, entry in policy.types.items():
        assert entry.open or f"{registry.sources[name].prefix}_" in told, name
    assert "Member.name of" in told


async def test_every_group_that_sees_a_type_has_a_row_of_it_in_scope_and_one_out_of_scope(
    matrices: Mapping[str, Matrix], owner: asyncpg.Pool, fixtures: AccessFixtures, policy: PolicyTable
) -> None:
    """Without rows the matrix would prove nothing."""
    tried: set[tuple[str, str, bool]] = set()
    for caller in fixtures.callers.values():
        reference = PolicyReference(owner, policy, TABLES, caller, today())
        for name, keys in matrices["first"].sample.items():
            visible = await reference.rows(name)
            tried.update((name, group, key in visible) for key in keys for group in groups_of(caller))
    for name, entry in policy.types.items():
        for group in policy.groups:
            wanted = f"No row of {name} is {{}} scope of a persona of the group {group}: add one in tests/access/fixtures.py."
            assert (name, group, True) in tried or not entry.sees(group) or group == PUBLIC, wanted.format("in")
            assert (name, group, False) in tried or entry.open or group == NATIONAL, wanted.format("out of")
