"""No single official stands on both sides of a person's rights: who opened, proposed and closed a request, the paper that it came on, and
triggers that refuse what one official does alone, whatever the commands have checked. Nothing is revealed, compared or read without a
ground that exists. A worker reads in the log what was done with their record, and not what others wrote there.
"""

import sqlalchemy as sa
from alembic import op

from db.migrations.wall import READER, among, named

revision: str = "0028"
down_revision: str | None = "0027"
branch_labels = None
depends_on = None

PRINCIPALS = ("opened_by", "closed_by", "proposed_by")
COLUMNS = (
    ("document_number", sa.Text()),
    ("document_received_on", sa.Date()),
    ("document_type", sa.String(40)),
    ("document_digest", sa.LargeBinary()),
    ("document", sa.LargeBinary()),
    ("proposal", sa.LargeBinary()),
    ("proposed_fields", sa.Text()),
    ("proposed_on", sa.Date()),
    ("approved_at", sa.DateTime(timezone=True)),
    ("rejected_on", sa.Date()),
    ("rejection", sa.Text()),
)
CHECKS = {
    "independent": "opened_by <> closed_by AND opened_by <> proposed_by",
    "approved": "approved_at IS NULL OR closed_by <> proposed_by",
    "document_whole": (
        "num_nonnulls(document_number, document_received_on, document_type, document_digest) IN (0, 4)"
        " AND (document IS NULL OR document_number IS NOT NULL)"
    ),
    "documenttype": "document_type IN ('PDF', 'JPEG', 'PNG')",
}
CHANGED = ("bank_card_changed_on", "resident_number_changed_on", "phone_changed_on")
WRITTEN = "closed_by, document, proposal, proposed_by, proposed_fields, proposed_on, approved_at, rejected_on, rejection"

OPENERS = """
UPDATE subject_request q SET opened_by = p.id FROM access_log l JOIN principal p ON p.name = l.principal
WHERE l.action = 'SUBJECT_REQUEST_OPENED' AND l.records ? ('sreq_' || to_hex(q.id))
"""
"""Who opened a request is in the log. Where it is not, an operator says who it was; until then nobody closes the request."""

# A parameter must not have the name of a column: in a function of SQL the column would win.

INDEPENDENT = """
CREATE FUNCTION wall.independent(other bigint, subject_id bigint) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT EXISTS (
        SELECT FROM public.principal me, public.principal they
        WHERE me.id = ANY (wall.keys('me')) AND they.id = other AND me.id <> they.id
            AND (me.member_id IS NULL OR me.member_id IS DISTINCT FROM they.member_id)
            AND me.member_id IS DISTINCT FROM subject_id
    )
$$
"""
"""The session's principal is another one than ``other``, no sign-in of the same person, and none of the person whom it is about."""

IS_SUBJECT = """
CREATE FUNCTION wall.is_subject(who bigint, subject_id bigint) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT EXISTS (SELECT FROM public.principal p WHERE p.id = who AND p.member_id = subject_id)
$$
"""
MAY_WRITE = """
CREATE FUNCTION wall.may_write(subject_id bigint, how text) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT EXISTS (
        SELECT FROM public.subject_request q WHERE q.member_id = subject_id AND CASE how
            WHEN 'ERASE' THEN q.kind = 'ERASURE' AND q.closed_on IS NULL AND wall.independent(q.opened_by, subject_id)
            WHEN 'CORRECT' THEN q.kind = 'CORRECTION' AND (q.closed_on IS NULL OR q.approved_at = now())
                AND wall.independent(q.opened_by, subject_id)
            ELSE q.approved_at = now() AND q.closed_by = ANY (wall.keys('me'))
                AND how = ANY (string_to_array(q.proposed_fields, ','))
        END
    )
$$
"""
"""``how``: ERASE, CORRECT, or the code of a field that needs an approval, which was then given in this very transaction."""

RECIPIENT = """
CREATE VIEW wall.recipient AS
SELECT g.id AS grant_id, coalesce(g.member_id, h.member_id) AS member_id FROM aid_grant g
LEFT JOIN dependant d ON d.id = g.dependant_id LEFT JOIN household h ON h.id = coalesce(g.household_id, d.household_id)
"""
RECENT = "m.bank_card_changed_on > (SELECT wall.today()) - 30"
EVERYTHING = "(SELECT wall.keys('everything') <> '{}')"
OWNER = "NOT row_security_active('public.aid_grant')"
CHANGES = {
    "grant_card_changed": (
        "SELECT g.id, m.bank_card_changed_on AS changed_on FROM aid_grant g JOIN wall.recipient r ON r.grant_id = g.id"
        f" JOIN member m ON m.id = r.member_id WHERE {RECENT}"
        f" AND ({OWNER} OR {EVERYTHING} OR {among('unions', 'g.organization_id')} OR {named('self', 'm.id')})"
    ),
    "claim_card_changed": (
        "SELECT c.id, m.bank_card_changed_on AS changed_on FROM mutual_aid_claim c JOIN member m ON m.id = c.member_id"
        f" WHERE {RECENT} AND ({OWNER} OR {named('everything', 'c.organization_id')} OR {named('territorial', 'c.organization_id')}"
        f" OR {named('industrial', 'c.organization_id')} OR {named('self', 'm.id')})"
    ),
}
"""When the card was changed to which a grant or claim is paid, for thirty days: of rows that the session's scope reaches. They belong to
the tables' owner, so that who pays is warned also when the person is a member elsewhere by now."""

OWN_UNIONS = "ANY (wall.keys('territorial') || wall.keys('industrial') || wall.keys('everything'))"
GROUNDED = f"""
CREATE FUNCTION wall.grounded(purpose text, reference text, records jsonb) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    members bigint[] := ARRAY(
        SELECT ('x' || lpad(substr(each, 5), 16, '0'))::bit(64)::bigint FROM jsonb_array_elements_text(records) each
        WHERE each ~ '^mem_[0-9a-f]{{1,16}}$'
    );
    key bigint;
BEGIN
    IF purpose IN ('MEMBERSHIP_CHECK', 'SERVICE_CONTACT', 'EMERGENCY') THEN
        RETURN reference IS NULL;
    ELSIF purpose = 'OWN_DATA' THEN
        RETURN reference IS NULL AND members <@ wall.keys('self');
    ELSIF purpose = 'DISPUTE_CASE' THEN
        RETURN cardinality(members) > 0 AND NOT EXISTS (
            SELECT FROM unnest(members) AS m(id) WHERE NOT EXISTS (
                SELECT FROM public.dispute_case c JOIN public.dispute_party p ON p.case_id = c.id
                WHERE c.number = reference AND p.member_id = m.id AND c.closed_on IS NULL
                    AND (c.organization_id = {OWN_UNIONS} OR c.id = ANY (wall.keys('cases')))
            )
        );
    END IF;
    IF cardinality(members) <> 1 OR reference IS NULL OR reference !~ '^[a-z]+_[0-9a-f]{{1,16}}$' THEN
        RETURN false;
    END IF;
    key := ('x' || lpad(split_part(reference, '_', 2), 16, '0'))::bit(64)::bigint;
    RETURN CASE purpose || ' ' || split_part(reference, '_', 1)
        WHEN 'BENEFIT_PAYMENT aid' THEN EXISTS (
            SELECT FROM public.aid_grant g JOIN wall.recipient r ON r.grant_id = g.id
            WHERE g.id = key AND r.member_id = members[1] AND g.status = 'APPROVED' AND g.paid_on IS NULL
                AND g.amount IS NOT NULL AND g.organization_id = {OWN_UNIONS}
        )
        WHEN 'BENEFIT_PAYMENT maclaim' THEN EXISTS (
            SELECT FROM public.mutual_aid_claim m
            WHERE m.id = key AND m.member_id = members[1] AND m.status = 'APPROVED' AND m.paid_on IS NULL
                AND m.amount IS NOT NULL AND m.organization_id = {OWN_UNIONS}
        )
        WHEN 'INSURANCE_RECONCILIATION ins' THEN EXISTS (
            SELECT FROM public.insurance_enrolment i JOIN public.employer e ON e.id = i.participant_id
            WHERE i.id = key AND i.member_id = members[1] AND i.valid_from <= wall.today()
                AND (i.valid_to IS NULL OR i.valid_to > wall.today())
                AND (width_bucket(e.division_id, wall.made('insured')) & 1) <> 0
        )
        WHEN 'SUBJECT_REQUEST sreq' THEN EXISTS (
            SELECT FROM public.subject_request q
            WHERE q.id = key AND q.member_id = members[1] AND q.closed_on IS NULL AND q.kind IN ('CORRECTION', 'ERASURE')
                AND wall.independent(q.opened_by, q.member_id)
        )
        WHEN 'DOCUMENT sreq' THEN EXISTS (
            SELECT FROM public.subject_request q
            WHERE q.id = key AND q.member_id = members[1] AND q.document IS NOT NULL AND (q.member_id = ANY (wall.keys('self'))
                OR q.closed_on IS NULL AND wall.independent(q.opened_by, q.member_id))
        )
        ELSE false
    END;
END $$
"""
# The triggers bind the hub's roles, and not the owner of the tables: migrations, loaders and the rotation of keys go on as before.

GUARD_REQUEST = """
CREATE FUNCTION wall.guard_request() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    emptied CONSTANT text[] := '{detail,document,proposal}';
    is_first boolean;
    is_second boolean;
    erases boolean;
BEGIN
    IF NOT row_security_active('public.subject_request') THEN
        RETURN NEW;
    END IF;
    IF TG_OP = 'INSERT' THEN
        IF NEW.opened_by IS NULL OR NEW.opened_by <> ALL (wall.keys('me')) THEN
            RAISE insufficient_privilege USING MESSAGE = 'a request is opened in the own name';
        ELSIF NOT wall.is_subject(NEW.opened_by, NEW.member_id) AND NEW.document IS NULL THEN
            RAISE insufficient_privilege USING MESSAGE = 'who is not the person attaches the document';
        ELSIF num_nonnulls(NEW.closed_on, NEW.closed_by, NEW.outcome, NEW.proposal, NEW.proposed_by, NEW.proposed_fields,
            NEW.approved_at, NEW.rejected_on, NEW.rejection) > 0
        THEN
            RAISE insufficient_privilege USING MESSAGE = 'a request begins open, with nothing proposed';
        END IF;
        RETURN NEW;
    END IF;
    erases := wall.may_write(OLD.member_id, 'ERASE');
    IF (NEW.detail, NEW.document) IS DISTINCT FROM (OLD.detail, OLD.document) AND NOT (
        erases AND (NEW.detail IS NULL OR NEW.detail IS NOT DISTINCT FROM OLD.detail)
        AND (NEW.document IS NULL OR NEW.document IS NOT DISTINCT FROM OLD.document)
    ) THEN
        RAISE insufficient_privilege USING MESSAGE = 'what was asked for is not changed, and emptied by erasure alone';
    END IF;
    IF OLD.closed_on IS NOT NULL THEN
        IF to_jsonb(NEW) - emptied <> to_jsonb(OLD) - emptied OR NEW.proposal IS NOT NULL THEN
            RAISE insufficient_privilege USING MESSAGE = 'a request that is closed stays as it is';
        END IF;
        RETURN NEW;
    END IF;
    is_first := coalesce(wall.independent(OLD.opened_by, OLD.member_id), false);
    is_second := is_first AND coalesce(wall.independent(OLD.proposed_by, OLD.member_id), false);
    IF OLD.proposal IS NULL AND NEW.proposal IS NOT NULL THEN
        IF NOT is_first OR OLD.kind <> 'CORRECTION' OR NEW.proposed_by IS NULL OR NEW.proposed_by <> ALL (wall.keys('me'))
            OR NEW.proposed_fields IS NULL OR NEW.proposed_on IS DISTINCT FROM wall.today() OR NEW.closed_on IS NOT NULL
            OR num_nonnulls(NEW.approved_at, NEW.rejected_on, NEW.rejection) > 0
        THEN
            RAISE insufficient_privilege USING MESSAGE = 'a change is proposed by another official than who opened the request';
        END IF;
    ELSIF (NEW.proposed_by, NEW.proposed_fields, NEW.proposed_on)
        IS DISTINCT FROM (OLD.proposed_by, OLD.proposed_fields, OLD.proposed_on)
    THEN
        RAISE insufficient_privilege USING MESSAGE = 'who proposed what is not changed';
    ELSIF OLD.proposal IS NOT NULL AND NEW.proposal IS NULL THEN
        IF NOT (erases AND num_nonnulls(NEW.approved_at, NEW.rejected_on) = 0)
            AND NOT (is_second AND num_nonnulls(NEW.approved_at, NEW.rejected_on) = 1)
        THEN
            RAISE insufficient_privilege USING MESSAGE = 'a change is decided by another official than who proposed it';
        END IF;
    ELSIF (NEW.proposal, NEW.rejected_on, NEW.rejection, NEW.approved_at)
        IS DISTINCT FROM (OLD.proposal, OLD.rejected_on, OLD.rejection, OLD.approved_at)
    THEN
        RAISE insufficient_privilege USING MESSAGE = 'a change is approved or rejected as it was proposed';
    END IF;
    IF NEW.approved_at IS NOT NULL AND (NEW.approved_at <> now() OR NEW.closed_on IS NULL) THEN
        RAISE insufficient_privilege USING MESSAGE = 'a change is approved by closing its request';
    END IF;
    IF num_nonnulls(NEW.closed_on, NEW.closed_by, NEW.outcome) NOT IN (0, 3) THEN
        RAISE insufficient_privilege USING MESSAGE = 'a request is closed whole';
    ELSIF NEW.closed_on IS NOT NULL AND (
        NOT is_first OR NEW.closed_by <> ALL (wall.keys('me')) OR NEW.proposal IS NOT NULL
        OR OLD.proposal IS NOT NULL AND NEW.approved_at IS NULL
    ) THEN
        RAISE insufficient_privilege USING MESSAGE = 'a request is closed by another official than who opened it';
    END IF;
    RETURN NEW;
END $$
"""
GUARD_MEMBER = """
CREATE FUNCTION wall.guard_member() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    guarded CONSTANT text[] := '{bank_card,resident_number,phone}';
    was CONSTANT jsonb := to_jsonb(OLD);
    is_now CONSTANT jsonb := to_jsonb(NEW);
    changed text[];
    part text;
    columns text[];
BEGIN
    IF NOT row_security_active('public.member') THEN
        RETURN NEW;
    END IF;
    changed := ARRAY(SELECT key FROM jsonb_object_keys(is_now) key WHERE is_now -> key IS DISTINCT FROM was -> key);
    FOREACH part IN ARRAY guarded LOOP
        columns := ARRAY(SELECT key FROM unnest(changed) key WHERE starts_with(key, part));
        CONTINUE WHEN columns = '{}';
        IF NOT EXISTS (SELECT FROM jsonb_object_keys(is_now) key WHERE starts_with(key, part) AND is_now ->> key IS NOT NULL) THEN
            IF NOT wall.may_write(NEW.id, 'ERASE') THEN
                RAISE insufficient_privilege USING MESSAGE = part || ' is emptied by erasure alone, by who did not ask for it';
            END IF;
        ELSIF NOT wall.may_write(NEW.id, upper(part)) THEN
            RAISE insufficient_privilege USING MESSAGE = part || ' is written once another official has approved it';
        ELSIF part = 'bank_card' THEN
            NEW.bank_card_changed_on := wall.today();
        ELSIF part = 'resident_number' THEN
            NEW.resident_number_changed_on := wall.today();
        ELSE
            NEW.phone_changed_on := wall.today();
        END IF;
        changed := ARRAY(SELECT key FROM unnest(changed) key WHERE NOT starts_with(key, part));
    END LOOP;
    IF changed <> '{}' AND NOT wall.may_write(NEW.id, 'CORRECT') AND NOT wall.may_write(NEW.id, 'ERASE') THEN
        RAISE insufficient_privilege USING MESSAGE = 'personal data are written for a request that another opened';
    END IF;
    RETURN NEW;
END $$
"""
GUARD_LOG = """
CREATE FUNCTION wall.guard_log() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    purpose CONSTANT text := CASE NEW.action WHEN 'DOCUMENT_READ' THEN 'DOCUMENT' ELSE NEW.purpose END;
BEGIN
    IF row_security_active('public.access_log') AND NOT coalesce(wall.grounded(purpose, NEW.case_reference, NEW.records), false) THEN
        RAISE insufficient_privilege USING MESSAGE = 'personal data are shown and compared on a ground that exists';
    END IF;
    RETURN NEW;
END $$
"""
FUNCTIONS = {
    "wall.independent(bigint, bigint)": INDEPENDENT,
    "wall.is_subject(bigint, bigint)": IS_SUBJECT,
    "wall.may_write(bigint, text)": MAY_WRITE,
    "wall.grounded(text, text, jsonb)": GROUNDED,
    "wall.guard_request()": GUARD_REQUEST,
    "wall.guard_member()": GUARD_MEMBER,
    "wall.guard_log()": GUARD_LOG,
}
GROUNDED_ACTIONS = ("REVEAL", "REVEAL_REPEATED", "VERIFY", "VERIFY_MISMATCH", "EXPORT", "DOCUMENT_READ")
TRIGGERS = {
    "subject_request": "BEFORE INSERT OR UPDATE ON subject_request FOR EACH ROW EXECUTE FUNCTION wall.guard_request()",
    "member": "BEFORE UPDATE ON member FOR EACH ROW EXECUTE FUNCTION wall.guard_member()",
    "access_log": (
        "BEFORE INSERT ON access_log FOR EACH ROW"
        f" WHEN (NEW.action IN ({', '.join(map(repr, GROUNDED_ACTIONS))})) EXECUTE FUNCTION wall.guard_log()"
    ),
}
TOLD = (
    "REVEAL", "REVEAL_REPEATED", "VERIFY", "VERIFY_MISMATCH", "EXPORT", "DOCUMENT_READ", "SUBJECT_REQUEST_OPENED",
    "SUBJECT_REQUEST_CLOSED", "CHANGE_PROPOSED", "CHANGE_APPROVED", "CHANGE_REJECTED",
)  # fmt: skip
NAMED = "(records ?| (SELECT array_agg('mem_' || to_hex(key)) FROM unnest(wall.keys('self')) AS key))"
OF_SELF = f"{NAMED} AND action IN ({', '.join(map(repr, TOLD))})"
"""What was done with the person's record. A refused attempt is not shown to them, for whoever tries may write what they like."""

PARTY = "member_id IS NOT NULL AND (wall.may_write(member_id, 'CORRECT') OR wall.may_write(member_id, 'ERASE'))"
"""Names of parties that the clerk reads and writes: of whom a request is answered."""


def upgrade() -> None:
    for name in PRINCIPALS:
        op.add_column("subject_request", sa.Column(name, sa.BigInteger()))
        op.create_foreign_key(op.f(f"fk_subject_request_{name}"), "subject_request", "principal", [name], ["id"])
    for name, kind in COLUMNS:
        op.add_column("subject_request", sa.Column(name, kind))
    op.execute(OPENERS)
    for name, condition in CHECKS.items():
        op.create_check_constraint(op.f(f"ck_subject_request_{name}"), "subject_request", condition)
    for name in CHANGED:
        op.add_column("member", sa.Column(name, sa.Date()))
    op.execute(RECIPIENT)
    for name, query in CHANGES.items():
        op.execute(f"CREATE VIEW wall.{name} AS {query}")
        op.execute(f"GRANT SELECT ON wall.{name} TO {READER}")
    for statement in FUNCTIONS.values():
        op.execute(statement)
    op.execute(f"GRANT UPDATE ({WRITTEN}) ON subject_request TO {READER}")
    op.execute(f"GRANT USAGE ON SEQUENCE subject_request_id_seq TO {READER}")
    for statement in TRIGGERS.values():
        op.execute(f"CREATE TRIGGER guard {statement}")
    op.execute("DROP POLICY self ON access_log")
    op.execute(f"CREATE POLICY self ON access_log FOR SELECT TO unionhub_self USING ({OF_SELF})")
    op.execute("DROP POLICY clerk ON dispute_party")
    op.execute(f"CREATE POLICY clerk ON dispute_party TO unionhub_clerk USING ({PARTY}) WITH CHECK ({PARTY})")


def downgrade() -> None:
    op.execute("DROP POLICY clerk ON dispute_party")
    op.execute("CREATE POLICY clerk ON dispute_party TO unionhub_clerk USING (true) WITH CHECK (true)")
    op.execute("DROP POLICY self ON access_log")
    op.execute(f"CREATE POLICY self ON access_log FOR SELECT TO unionhub_self USING ({NAMED})")
    for table in TRIGGERS:
        op.execute(f"DROP TRIGGER guard ON {table}")
    op.execute(f"REVOKE USAGE ON SEQUENCE subject_request_id_seq FROM {READER}")
    for name in reversed(FUNCTIONS):
        op.execute(f"DROP FUNCTION {name}")
    for name in CHANGES:
        op.execute(f"DROP VIEW wall.{name}")
    op.execute("DROP VIEW wall.recipient")
    for name in CHANGED:
        op.drop_column("member", name)
    for name in CHECKS:
        op.drop_constraint(op.f(f"ck_subject_request_{name}"), "subject_request")
    for name in (*(name for name, _ in COLUMNS), *PRINCIPALS):
        op.drop_column("subject_request", name)
