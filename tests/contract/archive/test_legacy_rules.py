"""The rules of normalisation, one by one (fastpath contract 10; the uid: 9.3)."""

import json
from typing import Any

import pytest

from oonib.archive.legacy import Entry, LeftOut, ReportName, Unfit, dump, names, normalised, trivial_id

from support.cans import report

NAME = ReportName("2015-01-01", "r.yaml")


def both(*entries: bytes, header: bytes = b"", name: ReportName = NAME) -> list[Entry | LeftOut]:
    return list(normalised([report(*entries, header=header)], name))


def one(entry: bytes, header: bytes = b"") -> dict[str, Any]:
    (item,) = both(entry, header=header)
    assert isinstance(item, Entry), item
    return item.value


def left_out(entry: bytes, header: bytes = b"") -> str:
    (item,) = both(entry, header=header)
    assert isinstance(item, LeftOut), item
    return item.reason


def http(entry: bytes) -> dict[str, Any]:
    keys: dict[str, Any] = one(entry, b"test_name: http_requests")["test_keys"]
    return keys


def dns(entry: bytes, test: bytes = b"dns_consistency") -> dict[str, Any]:
    keys: dict[str, Any] = one(entry, b"test_name: " + test)["test_keys"]
    return keys


def test_trivial_id() -> None:
    assert trivial_id(b"", "2021-02-03 10:11:12") == "01202102037f9c2ba4e88f827d61604550760585"
    for unreadable in (None, 7, "", "2021-02-03", "2021-02-31 00:00:00", ["x"]):
        assert trivial_id(b"", unreadable) == "01000000007f9c2ba4e88f827d61604550760585"
    assert trivial_id(b"", "0999-02-03 10:11:12").startswith("0109990203")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("HTTP Host", "http_host"),
        ("HTTP Requests Test", "http_requests"),
        ("http_requests_test", "http_requests"),
        ("bridgereachability", "bridge_reachability"),
        ("TCP Connect", "tcp_connect"),
        ("DNS tamper", "dns_consistency"),
        ("dnstamper", "dns_consistency"),
        ("HTTP Invalid Request Line", "http_invalid_request_line"),
        ("test_random_big_request_method", "http_invalid_request_line"),
        ("test_random_invalid_field_count", "http_invalid_request_line"),
        ("HTTP Header Field Manipulation", "http_header_field_manipulation"),
        ("test_get_random_capitalization", "http_header_field_manipulation"),
        ("test_put_random_capitalization", "http_header_field_manipulation"),
        ("test_post_random_capitalization", "http_header_field_manipulation"),
        ("Multi Protocol Traceroute Test", "multi_protocol_traceroute"),
        ("multi_protocol_traceroute_test", "multi_protocol_traceroute"),
        ("traceroute", "multi_protocol_traceroute"),
        ("parasitic_traceroute_test", "parasitic_traceroute"),
        ("parasitic_tcp_traceroute_test", "parasitic_traceroute"),
        ("tls-handshake", "tls_handshake"),
        ("captivep", "captive_portal"),
        ("captiveportal", "captive_portal"),
        ("HTTPFilteringBypass", "http_filtering_bypass"),
        ("HTTPTrix", "http_trix"),
        ("netalyzrwrapper", "netalyzr_wrapper"),
        *(
            (name, "invalid")
            for name in ("summary", "test_get", "test_post", "test_put", "test_send_host_header")
        ),
        ("dns_injection", "dns_injection"),
        ("meek_fronted_requests_test", "meek_fronted_requests_test"),
        ("psiphon_test", "psiphon_test"),
        ("Base DNS Test", "base dns test"),
        (None, "invalid"),
    ],
)
def test_names(old: str | None, new: str) -> None:
    assert names.nettest(old) == new


def test_header_keys_win_and_stray_keys_are_nested() -> None:
    value = one(b"probe_cc: FR\nstray: 1\nreport: {deep: 2}\ninput: x", b"test_version: '1'")
    assert (value["probe_cc"], value["test_version"], value["input"]) == ("IT", "1", "x")
    assert value["test_keys"] == {"stray": 1, "deep": 2}
    assert (value["bucket_date"], value["report_filename"]) == ("2015-01-01", "2015-01-01/r.yaml")
    assert value["data_format_version"] == "0.2.0"
    assert value["backend_version"] is None


@pytest.mark.parametrize("field", ["probe_cc: null", "probe_asn: null", "probe_cc: null\nprobe_asn: null"])
def test_null_country_and_network_count_as_unknown(field: str) -> None:
    value = one(b"a: 1", field.encode())
    assert value["probe_cc"] == ("ZZ" if "cc" in field else "IT")
    assert value["probe_asn"] == ("AS0" if "asn" in field else "AS3269")
    assert len(value["report_id"]) == 17 + 50


def test_made_report_id_depends_on_the_header_alone() -> None:
    ids = [item.value["report_id"] for item in both(b"a: 1", b"a: 2")]
    assert ids[0] == ids[1] == one(b"b: 3")["report_id"]
    assert ids[0].startswith("20140807T141050Z_")
    assert one(b"a: 1", b"software_version: '2'")["report_id"] != ids[0]
    # A city that is absent counts as the text None, one that is null is left out.
    assert one(b"a: 1", b"probe_city: None")["report_id"] == ids[0]
    assert one(b"a: 1", b"probe_city: null")["report_id"] != ids[0]
    assert one(b"a: 1", b"report_id: given")["report_id"] == "given"
    assert one(b"a: 1", b"report_id: ''")["report_id"] == ids[0]


def test_city_of_bytes() -> None:
    assert one(b"a: 1", b"probe_city: !!binary UmV5a2phdu1r")["probe_city"] == "Reykjavk"


def test_ids_are_made_once_for_all() -> None:
    first, second = both(b"a: 1", b"a: 2")
    assert first.value["id"] != second.value["id"]
    assert first.value["id"] == both(b"a: 1")[0].value["id"]
    assert one(b"a: 1\nid: mine")["id"] == "mine"


def test_without_a_bucket_the_day_of_the_report_counts() -> None:
    (item,) = both(b"a: 1", name=ReportName("", "r.yaml"))
    assert item.value["report_filename"] == "2014-08-07/r.yaml"
    assert ReportName.of("canned/2015-01-02/x-probe.yaml.lz4") == ReportName("2015-01-02", "x-probe.yaml")


@pytest.mark.parametrize(
    ("entry", "header", "test_start", "measurement_start"),
    [
        (b"a: 1", b"", "2014-08-07 14:10:50", "2014-08-07 14:10:50"),
        (b"test_start_time: 1407420660.9", b"", "2014-08-07 14:10:50", "2014-08-07 14:11:00"),
        (b"test_start_time: null", b"", "2014-08-07 14:10:50", "2014-08-07 14:10:50"),
        (
            b"test_start_time: '2015-01-01 00:00:00'\nmeasurement_start_time: '2015-01-01 00:00:01'",
            b"",
            "2015-01-01 00:00:00",
            "2015-01-01 00:00:01",
        ),
        (
            b"test_start_time: 1407420660.9",
            b"test_start_time: 'x'",
            "2014-08-07 14:10:50",
            "2014-08-07 14:11:00",
        ),
        (b"a: 1", b"start_time: 0", "1970-01-01 00:00:00", "1970-01-01 00:00:00"),
    ],
)
def test_times(entry: bytes, header: bytes, test_start: str, measurement_start: str) -> None:
    value = one(entry, header)
    assert (value["test_start_time"], value["measurement_start_time"]) == (test_start, measurement_start)
    assert "start_time" not in value


@pytest.mark.parametrize(
    "entry",
    [
        b"test_start_time: 1407420660",
        b"test_start_time: [1]",
        b"test_start_time: tomorrow",
        b"test_start_time: '2015-01-01 00:00:00'",
        b"test_start_time: .nan",
        b"test_start_time: 1.0e+300",
    ],
)
def test_times_that_are_none(entry: bytes) -> None:
    assert left_out(entry) == "bad_times"


def test_a_header_loses_its_test_start_time_for_good() -> None:
    items = both(b"test_start_time: 1407420660.9", b"a: 1", header=b"test_start_time: 1407420670.0")
    assert [item.value["measurement_start_time"][-2:] for item in items] == ["00", "50"]


def test_options() -> None:
    assert one(b"a: 1", b"options: {subargs: [-x], help: 0}")["options"] == ["-x"]
    assert one(b"a: 1", b"options: {help: 0}")["options"] == []


def test_what_is_in_todays_format_stays() -> None:
    today = b"data_format_version: 0.2.0\ntest_keys: {requests: 7}\nstray: 1"
    value = one(today, b"test_name: http_requests")
    assert value["test_keys"] == {"requests": 7}
    assert value["stray"] == 1
    assert one(b"data_format_version: 0.2.0\nstray: 1")["test_keys"]["stray"] == 1


@pytest.mark.parametrize("name", sorted(names.UNSUPPORTED))
def test_nettests_without_rules_are_left_out(name: str) -> None:
    assert left_out(b"a: 1", b"test_name: " + name.encode()) == "unsupported_test"


@pytest.mark.parametrize(
    ("frame", "reason"),
    [
        (b"null", "empty_entry"),
        (b"[1]", "bad_entry"),
        (b"text", "bad_entry"),
        (b"test_keys: 7", "bad_entry"),
        (b"a: [", "bad_yaml"),
        (b"a: *b", "bad_yaml"),
    ],
)
def test_an_entry_that_is_none_costs_no_other(frame: bytes, reason: str) -> None:
    first, second = both(frame, b"a: 1")
    assert (first.reason, first.number) == (reason, 1)
    assert second.value["test_keys"] == {"a": 1}


@pytest.mark.parametrize("header", [b"a: [", b"- 1", b"null", b"x: " + b"y" * 300_000, b"start_time: yes"])
def test_without_a_header_there_is_no_report(header: bytes) -> None:
    text = b"---\n" + header + b"\n...\n---\na: 1\n...\n"
    assert [item.reason for item in normalised([text], NAME)] == ["bad_yaml_header"]


def test_entries_share_nothing() -> None:
    header = b"test_keys: {}\ntest_helpers: {a: b}"
    items = both(b"one: 1", b"two: 2", header=header)
    assert [item.value["test_keys"] for item in items] == [{"one": 1}, {"two": 2}]


def test_invalid_request_line_of_bytes() -> None:
    value = one(b"received: [!!binary ABu62TJ/, text, 7]", b"test_name: http_invalid_request_line")
    assert value["test_keys"]["received"] == ["\0\x1b2\x7f", "text", 7]


def test_http_exchange() -> None:
    (exchange,) = http(
        b"""
requests:
- request:
    url: shttp://a.b/
    method: GET
    headers: [[Host, [a.b]], [X, [[y, z]]], [Z, !!binary /w==]]
    body: null
  response: {code: 200, headers: [[content-LENGTH, ['12', '13']]], body: "a\\0b"}
"""
    )["requests"]
    assert exchange == {
        "request": {
            "url": "http://a.b/",
            "method": "GET",
            "headers": {"Host": "a.b", "X": "y", "Z": "\\xff"},
            "body": None,
            "tor": {"is_tor": True, "exit_ip": None, "exit_name": None},
        },
        "response": {"code": 200, "headers": {"content-LENGTH": "12"}, "body": "ab"},
        "response_length": "12",
    }


def test_http_bodies_of_bytes() -> None:
    text = b"request: {url: a}\nresponse: {body: !!binary w6n/}"
    assert http(text)["requests"][0]["response"]["body"] == "é\\xff"
    raw = one(b"requests: [{response: {body: !!binary w6k=}}]", b"test_name: psiphon_test")
    assert raw["test_keys"]["requests"][0]["response"]["body"] == "é"
    assert (
        left_out(b"requests: [{response: {body: !!binary /w==}}]", b"test_name: psiphon_test") == "bad_body"
    )


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (b"true", (True, None, None)),
        (b"false", (False, None, None)),
        (b"null", (False, None, None)),
        (b"{is_tor: false}", (False, None, None)),
        (b"{is_tor: true, exit_ip: 192.0.2.1, exit_name: n}", (True, "192.0.2.1", "n")),
    ],
)
def test_tor(given: bytes, expected: tuple[object, ...]) -> None:
    (exchange,) = http(b"requests: [{request: {url: a, tor: " + given + b"}, response: null}]")["requests"]
    assert tuple(exchange["request"]["tor"].values()) == expected
    assert exchange["response"] == {"body": None, "headers": {}}
    assert exchange["response_length"] is None


def test_order_of_requests() -> None:
    text = b"requests:\n" + b"".join(
        b"- {request: {url: '%d', tor: %s}}\n" % (n, b"true" if n in (0, 3) else b"false") for n in range(5)
    )
    assert [item["request"]["url"] for item in http(text)["requests"]] == ["1", "0", "2", "4", "3"]


def test_a_pair_outside_requests_moves_in() -> None:
    keys = http(b"request: {url: a}\nresponse: {body: b}\nheaders_diff: !!set {b, a}")
    assert [item["request"]["url"] for item in keys["requests"]] == ["a"]
    assert "request" not in keys
    assert keys["headers_diff"] == ["a", "b"]


@pytest.mark.parametrize(
    ("options", "given", "expected"),
    [
        (b"[-u, a]", b"null", "a"),
        (b"[--url, b, -u, a]", b"null", "a"),
        (b"[-u, a, --url, b]", b"null", "a"),
        (b"[--url, b]", b"null", "b"),
        (b"[-u, a]", b"mine", "mine"),
        (b"[-u]", b"null", None),
        (b"null", b"null", None),
    ],
)
def test_input_from_options(options: bytes, given: bytes, expected: str | None) -> None:
    header = b"test_name: http_requests\noptions: " + options
    assert one(b"input: " + given, header)["input"] == expected


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b"requests: 7", "bad_requests"),
        (b"requests: [7]", "bad_requests"),
        (b"requests: [{request: {}}]", "bad_requests"),
        (b"requests: [{request: {url: a, headers: {Host: [a]}}}]", "bad_headers"),
        (b"requests: [{request: {url: a, headers: [[a]]}}]", "bad_headers"),
        (b"requests: [{request: {url: a, headers: [[a, [" + b"x" * 10_000 + b"]]]}}]", "bad_headers"),
    ],
)
def test_requests_that_are_none(text: bytes, reason: str) -> None:
    assert left_out(text, b"test_name: http_requests") == reason


def test_a_value_that_stands_twice_is_shaped_twice() -> None:
    keys = http(b"requests: [&a {request: {url: a, headers: [[A, [b]]]}, response: null}, *a]")
    assert keys["requests"][0] == keys["requests"][1]


def test_tampering() -> None:
    keys = dns(b"tampering: {a: false, b: true, c: reverse_match, d: null}\ntest_resolvers: [x]")
    assert keys == {
        "errors": {"a": False, "b": True, "c": "reverse_match", "d": None},
        "successful": ["a"],
        "failed": ["c", "d"],
        "inconsistent": ["b"],
    }
    assert dns(b"x: 1") == {"x": 1, "errors": {}, "successful": [], "failed": [], "inconsistent": []}
    assert dns(b"x: 1", b"dns_injection") == {"x": 1}
    native = dns(b"errors: {a: true}\nfailed: []\ninconsistent: [a]\nsuccessful: []")
    assert (native["errors"], native["inconsistent"]) == ({"a": True}, ["a"])
    assert left_out(b"tampering: true", b"test_name: dns_consistency") == "bad_tampering"


def test_queries() -> None:
    keys = dns(
        b"""
queries:
- query: "[Query('a.b', 1, 1)]"
  query_type: A
  resolver: [8.8.8.8, 53]
  addrs: [192.0.2.1]
  answers: [[<RR name=a.b type=A class=IN ttl=300s auth=False>, <A address=192.0.2.1 ttl=300>]]
- query: "[Query('c.d', 1, 1)]"
  failure: deferred_timeout_error
- query: "[Query('e.f', 1, 1)]"
  answers: []
"""
    )
    assert keys["queries"] == [
        {
            "query_type": "A",
            "hostname": "a.b",
            "resolver_hostname": "8.8.8.8",
            "resolver_port": 53,
            "answers": [{"ttl": "300", "answer_type": "A", "ipv4": "192.0.2.1"}],
            "failure": None,
        },
        {
            "hostname": "c.d",
            "resolver_hostname": None,
            "resolver_port": None,
            "answers": [],
            "failure": "deferred_timeout_error",
        },
        {
            "hostname": "e.f",
            "resolver_hostname": None,
            "resolver_port": None,
            "answers": [],
            "failure": "no_answer",
        },
    ]


@pytest.mark.parametrize(
    ("kind", "text", "expected"),
    [
        ("MX", "<MX address=192.0.2.1 preference=10 ttl=1>", {"hostname": "192.0.2.1", "preference": "10"}),
        ("PTR", "<PTR name=a.b ttl=1>", {"hostname": "a.b"}),
        ("CNAME", "<CNAME name=a.b ttl=1>", {"hostname": "a.b"}),
        (
            "SOA",
            "<SOA mname=m rname=r serial=1 refresh=2 retry=3 expire=4 minimum=5 ttl=6>",
            {
                "responsible_name": "r",
                "hostname": "m",
                "serial_number": "1",
                "refresh_interval": "2",
                "retry_interval": "3",
                "minimum_ttl": "5",
                "expiration_limit": "4",
            },
        ),
        ("AAAA", "<AAAA address=::1 ttl=1>", {}),
    ],
)
def test_answers(kind: str, text: str, expected: dict[str, str]) -> None:
    answer = json.dumps([f"<RR name=a type={kind} class=IN ttl=9s auth=False>", text])
    (query,) = dns(f"queries: [{{query: x, answers: [{answer}]}}]".encode())["queries"]
    assert query["answers"] == [{"ttl": "9", "answer_type": kind} | expected]


def test_dump() -> None:
    text = dump({"a": {"z", "b"}, "n": 2**70, "t": (1,), None: True})
    assert json.loads(text) == {"a": ["b", "z"], "n": 2**70, "t": [1], "null": True}
    assert json.loads(dump({1: float("nan"), "a": {"z", "b"}})) == {"1": None, "a": ["b", "z"]}


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ({"a": [b"\xff"]}, "holds_bytes"),
        ({"n": 2**70, "b": b""}, "holds_bytes"),
        ({b"a": 1}, "not_json"),
        ({"n": 2**70, "x": float("nan")}, "not_json"),
    ],
)
def test_what_no_json_holds(value: dict[Any, Any], reason: str) -> None:
    with pytest.raises(Unfit) as refused:
        dump(value)
    assert refused.value.reason == reason
