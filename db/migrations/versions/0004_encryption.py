"""Personal numbers are sealed: resident number, phone and day of birth become ciphertext with blind indexes and parts for masks;
a bank card comes in sealed."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import sqlalchemy as sa
from alembic import context, op

from db.encryption.vault import Sealed, Secret, Sealer, decrypt
from db.encryption.keys import KeyRing, KeySource, from_environment

revision: str = "0004"
down_revision: str | None = "0003"
branch_labels = None
depends_on = None

BATCH = 2_000
CLEAR: dict[str, sa.types.TypeEngine[Any]] = {"resident_number": sa.Text(), "phone": sa.Text(), "birth_date": sa.Date()}
SEALED = ("birth_date", "resident_number", "resident_number_index", "phone", "phone_index", "bank_card")
PARTS = ("resident_number_region", "resident_number_tail", "phone_head", "phone_tail", "bank_card_tail")
ANY_CLEAR = "num_nonnulls(resident_number, phone, birth_date) > 0"


def upgrade() -> None:
    connection = op.get_bind()
    op.execute("SET LOCAL row_security = off")  # a policy that hides rows must not leave them behind in clear
    filled = connection.scalar(sa.text(f"SELECT EXISTS (SELECT FROM member WHERE {ANY_CLEAR})"))
    ring = keys() if filled else None
    op.drop_constraint("uq_member_resident_number", "member")
    for name in CLEAR:
        op.alter_column("member", name, new_column_name=f"{name}_clear")
    op.add_column("member", sa.Column("birth_year", sa.BigInteger()))
    for name in SEALED:
        op.add_column("member", sa.Column(name, sa.LargeBinary()))
    for name in PARTS:
        op.add_column("member", sa.Column(name, sa.Text()))
    if ring is not None:
        seal_all(connection, ring)
    for name in CLEAR:
        op.drop_column("member", f"{name}_clear")
    if ring is not None:
        rewrite()
    op.create_unique_constraint("uq_member_resident_number_index", "member", ["resident_number_index"])
    op.create_index("ix_member_phone_index", "member", ["phone_index"])
    for name, columns in (
        ("resident_number", "resident_number, resident_number_index, resident_number_region, resident_number_tail"),
        ("phone", "phone, phone_index, phone_head, phone_tail"),
        ("bank_card", "bank_card, bank_card_tail"),
    ):
        count = columns.count(",") + 1
        op.create_check_constraint(
            op.f(f"ck_member_{name}_whole"), "member", f"num_nonnulls({columns}) IN (0, {count})"
        )


def downgrade() -> None:
    connection = op.get_bind()
    op.execute("SET LOCAL row_security = off")
    filled = connection.scalar(sa.text(f"SELECT EXISTS (SELECT FROM member WHERE {ANY_CLEAR})"))
    ring = keys() if filled else None
    for name in ("resident_number", "phone", "bank_card"):
        op.drop_constraint(op.f(f"ck_member_{name}_whole"), "member")
    for name, kind in CLEAR.items():
        op.alter_column("member", name, new_column_name=f"{name}_sealed")
        op.add_column("member", sa.Column(name, kind))
    if ring is not None:
        for rows in batches(connection, "id, resident_number_sealed, phone_sealed, birth_date_sealed"):
            opened = [open_row(ring, row) for row in rows]
            connection.execute(
                sa.text("UPDATE member SET resident_number = :resident_number, phone = :phone,"
                        " birth_date = :birth_date WHERE id = :id"),
                opened,
            )
    for name in (*(f"{name}_sealed" for name in CLEAR), *SEALED[2:], *PARTS, "birth_year"):
        if name not in CLEAR:
            op.drop_column("member", name)
    op.create_unique_constraint("uq_member_resident_number", "member", ["resident_number"])


def keys() -> KeyRing:
    """The ring that the caller handed over, else the environment's. KeyRingError if there is none."""
    given: KeySource | None = context.config.attributes.get("keys")
    return (given or from_environment()).ring()


def seal_all(connection: sa.Connection, ring: KeyRing) -> None:
    """Write every row's sealed values, blind indexes and parts."""
    resident, phone, birth = (
        Sealer(ring.newest, Secret("member", name)) for name in ("resident_number", "phone", "birth_date")
    )
    columns = ("birth_year", "birth_date", *SEALED[1:5], *PARTS[:4])
    statement = sa.text(
        f"UPDATE member SET {', '.join(f'{name} = :{name}' for name in columns)} WHERE id = :id"
    ).bindparams(*(sa.bindparam(name, type_=sa.LargeBinary()) for name in SEALED[:5]))
    for rows in batches(connection, "id, resident_number_clear, phone_clear, birth_date_clear"):
        values = []
        for row in rows:
            number, mobile, born = row.resident_number_clear, row.phone_clear, row.birth_date_clear
            made: dict[str, Any] = dict.fromkeys(columns)
            made["id"] = row.id
            if born is not None:
                made |= {"birth_year": born.year, "birth_date": birth.seal(row.id, born.isoformat())}
            if number is not None:
                number = number.strip().upper()
                whole = len(number) == 18  # a mask must not show all of a shorter one
                made |= {
                    "resident_number": resident.seal(row.id, number),
                    "resident_number_index": resident.index(number),
                    "resident_number_region": number[:6] if whole else "",
                    "resident_number_tail": number[-4:] if whole else "",
                }
            if mobile is not None:
                mobile = mobile.strip().removeprefix("+86").replace(" ", "").replace("-", "")
                whole = len(mobile) == 11
                made |= {
                    "phone": phone.seal(row.id, mobile),
                    "phone_index": phone.index(mobile),
                    "phone_head": mobile[:3] if whole else "",
                    "phone_tail": mobile[-4:] if whole else "",
                }
            values.append(made)
        connection.execute(statement, values)


def open_row(ring: KeyRing, row: Any) -> dict[str, Any]:
    """A row's values in clear."""
    opened: dict[str, Any] = {"id": row.id}
    for name in CLEAR:
        value = getattr(row, f"{name}_sealed")
        opened[name] = None if value is None else decrypt(ring, [Sealed("member", name, row.id, bytes(value))])[0]
    if opened["birth_date"] is not None:
        opened["birth_date"] = date.fromisoformat(opened["birth_date"])
    return opened


def batches(connection: sa.Connection, columns: str) -> Iterator[list[Any]]:
    """The rows of ``member``, a batch at a time, in the order of their keys."""
    last = 0
    statement = sa.text(f"SELECT {columns} FROM member WHERE id > :last ORDER BY id LIMIT {BATCH}")
    while rows := list(connection.execute(statement, {"last": last})):
        yield rows
        last = rows[-1].id


def rewrite() -> None:
    """Write the table anew, so that no clear value stays behind in what it used to occupy."""
    op.execute("CLUSTER member USING pk_member")
    op.execute("ALTER TABLE member SET WITHOUT CLUSTER")
