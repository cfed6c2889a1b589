"""Persons without a resident number are recognized by their number in the system that they come from, within the unions of the writer.

A resident number is known to few, and the person is recognized by it wherever they are a member. A number of another system may be guessed: by it a
person is recognized only by a union that they are or were a member of. It is set once, and no batch gives a person another one.
"""

from alembic import op

revision: str = "0054"
down_revision: str | None = "0053"
branch_labels = None
depends_on = None

WRITERS = "unionhub_writer, unionhub_everything_writer"
SOURCE = "source_system, source_number"

NAMED_PERSONS = """
CREATE FUNCTION wall.named_persons(indexes bytea[], numbers text[]) RETURNS TABLE (
    resident_number_index bytea, source_system text, source_number text, id bigint, name text
) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT m.resident_number_index, NULL, NULL, m.id, m.name FROM public.member m WHERE m.resident_number_index = ANY (indexes)
    UNION ALL SELECT NULL, m.source_system, m.source_number, m.id, m.name FROM public.member m
    WHERE m.source_number = ANY (numbers) AND m.source_number IS NOT NULL
$$
"""
"""Keys and names of persons whom records refer to, also of those who have left; the writer's statement keeps those with a membership in
sight."""

KNOWN = (
    "resident_number_index bytea", "id bigint", "organization_id bigint", "name text", "sex text", "phone_index bytea", "worker_type text",
    "is_migrant_worker boolean", "is_model_worker boolean", "division_id bigint", "version integer",
)  # fmt: skip
MORE = ("source_system text", "source_number text", "birth_year_from bigint")
"""What a batch knows of persons who are on record: before, and now."""

PERSONS = """
CREATE FUNCTION wall.{name}({parameters}) RETURNS TABLE ({columns})
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT {selected} FROM public.member m {condition} ORDER BY m.id FOR NO KEY UPDATE OF m
$$
"""
BY_RESIDENT_NUMBER = "wall.known_persons(bytea[])"
BY_SOURCE = "wall.persons_of_systems(text[], text[])"
"""The persons with these resident numbers, and those with these numbers in other systems, wherever they are members; locked, so that of two
batches with one person the second sees what the first has written."""


def known_persons(columns: tuple[str, ...]) -> str:
    """SQL: the function that finds persons by resident number."""
    return persons("known_persons", "numbers bytea[]", columns, "WHERE m.resident_number_index = ANY (numbers)")


def persons_of_systems() -> str:
    """SQL: the function that finds persons by their numbers in other systems."""
    joined = "JOIN unnest(systems, numbers) AS u(system, number) ON m.source_number = u.number AND m.source_system = u.system"
    return persons("persons_of_systems", "systems text[], numbers text[]", (*KNOWN, *MORE), joined)


def persons(name: str, parameters: str, columns: tuple[str, ...], condition: str) -> str:
    """SQL: a function that returns columns of the members that a condition names."""
    selected = ", ".join(f"m.{column.split()[0]}" for column in columns)
    return PERSONS.format(
        name=name, parameters=parameters, columns=", ".join(columns), selected=selected, condition=condition
    )


KEEP_SOURCE = """
CREATE FUNCTION wall.keep_source_of_member() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE insufficient_privilege USING MESSAGE = 'a batch gives no person another number of a source system';
END $$
"""

NAMED, KEEP = "wall.named_persons(bytea[], text[])", "wall.keep_source_of_member()"


def upgrade() -> None:
    op.execute(f"DROP FUNCTION {BY_RESIDENT_NUMBER}")
    for name, statement in (
        (BY_RESIDENT_NUMBER, known_persons((*KNOWN, *MORE))),
        (BY_SOURCE, persons_of_systems()),
        (NAMED, NAMED_PERSONS),
    ):
        make(name, statement)
        op.execute(f"GRANT EXECUTE ON FUNCTION {name} TO {WRITERS}")
    make(KEEP, KEEP_SOURCE)
    op.execute(f"GRANT UPDATE ({SOURCE}) ON member TO {WRITERS}")
    op.execute(
        f"CREATE TRIGGER keep_source BEFORE UPDATE OF {SOURCE} ON member FOR EACH ROW"
        " WHEN (OLD.source_number IS NOT NULL"
        " AND (OLD.source_system, OLD.source_number) IS DISTINCT FROM (NEW.source_system, NEW.source_number)"
        " AND current_user IN ('unionhub_writer', 'unionhub_everything_writer')) EXECUTE FUNCTION wall.keep_source_of_member()"
    )


def make(name: str, statement: str) -> None:
    """Make a function that nobody may call yet."""
    op.execute(statement)
    op.execute(f"REVOKE EXECUTE ON FUNCTION {name} FROM PUBLIC")


def downgrade() -> None:
    op.execute("DROP TRIGGER keep_source ON member")
    op.execute(f"REVOKE UPDATE ({SOURCE}) ON member FROM {WRITERS}")
    for name in (KEEP, NAMED, BY_SOURCE, BY_RESIDENT_NUMBER):
        op.execute(f"DROP FUNCTION {name}")
    make(BY_RESIDENT_NUMBER, known_persons(KNOWN))
    op.execute(f"GRANT EXECUTE ON FUNCTION {BY_RESIDENT_NUMBER} TO {WRITERS}")
