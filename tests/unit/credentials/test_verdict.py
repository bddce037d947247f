"""The table of probe contract 6.2 step 4, as far as no proof is looked at."""

import pytest

from oonib.collector.credentials.verdict import Claim, parse_version, unproven

FULL = Claim("nym", "proof", "v7", "0.1.0")
NOTHING = Claim(None, None, None, None)

TABLE = [
    (NOTHING, "v7", None),
    (NOTHING, None, None),
    (FULL, None, "manifest_not_found"),
    (FULL, "v8", "manifest_not_found"),
    (FULL._replace(manifest=None), "v7", "manifest_not_found"),
    (FULL._replace(manifest=None, nym=None), "v7", "manifest_not_found"),
    (Claim(None, None, "v7", None), "v7", "incomplete_anonc_fields"),
    (FULL._replace(nym=None), "v7", "incomplete_anonc_fields"),
    (FULL._replace(proof=None), "v7", "incomplete_anonc_fields"),
    (FULL._replace(protocol=None), "v7", "incomplete_anonc_fields"),
    (FULL._replace(protocol="0.0.9"), "v7", "protocol_version_too_old"),
    (FULL._replace(protocol="0"), "v7", "protocol_version_too_old"),
    (FULL._replace(protocol="0.1"), "v7", "protocol_version_too_old"),
    (FULL._replace(protocol=""), "v7", "invalid_protocol_version"),
    (FULL._replace(protocol="0.1.x"), "v7", "invalid_protocol_version"),
    (FULL._replace(protocol="v0.1.0"), "v7", "invalid_protocol_version"),
    (FULL._replace(protocol="0..1"), "v7", "invalid_protocol_version"),
    (FULL._replace(protocol="-1.0"), "v7", "invalid_protocol_version"),
    (FULL._replace(protocol="0.1.0\n"), "v7", "invalid_protocol_version"),
    (FULL._replace(protocol="\u0661.1.0"), "v7", "invalid_protocol_version"),
    (FULL._replace(protocol="9" * 10_000), "v7", "invalid_protocol_version"),
]


@pytest.mark.parametrize(("claim", "manifest", "error"), TABLE)
def test_table(claim: Claim, manifest: str | None, error: str | None) -> None:
    found = unproven(claim, manifest, (0, 1, 0))
    assert found is not None
    assert (found.status, found.error, found.response) == ("unverified", error, None)


@pytest.mark.parametrize("protocol", ["0.1.0", "0.1.1", "0.10", "1", "00.01.00"])
def test_the_rest_is_for_the_library(protocol: str) -> None:
    assert unproven(FULL._replace(protocol=protocol), "v7", (0, 1, 0)) is None


def test_versions_compare_by_number() -> None:
    assert parse_version("0.10.0") > parse_version("0.9.0")  # type: ignore[operator]


def test_a_claim_does_not_print_itself() -> None:
    assert "proof" not in repr(FULL)
