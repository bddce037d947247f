"""Fastpath contract 2 (order of steps), 2.1 (date), 4 (row), 5 (obs_openvpn), 15 (nothing is lost)."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from oonib.archive.lines import line_of
from oonib.scoring import (
    FASTPATH_COLUMNS,
    OBS_OPENVPN_COLUMNS,
    DeadLetter,
    Discarded,
    Matcher,
    Scored,
    score_body,
)

UID = "20240506070909.000000_IT_webconnectivity_5d0c91e2a47b3f68"
PLAIN = {"blocking": False, "accessible": True}


@pytest.fixture
def process(make, matcher: Matcher):
    """Score a minimal web_connectivity measurement with changed fields; MISSING removes one."""

    def run(uid: str = UID, **fields: object) -> Scored | Discarded | DeadLetter:
        name = fields.pop("test_name", "web_connectivity")
        keys = fields.pop("test_keys", PLAIN)
        measurement = make(name, keys, **fields)
        measurement = {key: value for key, value in measurement.items() if value is not MISSING}
        return score_body(json.dumps(measurement).encode(), uid, matcher)

    return run


MISSING: Any = object()


def row_of(outcome: object) -> dict[str, Any]:
    assert isinstance(outcome, Scored), outcome
    return dict(zip(FASTPATH_COLUMNS, outcome.row, strict=True))


def test_whole_row(process, matcher) -> None:
    row = row_of(
        process(
            input="https://user@example.org:8443/p/ü?q",
            annotations={
                "platform": "android",
                "architecture": "arm64",
                "engine_name": "e",
                "engine_version": "1",
                "ooni_run_link_id": "10",
            },
            test_helpers={"backend": {"address": "https://th.example", "type": "https"}},
            test_keys={"blocking": "dns", "accessible": False},
        )
    )
    assert row == {
        "measurement_uid": UID,
        "report_id": "20240506T070800Z_x_IT_64501_n1_AbCdEfGhIjKlMnOp",
        "input": "https://user@example.org:8443/p/ü?q",
        "probe_cc": "IT",
        "probe_asn": 64501,
        "test_name": "web_connectivity",
        "test_start_time": datetime(2024, 5, 6, 7, 8, 0, tzinfo=UTC),
        "measurement_start_time": datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC),
        "scores": '{"blocking_general":1.0,"blocking_global":0.0,"blocking_country":0.0,"blocking_isp":0.0,'
        '"blocking_local":0.0,"analysis":{"blocking_type":"dns"}}',
        "platform": "android",
        "anomaly": "t",
        "confirmed": "f",
        "msm_failure": "f",
        "blocking_type": "dns",
        "domain": "user@example.org:8443",
        "software_name": "ooniprobe-cli",
        "software_version": "3.22.0",
        "test_version": "0.4.0",
        "test_runtime": 1.25,
        "architecture": "arm64",
        "engine_name": "e",
        "engine_version": "1",
        "test_helper_address": "https://th.example",
        "test_helper_type": "https",
        "ooni_run_link_id": 10,
        "is_verified": "u",
        "fingerprints_snapshot": matcher.snapshot_id,
    }


def test_scores_text_is_ascii_with_escaped_slashes(process) -> None:
    keys = {"requests": [{"request": {"url": "https://web.telegram.org/"}, "failure": "a/b ü \\/ \ud800"}]}
    text = row_of(process(test_name="telegram", test_keys=keys))["scores"]
    assert r'"web_failure":"a\/b \u00fc \\\/ \ud800"' in text


@pytest.mark.parametrize(
    ("fields", "column", "value"),
    [
        ({"input": None}, "input", ""),
        ({"input": []}, "input", ""),
        ({"input": "no url"}, "domain", ""),
        ({"annotations": "x"}, "platform", "unset"),
        ({"annotations": {"platform": None}}, "platform", "unset"),
        ({"annotations": {"platform": ""}}, "platform", ""),
        ({"annotations": {"ooni_run_link_id": ""}}, "ooni_run_link_id", None),
        ({"annotations": {"ooni_run_link_id": "x"}}, "ooni_run_link_id", None),
        ({"annotations": {"ooni_run_link_id": 3.9}}, "ooni_run_link_id", 3),
        ({"annotations": {"ooni_run_link_id": -1}}, "ooni_run_link_id", None),
        ({"annotations": {"ooni_run_link_id": 2**64}}, "ooni_run_link_id", None),
        ({"test_helpers": {"backend": "https://x"}}, "test_helper_address", ""),
        ({"test_helpers": None}, "test_helper_type", ""),
        ({"test_helpers": [1]}, "test_helper_type", ""),
        ({"test_runtime": None}, "test_runtime", 0.0),
        ({"test_runtime": "x"}, "test_runtime", 0.0),
        ({"test_runtime": 1e300}, "test_runtime", 0.0),
        ({"software_version": MISSING}, "software_version", ""),
        ({"software_version": 3}, "software_version", "3"),
        ({"software_name": "a\ud800b"}, "software_name", "a\ufffdb"),
        ({"report_id": ""}, "report_id", ""),
        ({"probe_asn": "AS00"}, "probe_asn", 0),
        ({"probe_asn": "as3269"}, "probe_asn", 3269),
        ({"probe_cc": "it"}, "probe_cc", "it"),
    ],
)
def test_single_columns(process, fields, column, value) -> None:
    assert row_of(process(**fields))[column] == value


def test_list_input_of_meek(process) -> None:
    row = row_of(
        process(test_name="meek_fronted_requests_test", input=["a.example", "b.example"], test_keys={})
    )
    assert (row["input"], row["domain"]) == ("{a.example,b.example}", "a.example")


def test_snapshot_only_where_it_matters(process, matcher) -> None:
    assert row_of(process(test_name="ndt"))["fingerprints_snapshot"] == ""
    assert row_of(process(test_name="http_requests"))["fingerprints_snapshot"] == matcher.snapshot_id


@pytest.mark.parametrize(
    ("envelope", "verdict"),
    [
        ({"format": "json", "is_verified": "t"}, "t"),
        ({"format": "JSON", "is_verified": "f"}, "f"),
        ({"format": "json", "is_verified": "yes"}, "u"),
        ({"format": "json", "is_verified": None}, "u"),
        ({"format": "json", "is_verified": ["t"]}, "u"),
        ({"format": "json"}, "u"),
    ],
)
def test_envelope(make, matcher, envelope, verdict) -> None:
    body = json.dumps(envelope | {"content": make("ndt", is_verified="f")}).encode()
    assert row_of(score_body(body, UID, matcher))["is_verified"] == verdict


def test_bare_measurement_is_honoured(process) -> None:
    assert row_of(process(is_verified="t"))["is_verified"] == "t"


def test_yaml_content(make, matcher) -> None:
    content = "\n".join(f"{key}: {json.dumps(value)}" for key, value in make("ndt").items())
    body = json.dumps({"format": "yaml", "content": content}).encode()
    assert row_of(score_body(body, UID, matcher))["test_name"] == "ndt"


def test_yaml_with_times_of_its_own(make, matcher) -> None:
    fields = make("ndt") | {"measurement_start_time": MISSING}
    lines = [f"{key}: {json.dumps(value)}" for key, value in fields.items() if value is not MISSING]
    content = "\n".join([*lines, "measurement_start_time: 2024-05-06 07:08:09"])
    row = row_of(score_body(json.dumps({"format": "yaml", "content": content}).encode(), UID, matcher))
    assert row["measurement_start_time"] == datetime(2024, 5, 6, 7, 8, 9, tzinfo=UTC)


LAUGHS = "a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [{','.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 8))


@pytest.mark.parametrize(
    ("extra", "reason"),
    [
        (f"{LAUGHS}extra: *a7", "bytes with all aliases written out"),
        ("extra: " + "[" * 150 + "]" * 150, "nested deeper"),
        ("extra: &a [*a]", "contains itself"),
        ("extra: 1" + ":1" * 500, "a number of"),
    ],
    ids=["aliases of aliases", "nesting", "itself", "base 60"],
)
def test_yaml_that_would_cost_the_scorer_its_memory_or_stack(make, matcher, extra, reason) -> None:
    lines = [f"{key}: {json.dumps(value)}" for key, value in make("ndt").items()]
    content = "\n".join([*lines, extra])
    outcome = score_body(json.dumps({"format": "yaml", "content": content}).encode(), UID, matcher)
    assert isinstance(outcome, DeadLetter)
    assert outcome.reason == "bad_content"
    assert reason in outcome.detail


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"report_id": None}, "no_report_id"),
        ({"report_id": MISSING}, "no_report_id"),
        ({"probe_cc": "zz"}, "cc_zz"),
        ({"probe_asn": "as0"}, "asn_0"),
    ],
)
def test_discarded(process, fields, reason) -> None:
    assert process(**fields) == Discarded(UID, reason)


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"report_id": 5}, "bad_report_id"),
        ({"probe_cc": None}, "bad_probe_cc"),
        ({"probe_cc": MISSING}, "no_probe_cc"),
        ({"probe_asn": MISSING}, "no_probe_asn"),
        ({"probe_asn": None}, "bad_probe_asn"),
        ({"probe_asn": 3269}, "bad_probe_asn"),
        ({"probe_asn": "3269"}, "bad_probe_asn"),
        ({"probe_asn": "AS 3269"}, "bad_probe_asn"),
        ({"probe_asn": "AS2147483648"}, "bad_probe_asn"),
        ({"measurement_start_time": None}, "no_measurement_start_time"),
        ({"measurement_start_time": "2024-05-06T07:08:09Z"}, "bad_measurement_start_time"),
        ({"measurement_start_time": "2024-05-06 07:08:09.5"}, "bad_measurement_start_time"),
        ({"measurement_start_time": "2024-02-30 07:08:09"}, "bad_measurement_start_time"),
        ({"measurement_start_time": "1969-12-31 23:59:59"}, "bad_measurement_start_time"),
        ({"test_start_time": MISSING}, "no_test_start_time"),
        ({"test_start_time": 5}, "bad_test_start_time"),
        ({"uid": ""}, "no_uid"),
        ({"report_id": "", "test_keys": []}, "no_report_id"),
    ],
)
def test_dead_letters(process, fields, reason) -> None:
    outcome = process(**fields)
    assert isinstance(outcome, DeadLetter)
    assert outcome.reason == reason
    assert outcome.detail


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "malformed_json"),
        (b"{", "malformed_json"),
        (b"\xff", "malformed_json"),
        (b"[]", "not_an_object"),
        (b"null", "not_an_object"),
        (b'{"format":"xml","content":{}}', "bad_format"),
        (b'{"format":null,"content":{}}', "bad_format"),
        (b'{"format":"json","content":null}', "bad_content"),
        (b'{"format":"json","content":"{}"}', "bad_content"),
        (b'{"format":"yaml","content":"a: ["}', "bad_content"),
        (b'{"format":"yaml","content":"- a"}', "bad_content"),
        (b'{"format":"yaml","content":{}}', "bad_content"),
    ],
)
def test_unusable_bodies(matcher, body, reason) -> None:
    outcome = score_body(body, UID, matcher)
    assert isinstance(outcome, DeadLetter)
    assert outcome.reason == reason


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"test_keys": [1]}, "test_keys is not an object"),
        ({"test_keys": {"requests": {"a": 1}}}, "requests is not a list"),
        ({"test_name": MISSING}, "test_name is missing"),
        ({"input": ["a"]}, "input is not text"),
        ({"input": "http://[::1"}, "input is a malformed URL"),
        ({"annotations": {"ooni_run_link_id": [1]}}, "ooni_run_link_id is not a number"),
        (
            {"test_name": "tor", "test_keys": {"targets": {"a": {"failure": "", "network_events": []}}}},
            "a target has an empty failure",
        ),
    ],
)
def test_lost_by_production_gets_a_row(process, fields, message) -> None:
    outcome = process(**fields)
    row = row_of(outcome)
    assert outcome.scores["msg"] == message
    assert (outcome.scores["accuracy"], outcome.scores["blocking_general"]) == (0.0, 0.0)
    assert (row["anomaly"], row["confirmed"], row["msm_failure"]) == ("f", "f", "t")
    assert json.loads(row["scores"]) == outcome.scores


@pytest.mark.parametrize(
    ("value", "kept"), [("http://[::1", "http://[::1"), (["a"], ""), ({"a": 1}, ""), (5, "")]
)
def test_an_input_without_domain_still_finds_the_row(process, value, kept) -> None:
    row = row_of(process(input=value))
    assert (row["input"], row["domain"], row["msm_failure"]) == (kept, "", "t")


@pytest.mark.parametrize(
    "value",
    ["http://e.org/" + "y" * 3_000_000, "http://e.org/\ud800\udc00\udfff", "//" + "h" * 70_000 + "/p"],
    ids=["path", "surrogates", "host"],
)
def test_an_endless_text_does_not_get_into_every_list_of_results(process, make, value) -> None:
    row = row_of(process(input=value, annotations={"platform": value}, software_name=value))
    assert row["input"].startswith(value[:13])
    assert all(len(row[name]) <= 16_384 for name in ("input", "domain", "platform", "software_name"))
    content = json.dumps(make("web_connectivity", PLAIN, input=value)).encode()
    assert line_of(content).input == row["input"]


@pytest.mark.parametrize(
    ("received", "message"),
    [
        ("20240506060809.000000", None),
        ("20240506060808.999999", "Measurement start time from the future"),
        ("20250506070809.000000", None),
        ("20250506070809.000001", "Measurement start time too old"),
    ],
)
def test_date_check(process, received, message) -> None:
    outcome = process(uid=f"{received}_IT_webconnectivity_5d0c91e2a47b3f68", test_keys={"blocking": "dns"})
    assert outcome.scores.get("msg") == message
    row = row_of(outcome)
    assert (row["anomaly"], row["msm_failure"]) == ("t", "t" if message else "f")


@pytest.mark.parametrize(
    "uid",
    [
        "01202405067c104b698173927d63aadf48fb2fa1",
        "bad",
        "2024",
        "20249999999999.000000_IT_x_5d0c91e2a47b3f68",
    ],
)
def test_unreadable_uids_are_not_checked(process, uid) -> None:
    assert "accuracy" not in process(uid=uid).scores


def test_date_check_adds_to_empty_scores(process) -> None:
    outcome = process(uid="20990506070809.000000_IT_ndt_5d0c91e2a47b3f68", test_name="ndt")
    assert outcome.scores == {"accuracy": 0.0, "msg": "Measurement start time too old"}


OPENVPN = {
    "success": False,
    "success_handshake": True,
    "success_urlgrab": None,
    "provider": "riseup",
    "transport": "udp",
    "bootstrap_time": 2.5,
    "failure": None,
    "network_events": [{"transaction_id": 3}, {"transaction_id": 9}],
}


def openvpn_of(outcome: object) -> dict[str, Any]:
    assert isinstance(outcome, Scored)
    assert outcome.openvpn is not None
    return dict(zip(OBS_OPENVPN_COLUMNS, outcome.openvpn, strict=True))


def test_openvpn_row(process) -> None:
    observation = openvpn_of(
        process(test_name="openvpn", test_keys=OPENVPN, resolver_asn="AS64502", probe_network_name="Net")
    )
    expected = {
        "anomaly": 1,
        "confirmed": 0,
        "success": 0,
        "success_handshake": 1,
        "success_icmp": 0,
        "success_urlgrab": 0,
        "provider": "riseup",
        "failure": "",
        "bootstrap_time": 2.5,
        "last_handshake_transaction_id": 9,
        "platform": "linux",
        "probe_asn": 64501,
        "resolver_asn": 64502,
        "resolver_ip": "192.0.2.53",
        "input": "",
        "test_runtime": 1.25,
    }
    assert {key: observation[key] for key in expected} == expected


@pytest.mark.parametrize(
    "events", [None, [], [{}], [{"transaction_id": "x"}], "x", [{"transaction_id": 2**40}]]
)
def test_openvpn_odd_events(process, events) -> None:
    outcome = process(test_name="openvpn", test_keys=OPENVPN | {"network_events": events})
    assert openvpn_of(outcome)["last_handshake_transaction_id"] == 0


@pytest.mark.parametrize(("value", "asn"), [("AS123", 123), ("123", 123), (123, 0), ("x", 0), (None, 0)])
def test_openvpn_resolver_asn(process, value, asn) -> None:
    assert (
        openvpn_of(process(test_name="openvpn", test_keys=OPENVPN, resolver_asn=value))["resolver_asn"] == asn
    )


def test_only_openvpn_has_an_observation(process) -> None:
    assert process().openvpn is None
