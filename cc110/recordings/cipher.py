"""Recordings encrypted at rest: AES-256-GCM, a key of its own for each file, wrapped by the site's key.

A file is a header, then chunks. The header: eight bytes that say what it is, eight that say which
site key wrapped the file's key, and the wrapped key. Each chunk is encrypted with its number and
whether it is the last one in the nonce, and the header as associated data: a bit that is changed,
a chunk that is moved, left out or put in, and an end that is cut off are all found.
"""

import hashlib
import os
import secrets
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from cc110.recordings.disk import sync_folder

SUFFIX: Final = ".enc"
CHUNK: Final = 64 * 1024
_MAGIC: Final = b"CC110R1\n"
_KEY: Final = 32
_NONCE: Final = 12
_TAG: Final = 16
_HEADER: Final = len(_MAGIC) + 8 + _NONCE + _KEY + _TAG


class KeyUnusable(OSError):
    """The site's key for recordings can't be used."""


class Tampered(ValueError):
    """The file is not what was encrypted."""


class Cipher:
    """Encrypts with the first key, decrypts with any."""

    def __init__(self, keys: tuple[bytes, ...]) -> None:
        """Take the site's keys, the present one first."""
        self._keys = {_name(key): key for key in keys}
        self._present = keys[0]

    @property
    def key_name(self) -> str:
        """Which key new recordings are encrypted with."""
        return _name(self._present).hex()

    def encrypt(self, plain: BinaryIO) -> Iterator[bytes]:
        """The encrypted file, piece by piece."""
        key, nonce = AESGCM.generate_key(256), secrets.token_bytes(_NONCE)
        name = _name(self._present)
        wrapped = AESGCM(self._present).encrypt(nonce, key, _MAGIC + name)
        header = _MAGIC + name + nonce + wrapped
        yield header
        box = AESGCM(key)
        for number, (chunk, is_last) in enumerate(_chunks(plain, CHUNK)):
            yield box.encrypt(_nonce(number, is_last), chunk, header)

    def decrypt(self, file: BinaryIO) -> Iterator[bytes]:
        """The WAV file, piece by piece.

        Raises:
            KeyUnusable: its key is not among ours.
            Tampered: it was changed.
        """
        header = file.read(_HEADER)
        box = AESGCM(self._unwrapped(header))
        for number, (chunk, is_last) in enumerate(_chunks(file, CHUNK + _TAG)):
            try:
                yield box.decrypt(_nonce(number, is_last), chunk, header)
            except InvalidTag:
                place = number * CHUNK
                raise Tampered(f"it was changed at or behind byte {place} of the audio") from None

    def _unwrapped(self, header: bytes) -> bytes:
        if len(header) < _HEADER or not header.startswith(_MAGIC):
            raise Tampered("it is not an encrypted recording")
        bound = header[: len(_MAGIC) + 8]
        name = bound[len(_MAGIC) :]
        key = self._keys.get(name)
        if key is None:
            raise KeyUnusable(
                f"it is encrypted with key {name.hex()}, which is not in the key file"
            )
        nonce = header[len(bound) : len(bound) + _NONCE]
        try:
            return AESGCM(key).decrypt(nonce, header[len(bound) + _NONCE :], bound)
        except InvalidTag:
            raise Tampered("its header was changed") from None


def cipher_from(file: Path) -> Cipher:
    """The keys of a key file: one a line, 64 hex digits, the present one first; mode 0600.

    Raises:
        KeyUnusable: there is none, others may read it, or it is no key file.
    """
    try:
        descriptor = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError as error:
        raise KeyUnusable(f"the key file {file} can't be opened: {error.strerror}") from error
    with os.fdopen(descriptor, encoding="ascii", errors="replace") as opened:
        if stat.S_IMODE(os.fstat(descriptor).st_mode) & 0o077:
            raise KeyUnusable(f"others may read the key file {file}: `chmod 600 {file}`")
        texts = opened.read(64 * 1024).split()
    try:
        keys = tuple(bytes.fromhex(text) for text in texts)
    except ValueError:
        keys = ()
    if not keys or any(len(key) != _KEY for key in keys):
        raise KeyUnusable(f"the key file {file} must have 64 hex digits in each line")
    return Cipher(keys)


def make_key(file: Path) -> None:
    """Make a key file with a new key, if there is none.

    Raises:
        OSError: it can't be written.
    """
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
    try:
        descriptor = os.open(file, flags, 0o600)
    except FileExistsError:
        return
    with os.fdopen(descriptor, "w") as opened:
        opened.write(f"{secrets.token_hex(_KEY)}\n")
        opened.flush()
        os.fsync(descriptor)
    sync_folder(file.parent)


def _name(key: bytes) -> bytes:
    return hashlib.sha256(b"cc110 recordings key\n" + key).digest()[:8]


def _nonce(number: int, is_last: bool) -> bytes:
    """Every file has a key of its own, so a number is enough."""
    return number.to_bytes(_NONCE - 1, "big") + bytes([is_last])


def _chunks(file: BinaryIO, size: int) -> Iterator[tuple[bytes, bool]]:
    """Pieces of a file, each with whether it is the last; at least one."""
    chunk = file.read(size)
    while following := file.read(size):
        yield chunk, False
        chunk = following
    yield chunk, True
