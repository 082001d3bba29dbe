"""The console of this home's PBX, without all that starts one."""

from cc110.config.model import Config
from cc110.pbx.embedded.console import Console
from cc110.pbx.embedded.errors import PbxNotRunning
from cc110.pbx.embedded.install import find
from cc110.pbx.embedded.installation import Installation


def console_of(config: Config, installation: Installation | None = None) -> Console:
    """The console of this home's PBX, whether it runs or not.

    Args:
        config: the site.
        installation: its Asterisk, if the caller has looked for it already.

    Raises:
        NotInstalled: there is no Asterisk.
        PbxNotRunning: it was never started.
    """
    installation = installation or find(config.paths.cache)
    etc = config.paths.pbx / "etc"
    if not (etc / "asterisk.conf").exists():
        raise PbxNotRunning
    return Console(installation, etc_dir=etc, run_dir=config.paths.pbx / "run")
