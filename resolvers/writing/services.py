"""Distributions of material, as records that are written."""

from db.columns.measurement_units import Unit
from db.services import MaterialDistribution, MaterialKind
from resolvers.writing import columns as shared
from resolvers.writing.columns import SOURCE, column, day, division, employer, source, union
from resolvers.writing.declare import Heading, TableKind
from resolvers.writing.values import CodeType, CountType, TextType

DISTRIBUTIONS = TableKind(
    name="material-distributions",
    record="MaterialDistribution",
    heading=Heading("Distributions of material", "宣传品发放", ("物品发放",)),
    model=MaterialDistribution,
    columns=(
        *source("发放编号", example="WP2023001", required=True),
        union("发放工会"),
        division(required=True),
        column("activity", "Activity", "活动", TextType(), "活动名称", "活动编号", refers_to=shared.ACTIVITY, example="HD2023001"),
        employer("Employer", "接收单位"),
        column("kind", "Kind", "物品类型", CodeType(MaterialKind), "类型", required=True, example="宣传单"),
        column("title", "Title", "物品名称", TextType(), "名称", required=True, example="工会入会指南"),
        column("quantity", "Quantity", "数量", CountType(least=1, units=("份", "册", "个")), "发放数量", required=True, example="500"),
        column("unit", "Unit", "计量单位", CodeType(Unit), "数量单位", required=True, example="COPY"),
        day("distributed_on", "Distributed on", "发放日期", required=True, past=True, example="2023-05-01"),
    ),
    natural_keys=(SOURCE,),
)  # fmt: skip
