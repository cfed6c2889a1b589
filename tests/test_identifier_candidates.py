"""The counting of candidates itself: it finds what masks of before left, and what a field tells."""

from datetime import date, timedelta

import pytest

from db.generate.codes import weighted
from db.input_values import RESIDENT_CHECK
from tests.identifier_candidates import ENOUGH, Knowledge, hidden, leaks, told


def whole(digits: str) -> str:
    return digits + RESIDENT_CHECK[weighted(digits, 0) % 11]


def seen(number: str, *more: tuple[str, str, object]) -> list[tuple[str, str, object]]:
    return [("Member", "residentNumber", number), ("Member", "sex", "FEMALE"), *more]


def test_region_last_four_and_year_left_some_thirty_candidates() -> None:
    """As the issue counted them: what was shown until now."""
    counted = []
    for step in range(60):
        number = whole(f"371003{(date(1985, 1, 1) + timedelta(step * 6)).strftime('%Y%m%d')}{2 * step + 2:03d}")
        masked = f"{number[:6]}********{number[-4:]}"
        counted.append(Knowledge.of(seen(masked, ("Member", "birthYear", 1985))).resident_numbers())
    assert 30 <= sum(counted) / len(counted) <= 36
    assert max(counted) < ENOUGH


@pytest.mark.parametrize(
    ("more", "left"),
    [
        ((), (date(1989, 12, 31) - date(1985, 1, 1)).days + 1),
        ((("Membership", "appliedOn", "2003-01-31"),), (date(1987, 1, 28) - date(1985, 1, 1)).days + 1),
        ((("Membership", "endReason", "退休"), ("Membership", "validTo", "2040-03-20")), 28 + 31),
    ],
)
def test_region_sex_and_five_years_leave_more_than_ten_thousand(
    more: tuple[tuple[str, str, object], ...], left: int
) -> None:
    """Also with the day on which somebody began to work, and with the month in which they retired: the figures of docs/masks.md."""
    known = Knowledge.of(seen("371003************", ("Member", "birthYearFrom", 1985), *more))
    assert len(known.days()) == left
    assert known.resident_numbers() == left * 499 >= ENOUGH


def test_a_day_of_birth_beside_the_region_leaves_five_hundred() -> None:
    known = Knowledge.of(seen("371003************", ("Member", "birthDate", "1985-06-15")))
    assert known.resident_numbers() == 499


def test_phones_and_cards_are_counted_by_the_digits_shown() -> None:
    known = Knowledge.of([("Member", "phone", "138****8000"), ("Member", "bankCard", "****1234")])
    assert (known.phones(), known.cards()) == (10**4, 10**6)
    known = Knowledge.of([("Member", "phone", "138********"), ("Member", "bankCard", "****")])
    assert (known.phones(), known.cards()) == (10**8, 10**9)


def test_a_field_that_has_hidden_digits_of_its_members_is_found_and_one_that_has_them_once_by_chance_is_not() -> None:
    members = {}
    for key in range(1, 9):
        number, phone = whole(f"37100319850{key}15{key}24"), f"138{key * 7919:08d}"
        values = [
            ("InsuranceEnrolment", "sourceNumber", f"SI-{number}"),
            ("DisputeStep", "note", f"电话 {phone[3:7]} {phone[7:]}"),
            ("Membership", "appliedOn", f"1985-0{key}-15"),
            ("Employer", "creditCode", f"9137{number[-4:]}" if key == 1 else "91370000"),
            ("Engagement", "validFrom", "2024-03-01"),
        ]
        members[key] = (hidden(number, phone), values)
    assert leaks(members) == {
        ("InsuranceEnrolment", "sourceNumber", "number"),
        ("DisputeStep", "note", "phone"),
        ("Membership", "appliedOn", "number"),
    }


def test_letters_and_signs_between_digits_hide_nothing() -> None:
    assert told("198506151248", "1985-06-15")
    assert told("198506151248", "no. 1248")
    assert not told("198506151248", "2024-03-01")
    assert not told("198506151248", True)
