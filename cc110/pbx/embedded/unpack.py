"""Unpacking packages into a tree, without root and without running any of their scripts."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor
from typing import IO, TYPE_CHECKING

from cc110.pbx.embedded.apt_errors import translate
from cc110.pbx.embedded.errors import PbxInstallError, UnpackFailed

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from cc110.pbx.embedded.progress import Progress

_TAR = [
    "tar",
    "--extract",
    "--keep-directory-symlink",
    "--no-same-owner",
    "--no-same-permissions",
    "--warning=no-timestamp",
    "--directory",
]
_MERGED = ("bin", "lib", "lib64", "sbin")


def unpack(debs: Sequence[Path], tree: Path, progress: Progress, *, lock: int) -> None:
    """Unpack the package files `debs` into the new directory `tree`.

    The open file `lock` is inherited by the unpacking programs, as in PrivateApt.
    Raises DiskFull, UnpackFailed or another PbxInstallError.
    """
    prepare(tree)
    progress.phase(f"Unpacking {len(debs)} packages", len(debs))
    # Decompression is what takes the time and is done by the programs, so two threads are enough.
    with ThreadPoolExecutor(2) as pool:
        try:
            for _ in pool.map(lambda deb: _unpack_one(deb, tree, lock), debs):
                progress.advance()
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    _link_libraries(tree)


def prepare(tree: Path) -> None:
    """Make `tree` with the links of a merged /usr, where older packages find their place too."""
    tree.mkdir()
    for name in _MERGED:
        (tree / "usr" / name).mkdir(parents=True)
        (tree / name).symlink_to(f"usr/{name}")


def _link_libraries(tree: Path) -> None:
    """Some packages leave the link from a library's version to its file to ldconfig(8)."""
    program = shutil.which("ldconfig", path=f"{os.environ.get('PATH', '')}:/sbin:/usr/sbin")
    folders = sorted((tree / "usr" / "lib").glob("*-linux-gnu"))
    if program and folders:
        subprocess.run([program, "-n", *folders], check=False, capture_output=True, timeout=60)


def _unpack_one(deb: Path, tree: Path, lock: int) -> None:
    """Unpack one package.

    `dpkg-deb --extract` would replace a link such as /lib by a directory, and would keep owners and
    set-uid bits, which no tree that any user may unpack should have.
    """
    with tempfile.TemporaryFile("w+", dir=tree) as said:
        code = _pipe(
            ["dpkg-deb", "--fsys-tarfile", str(deb)], [*_TAR, str(tree)], lock=lock, said=said
        )
        if code:
            said.seek(0)
            raise _failure(deb, said.read())


def _pipe(reading: list[str], writing: list[str], *, lock: int, said: IO[str]) -> int:
    """Run `reading | writing` and return 0 if both went well. What they say goes to `said`."""
    env = {**os.environ, "LC_ALL": "C"}
    with subprocess.Popen(
        reading, stdout=subprocess.PIPE, stderr=said, pass_fds=(lock,), env=env
    ) as reader:
        writer = subprocess.run(
            writing, stdin=reader.stdout, stderr=said, pass_fds=(lock,), env=env, check=False
        )
        if reader.stdout:
            # Else a reader whose writer has given up would wait for ever.
            reader.stdout.close()
        return writer.returncode or reader.wait()


def _failure(deb: Path, output: str) -> PbxInstallError:
    error = translate(output, mirror="")
    if type(error) is not PbxInstallError:
        return error
    first = output.strip().split("\n", 1)[0]
    msg = f"{deb.name} could not be unpacked ({first}): try again."
    return UnpackFailed(msg, detail=output)
