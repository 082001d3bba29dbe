"""One writer for one journal: an exclusive ``flock`` that the kernel lets go of when the process
ends, however it ends.
"""

import fcntl
import os
from pathlib import Path
from typing import Self

from cc110.ports import JournalUnavailable


class JournalInUse(JournalUnavailable):
    """Another process writes this journal."""


class WriterLock:
    """The right to write a journal, held until ``release``.

    The lock file stays: were it removed, two processes could hold locks on two files of the same
    name.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    @classmethod
    def take(cls, journal: Path) -> Self:
        """Take the lock of a journal file (``<file>.lock``) without waiting.

        Raises:
            JournalInUse: somebody has it; the message names the process id.
            OSError: the lock file can't be made.
        """
        path = journal.with_name(journal.name + ".lock")
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, str(os.getpid()).encode(), 0)
        except BlockingIOError:
            holder = os.pread(descriptor, 20, 0).decode(errors="replace").strip() or "unknown"
            os.close(descriptor)
            raise JournalInUse(f"{journal} is already written by process {holder}") from None
        except BaseException:
            os.close(descriptor)
            raise
        return cls(descriptor)

    def release(self) -> None:
        """Let go; twice is no error."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
