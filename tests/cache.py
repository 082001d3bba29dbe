"""Where the PBX and other programs are unpacked for tests, demo and bench."""

import os
from pathlib import Path

from cc110.config.load import checkout


def cache() -> Path:
    """``CC110_CACHE``, by default `.cache` in the checkout."""
    return Path(os.environ.get("CC110_CACHE") or checkout() / ".cache")
