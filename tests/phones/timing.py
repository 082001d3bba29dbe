"""One unit for every time limit in the tests, so that a slow machine can stretch them all."""

import os
from typing import Final

UNIT_VARIABLE: Final = "CC110_TEST_TIME_UNIT"
DEFAULT_LIMIT_S: Final = 5.0


def limit(seconds: float = DEFAULT_LIMIT_S) -> float:
    """Stretch a time limit by ``CC110_TEST_TIME_UNIT`` (a factor, 1 by default).

    Raises:
        ValueError: the variable holds no positive number.
    """
    text = os.environ.get(UNIT_VARIABLE, "1")
    unit = float(text)
    if unit <= 0:
        raise ValueError(f"{UNIT_VARIABLE} must be above 0 but is {text}")
    return seconds * unit
