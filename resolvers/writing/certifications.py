"""Certifications, their rounds and their scores, as records that are written."""

from db.certifications import (
    Certification,
    CertificationKind,
    CertificationLevel,
    CertificationRound,
    CertificationScore,
    CertificationStatus,
    Criterion,
)
from resolvers.writing import columns as shared
from resolvers.writing.columns import SOURCE, column, day, division, source, union
from resolvers.writing.declare import Heading, Order, RowRule, TableKind
from resolvers.writing.values import CodeType, CountType, TextType, YesNoType

ROUNDS = TableKind(
    name="certification-rounds",
    record="CertificationRound",
    heading=Heading("Certification rounds", "评选批次"),
    model=CertificationRound,
    columns=(
        *source("批次编号", example="PX2023001"),
        union("授予工会", "评选工会"),
        column("kind", "Kind", "评选种类", CodeType(CertificationKind), "种类", required=True, example="FIVE_GOOD"),
        column("level", "Level", "评选级别", CodeType(CertificationLevel), "级别", required=True, example="COUNTY"),
        column("cohort", "Round", "批次", CountType(least=1, most=1000, units=("批",)), "第几批", required=True, example="1"),
        column("name", "Name", "批次名称", TextType(), "名称", required=True, example="2023 年第一批“五好”工会"),
        day("publicised_from", "Publicised from", "公示起始日期", "公示开始日期", example="2023-05-01"),
        day("publicised_to", "Publicised to", "公示截止日期", "公示结束日期", example="2023-05-08"),
        day("awarded_on", "Awarded on", "授予日期", example="2023-05-20"),
    ),
    natural_keys=(SOURCE, ("union", "kind", "cohort")),
    orders=(
        Order(first="publicised_from", last="publicised_to", message="A publication for objections ends after it begins.", equal=True),
        Order(first="publicised_from", last="awarded_on", message="A certification is awarded after it was publicised.", equal=True),
    ),
)  # fmt: skip

HELD = ("AWARDED", "REVOKED", "LAPSED")

CERTIFICATIONS = TableKind(
    name="certifications",
    record="Certification",
    heading=Heading("Certifications", "评选认定", ("评选名单",)),
    model=Certification,
    columns=(
        *source("认定编号", example="RD2023001"),
        column("round", "Round", "评选批次", TextType(), "批次", "批次编号", required=True, fixed=True,
               refers_to=shared.CERTIFICATION_ROUND, example="PX2023001"),
        union("被认定工会"),
        column("venue", "Venue", "场所", TextType(), "场所名称", refers_to=shared.VENUE, fixed=True, empty_is_value=True,
               example="CS2023001", note="If a venue is certified, not the union (认定场所时填写)"),
        division(required=True),
        column("status", "Status", "评选状态", CodeType(CertificationStatus), "状态", required=True, example="AWARDED"),
        day("applied_on", "Applied on", "申报日期", "申请日期", required=True, example="2023-04-01"),
        day("awarded_on", "Awarded on", "授予日期", example="2023-05-20"),
        day("valid_to", "Valid to", "有效期至", "终止日期", example="2026-05-20",
            note="The first day on which it no longer holds (不再有效的首日)"),
    ),
    natural_keys=(SOURCE, ("round", "union", "venue")),
    orders=(
        Order(first="applied_on", last="awarded_on", message="A certification is awarded after the application.", equal=True),
        Order(first="awarded_on", last="valid_to", message="A certification holds to a day after the award."),
    ),
    rules=(
        RowRule(
            code="STATUS_MISMATCH", column="awarded_on",
            broken=lambda record: (record["status"] in HELD) != (record["awarded_on"] is not None),
            message="A certification that is AWARDED, REVOKED or LAPSED has the day of the award; others have none.",
        ),
    ),
)  # fmt: skip

SCORES = TableKind(
    name="certification-scores",
    record="CertificationScore",
    heading=Heading("Scores of certifications", "评选评分", ("评分",)),
    model=CertificationScore,
    columns=(
        column("certification", "Certification", "评选认定", TextType(), "认定编号", required=True, fixed=True,
               refers_to=shared.CERTIFICATION, example="RD2023001"),
        column("criterion", "Criterion", "评选标准", CodeType(Criterion), "标准", required=True, example="好班子"),
        column("score", "Score", "得分", CountType(most=100, units=("分",)), "评分", required=True, example="92"),
        column("is_passed", "Passed", "是否达标", YesNoType(), "达标", required=True, example="是"),
        column("evidence", "Evidence", "评分依据", TextType(), "依据", example="班子健全"),
    ),
    owner="certification",
    natural_keys=(("certification", "criterion"),),
)  # fmt: skip
