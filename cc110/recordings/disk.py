"""What makes a change to the disk outlive a power loss."""

import os
from pathlib import Path


def sync_folder(folder: Path) -> None:
    """Names that were made, changed or removed in a folder are on the disk when it returns."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_all(descriptor: int, data: bytes) -> None:
    """Write everything, in as many steps as the system likes."""
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]
