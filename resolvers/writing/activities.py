"""Programmes, activities and attendances, as records that are written."""

from db.activities import Activity, ActivityKind, ActivityMode, Attendance, AttendanceRole, Award, Programme, Skill
from resolvers.writing import columns as shared
from resolvers.writing.columns import SOURCE, TERM, column, day, division, employer, person, source, term, union
from resolvers.writing.declare import Heading, Order, RowRule, TableKind
from resolvers.writing.values import CodeType, TextType, YesNoType

PROGRAMMES = TableKind(
    name="programmes",
    record="Programme",
    heading=Heading("Programmes", "专项行动", ("活动项目",)),
    model=Programme,
    columns=(
        *source("行动编号", example="XD2023001"),
        column("name", "Name", "行动名称", TextType(), "名称", "专项行动名称", required=True, example="2023 年关爱快递员行动"),
        union("主办工会"),
        column("parent", "Part of", "上级行动", TextType(), refers_to=shared.PROGRAMME, fixed=True,
               note="Must be on record already (须已登记)"),
        *term(),
    ),
    natural_keys=(SOURCE, ("union", "name")),
    orders=(TERM,),
)  # fmt: skip

ACTIVITIES = TableKind(
    name="activities",
    record="Activity",
    heading=Heading("Activities", "活动", ("活动台账", "活动记录")),
    model=Activity,
    columns=(
        *source("活动编号", example="HD2023001"),
        column("title", "Title", "活动名称", TextType(), "名称", "活动主题", required=True, example="快递员技能竞赛"),
        column("kind", "Kind", "活动类型", CodeType(ActivityKind), "类型", required=True, example="COMPETITION"),
        column("mode", "Mode", "活动方式", CodeType(ActivityMode), "方式", default="OFFLINE", example="线下",
               note="OFFLINE if empty (空白为线下)"),
        union("主办工会", "举办工会"),
        division("活动地点区划", required=True),
        day("starts_on", "Starts on", "开始日期", "活动日期", "举办日期", "起始日期", required=True, example="2023-05-01"),
        day("ends_on", "Ends on", "结束日期", "终止日期", same_as="starts_on", example="2023-05-02",
            note="The day on which it starts, if empty (空白同开始日期)"),
        column("skill", "Skill", "技能工种", CodeType(Skill), "工种", example="快递"),
        column("is_free", "Free of charge", "是否免费", YesNoType(), "免费", default=True, example="是", note="Yes if empty (空白为是)"),
        column("programme", "Programme", "所属专项行动", TextType(), "专项行动", refers_to=shared.PROGRAMME, example="XD2023001"),
        column("parent", "Part of", "所属活动", TextType(), "上级活动", refers_to=shared.ACTIVITY, fixed=True,
               note="Must be on record already (须已登记)"),
        employer("Employer visited", "走访单位"),
        column("venue", "Venue", "活动场所", TextType(), "场所", refers_to=shared.VENUE, example="CS2023001"),
        column("line", "Line of paired assistance", "协作内容", TextType(), refers_to=shared.LINE),
    ),
    natural_keys=(SOURCE, ("union", "title", "starts_on")),
    orders=(Order(first="starts_on", last="ends_on", message="An activity ends on the day on which it starts, or later.", equal=True),),
)  # fmt: skip

ATTENDANCES = TableKind(
    name="attendances",
    record="Attendance",
    heading=Heading("Attendances", "参加记录", ("活动参加人员", "签到表")),
    model=Attendance,
    columns=(
        column("activity", "Activity", "活动", TextType(), "活动名称", "活动编号", required=True, fixed=True, refers_to=shared.ACTIVITY,
               example="HD2023001"),
        person("参加人身份证号", note="Either this or the household (与家庭二选一)"),
        column("household", "Household", "困难职工家庭", TextType(), "家庭编号", "档案编号", refers_to=shared.HOUSEHOLD, fixed=True),
        division("参加人所在区划"),
        employer("Employer that sent the person", "选派单位", "参赛单位"),
        column("role", "Role", "参加身份", CodeType(AttendanceRole), "身份", default="PARTICIPANT", example="参赛选手",
               note="PARTICIPANT if empty (空白为参加者)"),
        day("attended_on", "Attended on", "参加日期", "签到日期", required=True, past=True, example="2023-05-01"),
        column("award", "Award", "奖项", CodeType(Award), "获奖情况", example="一等奖"),
        column("certificate_number", "Certificate", "证书编号", TextType(60), "证书号", example="ZS2023001"),
    ),
    owner="activity",
    natural_keys=(("activity", "resident_number", "attended_on"), ("activity", "household", "attended_on")),
    rules=(
        RowRule(
            code="VALUES_DISAGREE", column="household",
            broken=lambda record: record["resident_number"] is not None and record["household"] is not None,
            message="An attendance is of a person or of a household. Send two rows for both.",
        ),
    ),
)  # fmt: skip
