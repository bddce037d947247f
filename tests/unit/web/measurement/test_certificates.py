"""Certificates of a body: what they say, and that no bytes break a page."""

import base64
import warnings
from datetime import UTC, datetime
from functools import cache
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from oonib.web.measurement.certificates import certificates

from support.html import HOSTILE


@cache
def made(subject: str = "www.example.org") -> bytes:
    """A certificate, as DER."""
    key = ec.generate_private_key(ec.SECP256R1())
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, subject)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, "An Authority")]))
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(datetime(2026, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2027, 1, 1, tzinfo=UTC))
    )
    return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.DER)


def handshake(*ders: bytes) -> dict[str, Any]:
    """A TLS handshake of a body."""
    data = [{"format": "base64", "data": base64.b64encode(der).decode()} for der in ders]
    return {"peer_certificates": data}


def test_what_a_certificate_says() -> None:
    (found,) = certificates(handshake(made()))
    assert str(found.says) == (
        "for www.example.org, signed by An Authority, valid from 2026-01-01 to 2027-01-01"
    )


def test_hostile_names_are_made_visible() -> None:
    (found,) = certificates(handshake(made(f"a{HOSTILE[9]}"[:60])))
    assert "\u202e" not in str(found.says)
    assert "\\u202e" in str(found.says)


@pytest.mark.parametrize(
    "found", [None, {}, [None], [{"data": 1}], [{"data": "***"}], [{"data": "MII"}], "x"]
)
def test_what_is_none(found: Any) -> None:
    assert certificates({"peer_certificates": found}) == []


@given(st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), min_size=1, max_size=4))
def test_no_bytes_break_a_page(changes: list[tuple[int, int]]) -> None:
    der = bytearray(made())
    for place, value in changes:
        der[place % len(der)] = value
    with warnings.catch_warnings():
        # What is odd about a certificate is no news here.
        warnings.simplefilter("ignore")
        assert len(certificates(handshake(bytes(der)))) <= 1


def test_a_version_that_there_is_not() -> None:
    # The version stands in the bytes a0 03 02 01 02 near the beginning.
    assert certificates(handshake(made().replace(b"\xa0\x03\x02\x01\x02", b"\xa0\x03\x02\x01\x56", 1))) == []
