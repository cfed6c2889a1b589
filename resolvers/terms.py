"""Code lists of statistics: what can be counted, by what it is grouped, and which day of a record places it in a period."""

from db.model import Term


class RecordKind(Term):
    """Kind of record that is counted (统计对象)."""

    ORGANIZATIONS = "Unions (工会组织)"
    EMPLOYERS = "Employers (用人单位)"
    MEMBERSHIPS = "Memberships: over a period those that began, that is joins (会籍；期间内为入会)"
    INSURANCE_ENROLMENTS = "Insurance enrolments (参保记录)"
    COLLECTIVE_AGREEMENTS = "Collective agreements (集体合同)"
    DISPUTE_CASES = "Dispute cases (劳动争议案件)"
    RECOVERIES = "Recoveries of money owed to workers (追回金额)"
    CENSUS_RECORDS = "What census rounds found at units (摸排记录)"
    POPULATION_ESTIMATES = "Population estimates: ask for the days of one survey (劳动者基数)"
    CONSTRUCTION_PROJECTS = "Construction projects (工程项目)"
    VENUES = "Venues (场所)"
    POLICY_DOCUMENTS = "Policy documents (政策文件)"
    POLICY_MEASURES = "Measures of policy documents (政策措施)"
    CERTIFICATIONS = "Certifications awarded (评选认定)"
    CERTIFICATION_SCORES = "Scores of certifications applied for (评分)"


class Dimension(Term):
    """What records are grouped by (统计维度)."""

    CHILD_ORGANIZATION = "The union right below to which the record belongs; below none the union itself (直属下级工会)"
    CHILD_DIVISION = (
        "The division right below in which the record stands; none for what stands elsewhere (直属下级区划)"
    )
    DAY = "Day of the event (日)"
    MONTH = "Month, as 2022-11 (月)"
    QUARTER = "Quarter, as 2022-Q4 (季度)"
    YEAR = "Calendar year (年)"
    STATISTICAL_YEAR = "The federation's statistical year, by the year that it ends in (统计年度)"
    KIND = "Kind (类型)"
    LEVEL = "Level of the union, or of a certification (层级)"
    FORM = "Form of the union (组织形式)"
    STATUS = "State (状态)"
    INDUSTRY = "Industry, GB/T 4754-2017 (行业)"
    WORKER_TYPE = "Occupation group (职工类别)"
    SEX = "Sex (性别)"
    IS_MIGRANT_WORKER = "Whether a migrant worker (是否农民工)"
    IS_MODEL_WORKER = "Whether a model worker (是否劳模)"
    CHANNEL = "How a member joined (入会渠道)"
    SCHEME = "Insurance scheme (参保险种)"
    COHORT = "Batch of enrolments, or round of certifications (批次)"
    CAUSE = "Cause of a dispute (案由)"
    PHASE = "Phase of a dispute (办理阶段)"
    BODY = "Body that handles a dispute (处理机构)"
    IS_COLLECTIVE = "Whether ten workers or more claim (是否集体争议)"
    IS_ORGANIZED = "Whether a union covers the employer today (是否建会)"
    HAS_UNION = "Whether the census found a union (摸排时是否建会)"
    OBSTACLE = "Why the census found none (未建会原因)"
    AREA = "Group of a document's measures (措施方面)"
    CRITERION = "Criterion of a certification (评选标准)"
    IS_PASSED = "Whether a criterion was passed (是否达标)"


class RecordEvent(Term):
    """Which day of a record places it in a period (统计口径日期)."""

    BEGAN = "It began or happened: joined, established, received, in term (开始、发生)"
    ENDED = "It ended: left, dissolved, closed, expired (结束)"
    REQUESTED = "Bargaining was requested (提出要约)"
    SIGNED = "It was signed (签订)"
    SUBMITTED = "It was submitted to the bureau (报送)"
    EFFECTIVE = "It became effective (生效)"
    APPLIED = "It was applied for (申报)"
