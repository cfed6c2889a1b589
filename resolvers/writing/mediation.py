"""Mediation bodies, mediators, and legal services such as tickets of a hotline, as records that are written."""

from db.disputes import DisputeBody
from db.mediation import LegalService, LegalServiceLink, LegalServiceOutcome, MediationBody, Mediator, MediatorKind
from resolvers.writing import columns as shared
from resolvers.writing.columns import SOURCE, TERM, column, day, division, person, source, term, union
from resolvers.writing.declare import Heading, Order, RowRule, TableKind
from resolvers.writing.values import CodeType, TextType

BODIES = TableKind(
    name="mediation-bodies",
    record="MediationBody",
    heading=Heading("Mediation bodies", "调解组织"),
    model=MediationBody,
    columns=(
        *source("组织编号", example="TJ2023001"),
        column("name", "Name", "调解组织名称", TextType(), "名称", "组织名称", required=True, example="西湖区劳动争议联合调解中心"),
        column("kind", "Kind", "组织类型", CodeType(DisputeBody), "类型", required=True, example="JOINT_TRIPARTITE"),
        union("参与工会"),
        division(required=True),
        column("host", "Office", "设立地点", TextType(), "办公地点", "设在", example="区人力社保局"),
        *term(),
    ),
    natural_keys=(SOURCE, ("union", "name")),
    orders=(TERM,),
)  # fmt: skip

MEDIATORS = TableKind(
    name="mediators",
    record="Mediator",
    heading=Heading("Lawyers and mediators", "调解人员", ("律师", "律师名册")),
    model=Mediator,
    columns=(
        *source("人员编号", example="LS2023001"),
        column("name", "Name", "姓名", TextType(60), "律师姓名", "调解员姓名", required=True, example="李示例"),
        column("kind", "Kind", "人员类型", CodeType(MediatorKind), "类型", required=True, example="调解员"),
        union("聘任工会"),
        column("body", "Body", "调解组织", TextType(), "驻点调解组织", refers_to=shared.MEDIATION_BODY, example="TJ2023001"),
        column("firm", "Firm", "律师事务所", TextType(), "律所", "执业机构", example="示例律师事务所"),
        *term(),
    ),
    natural_keys=(SOURCE, ("union", "name", "kind")),
    orders=(TERM,),
)  # fmt: skip

SERVICES = TableKind(
    name="legal-services",
    record="LegalService",
    heading=Heading("Legal services", "法律服务记录", ("12351 工单", "热线工单", "法律服务")),
    model=LegalService,
    columns=(
        *source("工单编号", "服务编号", "受理编号", example="RX2023000001", system="12351", required=True),
        union("受理工会", "办理工会"),
        division(required=True),
        column("link", "Link", "服务环节", CodeType(LegalServiceLink), "环节", "服务类型", required=True, example="法律咨询"),
        column("outcome", "Outcome", "服务结果", CodeType(LegalServiceOutcome), "结果", "办理结果", example="已解决"),
        column("body", "Body", "调解组织", TextType(), refers_to=shared.MEDIATION_BODY, example="TJ2023001"),
        column("mediator", "Mediator", "承办人", TextType(), "调解人员", "律师", refers_to=shared.MEDIATOR, example="LS2023001"),
        column("case", "Dispute case", "争议案件", TextType(), "案号", refers_to=shared.DISPUTE_CASE),
        person("来电人身份证号", "服务对象身份证号"),
        column("previous", "Previous service", "上一环节", TextType(), "上一环节编号", refers_to=shared.LEGAL_SERVICE, fixed=True,
               note="The service that handed it over; must be on record already (转来的服务记录，须已登记)"),
        day("opened_on", "Opened on", "受理日期", "来电日期", "开始日期", required=True, past=True, example="2023-05-01"),
        day("closed_on", "Closed on", "办结日期", "结束日期", past=True, example="2023-05-03"),
    ),
    natural_keys=(SOURCE,),
    orders=(Order(first="opened_on", last="closed_on", message="A service is closed on the day on which it was opened, or later.",
                  equal=True),),
    rules=(
        RowRule(
            code="STATUS_MISMATCH", column="outcome", broken=lambda record: (record["outcome"] is None) != (record["closed_on"] is None),
            message="A service that is closed has an outcome, and one that is open has none.",
        ),
    ),
)  # fmt: skip
