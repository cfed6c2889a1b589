"""What stands in clear beside sealed values shrinks: no last digits of any number, and five years for a year of birth."""

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic import context, op

from db.encryption.vault import Sealed, decrypt
from db.encryption.keys import KeyRing, KeySource, from_environment

revision: str = "0023"
down_revision: str | None = "0021"
branch_labels = None
depends_on = None

BATCH = 2_000
TAILS = {"resident_number_tail": "resident_number", "phone_tail": "phone", "bank_card_tail": "bank_card"}
WHOLE = {
    "resident_number": ("resident_number", "resident_number_index", "resident_number_region"),
    "phone": ("phone", "phone_index", "phone_head"),
}
LENGTHS = {"resident_number": 18, "phone": 11}
"""Of a value that is shorter the parts are empty, as they were before: a mask must not show all of it."""


def upgrade() -> None:
    for name in ("resident_number", "phone", "bank_card"):
        op.drop_constraint(op.f(f"ck_member_{name}_whole"), "member")
    # one statement that writes the table anew, so that nothing of what is dropped stays behind in its pages
    dropped = ", ".join(f"DROP COLUMN {name}" for name in TAILS)
    op.execute(f"ALTER TABLE member {dropped}, ALTER COLUMN birth_year TYPE bigint USING birth_year - birth_year % 5")
    op.alter_column("member", "birth_year", new_column_name="birth_year_from")
    for name, columns in WHOLE.items():
        whole(name, columns)
    op.create_check_constraint(op.f("ck_member_birth_year_from_band"), "member", "mod(birth_year_from, 5) = 0")


def downgrade() -> None:
    """Needs the keys: last digits and years come from the sealed values. Who has no day of birth keeps the first of the five years."""
    connection = op.get_bind()
    op.execute("SET LOCAL row_security = off")
    filled = connection.scalar(
        sa.text("SELECT EXISTS (SELECT FROM member WHERE num_nonnulls(resident_number, phone, bank_card, birth_date) > 0)")
    )
    ring = keys() if filled else None
    op.drop_constraint(op.f("ck_member_birth_year_from_band"), "member")
    for name in WHOLE:
        op.drop_constraint(op.f(f"ck_member_{name}_whole"), "member")
    op.alter_column("member", "birth_year_from", new_column_name="birth_year")
    for name in TAILS:
        op.add_column("member", sa.Column(name, sa.Text()))
    if ring is not None:
        statement = sa.text(
            f"UPDATE member SET {', '.join(f'{name} = :{name}' for name in TAILS)}, birth_year = coalesce(:year, birth_year) WHERE id = :id"
        ).bindparams(sa.bindparam("year", type_=sa.BigInteger()))
        for rows in batches(connection):
            connection.execute(statement, [parts(ring, row) for row in rows])
    for name, columns in WHOLE.items():
        whole(name, (*columns, f"{name}_tail"))
    whole("bank_card", ("bank_card", "bank_card_tail"))


def whole(name: str, columns: tuple[str, ...]) -> None:
    """A value, its index and its part stand together or not at all."""
    op.create_check_constraint(
        op.f(f"ck_member_{name}_whole"), "member", f"num_nonnulls({', '.join(columns)}) IN (0, {len(columns)})"
    )


def keys() -> KeyRing:
    """The ring that the caller handed over, else the environment's. KeyRingError if there is none."""
    given: KeySource | None = context.config.attributes.get("keys")
    return (given or from_environment()).ring()


def batches(connection: sa.Connection) -> Iterator[list[Any]]:
    """The rows of ``member``, a batch at a time, in the order of their keys."""
    last = 0
    statement = sa.text(
        f"SELECT id, resident_number, phone, bank_card, birth_date FROM member WHERE id > :last ORDER BY id LIMIT {BATCH}"
    )
    while rows := list(connection.execute(statement, {"last": last})):
        yield rows
        last = rows[-1].id


def parts(ring: KeyRing, row: Any) -> dict[str, Any]:
    """The parts of a row as they were, from its sealed values."""
    made: dict[str, Any] = {"id": row.id, "year": None}
    for tail, column in TAILS.items():
        text = opened(ring, row, column)
        short = text is not None and len(text) < LENGTHS.get(column, 0)
        made[tail] = "" if short else text and text[-4:]
    born = opened(ring, row, "birth_date")
    if born is not None:
        made["year"] = int(born[:4])
    return made


def opened(ring: KeyRing, row: Any, column: str) -> str | None:
    """A sealed value in clear; None where there is none."""
    value = getattr(row, column)
    return None if value is None else decrypt(ring, [Sealed("member", column, row.id, bytes(value))])[0]
