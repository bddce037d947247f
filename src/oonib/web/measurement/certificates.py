"""Certificates in a body: whose they are, who signed them, until when. What cannot be read is none. Pure."""

import base64
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from cryptography import x509
from cryptography.x509.oid import NameOID

from oonib.web.frame.said import Said, said
from oonib.web.measurement.reading import Fields, fields, items, raw, text

_LONGEST = 32_768
_MOST = 3


@dataclass(frozen=True, slots=True)
class Certificate:
    """One certificate in words. `good` is None: that it can be read does not make it the right one."""

    says: Said
    good: bool | None = None


def certificates(handshake: Fields) -> list[Certificate]:
    """Those of a TLS handshake, that of the server first."""
    return list(_read(items(handshake.get("peer_certificates"))[:_MOST]))


def _read(found: Any) -> Iterator[Certificate]:
    for entry in found:
        data = raw(fields(entry).get("data"))
        if not data or len(data) > _LONGEST:
            continue
        try:
            certificate = x509.load_der_x509_certificate(base64.b64decode(data))
            yield Certificate(_told(certificate))
        except (ValueError, TypeError, x509.InvalidVersion, x509.UnsupportedGeneralNameType):
            continue


def _told(certificate: x509.Certificate) -> Said:
    return said(
        "for %(subject)s, signed by %(issuer)s, valid from %(since)s to %(until)s",
        subject=_name(certificate.subject),
        issuer=_name(certificate.issuer),
        since=f"{certificate.not_valid_before_utc:%Y-%m-%d}",
        until=f"{certificate.not_valid_after_utc:%Y-%m-%d}",
    )


def _name(name: x509.Name) -> str:
    for kind in (NameOID.COMMON_NAME, NameOID.ORGANIZATION_NAME):
        found = name.get_attributes_for_oid(kind)
        if found:
            return text(str(found[0].value), 120)
    return "?"
