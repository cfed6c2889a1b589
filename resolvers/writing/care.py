"""Enrolments in mutual medical aid, as records that are written. Health data are not: only the union that handles a case reads them."""

from db.care import MutualAidEnrolment
from resolvers.writing.columns import SOURCE, TERM, column, person, source, term, union
from resolvers.writing.declare import Heading, TableKind
from resolvers.writing.values import MoneyType

ENROLMENTS = TableKind(
    name="mutual-aid-enrolments",
    record="MutualAidEnrolment",
    heading=Heading("Enrolments in mutual medical aid", "职工医疗互助参保", ("医疗互助",)),
    model=MutualAidEnrolment,
    columns=(
        *source("参保编号", example="HZ2023001"),
        union("参保工会"),
        person("参保人身份证号", required=True),
        column("premium", "Premium", "参保费", MoneyType(), "缴费金额", example="60"),
        *term(),
    ),
    natural_keys=(SOURCE, ("union", "resident_number", "valid_from")),
    orders=(TERM,),
)  # fmt: skip
