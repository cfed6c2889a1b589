"""The slow set: tests that ``make test`` leaves to ``make test-slow``.

Of a test that takes long ``make test`` runs a sample of its parameters: at least one for each kind of fault that the test can find. The
others are marked ``slow``. Together the two targets run every parameter once.
"""

from collections.abc import Collection, Iterable
from typing import Any

import pytest

slow = pytest.mark.slow


def sampled(values: Iterable[Any], sample: Collection[Any]) -> list[Any]:
    """The values of a parameter (tuples, of several), with the mark ``slow`` on those that are not in the sample.

    Raises:
        AssertionError: the sample has a value that the parameter has not.
    """
    values = list(values)
    assert all(value in values for value in sample), [value for value in sample if value not in values]
    return [
        value if value in sample else pytest.param(*(value if isinstance(value, tuple) else (value,)), marks=slow)
        for value in values
    ]
