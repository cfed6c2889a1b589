"""Chinese messages (中文提示) for callers whose ``Accept-Language`` prefers Chinese, by error code.

The English message follows in brackets, since it has the details of the case.
"""

from collections.abc import Mapping
from functools import lru_cache

from resolvers.errors import in_english, translate

CHINESE: Mapping[str, str] = {
    # HTTP
    "MALFORMED_JSON": "请求不是 UTF-8 编码的有效 JSON，请检查后重新发送。",
    "BAD_REQUEST": "请求不是 GraphQL 请求，请按规定格式发送 query。",
    "INVALID_CHARACTER": "文本中含有不能使用的字符，请删除后重新发送。",
    "NOT_FOUND": "没有该记录，或您无权查看；或该路径不提供服务。",
    "METHOD_NOT_ALLOWED": "该路径不接受此请求方法，请使用 POST。",
    "NOT_ACCEPTABLE": "不支持所要求的返回格式或其参数，请接受 application/json。",
    "REQUEST_TIMEOUT": "请求正文未在规定时间内到达，请重新发送。",
    "BODY_TOO_LARGE": "请求正文过大，请分多次请求。",
    "NO_SPACE": "服务器存储空间不足，请联系运维人员。",
    "IMPORT_RUNNING": "同一文件正在导入，请等待其完成。",
    "IMPORT_CANCELLED": "导入已被取消，未写入任何数据。",
    "URI_TOO_LONG": "查询字符串过长，请使用 POST。",
    "UNSUPPORTED_MEDIA_TYPE": "不接受请求正文的类型或压缩方式，请按说明发送。",
    "FOREIGN_ORIGIN": "该来源的网页不得连接，请联系运维人员。",
    "TOO_MANY_RUNNING": "同时执行的操作过多，请等待其中之一完成。",
    "TOO_MANY_SOCKETS": "WebSocket 连接已满，请稍后再试，或使用 POST。",
    # sign-in
    "UNAUTHENTICATED": "未登录或凭证无法识别，请使用有效令牌登录。",
    "SEVERAL_TOKENS": "只能发送一个令牌。",
    "WRONG_TOKEN_KIND": "令牌类型不符，请发送访问令牌（Bearer）。",
    "BAD_TOKEN": "令牌格式有误或过长，请按签发时的原样发送。",
    "BAD_ALGORITHM": "令牌的签名算法不被接受。",
    "WRONG_ISSUER": "令牌的签发者不被本服务信任。",
    "WRONG_AUDIENCE": "该令牌是为其他服务签发的。",
    "UNKNOWN_KEY": "签发者未公布该签名密钥，请重新登录。",
    "BAD_SIGNATURE": "令牌签名无效，请重新登录。",
    "TOKEN_EXPIRED": "令牌已过期，请重新登录。",
    "TOKEN_NOT_YET_VALID": "令牌尚未生效，请校准时钟。",
    "UNKNOWN_PRINCIPAL": "令牌有效，但该主体未获准使用本服务，请联系运维人员。",
    "PRINCIPAL_DISABLED": "该访问主体已停用，请联系运维人员。",
    "UNKNOWN_API_KEY": "没有该接口密钥。",
    "API_KEY_EXPIRED": "接口密钥已过期，请申请新的密钥。",
    "API_KEY_REVOKED": "接口密钥已撤销，请申请新的密钥。",
    "NO_GRANT": "已识别您的身份，但今日没有任何授权，请联系授权管理人员。",
    "NO_INTROSPECTION": "您无权查询接口的结构定义。",
    "TOO_MANY_FAILURES": "令牌无效，且该地址登录失败次数过多，暂不说明原因；请使用有效令牌，或稍后再试。",
    "TOO_MANY_REQUESTS": "请求额度已用完，请稍后再试，或减少请求内容。",
    "PROVIDER_UNAVAILABLE": "暂时无法联系身份提供方，请稍后再试。",
    # documents and arguments
    "SYNTAX_ERROR": "查询语句不符合 GraphQL 语法。",
    "VALIDATION_FAILED": "查询与接口定义不符，请对照 schema.graphql。",
    "TOO_MANY_TOKENS": "查询语句过长，请将取值放入变量，或分多次请求。",
    "TOO_DEEP": "查询嵌套过深，请按标识分次查询内层。",
    "TOO_DEEP_FOR_ROLE": "查询嵌套层数超过您的角色所允许的范围。",
    "TOO_MANY_ALIASES": "别名过多，请使用列表参数，或分多次请求。",
    "TOO_MANY_FIELDS": "字段过多，请分多次请求。",
    "TOO_MANY_OPERATIONS": "一份文档中的操作过多，请只发送要执行的操作。",
    "TOO_COMPLEX": "请求可能返回的内容过多，请减小分页或层数。",
    "TOO_COMPLEX_FOR_ROLE": "请求可能返回的内容超过您的角色所允许的数量，请减小分页或层数。",
    "PAGE_TOO_LARGE_FOR_ROLE": "分页大小超过您的角色所允许的范围，请减小后翻页获取。",
    "BAD_OPERATION": "无法确定要执行的操作，请在 operationName 中指明。",
    "BAD_VARIABLES": "变量缺失或类型不符，请按提示更正。",
    "UNKNOWN_CODE": "代码表中没有该代码，请按提示更正。",
    "NO_EFFECT": "该参数在此处不起作用，请删去，或给出与其配合的参数。",
    "NULL_OPERAND": "筛选条件的取值为 null，请用 isNull 筛选空值，或不写该条件。",
    "BAD_ID": "标识不是本服务的标识，或属于其他类型，请原样使用返回结果中的标识。",
    "MASKED_COLUMN": "该字段对您脱敏显示，不能用于筛选或排序。",
    "BAD_CURSOR": "游标无效，或属于其他列表、排序或参数，请使用同一列表返回的游标，或重新查询第一页。",
    "BAD_PAGE": "分页参数无效：first 与 last 只能使用其一，且不超过上限。",
    "BAD_ARGUMENT": "参数不能这样组合，或取值超出范围。",
    "BAD_PERIOD": "统计期间无效，请检查起止日期。",
    "DIMENSION_NOT_OF_KIND": "该统计对象没有此维度。",
    "DIMENSION_WITHHELD": "您的角色不能使用此统计维度。",
    "NOT_EXPORTABLE": "该操作不能导出：须为只含一个列表的查询。",
    "NESTED_LIST": "表格的每行不能含有列表，请去掉该列表，或改用 NDJSON（application/x-ndjson）。",
    "EXPORT_TIMEOUT": "导出未在规定时间内完成，已收到的内容不完整，请缩小范围或加快接收后重试。",
    "AGGREGATES_ONLY": "您只能获得统计数字，不能获得此类记录的列表，也不能按其筛选，请使用 statistics。",
    "ONE_VALUE_EACH": "您的角色在 where 中每个维度只能给出一个取值；如需多个，请按该维度分组。",
    "WHOLE_MONTHS": "您的角色只能按整月统计，日期须为某月第一天。",
    "WHOLE_PERIODS": "您的角色对个人和案件只能统计某年1月1日的存量，或一个自然月、季度、年度的发生数；多个期间请按月、季或年分组。",
    "GEOGRAPHY_WITHHELD": "您的角色不能统计这样小的区划，请查询其上级区划。",
    "TOO_MANY_CELLS": "今日可获得的统计单元格已用完，请缩小范围，或明日再试。",
    "EVENT_NOT_OF_KIND": "该统计对象没有此日期。",
    "MEASURE_NOT_OF_KIND": "该统计对象没有此指标。",
    "TOO_MANY_DIMENSIONS": "统计维度过多。",
    "TOO_MANY_GROUPS": "分组过多，请缩小范围或减少维度。",
    "STATEMENT_TIMEOUT": "操作用时过长，请减小分页或缩小筛选范围。",
    # commands on access
    "MAY_NOT_GRANT": "只有地方总工会或产业工会可以授权。",
    "NOT_IN_SCOPE": "不在您可授权的范围内。",
    "OUTLASTS_GRANTER": "授权期限不得晚于您自身授权的终止日期。",
    "BAD_SCOPE": "该角色的授权范围不符：应为工会、行政区划，或不设范围。",
    "HIERARCHY_MISSING": "对工会授权须指明隶属体系。",
    "NO_ORGANIZATION": "没有该工会。",
    "ORGANIZATION_DISSOLVED": "该工会已撤销，不能再授权。",
    "NO_DIVISION": "没有该现行行政区划。",
    "BAD_VALIDITY": "起止日期无效，请更正。",
    "ALREADY_GRANTED": "该主体在此期间已有相同授权。",
    "NO_PRINCIPAL": "没有您可以授权的该名称的访问主体。",
    "NO_MEMBER": "没有该会员，或未指明该劳动者是哪一位会员。",
    "NO_SUCH_GRANT": "没有您可以撤销的该项授权。",
    "ALREADY_REVOKED": "该授权此前已撤销。",
    "BAD_NAME": "名称须为 1 至 100 个可显示字符。",
    "NAME_TAKEN": "该名称已被使用。",
    "BAD_SUBJECT": "主体标识须写作“签发者|sub”。",
    "SUBJECT_TAKEN": "该主体标识已属于其他访问主体。",
    "NO_KEY": "没有该密钥，或已失效。",
    "NO_CASE": "没有该案号的案件。",
    "ALREADY_ASSIGNED": "该案件在此期间已指派给该主体。",
    "NOT_ASSIGNED": "该案件未指派给该主体。",
    # commands on personal data
    "FORBIDDEN": "您的角色不能执行此操作。",
    "FORBIDDEN_PURPOSE": "您的角色不能为此目的查看这些信息。",
    "MISSING_CASE_REFERENCE": "该使用目的须填写案号或业务标识。",
    "BAD_CASE_REFERENCE": "案号或业务标识不存在、不由您办理，或与该使用目的不符。",
    "UNEXPECTED_CASE_REFERENCE": "该使用目的不填案号，请留空。",
    "DAILY_LIMIT": "超过今日可明文查看的记录数，或可核对的信息项数。",
    "MISSING_MEMBER": "请填写会员标识，或填写公民身份号码和姓名以查找会员。",
    "LOCKED": "核对不一致的次数过多，请于次日再试，或按目的查看所需信息。",
    "EMPTY": "请至少填写一项。",
    "TOO_MANY": "一次提交的数量过多。",
    "DUPLICATE": "同一标识重复出现，请各填一次。",
    "BAD_TEXT": "文本过长，或含有不能使用的字符。",
    "BAD_VALUE": "取值的格式不正确。",
    "BAD_IDEMPOTENCY_KEY": "幂等键须为 1 至 100 个可显示字符。",
    "IDEMPOTENCY_KEY_REUSED": "该幂等键曾用于其他内容，请换用新的键。",
    "ALREADY_OPEN": "同类请求正在办理，请等待其办结。",
    "ALREADY_CLOSED": "该请求此前已办结。",
    "NOT_INDEPENDENT": "提出请求者、提请复核者或本人不得办理或复核该请求，请由其他工作人员办理。",
    "MISSING_DOCUMENT": "工会代为提出请求须附本人签字的书面材料。",
    "UNEXPECTED_DOCUMENT": "本人提出请求无须附书面材料，请删除。",
    "BAD_DOCUMENT": "书面材料的收文号、收文日期或扫描件有误；扫描件须为 PDF、JPEG 或 PNG。",
    "DOCUMENT_TOO_LARGE": "扫描件超过 150 KiB，请降低分辨率后重新扫描。",
    "CHANGE_PENDING": "该更正正待另一工作人员复核。",
    "NOTHING_PENDING": "没有待复核的更正。",
    "VALUES_DIFFER": "再次录入的内容与提请复核的内容不一致，请核对本人材料。",
    "MISSING_REASON": "不同意须说明理由。",
    "ERASED": "该会员信息已删除，无可更正。",
    "MISSING_DETAIL": "更正请求须说明错误内容和正确内容。",
    "MISSING_OUTCOME": "不予办理须说明理由。",
    "MISSING_CORRECTIONS": "同意更正须填写更正内容。",
    "OPEN_CASE": "当事人有未结案件，结案后方可删除。",
    "UNEXPECTED_CORRECTIONS": "只有同意更正的请求才能填写更正内容。",
    "DUPLICATE_RESIDENT_NUMBER": "该公民身份号码已属于其他会员，请先核实。",
    # values of records, in files and in commands
    "BAD_DATE": "日期无法识别或不存在，请写明年、月、日，如 2023-02-09 或 2023年2月9日。",
    "BAD_NUMBER": "不是数字，或小数位过多，请只填写数字。",
    "NUMBER_OUT_OF_RANGE": "数字超出允许的范围。",
    "WRONG_UNIT": "计量单位与该列不符，请在列名中注明单位，如“金额（万元）”。",
    "BAD_YES_NO": "请填写“是”或“否”。",
    "FORMULA": "该单元格是公式或公式错误，请粘贴为数值。",
    "ROUNDED_NUMBER": "号码被电子表格截为十五位有效数字，请将该列设为文本格式后重新取数。",
    "BAD_DIVISION": "行政区划无法识别，请填写代码或全称。",
    # rows of records, and what is on record
    "REQUIRED": "必填项为空，请填写。",
    "AMBIGUOUS": "该名称对应多条记录，请改填统一社会信用代码或编号。",
    "RECORDED_ELSEWHERE": "该代码或编号已属于您无权填报的工会的记录，请联系共同的上级工会。",
    "MOVES_UNION": "与已有记录的所属工会或上级工会不一致；变更隶属须另行办理。",
    "NOT_CHANGEABLE": "该项一经登记不能在此更改，请填写原值。",
    "DATE_ORDER": "日期先后不符，请核对起止日期。",
    "FUTURE_DATE": "日期晚于今天，请核对。",
    "CONFLICT": "已有记录且内容不同，本次选择了不更新已有记录。",
    "VERSION_CONFLICT": "该记录已被修改或已不存在，版本号与预期不符，请重新读取后再提交。",
    "STATUS_MISMATCH": "状态与日期不符，请核对。",
    "CONTRADICTION": "性别或出生日期与身份证号不符，请核对证件。",
    "REGION_NOT_IN_FORCE": "提示：身份证号前六位在出生年份不是县级区划，请核对证件。",
    "MEMBER_ELSEWHERE": "该人员现为其他工会会员，请先由原工会办理转出，再重新报送。",
    "ENDED_ALREADY": "该会籍已有终止记录，请补填离会日期；重新入会的请填新的入会日期。",
    "OVERLAP": "期间与已有记录重叠，请核对日期。",
    "OTHER_NAME": "该号码对应的会员姓名不同，请核对；更正姓名须另行申请。",
    "OTHER_PERSON": "该编号的记录属于其他人员，请核对编号。",
    "VALUES_DISAGREE": "同一行中的内容互相矛盾，请核对。",
    "NEEDS_CORRECTION": "该会员登记的内容（手机号、身份证号、性别或出生日期）不同，更正须另行申请并经复核。",
    "CODE_OF_UNION": "提示：该代码是工会的统一社会信用代码，请核对。",
    "CODE_OF_UNIT": "提示：工会的代码以 81 或 89 开头，此处可能是单位的代码。",
    "ALREADY_DISSOLVED": "该工会已撤销，请改选其他工会。",
    "OWN_UNION": "本工会的隶属调整、合并、分立由上级工会办理。",
    "NOT_LINKED": "其中有工会在该隶属体系中没有上级，请核对隶属体系。",
    "ALREADY_THERE": "其中有工会已隶属该上级，请删去后重新提交。",
    "LATER_RECORDS": "有记录的起始日期不早于生效日期，请改用更晚的日期，或先更正这些记录。",
    "NOT_OF_UNION": "其中有下级工会、单位或会员不属于被分立的工会，请核对。",
    "CIRCLE": "上下级隶属形成循环，请核对上级工会。",
    "OUTSIDE": "按该隶属体系，新工会不在您的下级范围内，请补填另一上级工会。",
    "PARENT_REFUSED": "上级工会所在的行已被退回，请先更正该行。",
    # rules of data quality that a written record breaks
    "UNION_CODE_FAILS_CHECK": "提示：工会的统一社会信用代码校验不符，请核对。",
    "UNION_TERM_OVER": "提示：工会届期已满，未登记换届。",
    "EMPLOYER_CODE_FAILS_CHECK": "提示：单位的统一社会信用代码校验不符，请核对。",
    "EMPLOYER_WITHOUT_HEADCOUNT": "提示：单位的职工人数为零，请核对。",
    "MEMBER_RECORDED_TWICE": "提示：该会员疑似重复登记，请核对。",
    "MEMBER_OF_TWO_UNIONS": "提示：该人员同时为两个工会的会员，请核对起止日期。",
    "MEMBERSHIP_IN_DISSOLVED_UNION": "提示：工会已撤销，会籍未终止。",
    "AGREEMENT_PAST_ITS_END": "提示：集体合同期满，状态仍为生效。",
    "ENROLMENT_OF_FORMER_MEMBER": "提示：会员已离会，参保未终止。",
    "CASE_CLOSED_WITHOUT_DAY": "提示：案件已办结，未填结案日期。",
    # files that are imported
    "EMPTY_FILE": "文件为空，请发送含有数据的表格。",
    "UNREADABLE_FILE": "文件无法读取：须为 XLSX、XLS 或 CSV，且未加密码。",
    "CUT_OFF": "文件不完整或已损坏，请重新保存并发送完整的文件。",
    "WRONG_ENCODING": "文本编码无法识别，或与声明不符，请存为 UTF-8 编码的 CSV 或 XLSX。",
    "FILE_TOO_LARGE": "文件过大，请删除表格以外的空行空列，或存为 CSV。",
    "TOO_MANY_COLUMNS": "列数过多，请删除表格右侧多余的列。",
    "NO_HEADINGS": "未找到列名所在的行，请使用模板，或在映射文件中指明。",
    "DUPLICATE_HEADING": "有两列的列名相同或含义相同，请改名或删除其一。",
    "MISSING_HEADING": "缺少必填的列，请补充，或在映射文件中指明。",
    "BAD_MAPPING": "映射文件有误，请按提示更正。",
    # faults of the hub
    "DATABASE_BUSY": "数据库繁忙，请稍后再试。",
    "DATABASE_FULL": "数据库磁盘已满，未写入任何内容；查询仍可使用。请稍后再试。",
    "DATABASE_UNAVAILABLE": "暂时无法连接数据库，请稍后再试。",
    "INTERNAL_ERROR": "服务内部错误，请将编号告知运维人员。",
}
"""A Chinese message for each code."""


@lru_cache(maxsize=512)
def prefers_chinese(header: bytes) -> bool:
    """Whether an ``Accept-Language`` header prefers Chinese, of any region and script, to English."""
    best = {b"zh": 0.0, b"en": 0.0}
    for part in header.split(b","):
        tag, _, rest = part.partition(b";")
        language = tag.strip().lower().partition(b"-")[0]
        if language in best:
            best[language] = max(best[language], weight(rest))
    return best[b"zh"] > 0 and best[b"zh"] >= best[b"en"]


def weight(parameters: bytes) -> float:
    """The ``q`` of a language: 1 by default, 0 if it is malformed."""
    name, _, value = parameters.strip().partition(b"=")
    if name.strip().lower() != b"q":
        return 1.0
    try:
        found = float(value)
    except ValueError:
        return 0.0
    return found if 0 <= found <= 1 else 0.0


def in_chinese(code: str, message: str) -> str:
    """A message in Chinese followed by the English one in brackets; the English one alone if its code has no Chinese."""
    return f"{CHINESE[code]}（{message}）" if code in CHINESE else message


OF_ROWS: Mapping[str, str] = {
    "NOT_FOUND": "没有该记录，或您无权写入，请核对。",
    "DUPLICATE": "文件中有重复的记录，请只保留一行。",
}
"""Messages of codes that say something else of a row of a file than of a request."""


def of_row_in_chinese(code: str, message: str) -> str:
    """The message of a fault of a row, as ``in_chinese``."""
    return f"{OF_ROWS[code]}（{message}）" if code in OF_ROWS else in_chinese(code, message)


def set_language(*, chinese: bool) -> None:
    """Set the language of error messages for the current request; tasks that it starts inherit it."""
    translate.set(in_chinese if chinese else in_english)
