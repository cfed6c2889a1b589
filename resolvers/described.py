"""What persons are counted by, without who they are: also of those who have left, whose record is out of sight while the membership,
enrolment or attendance that is counted is in it. Behind the second wall it is a view of the owner's (docs/second-wall.md)."""

from sqlalchemy import BigInteger, column, table

from db.members import Member
from resolvers.engine.source import expression

DESCRIBED = table(
    "described",
    column("id", BigInteger()),
    *(
        column(each.name, each.type)
        for each in map(expression, (Member.worker_type, Member.sex, Member.is_migrant_worker, Member.is_model_worker))
        if each.name is not None
    ),
    schema="wall",
)
