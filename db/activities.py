"""Activities (活动): every dated session that a union holds, and who attended. Job fairs, visits and courses are kinds of activity."""

from datetime import date

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from db.model import Dated, Keyed, Model, Sourced, Term, Versioned, dated_check


class ActivityKind(Term):
    """Kind of activity (活动类型)."""

    VISIT = "Visit to persons or households (走访慰问)"
    EMPLOYER_VISIT = "Visit to an employer (走访企业)"
    TRAINING = "Skills training (技能培训)"
    CADRE_TRAINING = "Training of union cadres (工会干部培训)"
    COMPETITION = "Skills competition (技能竞赛)"
    JOB_FAIR = "Job fair (招聘会)"
    LEGAL_OUTREACH = "Legal outreach (普法宣传)"
    LEGAL_CHECKUP = "Legal check-up of an employer (法治体检)"
    ORGANIZING = "Drive to join (集中入会)"
    CARE = "Care and gifts (关爱慰问)"
    RECUPERATION = "Recuperation (疗休养)"
    MEETING = "Meeting (会议)"


class ActivityMode(Term):
    """How an activity is held (活动方式)."""

    OFFLINE = "On site (线下)"
    ONLINE = "Online (线上)"


class Skill(Term):
    """Skill that is trained or contested (技能、工种)."""

    PASTRY = "Pastry making (面点制作)"
    FLOUR_ART = "Decorated steamed bread (花饽饽)"
    AQUATIC_PROCESSING = "Processing of aquatic products (水产品加工)"
    TEA = "Tea picking and making (采茶制茶)"
    COURIER = "Express delivery (快递)"
    CONSTRUCTION = "Construction trades (建筑施工)"
    ELECTRICIAN = "Electrician (电工)"
    DOMESTIC_SERVICE = "Domestic service (家政服务)"
    E_COMMERCE = "E-commerce (电子商务)"
    OTHER = "Other (其他)"


class AttendanceRole(Term):
    """In what role somebody attended (参加身份)."""

    PARTICIPANT = "Participant (参加者)"
    TRAINEE = "Trainee (学员)"
    CONTESTANT = "Contestant (参赛选手)"
    BENEFICIARY = "Person or household visited (走访对象)"
    CADRE = "Union cadre (工会干部)"
    CARER = "Carer (陪护人员)"


class Award(Term):
    """Award of a competition (奖项)."""

    FIRST = "First prize (一等奖)"
    SECOND = "Second prize (二等奖)"
    THIRD = "Third prize (三等奖)"


class Programme(Keyed, Dated, Sourced, Versioned, Model):
    """Programme or series of activities (专项行动), e.g. one year's series of care for couriers."""

    __tablename__ = "programme"

    organization_id: Mapped[int] = mapped_column(ForeignKey("organization.id"))
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("programme.id"))
    name: Mapped[str]

    __table_args__ = (
        dated_check(),
        Index("ix_programme_organization_id_id", "organization_id", "id"),
        Index("ix_programme_parent_id_id", "parent_id", "id"),
    )


class Activity(Keyed, Sourced, Versioned, Model):
    """Activity (活动): one session, ``[starts_on, ends_on]``, both days inclusive. ``organization_id`` is the union that holds it.

    ``employer_id`` is the unit visited or examined, ``parent_id`` the activity that it is part of, ``measure_id`` the policy measure that
    it is reported under, ``line_id`` the line of a cooperation agreement.
    """

    __tablename__ = "activity"

    organization_id: Mapped[int] = mapped_column(ForeignKey("organization.id"))
    division_id: Mapped[int] = mapped_column(ForeignKey("division.id"))
    kind: Mapped[ActivityKind]
    mode: Mapped[ActivityMode]
    title: Mapped[str]
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    skill: Mapped[Skill | None]
    is_free: Mapped[bool]
    programme_id: Mapped[int | None] = mapped_column(ForeignKey("programme.id"))
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("activity.id"))
    employer_id: Mapped[int | None] = mapped_column(ForeignKey("employer.id"))
    venue_id: Mapped[int | None] = mapped_column(ForeignKey("venue.id"))
    measure_id: Mapped[int | None] = mapped_column(ForeignKey("policy_measure.id"))
    line_id: Mapped[int | None] = mapped_column(ForeignKey("cooperation_line.id"))

    __table_args__ = (
        CheckConstraint("ends_on >= starts_on", name="dated"),
        Index("ix_activity_organization_id_id", "organization_id", "id"),
        Index("ix_activity_division_id_id", "division_id", "id"),
        Index("ix_activity_programme_id_id", "programme_id", "id"),
        Index("ix_activity_parent_id_id", "parent_id", "id"),
        Index("ix_activity_employer_id_id", "employer_id", "id"),
        Index("ix_activity_venue_id_id", "venue_id", "id"),
        Index("ix_activity_measure_id_id", "measure_id", "id"),
        Index("ix_activity_line_id_id", "line_id", "id"),
        Index("ix_activity_title", "title"),
    )


class Attendance(Keyed, Versioned, Model):
    """Attendance (参加记录) of one person or household at one activity. Persons and attendances are different measures.

    ``organization_id`` is the activity's; ``employer_id`` the unit that sent the person, in a competition the team. Without a member and a
    household only the attendee's place is known.
    """

    __tablename__ = "attendance"

    activity_id: Mapped[int] = mapped_column(ForeignKey("activity.id"))
    organization_id: Mapped[int] = mapped_column(ForeignKey("organization.id"))
    division_id: Mapped[int | None] = mapped_column(ForeignKey("division.id"))
    member_id: Mapped[int | None] = mapped_column(ForeignKey("member.id"))
    household_id: Mapped[int | None] = mapped_column(ForeignKey("household.id"))
    employer_id: Mapped[int | None] = mapped_column(ForeignKey("employer.id"))
    role: Mapped[AttendanceRole]
    attended_on: Mapped[date]
    award: Mapped[Award | None]
    certificate_number: Mapped[str | None]

    __table_args__ = (
        CheckConstraint("num_nonnulls(member_id, household_id) <= 1", name="one_subject"),
        Index("ix_attendance_activity_id_id", "activity_id", "id"),
        Index("ix_attendance_organization_id_id", "organization_id", "id"),
        Index("ix_attendance_division_id_id", "division_id", "id"),
        Index("ix_attendance_member_id_id", "member_id", "id"),
        Index("ix_attendance_household_id_id", "household_id", "id"),
        Index("ix_attendance_employer_id_id", "employer_id", "id"),
    )
