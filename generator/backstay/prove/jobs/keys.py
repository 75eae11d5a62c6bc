"""The certificate of a control plane that lives for minutes: one authority, one key for every server on the loopback."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING

from backstay.core.failure import CannotTell

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.x509 import Certificate, CertificateBuilder

KUEUE_SERVICE = "kueue-webhook-service.kueue-system.svc"
_AUTHORITY = (
    "kueue-ca"  # Kueue takes an authority for its own by this name (pkg/util/cert), the others do not ask
)
_NAMES = ("localhost", "kubernetes.default.svc", KUEUE_SERVICE)
_LIFE = timedelta(days=365)  # Kueue makes keys of its own in place of those that end within 90 days


@dataclass(frozen=True, slots=True)
class Keys:
    """PEM texts, and the folder that has them as ca.crt, ca.key, tls.crt and tls.key."""

    folder: Path
    authority: bytes
    authority_key: bytes
    certificate: bytes
    key: bytes


def make_keys(folder: Path) -> Keys:
    """New keys in a new folder that only we may read; `CannotTell` without the package cryptography."""
    try:
        from cryptography.hazmat.primitives.asymmetric import rsa
    except ImportError as missing:
        raise CannotTell(
            "`prove jobs` needs cryptography, which is not installed", "pip install 'backstay[prove]'"
        ) from missing
    own, server = (rsa.generate_private_key(public_exponent=65537, key_size=2048) for _ in range(2))
    authority = _authority(own)
    keys = Keys(folder, _pem(authority), _key_pem(own), _pem(_server(server, own)), _key_pem(server))
    folder.mkdir(mode=0o700)
    for name, content in (
        ("ca.crt", keys.authority), ("ca.key", keys.authority_key),
        ("tls.crt", keys.certificate), ("tls.key", keys.key),
    ):  # fmt: skip
        (folder / name).write_bytes(content)
    return keys


def _authority(own: "RSAPrivateKey") -> "Certificate":
    from cryptography import x509
    from cryptography.hazmat.primitives.hashes import SHA256

    may = x509.KeyUsage(
        digital_signature=True, key_cert_sign=True, crl_sign=True, content_commitment=False,
        key_encipherment=True, data_encipherment=False, key_agreement=False, encipher_only=False, decipher_only=False,
    )  # fmt: skip
    return (
        _new(_AUTHORITY, own)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(_AUTHORITY)]), critical=False)
        .add_extension(may, critical=True)
        .sign(own, SHA256())
    )


def _server(key: "RSAPrivateKey", own: "RSAPrivateKey") -> "Certificate":
    from cryptography import x509
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.x509.oid import ExtendedKeyUsageOID

    names = [*(x509.DNSName(name) for name in _NAMES), x509.IPAddress(ip_address("127.0.0.1"))]
    return (
        _new(KUEUE_SERVICE, key)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(own.public_key()), critical=False)
        .sign(own, SHA256())
    )


def _new(subject: str, key: "RSAPrivateKey") -> "CertificateBuilder":
    from cryptography import x509
    from cryptography.x509.oid import NameOID

    def name(text: str) -> x509.Name:
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])

    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(name(subject))
        .issuer_name(name(_AUTHORITY))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + _LIFE)
    )


def _pem(certificate: "Certificate") -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding

    return certificate.public_bytes(Encoding.PEM)


def _key_pem(key: "RSAPrivateKey") -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    return key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
