"""The columns by which persons are grouped in statistics, without their identity. They exist also for persons who have left: a caller may
count their membership, enrolment or attendance without seeing their record. A view of the second wall (docs/second-wall.md)."""

from sqlalchemy import BigInteger, column, table

from db.members import Member

COUNTED_PERSONS = table(
    "counted_persons",
    column("id", BigInteger()),
    *(
        column(name, Member.__table__.c[name].type)
        for name in ("worker_type", "sex", "is_migrant_worker", "is_model_worker")
    ),
    schema="wall",
)
