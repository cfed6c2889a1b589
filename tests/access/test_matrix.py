"""The matrix: every field of the schema, as every persona, in and out of scope, by every path, against the policy table
``who_sees_what.toml`` (which says how to add a type or a field)."""

from collections.abc import Callable, Mapping

import asyncpg
import pytest

from db.clock import today
from db.encryption.vault import Vault
from schema import registry, schema
from tests.access import anchors
from tests.access.asking import Writer
from tests.access.cells import planned
from tests.access.judge import Judge, Sight, Truth
from tests.access.matrix import PATHS, Matrix, lookups, nodes
from tests.access.policy import NATIONAL, PUBLIC, Policy, missing
from tests.access.reference import Reference, groups_of
from tests.access.related import Unions
from tests.access.stage import PERSONAS, Stage
from tests.resolvers.caller import Caller

TABLES = {name: source.table.name for name, source in registry.sources.items()}


def test_every_field_of_the_schema_is_in_the_policy_table(policy: Policy) -> None:
    """A new type or field has its line in the table before it is served."""
    found = missing(schema._schema, policy)
    assert not found, "\n\n".join(found)


@pytest.fixture(scope="session")
async def matrices(
    first_wall: Caller, both_walls: Caller, owner: asyncpg.Pool, stage: Stage, policy: Policy
) -> Mapping[str, Matrix]:
    """The matrix behind the first wall and behind both, with its sample: the rows of the stage, what the personas are granted, and some of
    every type."""
    sample: dict[str, list[int]] = {}
    for name in policy.types:
        some = await owner.fetch(f"SELECT id FROM {TABLES[name]} ORDER BY hashint8(id) LIMIT 4")
        sample[name] = [*stage.keys(name), *(row["id"] for row in some)]
        if not stage.keys(name):
            for caller in stage.callers.values():
                sample[name] += sorted(await Reference(owner, policy, TABLES, caller, today()).rows(name))[:2]
    for caller in stage.callers.values():
        for grant in caller.grants:
            for name, key in (("Organization", grant.organization_id), ("Division", grant.division_id)):
                if key is not None:
                    sample[name].append(key)
    writer = Writer(schema._schema, policy)
    kept = {name: list(dict.fromkeys(keys)) for name, keys in sample.items()}
    unions = await Unions.of(owner, writer)
    return {
        wall: Matrix(hub, stage, writer, kept, unions) for wall, hub in (("first", first_wall), ("both", both_walls))
    }


@pytest.fixture
def matrix(matrices: Mapping[str, Matrix], wall: str) -> Matrix:
    """The matrix behind the walls that a test names."""
    return matrices[wall]


@pytest.fixture(scope="session")
async def truth(matrices: Mapping[str, Matrix], owner: asyncpg.Pool, vault: Vault) -> Truth:
    """The sampled rows, and all rows with masked fields, as the database has them."""
    found = Truth()
    for name, keys in matrices["first"].sample.items():
        await found.read(owner, vault, name, TABLES[name], keys)
    return found


ONE_OF_EACH_LENS = (
    "national", "weihai", "chongqing-posts", "shenzhen-hr", "shenzhen-insurance", "shenzhen-mediator", "member",
)  # fmt: skip
"""Who is asked about behind both walls too, which show what the first shows (tests/resolvers/test_second_wall.py)."""


@pytest.mark.parametrize(
    ("name", "wall"),
    [*((name, "first") for name in PERSONAS if name != "analyst"), *((name, "both") for name in ONE_OF_EACH_LENS)],
)
async def test_a_persona_sees_what_the_policy_table_says_and_nothing_else(
    matrix: Matrix,
    truth: Truth,
    owner: asyncpg.Pool,
    name: str,
    record_property: Callable[[str, object], None],
) -> None:
    """By every path: what is in scope comes, as clear or masked as the table has it; what is out of scope is as if it were not there."""
    persona = matrix.stage.callers[name]
    reference = Reference(owner, matrix.writer.policy, TABLES, persona, today())
    judge = Judge(matrix.writer, await Sight.of(reference, matrix.writer.policy), truth, matrix.unions)
    for path in (*PATHS, *anchors.REACH):
        await path(matrix, judge, persona)
    tried = judge.cells | {(typename, field, "in", path) for typename, field, _, path in judge.cells if "." in path}
    left_out = planned(judge, matrix.staged()) - tried
    assert not left_out, "\n".join(
        ["No row of the stage tries these cells; tests/access/stage.py wants one:", *map(str, sorted(left_out)[:60])]
    )
    assert not judge.faults, "\n".join([f"{len(judge.faults)} cells are wrong for {name}:", *judge.faults[:40]])
    assert len(judge.cells) > 1_000
    record_property("cells", len(judge.cells))
    print(f"{name}: {len(judge.cells)} cells")


@pytest.mark.parametrize("wall", ["first", "both"])
@pytest.mark.parametrize("name", ["public", "analyst"])
async def test_callers_with_aggregates_only_find_no_row_by_its_key_and_no_key_of_a_row(
    matrix: Matrix, truth: Truth, owner: asyncpg.Pool, name: str
) -> None:
    """What they have no list of they do not find by ID, code or number either, nor as a dimension of statistics."""
    persona = matrix.stage.callers[name]
    reference = Reference(owner, matrix.writer.policy, TABLES, persona, today())
    judge = Judge(matrix.writer, await Sight.of(reference, matrix.writer.policy), truth, matrix.unions)
    for path in (nodes, lookups, anchors.keys):
        await path(matrix, judge, persona)
    assert not judge.faults, "\n".join(judge.faults[:40])
    assert len(judge.cells) > 500


async def test_the_matrix_finds_a_wall_that_is_not_there(
    matrices: Mapping[str, Matrix], truth: Truth, owner: asyncpg.Pool, stage: Stage
) -> None:
    """Plans without scope or masks: rows of every type out of scope, and every masked field, are told as wrong."""
    matrix = matrices["first"]
    policy = matrix.writer.policy
    open_hub = Caller(owner, max_objects=10**9, first_wall=False)
    without = Matrix(open_hub, stage, matrix.writer, matrix.sample, matrix.unions)
    reference = Reference(owner, policy, TABLES, stage.callers["weihai"], today())
    judge = Judge(matrix.writer, await Sight.of(reference, policy), truth, matrix.unions)
    for path in (nodes, anchors.anchors, anchors.keys):
        await path(without, judge, stage.callers["weihai"])
    told = "\n".join(judge.faults)
    assert "is answered in another way than what is not there" in told
    assert "is told, which is out of scope" in told
    for name, entry in policy.types.items():
        assert entry.open or f"{registry.sources[name].prefix}_" in told, name
    assert "Member.name of" in told


async def test_every_group_that_sees_a_type_has_a_row_of_it_in_scope_and_one_out_of_scope(
    matrices: Mapping[str, Matrix], owner: asyncpg.Pool, stage: Stage, policy: Policy
) -> None:
    """Without rows the matrix would prove nothing."""
    tried: set[tuple[str, str, bool]] = set()
    for caller in stage.callers.values():
        reference = Reference(owner, policy, TABLES, caller, today())
        for name, keys in matrices["first"].sample.items():
            visible = await reference.rows(name)
            tried.update((name, group, key in visible) for key in keys for group in groups_of(caller))
    for name, entry in policy.types.items():
        for group in policy.groups:
            wanted = f"No row of {name} is {{}} scope of a persona of the group {group}: put one on the stage (tests/access/stage.py)."
            assert (name, group, True) in tried or not entry.sees(group) or group == PUBLIC, wanted.format("in")
            assert (name, group, False) in tried or entry.open or group == NATIONAL, wanted.format("out of")
