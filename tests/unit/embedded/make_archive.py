"""Makes the sample Debian archive under `archive/`: a few tiny packages, signed with a sample key.

Not run by the tests, which must work without gpg: run it by hand after a change, on Debian with gpg
and fakeroot, by `fakeroot python tests/unit/embedded/make_archive.py`. The secret key is
thrown away, so nobody can sign anything else with it.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).parent / "archive"
PAST = "20250101T000000"
DATE = "Wed, 01 Jan 2025 00:00:00 UTC"
EPOCH = "1735689600"
OWNER = (1000, 1000)
TRIPLETS = {
    "x86_64-linux-gnu/ld-linux-x86-64.so.2",
    "aarch64-linux-gnu/ld-linux-aarch64.so.1",
}
# Called as the real one: --library-path DIRS --argv0 NAME PROGRAM ARGUMENT...
LOADER = '#!/bin/sh\nshift 4\nexec "$@"\n'
ASTERISK = '#!/bin/sh\n[ "$1" = -V ] && echo "Asterisk {version}+sample" || exec sleep 60\n'
SIPP = "#!/bin/sh\necho SIPp sample\nexit 99\n"


@dataclass(frozen=True, kw_only=True)
class Sample:
    """A package: its name, version, files with their modes, and what it needs."""

    name: str
    version: str
    files: dict[str, tuple[int, bytes]] = field(default_factory=dict)
    depends: str = ""


def script(text: str) -> tuple[int, bytes]:
    """Return a file that can be run."""
    return 0o755, text.encode()


def asterisk(version: str) -> Sample:
    """Return a package with something that says it is Asterisk."""
    files = {
        "usr/sbin/asterisk": script(ASTERISK.format(version=version)),
        "usr/share/asterisk/sounds/hello.gsm": (0o644, b"a sample of a sound\n"),
        # What older packages do on a system whose /lib is a link.
        "lib/sample/old.txt": (0o644, b"from before the merged /usr\n"),
        "usr/bin/sample-suid": (0o4755, b"#!/bin/sh\n"),
        "usr/share/sample/zeros": (0o644, bytes(3_000_000)),
    }
    return Sample(name="asterisk", version=f"1:{version}-1", files=files, depends="sample-loader")


LOADERS = Sample(
    name="sample-loader",
    version="2.41-1",
    files={f"usr/lib/{place}": script(LOADER) for place in TRIPLETS},
)
SIPPS = Sample(
    name="sip-tester",
    version="3.8.0-1",
    files={"usr/bin/sipp": script(SIPP)},
    depends="sample-loader",
)
SUITES = {
    "forky": (asterisk("22.10.1"), LOADERS, SIPPS),
    "old": (asterisk("20.4.0"), LOADERS),
    "empty": (LOADERS,),
}


def build(sample: Sample, pool: Path, work: Path) -> str:
    """Build one package into `pool`; return its stanza of the index."""
    tree = work / f"{sample.name}-{sample.version.replace(':', '_')}"
    for path, (mode, content) in sample.files.items():
        (tree / path).parent.mkdir(parents=True, exist_ok=True)
        (tree / path).write_bytes(content)
        os.chown(tree / path, *OWNER)
        # Changing the owner has taken a set-uid bit away.
        (tree / path).chmod(mode)
    control = (
        f"Package: {sample.name}\nVersion: {sample.version}\nArchitecture: all\n"
        f"Maintainer: Sample <sample@example.invalid>\nDescription: a sample\n"
        + (f"Depends: {sample.depends}\n" if sample.depends else "")
    )
    (tree / "DEBIAN").mkdir()
    (tree / "DEBIAN" / "control").write_text(control)
    file = pool / f"{sample.name}_{sample.version.split(':')[-1]}_all.deb"
    command = ["dpkg-deb", "-Zxz", "--build", str(tree), str(file)]
    subprocess.run(command, check=True, env={"PATH": "/usr/bin:/bin", "SOURCE_DATE_EPOCH": EPOCH})
    content = file.read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    return f"{control}Filename: pool/{file.name}\nSize: {len(content)}\nSHA256: {digest}\n\n"


def publish(suite: str, index: str, gpg: list[str]) -> None:
    """Write a suite's index for both processors and sign it."""
    place = HERE / "dists" / suite
    lines = []
    for cpu in ("amd64", "arm64"):
        path = f"main/binary-{cpu}/Packages"
        (place / path).parent.mkdir(parents=True)
        (place / path).write_text(index)
        digest = hashlib.sha256(index.encode()).hexdigest()
        lines.append(f" {digest} {len(index)} {path}\n")
    release = (
        f"Origin: Sample\nSuite: {suite}\nCodename: {suite}\nDate: {DATE}\n"
        f"Architectures: amd64 arm64\nComponents: main\nSHA256:\n{''.join(lines)}"
    )
    signing = [*gpg, "--digest-algo", "SHA512", "--clearsign", "--output", "-"]
    signed = subprocess.run(signing, input=release.encode(), stdout=subprocess.PIPE, check=True)
    (place / "InRelease").write_bytes(signed.stdout)


def main() -> None:
    """Make everything anew."""
    shutil.rmtree(HERE, ignore_errors=True)
    pool = HERE / "pool"
    pool.mkdir(parents=True)
    with tempfile.TemporaryDirectory() as directory:
        work = Path(directory)
        (work / "keys").mkdir(mode=0o700)
        gpg = ["gpg", "--homedir", str(work / "keys"), "--batch", "--faked-system-time", PAST]
        name = "Sample archive <sample@example.invalid>"
        making = ["--passphrase", "", "--quick-generate-key", name, "rsa3072", "sign", "never"]
        subprocess.run([*gpg, *making], check=True)
        key = subprocess.run([*gpg, "--export"], stdout=subprocess.PIPE, check=True).stdout
        (HERE / "keyring.gpg").write_bytes(key)
        for suite, samples in SUITES.items():
            publish(suite, "".join(build(sample, pool, work) for sample in samples), gpg)
            for left in work.glob("*-*"):
                shutil.rmtree(left)


if __name__ == "__main__":
    main()
