"""What a valid fingerprint file is (ops contract 1.2)."""

import csv
import io
from collections.abc import Iterable, Sequence

import pytest

from oonib.reference.fingerprint_files import COLUMNS, FingerprintProblem, parse_file, read_files
from oonib.reference.sources import STARTER
from oonib.scoring import Matcher

from support.shared_data import require_shared_data

GOOD = {
    "name": "a",
    "scope": "nat",
    "other_names": "",
    "location_found": "body",
    "pattern_type": "contains",
    "pattern": "shut",
    "confidence_no_fp": "5",
    "expected_countries": "AE, SA",
    "source": "",
    "exp_url": "",
    "notes": "",
}


def as_csv(rows: Iterable[Sequence[object]], header: Sequence[str] = COLUMNS) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return out.getvalue().encode()


def row(**changes: str) -> list[str]:
    return list((GOOD | changes).values())


def test_rows_come_ordered_by_name() -> None:
    raw = as_csv([row(name="b"), row(name="a", pattern="two\nlines, and a comma")])
    rows = parse_file(raw, "http", limits=None)
    assert [found[0] for found in rows] == ["a", "b"]
    assert rows[0][5:7] == ("two\nlines, and a comma", 5)


def test_byte_order_mark_is_no_part_of_the_header() -> None:
    assert parse_file(b"\xef\xbb\xbf" + as_csv([row()]), "http", limits=None)


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"name": ""}, "name is empty"),
        ({"scope": "world"}, "scope 'world'"),
        ({"location_found": "dns"}, "location_found 'dns'"),
        ({"location_found": "header."}, "location_found"),
        ({"location_found": "header.Server"}, "location_found"),
        ({"pattern_type": "like"}, "pattern_type 'like'"),
        ({"pattern": ""}, "pattern is empty"),
        ({"pattern_type": "regexp", "pattern": "("}, "does not compile"),
        ({"pattern_type": "regexp", "pattern": r"(a)\1"}, "does not compile"),
        ({"confidence_no_fp": "high"}, "confidence_no_fp 'high'"),
        ({"confidence_no_fp": "256"}, "confidence_no_fp '256'"),
        ({"confidence_no_fp": "-1"}, "confidence_no_fp '-1'"),
        ({"confidence_no_fp": ""}, "confidence_no_fp is empty"),
    ],
)
def test_bad_rows_are_named(changes, word) -> None:
    raw = as_csv([row(name="first", pattern="a\nb"), row(**changes)])
    with pytest.raises(FingerprintProblem, match="line 4") as caught:
        parse_file(raw, "http", limits=None)
    assert word in str(caught.value)
    assert (caught.value.part, caught.value.line) == ("fingerprints_http.csv", 4)


@pytest.mark.parametrize("scope", ["injb", "prov"])
def test_scopes_of_http_only(scope) -> None:
    assert parse_file(as_csv([row(scope=scope)]), "http", limits=None)
    with pytest.raises(FingerprintProblem, match="scope"):
        parse_file(as_csv([row(scope=scope, location_found="dns")]), "dns", limits=None)


@pytest.mark.parametrize(
    ("raw", "word"),
    [
        (b"", "header"),
        (b"name,scope\n", "header"),
        (as_csv([row()]).replace(b"\n", b",extra\n"), "header"),
        (as_csv([row()[:-1]]), "10 cells"),
        (as_csv([row()]) + b'"open', "not CSV"),
        (as_csv([row()]) + b"\xff\xfe", "line 3: not UTF-8"),
        (as_csv([row(), row()]), "appears twice"),
    ],
)
def test_bad_files(raw, word) -> None:
    with pytest.raises(FingerprintProblem, match=word):
        parse_file(raw, "http", limits=None)


@pytest.mark.parametrize(("count", "good"), [(100, False), (101, True), (0, False)])
def test_row_count(count, good) -> None:
    raw = as_csv([row(name=str(i)) for i in range(count)])
    if good:
        assert len(parse_file(raw, "http")) == count
    else:
        with pytest.raises(FingerprintProblem, match="expected between 100 and 50000"):
            parse_file(raw, "http")


def test_starter_set_is_valid_and_works_under_both_semantics() -> None:
    files = read_files(STARTER, limits=None)
    fingerprints = files.fingerprints()
    assert len(fingerprints.dns) >= 12
    assert len(fingerprints.http) >= 12
    for semantics in ("production", "declared"):
        matcher = Matcher.build(fingerprints, semantics)
        queries = [{"answers": [{"ipv4": "192.0.2.34"}]}]
        assert [found.name for found in matcher.match_dns(queries)] == ["starter.ir_dns"]


def test_starter_countries_and_line_breaks_survive() -> None:
    by_name = {found.name: found for found in read_files(STARTER, limits=None).fingerprints().http}
    assert by_name["starter.product_header"].expected_countries == ("AE", "SA")
    assert "\n" in by_name["starter.pk_page"].pattern


@pytest.mark.shared_data
def test_public_list() -> None:
    files = read_files(str(require_shared_data() / "fingerprints"))
    assert (len(files.dns), len(files.http)) == (226, 1729)
    assert Matcher.build(files.fingerprints(), "declared").snapshot_id == files.fingerprints().snapshot_id
