"""Finalises or erases a recording and kills itself by SIGKILL at a named step: made to be killed.

Arguments: the recordings folder, the key file or "", the step or "", "seal" or "erase", the call.
"""

import asyncio
import os
import signal
import sys
from pathlib import Path

from cc110.core.ids import CallId
from cc110.recordings.archive import Archive
from cc110.recordings.cipher import cipher_from


async def main(root: str, key: str, step: str, what: str, call: str) -> None:
    """Do it, as far as the step."""

    def reached(name: str) -> None:
        if name == step:
            os.kill(os.getpid(), signal.SIGKILL)

    keys = (lambda: cipher_from(Path(key))) if key else (lambda: None)
    archive = Archive(Path(root), keys, reached=reached)
    path = f"{call[:4]}/{call[4:6]}/{call[6:8]}/{call}.wav"
    if what == "seal":
        await archive.finalise(CallId(call), path)
    else:
        await archive.erase(CallId(call), path, by="sample", reason="sample")


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
