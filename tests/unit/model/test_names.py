"""Uids and report ids (probe contract 1.5, 5.2, 5.4; reliability S9)."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oonib.model.reportid import BadReportId, make_report_id, parse_report_id, tidy_asn, tidy_cc
from oonib.model.uid import BadUid, is_uid, make_uid, parse_uid

UID = "20260302101533.048211_BR_webconnectivity_5d0c91e2a47b3f68"
REPORT_ID = "20260302T101530Z_webconnectivity_BR_28573_n1_k3ZqWb0TtN7yLoPa"
NOW = datetime(2026, 3, 2, 10, 15, 30, 48211, UTC)

ABUSE = [
    "",
    "../../etc/passwd",
    "%2e%2e%2f",
    "..%5c",
    "\0",
    "_" * 7,
    "_" * 5,
    "a" * 4096,
    "CON",
    UID + "\n",
    UID.replace("BR", "br"),
    UID.replace("webconnectivity", "web/../x"),
    UID.replace("2026", "\u0662\u0660\u0662\u0666"),
    UID[:-1],
    UID + "0",
]


def test_uid_parts() -> None:
    uid = parse_uid(UID)
    assert (uid.hour, uid.cc, uid.test) == ("2026030210", "BR", "webconnectivity")
    assert uid.spool_path == f"2026030210_BR_webconnectivity/{UID}.post"
    assert str(uid) == UID


def test_made_uids_are_uids() -> None:
    uid = make_uid(NOW, "br", "webconnectivity", b"stored")
    assert str(uid).startswith("20260302101530.048211_BR_webconnectivity_")
    assert parse_uid(str(uid)) == uid
    assert uid.digest == "44869ccc0a51bab1"
    assert make_uid(NOW, "BR", "webconnectivity", b"other").digest != uid.digest


@pytest.mark.parametrize("text", ABUSE)
def test_not_a_uid(text: str) -> None:
    with pytest.raises(BadUid):
        parse_uid(text)
    assert not is_uid(text)


def test_legacy_uids_count_as_uids() -> None:
    assert is_uid("01202102037f9c2ba4e88f827d61604550760585")


@pytest.mark.parametrize(
    "text",
    [
        *ABUSE,
        REPORT_ID.replace("_BR_", "_BRA_"),
        REPORT_ID.replace("_BR_", "_B1_"),
        REPORT_ID.replace("28573", "x"),
        REPORT_ID.replace("28573", ""),
        REPORT_ID.replace("28573", "-1"),
        REPORT_ID.replace("webconnectivity", "w"),
        REPORT_ID.replace("webconnectivity", "w" * 30),
        REPORT_ID.replace("webconnectivity", "web-c"),
        REPORT_ID.replace("n1", ".."),
        REPORT_ID.replace("k3Zq", "k/Zq"),
        REPORT_ID + "_x",
        REPORT_ID + "\n",
    ],
)
def test_not_a_report_id(text: str) -> None:
    with pytest.raises(BadReportId):
        parse_report_id(text)


def test_report_id_of_the_contract() -> None:
    made = make_report_id(NOW, "web_connectivity", "BR", 28573, "1")
    assert len(str(made)) == 61
    assert str(made).startswith("20260302T101530Z_webconnectivity_BR_28573_n1_")
    assert parse_report_id(str(made)) == made
    assert parse_report_id(REPORT_ID).random == "k3ZqWb0TtN7yLoPa"


@given(st.text(max_size=40))
def test_any_test_name_gives_a_harmless_id(name: str) -> None:
    made = str(make_report_id(NOW, name, "IT", 0, "1"))
    assert len(made.split("_")) == 6
    assert made.replace("_", "").isascii()


@pytest.mark.parametrize(
    ("claim", "asn"),
    [
        ("AS3269", 3269),
        ("as3269", 3269),
        ("AS0", 0),
        ("3269", 0),
        ("AS", 0),
        ("ASx", 0),
        (None, 0),
        (3269, 0),
        ("AS12345678901", 0),
    ],
)
def test_tidy_asn(claim: object, asn: int) -> None:
    assert tidy_asn(claim) == asn


@pytest.mark.parametrize(
    ("claim", "cc"),
    [("it", "IT"), ("I_T", "IT"), ("ITA", "ZZ"), ("", "ZZ"), (None, "ZZ"), ("\u00e9\u00e9", "ZZ")],
)
def test_tidy_cc(claim: object, cc: str) -> None:
    assert tidy_cc(claim) == cc
