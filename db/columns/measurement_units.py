"""Units of measurement (计量单位) and qualifiers of figures. Persons, attendances, sessions and households are different measures and never
added up."""

from db.model import Term


class Unit(Term):
    """Unit of a figure or a quantity (计量单位)."""

    PERSON = "Distinct persons (人)"
    ATTENDANCE = "Attendances (人次)"
    SESSION = "Sessions (场次)"
    HOUSEHOLD = "Households (户)"
    ORGANIZATION = "Units, that is unions or employers (家)"
    CASE = "Cases (起)"
    ITEM = "Pieces (个、份、项)"
    COPY = "Copies (册)"
    VEHICLE = "Vehicles (辆)"
    TONNE = "Tonnes (吨)"
    YUAN = "Yuan (元)"
    DAY = "Days (天)"
    MINUTE = "Minutes (分钟)"
    RATIO = "Fraction of one (比例)"


class Qualifier(Term):
    """How a stated figure relates to the true one (约数)."""

    EXACT = "Exactly (准确数)"
    GE = "That many or more (余、以上、不少于)"
    APPROX = "About that many, 10 % to either side (近、约)"
