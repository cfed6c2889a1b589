"""Exhibitors at job fairs, as records that are written."""

from db.fairs import Exhibitor
from resolvers.writing import columns as shared
from resolvers.writing.columns import column, employer
from resolvers.writing.declare import Heading, TableKind
from resolvers.writing.values import TextType

EXHIBITORS = TableKind(
    name="exhibitors",
    record="Exhibitor",
    heading=Heading("Exhibitors at job fairs", "参会企业", ("招聘会参会单位",)),
    model=Exhibitor,
    columns=(
        column("activity", "Job fair", "招聘会", TextType(), "活动", "活动编号", required=True, fixed=True, refers_to=shared.ACTIVITY,
               example="HD2023001"),
        employer("Employer", "参会单位", "企业名称", required=True, fixed=True),
    ),
    owner="activity",
    natural_keys=(("activity", "employer"),),
)  # fmt: skip
