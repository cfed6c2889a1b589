"""Rows of grassroots unions with their links, closures and terms, of their employers, and of everything that refers to them."""

import random
from itertools import pairwise

from db.generate.agreements import Agreements
from db.generate.calendar import TODAY, iso, iso_or_null, years_after
from db.generate.codes import credit_code
from db.generate.disputes import Disputes
from db.generate.federations import Union
from db.generate.grassroots import Employer, Grassroots
from db.generate.names import INDUSTRIES, brand, person_name, short
from db.generate.persons import Persons
from db.generate.plan import Place, PlannedUnion
from db.generate.sealing import MemberSealer
from db.generate.tables import Rows
from db.server.bulk_copy import cell

NEW_FORMS = (
    ("COURIER", "快递", "G60", "国防邮电"),
    ("TRUCK_DRIVER", "货车司机", "G54", "海员建设"),
    ("RIDE_HAILING_DRIVER", "网约车", "G54", "海员建设"),
    ("FOOD_DELIVERY", "外卖配送", "H62", "财贸轻纺烟草"),
)
KINDS = {"P83": "PUBLIC_INSTITUTION", "Q84": "PUBLIC_INSTITUTION", "D44": "STATE_ENTERPRISE"}
KIND_PREFIX = {"PUBLIC_INSTITUTION": "12", "SELF_EMPLOYED": "92", "SOCIAL_ORGANIZATION": "51", "GOVERNMENT_BODY": "11"}
ORDINALS = ("一", "二", "三", "四", "五", "六", "七", "八", "九", "十", "十一", "十二")
PROJECTS = ("地铁", "安置房", "产业园", "高速公路", "综合管廊", "医院新建", "水利枢纽", "学校改扩建")


class Unions:
    """Makes the rows of one chunk, which depend on the seed and the chunk alone."""

    def __init__(self, seed: int, chunk: int, counties: list[str], seals: MemberSealer) -> None:
        self.chance = random.Random(f"unionhub {seed} {chunk}")
        self.rows = Rows()
        self.persons = Persons(seed, self.chance, self.rows, counties, seals)
        self.agreements = Agreements(self.chance, self.rows)
        self.disputes = Disputes(self.chance, self.rows)
        self.before: list[PlannedUnion] = []

    def place(self, place: Place) -> None:
        """Add all rows of one township's grassroots."""
        former = self.before[-3:]
        for earlier, later in pairwise(place.planned):
            self.succession(earlier, later)
        for planned in place.planned:
            union = self.union(planned, place)
            if planned.agreements:
                self.agreements.add(planned.agreement, union)
            names = self.persons.add(union, former)
            self.disputes.add(union, names)
            if planned.form != "UNION_FEDERATION":
                former.append(planned)
        self.before = former
        for number in range(place.unorganised_from, place.unorganised_from + place.unorganised):
            trade = self.chance.choice(INDUSTRIES)
            self.employer(number, place, trade, place.union.id, 5 + self.chance.randrange(40), None)

    def union(self, planned: PlannedUnion, place: Place) -> Grassroots:
        """Add the rows of one union and its employers."""
        chance = self.chance
        trade = chance.choice(INDUSTRIES)
        worker_type, stem, word = "EMPLOYEE", trade[2], trade[1]
        if planned.form == "NEW_FORM":
            worker_type, word, code, stem = chance.choice(NEW_FORMS)
            trade = (code, word, stem)
        elif planned.form == "PROJECT":
            trade = ("E47", "建筑工程", "机械冶金建材")
        elif planned.form == "ONLINE_HOME":
            worker_type = "FLEXIBLE"
        share = -(-planned.size // planned.employers) if planned.employers else 0
        employers = [
            self.employer(
                planned.employer + position,
                place,
                trade,
                planned.id,
                max(share, 3) + chance.randrange(max(share // 5, 2)),
                planned,
            )
            for position in range(planned.employers)
        ]
        name = self.name(planned, place, employers, word)
        industry = None if planned.form in ("ONLINE_HOME", "UNION_FEDERATION") else trade[0]
        registered = chance.random() < 0.6 and planned.form != "ONLINE_HOME"
        since, until = iso(planned.established), iso_or_null(planned.dissolved)
        self.rows.add(
            "organization",
            planned.id,
            cell(name),
            "TOWNSHIP" if planned.form == "UNION_FEDERATION" else "GRASSROOTS",
            "GRASSROOTS_UNION",
            planned.form,
            "DISSOLVED" if planned.dissolved else "NORMAL",
            place.union.division.id if place.union.division else None,
            industry,
            credit_code("81", place.code, planned.id) if registered else None,
            since,
            until,
        )
        self.links(planned, place, place.industrial.get(trade[2]) if chance.random() < 0.25 and industry else None)
        self.terms(planned)
        return Grassroots(planned, place, name, industry, worker_type, employers)

    def name(self, planned: PlannedUnion, place: Place, employers: list[Employer], word: str) -> str:
        """The name of a union, by its form."""
        town = place.union.division.name if place.union.division else ""
        chosen = brand(self.chance)
        match planned.form:
            case "INDEPENDENT":
                return f"{employers[0].name}工会委员会"
            case "PROJECT":
                return f"{short(place.county_name)}{chosen}{self.chance.choice(PROJECTS)}项目工会委员会"
            case "JOINT":
                return f"{town}{chosen}片区联合工会委员会"
            case "NEW_FORM":
                return f"{place.county_name}{town}{word}行业工会委员会"
            case "ONLINE_HOME":
                return f"{town}网上会员之家"
        return f"{town}新业态工会联合会"

    def links(self, planned: PlannedUnion, place: Place, industrial: Union | None) -> None:
        """Add the links: the territorial parent, in some cases an earlier one and an industrial one; and the rows of both closures."""
        add = self.rows.add
        number, since, until = planned.id, iso(planned.established), iso_or_null(planned.dissolved)
        township = place.union
        line = (
            (planned.federation, township.id, *township.line) if planned.federation else (township.id, *township.line)
        )
        moved = (
            place.sibling
            if planned.form == "INDEPENDENT" and not planned.dissolved and self.chance.random() < 0.03
            else None
        )
        begun = planned.established
        if moved is not None and moved.established < begun < TODAY - 400:
            change = begun + 200 + self.chance.randrange(TODAY - begun - 300)
            add("organization_link", number, moved.id, "TERRITORIAL", True, None, since, iso(change))
            for depth, ancestor in enumerate((moved.id, *moved.line), 1):
                add("territorial_closure", ancestor, number, since, iso(change), depth)
            begun = change
            reason = "隶属关系调整"
        else:
            reason = None
        add("organization_link", number, line[0], "TERRITORIAL", True, reason, iso(begun), until)
        add("territorial_closure", number, number, since, until, 0)
        for depth, ancestor in enumerate(line, 1):
            add("territorial_closure", ancestor, number, iso(begun), until, depth)
        add("industrial_closure", number, number, since, until, 0)
        if industrial is not None:
            add("organization_link", number, industrial.id, "INDUSTRIAL", False, None, since, until)
            for depth, ancestor in enumerate((industrial.id, *industrial.industrial_line), 1):
                add("industrial_closure", ancestor, number, since, until, depth)

    def succession(self, earlier: PlannedUnion, later: PlannedUnion) -> None:
        """A union was split from the one before it in the same township, if that is older, on the day on which it was established."""
        if not earlier.dissolved and earlier.established < later.established:
            self.rows.add("organization_succession", earlier.id, later.id, "SPLIT", iso(later.established), "工会分立")

    def terms(self, planned: PlannedUnion) -> None:
        """Add the committee's current and last term. A dissolved union's term ends with it; some elections are overdue."""
        if planned.form == "ONLINE_HOME":
            return
        chance, add = self.chance, self.rows.add
        years = 5 if planned.form == "UNION_FEDERATION" or chance.random() < 0.5 else 3
        last = planned.dissolved or TODAY
        number = max(last - planned.established - 1, 0) // (365 * years + 2)
        start = years_after(planned.established, years * number)
        if number:
            before = years_after(planned.established, years * (number - 1))
            add(
                "committee_term",
                planned.id,
                "COMMITTEE",
                number,
                iso(before),
                person_name(chance),
                iso(before),
                iso(start),
            )
        if start < last and not (number and chance.random() < 0.06):
            end = iso(planned.dissolved or years_after(start, years))
            add("committee_term", planned.id, "COMMITTEE", number + 1, iso(start), person_name(chance), iso(start), end)
            if planned.size >= 25:
                add(
                    "committee_term",
                    planned.id,
                    "ECONOMIC_REVIEW",
                    number + 1,
                    iso(start),
                    person_name(chance),
                    iso(start),
                    end,
                )
                if planned.size >= 40:
                    add(
                        "committee_term",
                        planned.id,
                        "WOMEN",
                        number + 1,
                        iso(start),
                        person_name(chance),
                        iso(start),
                        end,
                    )

    def employer(
        self,
        number: int,
        place: Place,
        trade: tuple[str, str, str],
        union: int,
        headcount: int,
        planned: PlannedUnion | None,
    ) -> Employer:
        """Add one employer, and its coverage if a union covers it."""
        chance = self.chance
        industry, word, _ = trade
        kind = (
            KINDS.get(industry)
            or chance.choices(
                (
                    "PRIVATE_ENTERPRISE",
                    "STATE_ENTERPRISE",
                    "FOREIGN_ENTERPRISE",
                    "SELF_EMPLOYED",
                    "SOCIAL_ORGANIZATION",
                ),
                (70, 10, 8, 8, 4),
            )[0]
        )
        if planned is not None and planned.form == "NEW_FORM":
            kind = "PLATFORM" if chance.random() < 0.3 else "PRIVATE_ENTERPRISE"
        town = short(place.county_name)
        if kind == "PUBLIC_INSTITUTION":
            name = f"{place.county_name}第{chance.choice(ORDINALS)}{word}"
        elif kind == "SELF_EMPLOYED":
            name = f"{town}{brand(chance)}{word}经营部"
        elif kind == "SOCIAL_ORGANIZATION":
            name = f"{town}{brand(chance)}{word}服务中心"
        else:
            name = f"{town}{brand(chance)}{word}{'集团' if chance.random() < 0.1 else ''}有限公司"
        since = planned.established if planned else TODAY - 200 - chance.randrange(4000)
        closed = planned.dissolved if planned and planned.dissolved and chance.random() < 0.5 else None
        self.rows.add(
            "employer",
            number,
            cell(name),
            kind,
            credit_code(KIND_PREFIX.get(kind, "91"), place.code, number),
            industry,
            place.union.division.id if place.union.division else None,
            union,
            headcount,
            iso(since - 90 - chance.randrange(2000)),
            iso_or_null(closed),
        )
        if planned is not None:
            self.rows.add(
                "employer_coverage", planned.id, number, iso(planned.established), iso_or_null(planned.dissolved)
            )
        return Employer(number, name, industry, headcount)
