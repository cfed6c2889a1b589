"""The tables that the generator fills, in the order of loading, with the columns of their rows. PostgreSQL assigns the IDs that are not
among them."""

TABLES: dict[str, tuple[str, ...]] = {
    "organization": (
        "id",
        "name",
        "level",
        "kind",
        "form",
        "status",
        "division_id",
        "industry",
        "credit_code",
        "established_on",
        "dissolved_on",
    ),
    "organization_link": ("child_id", "parent_id", "hierarchy", "is_lead", "reason", "valid_from", "valid_to"),
    "organization_succession": ("predecessor_id", "successor_id", "kind", "succeeded_on", "reason"),
    "territorial_closure": ("ancestor_id", "descendant_id", "valid_from", "valid_to", "depth"),
    "industrial_closure": ("ancestor_id", "descendant_id", "valid_from", "valid_to", "depth"),
    "committee_term": ("organization_id", "committee", "number", "elected_on", "chair_name", "valid_from", "valid_to"),
    "employer": (
        "id",
        "name",
        "kind",
        "credit_code",
        "industry",
        "division_id",
        "organization_id",
        "headcount",
        "registered_on",
        "closed_on",
    ),
    "employer_coverage": ("organization_id", "employer_id", "valid_from", "valid_to"),
    "member": (
        "id",
        "name",
        "sex",
        "birth_year_from",
        "birth_date",
        "resident_number",
        "resident_number_index",
        "resident_number_region",
        "phone",
        "phone_index",
        "phone_head",
        "bank_card",
        "worker_type",
        "is_migrant_worker",
        "is_model_worker",
        "division_id",
        "organization_id",
    ),
    "membership": (
        "member_id",
        "organization_id",
        "status",
        "channel",
        "applied_on",
        "valid_from",
        "valid_to",
        "end_reason",
    ),
    "engagement": ("member_id", "employer_id", "organization_id", "kind", "job_title", "valid_from", "valid_to"),
    "insurance_enrolment": (
        "organization_id",
        "member_id",
        "participant_id",
        "scheme",
        "cohort",
        "base_amount",
        "rate",
        "source_system",
        "source_number",
        "valid_from",
        "valid_to",
    ),
    "collective_agreement": (
        "id",
        "number",
        "title",
        "kind",
        "status",
        "organization_id",
        "employer_id",
        "division_id",
        "industry",
        "worker_count",
        "requested_on",
        "signed_on",
        "submitted_on",
        "received_on",
        "effective_on",
        "published_on",
        "term_from",
        "term_to",
    ),
    "agreement_party": ("agreement_id", "side", "organization_id", "employer_id", "name", "chief_representative"),
    "agreement_coverage": ("agreement_id", "employer_id", "worker_count", "valid_from", "valid_to"),
    "agreement_step": (
        "agreement_id",
        "status",
        "actor",
        "occurred_on",
        "document_number",
        "roster_count",
        "present_count",
        "votes_for",
        "note",
    ),
    "dispute_case": (
        "id",
        "number",
        "organization_id",
        "employer_id",
        "division_id",
        "cause",
        "phase",
        "status",
        "body",
        "received_on",
        "accepted_on",
        "closed_on",
        "claimant_count",
        "is_collective",
        "amount_claimed",
    ),
    "dispute_party": ("case_id", "role", "name", "member_id", "employer_id", "organization_id"),
    "dispute_claim": ("case_id", "kind", "amount"),
    "dispute_step": ("case_id", "phase", "status", "actor", "occurred_on", "document_number", "note"),
    "recovery": ("case_id", "member_id", "kind", "amount", "received_on"),
}

PERSONS = ("member", "membership", "engagement", "insurance_enrolment")
"""Tables of persons."""

IDENTIFIED = ("organization", "employer", "member", "collective_agreement", "dispute_case")
"""Tables whose IDs the generator assigns, so that other rows can refer to them."""


class Rows:
    """Generated rows: for each table the lines of COPY's text format."""

    def __init__(self) -> None:
        self.lines: dict[str, list[str]] = {table: [] for table in TABLES}

    def add(self, table: str, *values: object) -> None:
        """Add one row; None is null. Values have no tab, line break or backslash: they are names and codes."""
        self.lines[table].append(
            "\t".join(["\\N" if v is None else "t" if v is True else "f" if v is False else str(v) for v in values])
            + "\n"
        )

    def packed(self) -> dict[str, bytes]:
        """The rows of each table that has any, as bytes for COPY."""
        return {table: "".join(lines).encode() for table, lines in self.lines.items() if lines}
