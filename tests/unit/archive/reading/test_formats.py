"""Every format of the archive, built small and read back."""

import gzip
import io
import json
import tarfile
from random import Random

import pytest

from oonib.archive.legacy import trivial_id
from oonib.archive.reading import Found, Kind, Problem, kind_of, read, streams

from support.cans import gz, lz, post, report, tar

UID = "20260302101533.048211_BR_webconnectivity_5d0c91e2a47b3f68"
OTHER = "20260302101534.000000_BR_webconnectivity_0000000000000000"
ONE = b'{"measurement_start_time":"2014-08-07 14:10:50","n":1}'
TWO = b'{"n": 2}'
RAW = "raw/20260302/10/BR/webconnectivity/2026030210_BR_webconnectivity.n1.0"
CANNED = "canned/2014-08-07/"


def found(data: bytes, name: str) -> list[Found | Problem]:
    return list(read(io.BytesIO(data), name))


@pytest.mark.parametrize(
    ("name", "kind"),
    {
        RAW + ".tar.gz": Kind.POSTCAN,
        "a.tar": Kind.POSTCAN,
        RAW + ".jsonl.gz": Kind.JSONL,
        "jsonl/ndt/IT/20200101/00/20200101_IT_ndt.l.0.jsonl.gz": Kind.JSONL,
        "a.jsonl": Kind.JSONL,
        "a.jsonl.lz4": Kind.JSONL,
        CANNED + "web_connectivity.00.tar.lz4": Kind.TARCAN_LZ4,
        CANNED + "20140807T000000Z-IT-AS1-ndt-x-0.2.0-probe.json.lz4": Kind.JSON_LINES_LZ4,
        CANNED + "20140807T000000Z-IT-AS1-ndt-x-0.1.0-probe.yaml.lz4": Kind.YAML_LZ4,
        "a.yaml": Kind.YAML,
        "A.YAMLOO": Kind.YAML,
        CANNED + "index.json.gz": Kind.INDEX,
        UID + ".post": Kind.BODY,
        "a.json": Kind.BODY,
        "a.yaml/README": Kind.UNKNOWN,
        "": Kind.UNKNOWN,
    }.items(),
)
def test_the_name_tells_the_format(name: str, kind: Kind) -> None:
    assert kind_of(name) is kind


@pytest.mark.parametrize("pack", [gz, gzip.compress, lz, bytes], ids=["igzip", "gzip", "lz4", "plain"])
@pytest.mark.parametrize("form", [tarfile.GNU_FORMAT, tarfile.PAX_FORMAT, tarfile.USTAR_FORMAT])
def test_postcan_whatever_its_name_claims_of_compression(pack, form) -> None:
    long_folder = "measurements/" + "incoming/" * 15
    stored = {f"{long_folder}{UID}.post": post(ONE), f"a/{OTHER}.post": post(TWO, b"JSON", b"f")}
    if form == tarfile.USTAR_FORMAT:
        stored = {name.removeprefix(long_folder): content for name, content in stored.items()}
    items = found(pack(tar(stored.items(), form)), RAW + ".tar.gz")
    assert [(item.uid, item.body) for item in items] == list(zip((UID, OTHER), stored.values(), strict=True))
    assert items[1].place == f"{RAW}.tar.gz:a/{OTHER}.post"


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a/x.txt", b"{}", "unsupported_member"),
        ("../../etc/passwd", b"root", "unsupported_member"),
        ("a/.post", post(ONE), "unsupported_member"),
        ("a/\x1b[2J.post", post(ONE), "unsupported_member"),
        ("a/x.post", post(b'"a: b"', b"yaml"), "yaml_post"),
        ("a/x.post", post(ONE, b"xml"), "unsupported_format"),
        ("a/x.post", b'{"format":7,"content":{}}', "unsupported_format"),
        ("a/x.post", b"not json", "bad_json"),
        ("a/x.post", b"[]", "bad_json"),
        ("a/x.post", b"", "bad_json"),
        ("a/x.post", b'{"format":"json"', "bad_json"),
        ("a/x.post", b"\xff" * 600, "bad_json"),
        ("a/x.post", b'{"format":"\x80json","content":{}}', "bad_json"),
    ],
)
def test_a_bad_member_is_named_and_the_next_one_read(name: str, content: bytes, reason: str) -> None:
    items = found(gz(tar([(name, content), (f"{UID}.post", post(TWO))])), "x.tar.gz")
    assert isinstance(items[0], Problem)
    assert items[0].reason == reason
    assert items[0].place.isprintable()
    assert items[1:] == [Found(post(TWO), UID, f"x.tar.gz:{UID}.post")]


@pytest.mark.parametrize("name", [f"/{UID}.post", f"../../../{UID}.post", f"a//b/./{UID}.post"])
def test_a_path_means_nothing(name: str) -> None:
    assert found(tar([(name, post(ONE))]), "x.tar")[0].uid == UID


@pytest.mark.parametrize("pack", [gz, lz, bytes])
def test_lines_since_2020(pack) -> None:
    items = found(pack(ONE + b"\n{}\n" + TWO + b"\n\nnoise\n" + TWO), RAW + ".jsonl.gz")
    assert items == [
        Found(ONE, "", RAW + ".jsonl.gz:0"),
        Problem(RAW + ".jsonl.gz:1", "empty_line", "stands for a post that is no measurement"),
        Found(TWO, "", RAW + ".jsonl.gz:2"),
        Problem(RAW + ".jsonl.gz:4", "bad_json", "not a JSON object: b'noise'"),
        Found(TWO, "", RAW + ".jsonl.gz:5"),
    ]


@pytest.mark.parametrize("name", ["jsonl/ndt/IT/20200101/00/20200101_IT_ndt.l.0.jsonl.gz", RAW + ".jsonl.gz"])
def test_a_line_may_carry_its_uid(name: str) -> None:
    uid = "01202001017f9c2ba4e88f827d61604550760585"
    line = b'{"a":{"measurement_uid":"inner"},"measurement_uid":"' + uid.encode() + b'"}'
    inner = b'{"a":{"measurement_uid":"inner"}}'
    odd = b'{"measurement_uid":7}'
    broken = b'{"measurement_uid":"x",}'
    spaced = b'  {"measurement_uid": "y"} \r'
    items = found(gz(b"\n".join([line, inner, odd, broken, spaced])), name)
    assert [item.uid for item in items] == [uid, "", "", "", "y"]
    assert items[4].body == spaced.strip()


def test_gzip_of_several_members_and_padding() -> None:
    data = gz(ONE + b"\n" + TWO[:3]) + gz(TWO[3:]) + gz(b"\n", ONE) + bytes(512)
    assert [item.body for item in found(data, "x.jsonl.gz")] == [ONE, TWO, ONE]


@pytest.mark.parametrize("pack", [gz, lz, bytes])
def test_content_of_any_compressibility(pack) -> None:
    content = Random(1).randbytes(1_300_000).replace(b"\n", b"") + bytes(2_000_000) + b"abc" * 100_000
    assert b"".join(streams.content(io.BytesIO(pack(content) * 2))) == content * 2


def test_lz4_of_several_frames() -> None:
    assert [item.body for item in found(lz(ONE + b"\n") + lz(TWO), "x.jsonl.lz4")] == [ONE, TWO]


def test_legacy_lines_get_a_uid_from_their_bytes() -> None:
    name = CANNED + "20140807T000000Z-IT-AS1-ndt-x-0.2.0-probe.json.lz4"
    items = found(lz(ONE + b"\n" + b'{"a":}\n[]\n{}\n' + TWO), name)
    assert items[0] == Found(ONE, trivial_id(ONE + b"\n", "2014-08-07 14:10:50"), name + ":0")
    assert items[0].uid.startswith("0120140807")
    assert [item.reason for item in items[1:4]] == ["bad_json", "bad_json", "empty_line"]
    assert items[4] == Found(TWO, trivial_id(TWO, None), name + ":4")
    assert items[4].uid.startswith("0100000000")


def test_tarcan_of_lines_and_yaml() -> None:
    yaml = report(b"input: null\nsuccess: true")
    members = [("2014-08-07/a.json", ONE + b"\n" + TWO + b"\n"), ("b.yaml", yaml), ("c.pcap", b"x")]
    items = found(lz(tar(members)), CANNED + "vanillator.0.tar.lz4")
    place = CANNED + "vanillator.0.tar.lz4:"
    assert [item.place for item in items] == [
        place + "2014-08-07/a.json:0",
        place + "2014-08-07/a.json:1",
        place + "b.yaml:1",
        place + "c.pcap",
    ]
    assert items[0].uid == trivial_id(ONE + b"\n", "2014-08-07 14:10:50")
    assert json.loads(items[2].body)["report_filename"] == "2014-08-07/b.yaml"
    assert items[3].reason == "unsupported_member"


@pytest.mark.parametrize(("pack", "ending"), [(lz, ".yaml.lz4"), (gz, ".yaml.gz"), (bytes, ".yamloo")])
def test_yaml_report(pack, ending: str) -> None:
    name = "somewhere/2015-01-01/r" + ending
    frame = b"---\ninput: null\nsuccess: true\n...\n"
    items = found(pack(report(b"input: null\nsuccess: true", b"- 1", b"raw: !!binary AP8=")), name)
    body = json.loads(items[0].body)
    assert items[0].uid == trivial_id(frame, "2014-08-07 14:10:50")
    assert "measurement_uid" not in body
    assert body["bucket_date"] == "2015-01-01"
    assert body["report_filename"] == "2015-01-01/r" + (".yamloo" if ending == ".yamloo" else ".yaml")
    assert [(item.reason, item.place) for item in items[1:]] == [
        ("bad_entry", name + ":2"),
        ("holds_bytes", name + ":3"),
    ]


def test_an_index_is_passed_over_and_the_unknown_is_named() -> None:
    assert found(gz(b'{"filename":"x"}'), CANNED + "index.json.gz") == []
    assert [item.reason for item in found(b"x", "a.mp3")] == ["unknown_format"]


@pytest.mark.parametrize("pack", [gz, bytes])
def test_single_bodies(pack) -> None:
    pretty = json.dumps({"a": ["x\ny"], "measurement_uid": "u"}, indent=1).encode()
    assert found(pack(pretty), "a/b.json") == [Found(pretty.replace(b"\n", b""), "u", "a/b.json")]
    assert found(pack(post(ONE)), f"a/{UID}.post") == [Found(post(ONE), UID, f"a/{UID}.post")]
    assert [item.body for item in found(pack(ONE + b"\n" + TWO + b"\n"), "a.json")] == [ONE, TWO]
    for text in (b"", b"[]", b'{"a":', b"\xff", b"7\n8"):
        assert [item.reason for item in found(pack(text), "a.json")] == ["bad_json"]


@pytest.mark.parametrize(
    "text", [post(b'"a: b"', b"yaml"), post(ONE, b"xml"), b"[]", b"\xff", ONE + b"\n" + TWO]
)
def test_a_lone_post_is_taken_as_it_is(text: bytes) -> None:
    assert found(text, f"a/{UID}.post") == [Found(text, UID, f"a/{UID}.post")]
    assert [item.reason for item in found(b"", f"a/{UID}.post")] == ["bad_json"]


def test_closes_nothing() -> None:
    stream = io.BytesIO(gz(ONE))
    list(read(stream, "a.jsonl.gz"))
    assert not stream.closed


def test_errors_of_the_stream_are_the_callers() -> None:
    class Failing(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            raise OSError("the disk is gone")

    with pytest.raises(OSError, match="the disk is gone"):
        list(read(Failing(), "a.jsonl"))
