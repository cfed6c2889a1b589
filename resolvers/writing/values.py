"""Types of values that records take: each reads a value from text, however an office may write it, or says what is wrong with the text.

A value that has its type already (of a GraphQL input, or a cell of a workbook) is read too: ``read`` takes either.
"""

from datetime import date
from typing import Any, Protocol

from db.errors import DataError
from db.input_values import TextError, normal_text


class BadValue(Exception):
    """A value that its column does not take: a stable code, and a message that says what to do. It never repeats the value."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class ValueType(Protocol):
    """How the values of a column are read."""

    def read(self, value: Any) -> Any:
        """The value as it is stored and compared.

        Raises:
            BadValue: it is no value of this type.
        """


class TextType:
    """A text of one line without surrounding white space."""

    def __init__(self, most: int = 200) -> None:
        self.most = most

    def read(self, value: Any) -> str:
        """See ``ValueType``."""
        try:
            return normal_text(str(value), self.most)
        except TextError as error:
            raise BadValue("BAD_TEXT", str(error)) from None


class NormalType:
    """A value with a check of its own in ``db.input_values``, such as a resident number."""

    def __init__(self, normal: Any) -> None:
        self.normal = normal

    def read(self, value: Any) -> str:
        """See ``ValueType``."""
        try:
            return str(self.normal(str(value)))
        except DataError as error:
            raise BadValue("BAD_VALUE", str(error)) from None


class DayType:
    """A day."""

    def read(self, value: Any) -> date:
        """See ``ValueType``."""
        if isinstance(value, date):
            return value
        try:
            return date.fromisoformat(str(value).strip())
        except ValueError:
            raise BadValue("BAD_DATE", "Write the day as YYYY-MM-DD.") from None
