"""Rows of persons: members, memberships, engagements and enrolments. Only this module loops over members."""

import random
from datetime import timedelta
from math import gcd

from db.generate.calendar import REFERENCE, TODAY, day, iso
from db.generate.codes import SEQUENCE_PARTS, SEQUENCES, births, weighted
from db.generate.grassroots import Grassroots
from db.generate.names import FEMALE, MALE, given_table, surname_table
from db.generate.plan import PlannedUnion
from db.generate.sealing import NO_CARD, MemberSealer
from db.generate.tables import Rows
from db.input_values import RESIDENT_CHECK
from db.personal_data.member_columns import birth_year_from

YOUNGEST, OLDEST = 20, 64
BIRTHS = births(REFERENCE - timedelta(days=int(OLDEST * 365.25)), REFERENCE - timedelta(days=int(YOUNGEST * 365.25)))
BIRTH_BANDS = [birth_year_from(int(iso_date[:4])) for iso_date, *_ in BIRTHS]
"""The first year of the five-year band of each day of birth."""

RESIDENTS = len(BIRTHS) * SEQUENCES
"""How many members there can be: each has its own combination of day of birth and sequence number."""

STRIDE = next(step for step in range(RESIDENTS * 382 // 1000, RESIDENTS) if gcd(step, RESIDENTS) == 1)
ADULT = 18 * 365 + 5
RETIREMENT = TODAY - 60 * 365
PHONES = ("160", "161", "163", "164", "168", "169", "160", "161")
"""Prefixes that are not assigned to any operator."""

SURNAMES, GIVEN = 1 << 10, 1 << 13
VARIANTS = 16

OTHER_TYPES = {
    "INDEPENDENT": ("EMPLOYEE",) * 14 + ("SECURITY_GUARD", "CARE_WORKER"),
    "JOINT": ("EMPLOYEE",) * 11
    + ("MALL_INFORMATION", "REAL_ESTATE_AGENT", "SECURITY_GUARD", "DOMESTIC_WORKER", "CARE_WORKER"),
    "PROJECT": ("EMPLOYEE",) * 15 + ("SECURITY_GUARD",),
    "ONLINE_HOME": ("FLEXIBLE",) * 7
    + ("DOMESTIC_WORKER",) * 3
    + ("CARE_WORKER",) * 2
    + ("MALL_INFORMATION",) * 2
    + ("REAL_ESTATE_AGENT", "FOOD_DELIVERY"),
}
MIGRANT = {"INDEPENDENT": 0.2, "JOINT": 0.4, "PROJECT": 0.85, "NEW_FORM": 0.6, "ONLINE_HOME": 0.35}
CHANNELS = {
    "INDEPENDENT": ("PAPER", "PAPER", "APP", "QR"),
    "JOINT": ("PAPER", "QR", "COLLECTIVE", "APP"),
    "PROJECT": ("PROJECT",),
    "NEW_FORM": ("QR", "APP", "COLLECTIVE"),
    "ONLINE_HOME": ("FALLBACK",),
}
JOBS = {
    "COURIER": "快递员",
    "TRUCK_DRIVER": "货车司机",
    "RIDE_HAILING_DRIVER": "网约车司机",
    "FOOD_DELIVERY": "网约配送员",
}
TITLES = ("操作工", "技术员", "班组长", "文员", "质检员", "销售员", "会计", "维修工")
PROJECT_TITLES = ("钢筋工", "木工", "架子工", "电工", "瓦工", "安全员")
SCHEMES = {
    "COURIER": ("COURIER_PRIORITY_WORK_INJURY", day(2021, 12, 31)),
    "FOOD_DELIVERY": ("PLATFORM_OCCUPATIONAL_INJURY", day(2022, 7, 1)),
    "RIDE_HAILING_DRIVER": ("PLATFORM_OCCUPATIONAL_INJURY", day(2022, 7, 1)),
    "TRUCK_DRIVER": ("PLATFORM_OCCUPATIONAL_INJURY", day(2022, 7, 1)),
}
LEFT = (
    ("TRANSFERRED_OUT", "工作调动"),
    ("TRANSFERRED_OUT", "劳动合同期满"),
    ("TRANSFERRED_OUT", "转入新单位"),
    ("WITHDRAWN", "个人申请"),
    ("AUTO_WITHDRAWN", "六个月未交会费且未参加活动"),
)


class Persons:
    """Makes members and their rows, union by union."""

    def __init__(self, seed: int, chance: random.Random, rows: Rows, counties: list[str], seals: MemberSealer) -> None:
        tables = random.Random(f"unionhub {seed} names")
        self.surnames = surname_table(SURNAMES, tables)
        self.given = (given_table(FEMALE, GIVEN, tables), given_table(MALE, GIVEN, tables))
        self.offset = tables.randrange(RESIDENTS)
        self.phone_offset = tables.randrange(10**8)
        self.homes = [(code, weighted(code, 0)) for code in counties]
        self.chance = chance
        self.lines = rows.lines
        self.seals = seals

    def tails(self, union: Grassroots) -> list[tuple[str, int, str, bool]]:
        """Sixteen kinds of person: county digits of the resident number, their weighted sum, the end of the row, and whether insurable."""
        chance, form = self.chance, union.planned.form
        types = OTHER_TYPES.get(form, (union.worker_type,) * VARIANTS)
        home = (union.place.code, weighted(union.place.code, 0))
        division = union.place.union.division
        made = []
        for worker_type in types:
            migrant = chance.random() < MIGRANT[form]
            code, total = chance.choice(self.homes) if migrant else home
            model = "t" if chance.random() < 0.006 else "f"
            place = division.id if division else "\\N"
            made.append(
                (
                    code,
                    total,
                    f"\t{worker_type}\t{'t' if migrant else 'f'}\t{model}\t{place}\t{union.planned.id}\n",
                    worker_type == union.worker_type,
                )
            )
        return made

    def joined(self, planned: PlannedUnion) -> list[int]:
        """Sixteen days of joining, in order: the founding cohort, later ones, and one within the last two years."""
        chance, first = self.chance, planned.established
        span = TODAY - 1 - first
        days = [first] * 4 + [first + chance.randrange(span) for _ in range(11)]
        recent = max(first, TODAY - 700)
        return [*sorted(days), max(*days, recent + chance.randrange(TODAY - recent))]

    def memberships(self, planned: PlannedUnion, days: list[int]) -> list[tuple[str, str]]:
        """For each day of joining, the end of a membership's row: active, and retained for persons past working age."""
        made = []
        for position, joined in enumerate(days):
            channel = (
                "COLLECTIVE"
                if position < 3 and planned.form != "PROJECT"
                else self.chance.choice(CHANNELS[planned.form])
            )
            if planned.form == "ONLINE_HOME":
                channel = "FALLBACK"
            applied = max(joined - self.chance.randrange(30), planned.established)
            end = f"\t{channel}\t{iso(applied)}\t{iso(joined)}\t\\N\t\\N\n"
            made.append((f"\t{planned.id}\tACTIVE{end}", f"\t{planned.id}\tRETAINED{end}"))
        return made

    def engagements(self, union: Grassroots, days: list[int]) -> list[list[str]]:
        """For each employer and day of joining, the end of an engagement's row."""
        planned, chance = union.planned, self.chance
        titles = PROJECT_TITLES if planned.form == "PROJECT" else TITLES
        made = []
        for employer in union.employers:
            tails = []
            for joined in days:
                kind = (
                    "LABOUR_CONTRACT"
                    if chance.random() < 0.85
                    else chance.choice(("DISPATCH", "OUTSOURCED", "DE_FACTO"))
                )
                if planned.form == "NEW_FORM":
                    kind = "PLATFORM" if chance.random() < 0.75 else "OUTSOURCED"
                title = JOBS.get(union.worker_type) or chance.choice(titles)
                since = iso(max(joined - chance.randrange(60), planned.established))
                tails.append(f"\t{employer.id}\t{planned.id}\t{kind}\t{title}\t{since}\t\\N\n")
            made.append(tails)
        return made

    def enrolments(self, union: Grassroots, days: list[int]) -> list[list[tuple[str, str]]]:
        """For each employer and day of joining, the parts of an enrolment's row around the member's ID and number."""
        planned, chance = union.planned, self.chance
        scheme, first = SCHEMES.get(union.worker_type, ("STANDARD_WORK_INJURY", 0))
        if planned.form == "PROJECT":
            scheme = "CONSTRUCTION_PROJECT"
        rate, base = {
            "STANDARD_WORK_INJURY": ("0.00500", 6200),
            "COURIER_PRIORITY_WORK_INJURY": ("0.00400", 5600),
            "CONSTRUCTION_PROJECT": ("\\N", 0),
            "PLATFORM_OCCUPATIONAL_INJURY": ("\\N", 0),
        }[scheme]
        system = f"SSA-{union.place.code[:2]}"
        made = []
        for employer in union.employers:
            variants = []
            for joined in days:
                since = min(max(joined, first) + chance.randrange(45), TODAY - 1)
                since = max(since, joined)
                ended = since + 180 + chance.randrange(500) if chance.random() < 0.2 else TODAY
                until = iso(ended) if ended < TODAY else "\\N"
                cohort: object = (
                    1 + min((since - first) // 240, 5) if scheme == "COURIER_PRIORITY_WORK_INJURY" else "\\N"
                )
                amount = f"{base + 10 * chance.randrange(240)}.00" if base else "\\N"
                variants.append(
                    (
                        f"\t{employer.id}\t{scheme}\t{cohort}\t{amount}\t{rate}\t{system}\t{scheme[:1]}",
                        f"\t{iso(since)}\t{until}\n",
                    )
                )
            made.append(variants)
        return made

    def left(self, former: list[PlannedUnion]) -> list[tuple[int, int, str]]:
        """Eight closed memberships in earlier unions of the township: first and last day, and the end of the row."""
        chance = self.chance
        chosen = [other for other in former if other.dissolved] * 2 + former[-2:]
        made = []
        for _ in range(8 if chosen else 0):
            other = chance.choice(chosen)
            span = (other.dissolved or TODAY - 60) - other.established
            if span > 90:
                first = other.established + chance.randrange(span - 60)
                last = other.dissolved or first + 30 + chance.randrange(span - (first - other.established) - 30)
                status, reason = ("TRANSFERRED_OUT", "项目竣工,工会撤销") if other.dissolved else chance.choice(LEFT)
                channel = "PROJECT" if other.form == "PROJECT" else "PAPER"
                made.append(
                    (
                        first,
                        last,
                        f"\t{other.id}\t{status}\t{channel}\t{iso(first)}\t{iso(first)}\t{iso(last)}\t{reason}\n",
                    )
                )
        return made

    def applied(self, former: list[PlannedUnion]) -> list[str]:
        """Two undecided applications to other unions of the township: the end of the row."""
        open_now = [other for other in former[-3:] if not other.dissolved]
        made = []
        for _ in range(2 if open_now else 0):
            other = self.chance.choice(open_now)
            status = self.chance.choice(("APPLIED", "UNDER_REVIEW"))
            on = iso(TODAY - 1 - self.chance.randrange(40))
            made.append(f"\t{other.id}\t{status}\tQR\t{on}\t\\N\t\\N\t\\N\n")
        return made

    def add(self, union: Grassroots, former: list[PlannedUnion]) -> list[str]:
        """Add the rows of a union's members; their names in the order of IDs."""
        planned = union.planned
        size = planned.size
        if not size:
            return []
        tails = self.tails(union)
        days = self.joined(planned)
        memberships = self.memberships(planned, days)
        engagements = self.engagements(union, days)
        enrolments = self.enrolments(union, days)
        left, applied = self.left(former), self.applied(former)
        employers, organization = len(union.employers), planned.id
        surnames, given, bits = self.surnames, self.given, self.chance.getrandbits
        resident, phone_number = planned.member * STRIDE + self.offset, planned.member * 7919 + self.phone_offset
        member_rows, membership_rows = self.lines["member"], self.lines["membership"]
        engagement_rows, enrolment_rows = self.lines["engagement"], self.lines["insurance_enrolment"]
        names: list[str] = []
        born, born_from, sequence_parts, phones, checks = BIRTHS, BIRTH_BANDS, SEQUENCE_PARTS, PHONES, RESIDENT_CHECK
        cells, card = self.seals.cells, self.seals.card
        for position in range(size):
            member = planned.member + position + 1
            resident = (resident + STRIDE) % RESIDENTS
            phone_number = (phone_number + 7919) % 100_000_000
            birth, sequence = divmod(resident, SEQUENCES)
            iso_date, digits, birth_sum, birth_day = born[birth]
            sequence_digits, sequence_sum, male = sequence_parts[sequence + 1]
            drawn = bits(60)
            code, county_sum, tail, insurable = tails[drawn & 15]
            name = surnames[drawn >> 4 & 1023] + given[male][drawn >> 14 & 8191]
            names.append(name)
            check = checks[(county_sum + birth_sum + sequence_sum) % 11]
            number = f"{code}{digits}{sequence_digits}{check}"
            sealed = cells(member, iso_date, number, f"{phones[drawn >> 27 & 7]}{phone_number:08d}")
            bank_card = NO_CARD if drawn >> 51 & 31 else card(member)
            member_rows.append(
                f"{member}\t{name}\t{'MALE' if male else 'FEMALE'}\t{born_from[birth]}\t{sealed}{bank_card}{tail}"
            )
            variant = drawn >> 30 & 15
            if days[variant] - ADULT < birth_day:
                variant = 15
            membership_rows.append(f"{member}{memberships[variant][birth_day < RETIREMENT and drawn >> 34 & 1]}")
            if employers:
                employer = position * employers // size
                engagement_rows.append(f"{member}{engagements[employer][variant]}")
                if insurable and drawn >> 35 & 15 < 6:
                    before, after = enrolments[employer][variant]
                    enrolment_rows.append(f"{organization}\t{member}{before}{member:09d}{after}")
            if left and drawn >> 39 & 3 == 0:
                first, last, end = left[drawn >> 41 & 7 if len(left) == 8 else 0]
                if last <= days[variant] and first - ADULT >= birth_day:
                    membership_rows.append(f"{member}{end}")
            if applied and drawn >> 44 & 63 == 0:
                membership_rows.append(f"{member}{applied[drawn >> 50 & 1]}")
        return names
