"""Quality of data (数据质量) in the schema."""

import strawberry

from resolvers.quality import QualityRule, QualitySeverity
from schema.code_lists import describe
from schema.fields import field

for kind in (QualityRule, QualitySeverity):
    describe(kind)


@strawberry.type(description="How many records of a union's subtree break a rule (数据质量计数)")
class DataQualityCount:
    """How many records of a union's subtree break a rule (数据质量计数)."""

    rule: QualityRule = field("The rule (规则)")
    severity: QualitySeverity = field("How grave it is (严重程度)")
    records: int = field("How many records break it; never zero (条数)")
    list: str = field(
        "The list at the root that has these records: `within` the union, with `validity: ANY` where it has that argument (所在列表)"
    )
    condition: str = field(
        "The field of its `filter` that these records fulfil, e.g. `lacksHeadcount: { eq: true }` (筛选条件)"
    )
