"""The memberships of a batch of persons: which one each row is about, and what must hold between those of a person."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from db.members import Membership
from resolvers.writing.batch import Batch, refuse_unordered
from resolvers.writing.parts import Part

KNOWN = "SELECT * FROM wall.known_memberships($1::bigint[])"

APPLIED = frozenset({"APPLIED", "UNDER_REVIEW"})
OPEN = frozenset({"ACTIVE", "RETAINED"})

Record = Mapping[str, Any]


async def memberships_of(batch: Batch, existing: Sequence[Record | None], keys: Sequence[int]) -> Part:
    """The membership that each row is about: of the person in the row's union the one in force, else the one that began on the same day,
    else the one applied for."""
    values, unions = batch.values, batch.keys["union"]
    records: dict[int, list[Record]] = defaultdict(list)
    for record in await batch.connection.fetch(KNOWN, [row["id"] for row in existing if row is not None]):
        records[record["member_id"]].append(record)
    found: list[Record | None] = [None] * len(batch)
    for row, old in enumerate(existing):
        if old is not None and unions[row] is not None:
            of_union = [each for each in records[old["id"]] if each["organization_id"] == unions[row]]
            found[row] = _meant(of_union, values["joined_on"][row])
            _check_others(batch, row, found[row], records[old["id"]])
    applied = [
        own if own is not None else None if old is not None else joined
        for own, joined, old in zip(values["applied_on"], values["joined_on"], found, strict=True)
    ]
    return Part(
        Membership,
        found,
        {
            "status": [_status(batch, row, found[row]) for row in range(len(batch))],
            "channel": values["channel"],
            "applied_on": applied,
            "valid_from": values["joined_on"],
            "valid_to": values["left_on"],
            "end_reason": values["leaving_reason"],
        },
        fixed={"member_id": keys, "organization_id": unions},
        defaults={"channel": "PAPER"},
    )


def _meant(records: Sequence[Record], joined: date | None) -> Record | None:
    """Of a person's memberships in one union the one that a row is about."""
    for fits in (
        lambda each: each["valid_from"] is not None and each["valid_to"] is None,
        lambda each: each["valid_from"] is not None and each["valid_from"] == joined,
        lambda each: each["valid_from"] is None and each["valid_to"] is None,
    ):
        found = next((each for each in records if fits(each)), None)
        if found is not None:
            return found
    return None


def _status(batch: Batch, row: int, old: Record | None) -> str | None:
    """The status that a row gives or implies; None leaves the recorded one."""
    given: str | None = batch.values["status"][row]
    if given is None and (old is None or old["status"] in APPLIED):
        if batch.values["joined_on"][row] is not None:
            return "ACTIVE"
        return "APPLIED" if old is None else None
    return given


def _check_others(batch: Batch, row: int, found: Record | None, records: Sequence[Record]) -> None:
    """A person's memberships do not overlap, and one is in force: MEMBER_ELSEWHERE, ENDED_ALREADY, OVERLAP."""
    begins, ends, union = batch.values["joined_on"][row], batch.values["left_on"][row], batch.keys["union"][row]
    if found is not None and found["valid_to"] is not None and ends is None:
        batch.refuse(
            row, "ENDED_ALREADY", "left_on",
            "This membership has ended on record. Write its end too or, for a new membership, the day on which that began.",
        )  # fmt: skip
    for other in records:
        if other is found or other["valid_from"] is None:
            continue
        if other["valid_to"] is None and other["organization_id"] != union and ends is None:
            # an application too: it would show the person to this union
            batch.refuse(
                row,
                "MEMBER_ELSEWHERE",
                "union",
                "This person is a member of another union. Have that union end the membership as TRANSFERRED_OUT, on a day not after the"
                " one of joining here; then send the row again.",
            )
        elif (
            begins is not None and (other["valid_to"] or date.max) > begins and (ends or date.max) > other["valid_from"]
        ):
            batch.refuse(
                row,
                "OVERLAP",
                "joined_on",
                "The person has another membership on some of these days. Compare the days.",
            )


def check_memberships(batch: Batch, existing: Sequence[Record | None], memberships: Part) -> None:
    """The days and the status of each membership as it will be: DATE_ORDER, REQUIRED, STATUS_MISMATCH."""
    values = memberships.values
    refuse_unordered(
        batch, values["applied_on"], values["valid_from"], "joined_on", "Nobody joins before they applied.", equal=True
    )
    refuse_unordered(batch, values["valid_from"], values["valid_to"], "left_on", "A membership ends after it began.")
    for row, status in enumerate(values["status"]):
        began, ended = values["valid_from"][row], values["valid_to"][row]
        if values["applied_on"][row] is None:
            batch.refuse(
                row,
                "REQUIRED",
                "joined_on",
                "Write the day of joining or, of who has only applied, the day of the application.",
            )
        elif ended is not None and began is None:
            batch.refuse(row, "REQUIRED", "joined_on", "Write the day of joining of a membership that has ended.")
        elif began is None and status not in APPLIED:
            batch.refuse(
                row, "STATUS_MISMATCH", "status", "A membership with this status has begun. Write the day of joining."
            )
        elif began is not None and status in APPLIED:
            batch.refuse(
                row,
                "STATUS_MISMATCH",
                "status",
                "A membership that has begun is no application. Leave out the day or the status.",
            )
        elif ended is not None and status in OPEN:
            batch.refuse(
                row, "STATUS_MISMATCH", "status",
                "A membership that has ended is WITHDRAWN, TRANSFERRED_OUT, AUTO_WITHDRAWN, EXPELLED or DECEASED. Write which.",
            )  # fmt: skip
        elif ended is None and began is not None and status not in OPEN:
            batch.refuse(
                row, "STATUS_MISMATCH", "status", "A membership with this status has ended. Write the day of leaving."
            )
