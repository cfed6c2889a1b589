"""What file the caller wants: its format, and what its headings and codes are written as."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from hub.errors import Refusal


class Format(Enum):
    """A format of files, by the media type that asks for it."""

    CSV = "text/csv"
    NDJSON = "application/x-ndjson"
    XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

    @property
    def suffix(self) -> str:
        """The ending of a file's name."""
        return f".{self.name.lower()}"

    @property
    def is_table(self) -> bool:
        """Whether each row is a line of cells, so that there are no lists in it."""
        return self is not Format.NDJSON

    @property
    def content_type(self) -> str:
        """The ``Content-Type`` of a response."""
        match self:
            case Format.CSV:
                return f"{self.value}; charset=utf-8; header=present"
            case Format.NDJSON:
                return f"{self.value}; charset=utf-8"
        return str(self.value)


class Headings(Enum):
    """What stands above the columns of a table."""

    DESCRIPTIONS = "descriptions"
    PATHS = "paths"


class Codes(Enum):
    """What the codes of a code list are written as in a table."""

    CODES = "codes"
    LABELS = "labels"


@dataclass(frozen=True, slots=True)
class Form:
    """The file that a caller wants; descriptions and labels are ``chinese`` or English."""

    format: Format
    headings: Headings = Headings.DESCRIPTIONS
    codes: Codes = Codes.CODES
    chinese: bool = False


def form_of(format_: Format, parameters: Mapping[str, str], *, chinese: bool) -> Form:
    """The form that a media type with these parameters asks for; others than ``headings`` and ``codes`` mean nothing.

    Raises:
        Refusal: 406 NOT_ACCEPTABLE: a parameter has a value that it cannot have.
    """
    headings = parameters.get("headings", Headings.DESCRIPTIONS.value)
    codes = parameters.get("codes", Codes.CODES.value)
    try:
        return Form(format_, Headings(headings), Codes(codes), chinese)
    except ValueError:
        raise Refusal(
            406,
            "NOT_ACCEPTABLE",
            "The parameters of the media type are `headings=descriptions` or `headings=paths`, and `codes=codes` or `codes=labels`.",
        ) from None
