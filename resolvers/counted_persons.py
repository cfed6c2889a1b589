"""What persons are counted by, without who they are: also of those who have left, whose record is out of sight while the membership,
enrolment or attendance that is counted is in it. Behind the second wall it is a view of the owner's (docs/second-wall.md)."""

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
