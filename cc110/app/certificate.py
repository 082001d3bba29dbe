"""A certificate for the phones' TLS that signs itself, where the site has none of its own."""

import os
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from cc110.config.model import Config

_YEARS: Final = 5
_BACK: Final = timedelta(days=1)
"""Phones' clocks may be behind."""


def ensure_certificate(config: Config) -> None:
    """Make one, with its key (mode 0600), if the site names none and none is there; for phones that use TLS.

    It is good for encryption. Whom a phone talks to is certain only if the certificate is installed on the phone.
    """
    sip = config.settings.sip
    if sip.tls_certificate:
        return
    certificate, key = config.phones_certificate
    if certificate.is_file() and key.is_file():
        return
    certificate.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    pair = ec.generate_private_key(ec.SECP256R1())
    private = pair.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    _put(key, private, 0o600)
    signed = _signed(pair, sip.registrar or sip.host)
    _put(certificate, signed.public_bytes(serialization.Encoding.PEM), 0o644)


def _signed(pair: ec.EllipticCurvePrivateKey, host: str) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(pair.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _BACK)
        .not_valid_after(now + timedelta(days=365 * _YEARS))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address(host))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(pair, hashes.SHA256())
    )


def _put(path: Path, content: bytes, mode: int) -> None:
    fresh = path.with_name(f".{path.name}.new")
    fresh.unlink(missing_ok=True)
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(handle, "wb") as out:
        out.write(content)
    fresh.replace(path)
