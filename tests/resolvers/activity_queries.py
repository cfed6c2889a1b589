"""The page's questions about activities, fairs, material, cases and mediation: each in GraphQL, the path to its list, and in plain SQL."""

OF_ACTIVITIES = {
    "which free courses of four days or more ended with a certificate": (
        """{ division(code: "3710") { activities(first: 200, filter: {kind: {eq: TRAINING}, isFree: {eq: true}, days: {gte: 4},
           attendances: {some: {certificateNumber: {isNull: false}}}}) { totalCount nodes { name: title } } } }""",
        "division.activities",
        "SELECT a.title FROM activity a JOIN division d ON d.id = a.division_id WHERE starts_with(d.code, '3710') AND a.kind = 'TRAINING'"
        " AND a.is_free AND a.ends_on - a.starts_on >= 3 AND EXISTS (SELECT FROM attendance t WHERE t.activity_id = a.id"
        " AND t.certificate_number IS NOT NULL)",
    ),
    "which fairs also did legal outreach": (
        """{ division(code: "3404") { activities(filter: {kind: {eq: JOB_FAIR}, beside: {some: {kind: {eq: LEGAL_OUTREACH}}}})
           { totalCount nodes { name: title } } } }""",
        "division.activities",
        "SELECT a.title FROM activity a WHERE a.kind = 'JOB_FAIR' AND EXISTS (SELECT FROM activity b WHERE b.parent_id = a.id"
        " AND b.kind = 'LEGAL_OUTREACH')",
    ),
    "which exhibitors offered more than thirty posts of one title": (
        """{ exhibitors(first: 200, filter: {jobOffers: {some: {headcount: {gt: 30}}}}) { totalCount
           nodes { name: employer { name } } } }""",
        "exhibitors",
        "SELECT e.name FROM exhibitor x JOIN employer e ON e.id = x.employer_id WHERE EXISTS (SELECT FROM job_offer o"
        " WHERE o.exhibitor_id = x.id AND o.headcount > 30)",
    ),
    "which express companies with a union of their own have sent no team": (
        """{ division(code: "50") { employers(first: 200, filter: {industry: {eq: "G60"}, name: {contains: "速递"}, not: {name: {contains:
           "网点"}}, coverages: {some: {organization: {form: {eq: NEW_FORM}}}}, attendances: {none: {role: {eq: CONTESTANT}}}})
           { totalCount nodes { name } } } }""",
        "division.employers",
        "SELECT e.name FROM employer e JOIN division d ON d.id = e.division_id WHERE starts_with(d.code, '50') AND e.industry = 'G60'"
        " AND e.name LIKE '%速递%' AND e.name NOT LIKE '%网点%' AND EXISTS (SELECT FROM employer_coverage c JOIN organization o"
        " ON o.id = c.organization_id AND o.form = 'NEW_FORM' WHERE c.employer_id = e.id)"
        " AND NOT EXISTS (SELECT FROM attendance t WHERE t.employer_id = e.id AND t.role = 'CONTESTANT')",
    ),
    "which outlets received the booklet": (
        """{ division(code: "50") { materialDistributions(first: 200, filter: {title: {eq: "入会知识50问"}}) { totalCount
           nodes { name: employer { name } } } } }""",
        "division.materialDistributions",
        "SELECT e.name FROM material_distribution m JOIN employer e ON e.id = m.employer_id WHERE m.title = '入会知识50问'",
    ),
    "which measures of the opinion have no reported activity": (
        """{ division(code: "50") { policyDocuments(filter: {kind: {eq: IMPLEMENTING_OPINION}}) { nodes { measures(first: 200, filter:
           {activities: {none: {}}}) { totalCount nodes { name: title } } } } } }""",
        "division.policyDocuments.nodes.0.measures",
        "SELECT m.title FROM policy_measure m JOIN policy_document p ON p.id = m.document_id JOIN division d ON d.id = p.division_id"
        " WHERE d.code = '50' AND p.kind = 'IMPLEMENTING_OPINION' AND NOT EXISTS (SELECT FROM activity a WHERE a.measure_id = m.id)",
    ),
    "which units had a legal check-up": (
        """{ division(code: "3710") { employers(first: 200, filter: {activities: {some: {kind: {eq: LEGAL_CHECKUP}}}}) { totalCount
           nodes { name } } } }""",
        "division.employers",
        "SELECT name FROM employer WHERE id IN (SELECT employer_id FROM activity WHERE kind = 'LEGAL_CHECKUP')",
    ),
    "which collective cases recovered money in January 2023": (
        """{ division(code: "3710") { disputeCases(validity: ANY, filter: {isCollective: {eq: true}, recoveries: {some: {receivedOn:
           {gte: "2023-01-01", lt: "2023-02-01"}}}}) { totalCount nodes { name: number } } } }""",
        "division.disputeCases",
        "SELECT c.number FROM dispute_case c JOIN division d ON d.id = c.division_id WHERE starts_with(d.code, '3710') AND c.is_collective"
        " AND EXISTS (SELECT FROM recovery r WHERE r.case_id = c.id AND r.received_on >= '2023-01-01' AND r.received_on < '2023-02-01')",
    ),
    "which lawyers stationed or on the panel have had nothing to handle": (
        """{ mediators(first: 200, filter: {kind: {in: [PANEL_LAWYER, STATIONED_LAWYER]}, validTo: {isNull: true}, legalServices: {none: {},
           validity: ANY}}) { totalCount nodes { name } } }""",
        "mediators",
        "SELECT m.name FROM mediator m WHERE m.kind LIKE '%LAWYER' AND m.valid_to IS NULL"
        " AND NOT EXISTS (SELECT FROM legal_service s WHERE s.mediator_id = m.id)",
    ),
    "which mediation bodies rest on the joint plan": (
        """{ division(code: "4403") { mediationBodies(filter: {document: {title: {contains: "三方联合调解"}}}) { totalCount
           nodes { name } } } }""",
        "division.mediationBodies",
        "SELECT b.name FROM mediation_body b JOIN policy_document p ON p.id = b.document_id WHERE p.title LIKE '%三方联合调解%'",
    ),
    "which norms of the centre were in force when its first case of 2023 was accepted": (
        """{ division(code: "4403") { policyDocuments(asOf: "2023-01-04", filter: {title: {contains: "三方联合调解"}}) { totalCount
           nodes { name: title } } } }""",
        "division.policyDocuments",
        "SELECT title FROM policy_document WHERE title LIKE '%三方联合调解%' AND valid_from <= '2023-01-04'"
        " AND (valid_to IS NULL OR valid_to > '2023-01-04')",
    ),
}
