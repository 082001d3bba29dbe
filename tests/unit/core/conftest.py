"""Hypothesis for the core: the same examples on every run, more of them with CC110_EXAMPLES=20."""

import os

from hypothesis import settings

settings.register_profile(
    "core",
    max_examples=60 * int(os.environ.get("CC110_EXAMPLES", "1")),
    deadline=None,
    derandomize="CC110_EXAMPLES" not in os.environ,
    database=None,
)
