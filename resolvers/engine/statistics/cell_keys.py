"""Keys of the cell-key method (docs/small-cells.md) as SQL: a record or person has a secret key, a cell that of its records' keys added up.

A record key is the keyed hash of a number under the database's own secret seed (``noise.seed``), so that it needs no column, is the same
for ever, and follows a record into the roll-ups. A person's key stands for all records of that person. Keys are added up modulo 2²⁴, and
the sum leaves the database only hashed once more, as the cell key: whoever guesses at the noise has 2⁶⁴ cell keys to try, and not 2²⁴ sums.
"""

from sqlalchemy import ColumnElement, Integer, cast, column, func, literal_column, table

from db.rollups.layout import KEYS
from resolvers.engine.plan.parameters import BIGINT

BITS: ColumnElement[int] = literal_column(str(KEYS.bit_length() - 1), Integer())
MASK: ColumnElement[int] = literal_column(str(KEYS - 1), BIGINT)
ZERO: ColumnElement[int] = literal_column("0", BIGINT)
SEED = table("seed", *(column(name, BIGINT) for name in ("first", "second", "third")), schema="noise")


def record_key(number: ColumnElement[int]) -> ColumnElement[int]:
    """The key of a record or person by its number; null of null."""
    inner = func.hashint8extended(cast(number, BIGINT), _seed("first"), type_=BIGINT)
    return cast(func.hashint8extended(inner, _seed("second"), type_=BIGINT).bitwise_and(MASK), Integer())


def sum_of_keys(number: ColumnElement[int], condition: ColumnElement[bool] | None = None) -> ColumnElement[int]:
    """An aggregate: the keys of all records, or of those that fulfil a condition, added up."""
    total = func.sum(record_key(number), type_=BIGINT)
    return func.coalesce(total if condition is None else total.filter(condition), ZERO, type_=BIGINT)


def sum_of_distinct_keys(number: ColumnElement[int]) -> ColumnElement[int]:
    """An aggregate: the keys of the distinct numbers added up, modulo 2²⁴. The key stands in the low bits behind its number, which adds
    nothing to them."""
    behind = cast(number, BIGINT).bitwise_lshift(BITS).bitwise_or(record_key(number))
    total = func.coalesce(func.sum(behind.distinct()), ZERO)
    whole = literal_column(str(KEYS), BIGINT)
    return cast(func.mod(func.mod(total, whole) + whole, whole), BIGINT)


def cell_key(total: ColumnElement[int]) -> ColumnElement[int]:
    """What leaves the database of a sum of keys."""
    return func.hashint8extended(cast(total, BIGINT).bitwise_and(MASK), _seed("third"), type_=BIGINT)


def _seed(name: str) -> ColumnElement[int]:
    """A part of the seed, which stands in the statement's head (resolvers/engine/statistics/head.py)."""
    return literal_column(f"head.{name}", BIGINT)
