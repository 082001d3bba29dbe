"""Renders the configuration of the PBX in the other container, with the paths that it has there."""

import sys
from pathlib import Path

from cc110.app import prepare_pbx
from cc110.config.load import load
from cc110.config.secrets import ensure_secrets
from cc110.pbx.embedded.installation import Installation
from cc110.ports import Cc110Error

PBX_IMAGE = Installation(
    command=("asterisk",),
    modules_dir=Path("/usr/lib/asterisk/modules"),
    data_dir=Path("/usr/share/asterisk"),
    version="as in the image",
    origin="system",
)


def main() -> None:
    """Check the site and write everything; end with the reason if that is not possible."""
    try:
        config = load()
        run = prepare_pbx(config, ensure_secrets(config), PBX_IMAGE, tied=False)
    except Cc110Error as error:
        sys.exit(str(error))
    sys.stdout.write(f"rendered {run.etc_dir}\n")


if __name__ == "__main__":
    main()
