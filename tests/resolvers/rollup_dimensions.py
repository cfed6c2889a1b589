"""The kinds that have roll-ups, and the dimensions by which these are asked."""

DIMENSIONS = {
    "MEMBERSHIPS": (
        "WORKER_TYPE",
        "SEX",
        "CHANNEL",
        "STATUS",
        "ENTRY",
        "EXIT",
        "LEVEL",
        "FORM",
        "INDUSTRY",
        "IS_MODEL_WORKER",
    ),
    "INSURANCE_ENROLMENTS": ("SCHEME", "COHORT", "WORKER_TYPE", "SEX", "INDUSTRY"),
}
