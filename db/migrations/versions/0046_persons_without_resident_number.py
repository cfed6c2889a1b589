"""Persons without a resident number are recognized by their number in the system that they come from, within the unions of the writer.

A resident number is known to few, and the person is recognized by it wherever they are a member. A number of another system may be guessed: by it a
person is recognized only by a union that they are or were a member of. It is set once, and no batch gives a person another one.
"""

from alembic import op

revision: str = "0046"
down_revision: str | None = "0045"
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

PERSONS_OF_SYSTEMS = """
CREATE FUNCTION wall.persons_of_systems(systems text[], numbers text[]) RETURNS TABLE (
    source_system text, source_number text, resident_number_index bytea, id bigint, organization_id bigint, name text, sex text,
    birth_year_from bigint, phone_index bytea, worker_type text, is_migrant_worker boolean, is_model_worker boolean, division_id bigint
) LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT m.source_system, m.source_number, m.resident_number_index, m.id, m.organization_id, m.name, m.sex, m.birth_year_from,
           m.phone_index, m.worker_type, m.is_migrant_worker, m.is_model_worker, m.division_id
    FROM public.member m JOIN unnest(systems, numbers) AS u(system, number)
        ON m.source_number = u.number AND m.source_system = u.system
    ORDER BY m.id FOR NO KEY UPDATE OF m
$$
"""
"""The persons with these numbers in other systems, as ``wall.known_persons`` has those with resident numbers; locked."""

KEEP_SOURCE = """
CREATE FUNCTION wall.keep_source_of_member() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RAISE insufficient_privilege USING MESSAGE = 'a batch gives no person another number of a source system';
END $$
"""

FUNCTIONS = {
    "wall.named_persons(bytea[], text[])": NAMED_PERSONS,
    "wall.persons_of_systems(text[], text[])": PERSONS_OF_SYSTEMS,
    "wall.keep_source_of_member()": KEEP_SOURCE,
}


def upgrade() -> None:
    for name, statement in FUNCTIONS.items():
        op.execute(statement)
        op.execute(f"REVOKE EXECUTE ON FUNCTION {name} FROM PUBLIC")
        if "keep" not in name:
            op.execute(f"GRANT EXECUTE ON FUNCTION {name} TO {WRITERS}")
    op.execute(f"GRANT UPDATE ({SOURCE}) ON member TO {WRITERS}")
    op.execute(
        f"CREATE TRIGGER keep_source BEFORE UPDATE OF {SOURCE} ON member FOR EACH ROW"
        " WHEN (OLD.source_number IS NOT NULL AND (OLD.source_system, OLD.source_number) IS DISTINCT FROM (NEW.source_system, NEW.source_number)"
        " AND current_user IN ('unionhub_writer', 'unionhub_everything_writer')) EXECUTE FUNCTION wall.keep_source_of_member()"
    )


def downgrade() -> None:
    op.execute("DROP TRIGGER keep_source ON member")
    op.execute(f"REVOKE UPDATE ({SOURCE}) ON member FROM {WRITERS}")
    for name in reversed(FUNCTIONS):
        op.execute(f"DROP FUNCTION {name}")
