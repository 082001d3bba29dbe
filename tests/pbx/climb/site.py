"""A site with every level of the climb, and times that don't keep tests waiting."""

import shutil
from pathlib import Path
from typing import Final

from cc110.config.load import checkout

NUMBER_OUTSIDE: Final = "+6280000000390"
_LEVEL: Final = '\n[[climb.level]]\nafter_s = {}\nwho = "{}"\n'
_POLDA: Final = 'code = "{0}"\nname'
WHO: Final = ("polda", "neighbours", "mabes", "number")


def site_that_climbs(
    folder: Path, *, outbound: str, every_s: int, who: tuple[str, ...] = WHO
) -> Path:
    """Write it: a level each so many seconds; the trunk takes outside calls at that address."""
    site = folder / "site"
    shutil.copytree(checkout() / "site", site)
    file = site / "directory.toml"
    text = file.read_text()
    for own, other in (("metro-jaya", "sumut"), ("sumut", "metro-jaya")):
        code = f'code = "polda-{own}"\n'
        assert code in text
        text = text.replace(code, f'{code}neighbours = ["polda-{other}"]\n', 1)
    trunk = '[[trunk]]\nid = "demo"\n'
    assert trunk in text
    text = text.replace(trunk, f'{trunk}outbound = "{outbound}"\n')
    text += "".join(_LEVEL.format(at * every_s, one) for at, one in enumerate(who))
    if "number" in who:
        text += f'numbers = ["{NUMBER_OUTSIDE}"]\n'
    file.write_text(text)
    return site
