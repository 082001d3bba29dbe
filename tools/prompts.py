#!/usr/bin/env python3
"""Make the prompts' audio from their manifest: what `make prompts` runs. See --help."""

import sys

from promptmaker.main import main

if __name__ == "__main__":
    sys.exit(main())
