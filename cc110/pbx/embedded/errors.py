"""What can go wrong with the embedded PBX. Each error is one sentence that says what to do.

PbxError
├── PbxInstallError
│   ├── AptMissing            no apt-get, dpkg-deb or tar on this machine
│   ├── KeyringMissing        Debian's archive keys are not installed
│   ├── WrongCpu              no packages for this processor
│   ├── NoNetwork             the mirror cannot be reached
│   ├── MirrorUnusable        the mirror answers, but not with a Debian archive
│   ├── SignatureFailed       the archive is not signed by Debian
│   ├── PackageMissing        the suite has no such package
│   ├── DownloadDamaged       a package differs from its signed checksum
│   ├── UnpackFailed          a package could not be unpacked
│   ├── DiskFull              too little space
│   ├── CacheNotWritable      the cache directory belongs to somebody else
│   ├── CacheNotExecutable    the cache lies on a file system mounted noexec
│   ├── DamagedCache          the unpacked tree is not what was unpacked
│   ├── CacheInUse            a program runs from the tree that is to be removed
│   ├── TooOld                the Asterisk found is below the floor version
│   ├── NotInstalled          nothing is unpacked yet and nothing may be fetched now
│   └── ToolMissing           SIPp or espeak-ng was asked for but is not installed
└── PbxRunError
    ├── PortInUse             another program has one of the PBX's ports
    ├── RunDirTooLong         the control socket's path does not fit
    ├── RunDirMismatch        asterisk.conf names another run directory
    ├── AlreadyRunning        a PBX runs on this run directory
    ├── PbxDied               the PBX ended while starting
    ├── PbxNotReady           the PBX did not boot in time
    ├── PbxNotRunning         nobody listens on the control socket
    └── ConsoleTimeout        a console command gave no answer in time
"""

from __future__ import annotations

from cc110.ports import Cc110Error


class PbxError(Cc110Error):
    """The embedded PBX failed.

    Attributes:
        detail: what the failing program itself said, for a log or a longer report.
    """

    def __init__(self, message: str | None = None, *, detail: str = "") -> None:
        """Take the class docstring as the message unless one is given."""
        super().__init__(message)
        self.detail = detail


class PbxInstallError(PbxError):
    """The embedded PBX could not be installed."""


class AptMissing(PbxInstallError):
    """apt-get, dpkg-deb or tar is missing, so install Asterisk 22.10.1 or later, or use docker/."""


class KeyringMissing(PbxInstallError):
    """Debian's archive keys are missing: install the package debian-archive-keyring."""


class WrongCpu(PbxInstallError):
    """The embedded PBX runs on x86_64 and aarch64 only: install Asterisk 22.10.1 or later."""


class NoNetwork(PbxInstallError):
    """The Debian mirror cannot be reached: check the network or set another mirror."""


class MirrorUnusable(PbxInstallError):
    """The mirror has no such Debian suite: check the mirror's address and the suite."""


class SignatureFailed(PbxInstallError):
    """The mirror's archive is not signed by Debian: use another mirror."""


class PackageMissing(PbxInstallError):
    """The Debian suite has no such package: use another suite."""


class DownloadDamaged(PbxInstallError):
    """A downloaded package differs from its signed checksum: try again or use another mirror."""


class UnpackFailed(PbxInstallError):
    """A package could not be unpacked: try again."""


class DiskFull(PbxInstallError):
    """There is not enough space: free some or set CC110_CACHE to a bigger disk."""


class CacheNotWritable(PbxInstallError):
    """The cache cannot be written: set CC110_CACHE to a directory of your own."""


class CacheNotExecutable(PbxInstallError):
    """Programs cannot run from the cache: set CC110_CACHE to a disk not mounted noexec."""


class DamagedCache(PbxInstallError):
    """The unpacked PBX was changed or is incomplete: run `cc110 pbx install` again."""


class CacheInUse(PbxInstallError):
    """A program still runs from the unpacked PBX: stop it first."""


class TooOld(PbxInstallError):
    """Asterisk 22.10.1 or later is needed: use a newer suite."""


class NotInstalled(PbxInstallError):
    """No usable Asterisk is here yet: run `cc110 pbx install`."""


class ToolMissing(PbxInstallError):
    """A tool is not installed: run `cc110 pbx install` with it."""


class PbxRunError(PbxError):
    """The PBX could not be started, asked or stopped."""


class PortInUse(PbxRunError):
    """A port of the PBX is in use by another program."""


class RunDirTooLong(PbxRunError):
    """The path of the PBX's control socket is too long: use a shorter CC110_HOME."""


class RunDirMismatch(PbxRunError):
    """asterisk.conf names another run directory than the one given."""


class AlreadyRunning(PbxRunError):
    """A PBX is already running on this run directory: stop it first."""


class PbxDied(PbxRunError):
    """The PBX ended while starting."""


class PbxNotReady(PbxRunError):
    """The PBX did not boot in time."""


class PbxNotRunning(PbxRunError):
    """The PBX is not running: start it with `cc110 pbx start`."""


class ConsoleTimeout(PbxRunError):
    """The PBX gave no answer to a console command in time."""
