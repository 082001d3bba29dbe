"""Finalises or erases recordings; for each one a child that kills itself by SIGKILL at a named step.

Arguments: the recordings folder, the key file or "", "seal" or "erase", then ``step=call`` for each.
Prints the steps that were come to. Behind each one it leaves in the manifest what a crash in the
middle of a write leaves there.
"""

import asyncio
import os
import signal
import sys
from pathlib import Path

from cc110.core.ids import CallId
from cc110.recordings.archive import Archive
from cc110.recordings.cipher import cipher_from
from cc110.recordings.manifest import manifest_of, month_of


async def work(root: Path, key: str, what: str, step: str, path: str) -> None:
    """Do it, as far as the step."""

    def reached(name: str) -> None:
        if name == step:
            os.kill(os.getpid(), signal.SIGKILL)

    archive = Archive(root, lambda: cipher_from(Path(key)) if key else None, reached=reached)
    call_id = CallId(Path(path).stem)
    if what == "seal":
        await archive.finalise(call_id, path)
    else:
        await archive.erase(call_id, path, by="sample", reason="sample")


def cut_off(root: Path, path: str) -> None:
    """A row of which only a part was written."""
    manifest = manifest_of(root, month_of(path))
    if manifest.exists():
        with manifest.open("ab") as file:
            file.write(b'{"seq":99,"at":"20')


def main(root: str, key: str, what: str, *wanted: str) -> None:
    """One child after the other."""
    for step, _, call in (one.partition("=") for one in wanted):
        path = f"{call[:4]}/{call[4:6]}/{call[6:8]}/{call}.wav"
        child = os.fork()
        if child == 0:
            asyncio.run(work(Path(root), key, what, step, path))
            os._exit(0)
        _, status = os.waitpid(child, 0)
        if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL:
            print(step, flush=True)
        cut_off(Path(root), path)


if __name__ == "__main__":
    main(*sys.argv[1:])
