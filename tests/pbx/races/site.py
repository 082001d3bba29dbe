"""A site that is big enough for races: 20 operators in one queue, 20 Polres, and one whose name others begin with."""

import shutil
from pathlib import Path
from typing import Final

from cc110.config.load import checkout

OPERATORS: Final = tuple(str(1101 + n) for n in range(20))
_AT_HAND: Final = 13
"""Polres of that Polda in the demo site."""
POLRES: Final = tuple(str(7101 + n) for n in range(20))
PREFIX: Final = "710"
"""A desk that no directory may have, because 7101 begins with it: put into the PBX by hand."""
PASSWORD: Final = "a sample of 32 characters for 710"
_OPERATOR: Final = '\n[[operator]]\nid = "{0}"\nunit = "polda-metro-jaya"\nname = "Contoh {0}"\n'
_POLRES: Final = (
    '\n[[unit]]\ncode = "polres-{0}"\nname = "Polres {0} (sample)"\nkind = "polres"\n'
    'parent = "polda-metro-jaya"\nextension = "{0}"\n'
)


def big_site(folder: Path) -> tuple[Path, Path]:
    """Write it; the site's folder, and that of the PBX's configuration."""
    site, pbx = folder / "site", folder / "asterisk-conf"
    shutil.copytree(checkout() / "site", site)
    shutil.copytree(checkout() / "asterisk-conf", pbx)
    with (site / "directory.toml").open("a") as directory:
        directory.writelines(_OPERATOR.format(one) for one in OPERATORS[5:])
        directory.writelines(_POLRES.format(one) for one in POLRES[_AT_HAND:])
    with (pbx / "pjsip.conf").open("a") as phones:
        phones.write(
            f"\n[{PREFIX}](polres-endpoint)\nauth={PREFIX}\naors={PREFIX}\n"
            f'callerid="Polres {PREFIX}" <{PREFIX}>\n'
            f"[{PREFIX}](polres-auth)\nusername={PREFIX}\npassword={PASSWORD}\n"
            f"[{PREFIX}](polres-aor)\n"
        )
    dial = f"exten => {PREFIX},1,Set(CC110_POLRES_DIAL=PJSIP/{PREFIX})\n same => n,Return()\n"
    (site / "local.conf").write_text(f"[cc110-table-polres](+)\n{dial}")
    return site, pbx
