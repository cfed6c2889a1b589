"""Why a file cannot be read."""


class BadFile(Exception):
    """A file of which nothing is taken: a stable code, and a message with what is wrong and what to do."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def letters(column: int) -> str:
    """The name of a column in a spreadsheet, counted from 0: A, B, … Z, AA, …"""
    name = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        name = chr(65 + rest) + name
    return name


def cell(row: int, column: int) -> str:
    """The name of a cell: ``row`` counted from 1, ``column`` from 0."""
    return f"{letters(column)}{row}"


def place_of(letter: str) -> int:
    """The place of a column by its letters, counted from 0."""
    place = 0
    for each in letter.upper():
        place = place * 26 + ord(each) - 64
    return place - 1
