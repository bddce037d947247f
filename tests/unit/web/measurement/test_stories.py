"""Stories of measurements: they say what was planted, and can be told of any body whatever its shape."""

import copy
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from oonib.simulate import Expected
from oonib.web.frame.languages import Languages
from oonib.web.measurement.circumstances import circumstances, network, report_search, started
from oonib.web.measurement.comparing import compared
from oonib.web.measurement.neighbours import neighbours, question
from oonib.web.measurement.nettests import TELLERS, story
from oonib.web.measurement.steps import MOST, timeline
from oonib.web.measurement.story import Story, Subject

from .worlds import kinds, subject_of
from support.shared_data import require_shared_data

ENGLISH = Languages().choose("en", "", "")
KINDS = [pytest.param(*one, id=f"{one[0].test_name}-{number}") for number, one in enumerate(kinds())]


def find(test_name: str, **truth: object) -> Subject:
    """The measurement of a kind."""
    for subject, expected in kinds():
        method = expected.block.method if expected.block else None
        if subject.test_name == test_name and (method, expected.noise) == (
            truth.get("method"),
            truth.get("noise"),
        ):
            return subject
    raise LookupError(test_name, truth)


def told(subject: Subject) -> str:
    """Everything that a page says of a measurement, as plain text."""
    made = story(subject)
    texts: list[Any] = [made.headline, *made.because]
    texts += [text for fact in made.evidence for text in (fact.label, fact.value)]
    texts += [text for one in made.compared for text in (one.label, one.probe, one.helper)]
    return "\n".join(map(str, texts))


def tell_all(subject: Subject) -> Story:
    """Everything that a page derives, said and written down."""
    made = story(subject)
    derived = [circumstances(subject), network(subject), started(subject), report_search(subject)]
    derived += [timeline(subject.keys), compared(subject.keys), neighbours(subject, [])]
    assert ENGLISH.say(made.headline)
    for one in (made.headline, *made.because):
        ENGLISH.say(one)
    orjson.dumps([told(subject), repr(derived)], default=str)
    assert len(timeline(subject.keys).steps) <= MOST
    return made


@pytest.mark.parametrize(("subject", "truth"), KINDS)
def test_the_headline_says_what_was_planted(subject: Subject, truth: Expected) -> None:
    headline = str(tell_all(subject).headline)
    if subject.test_name in ("ndt", "dash"):
        assert "Mbit/s" in headline
    elif truth.confirmed:
        assert "was blocked" in headline
    elif truth.anomaly:
        signs = (
            "signs that",
            "while others",
            "another page came",
            "was not the one that others get",
            "changes traffic",
        )
        assert any(sign in headline for sign in signs), headline
    elif truth.failure:
        assert "does not tell whether" in headline
    else:
        assert not any(word in headline for word in ("blocked", "signs", "tell")), headline


@pytest.mark.parametrize(
    ("subject", "sentences"),
    [
        (
            find("web_connectivity", method="dns"),
            [
                "the DNS answer is one that censors are known to give",
                "was found in the DNS answer. It is used all over a country",
                "confirms blocking.",
                "Addresses that only the probe was given\n192.0.2.",
                "The blocking score is 2",
            ],
        ),
        (
            find("web_connectivity", method="nxdomain"),
            ["was not the one that others get", "dns_nxdomain_error"],
        ),
        (
            find("web_connectivity", method="tcp_ip"),
            ["0 of 1", "nothing came in time (generic_timeout_error)"],
        ),
        (
            find("web_connectivity", method="page"),
            ["a known block page came instead", "Title of the page\nNotice", "status 403"],
        ),
        (
            find("web_connectivity", noise="control"),
            ["The test helper could not be asked", "It counts as failed"],
        ),
        (
            find("web_connectivity", noise="vague"),
            ["too vague to say who uses it", "not enough", "another page"][::2],
        ),
        (find("web_connectivity", noise="unknown"), ["an error that it does not know: unknown_failure"]),
        (find("web_connectivity", noise="down"), ["nothing of it looks like blocking"]),
        (
            find("telegram", method="tcp_ip"),
            ["Telegram Web\nnot reachable", "0 of 16", "The blocking score is 3"],
        ),
        (find("telegram"), ["Telegram was reachable", "16 of 16"]),
        (find("signal", method="tcp_ip"), ["signs that Signal was blocked", "generic_timeout_error"]),
        (find("tor", method="tcp_ip"), ["or_port_dirauth that work\n1 of 7"]),
        (find("facebook_messenger", method="tcp_ip"), ["Endpoint b_api\nnot reachable", "counts one half"]),
        (find("psiphon"), ["Psiphon was reachable", "Time to start"]),
        (find("ndt"), ["Download\n", "Ping\n30.5 ms"]),
        (find("dash"), ["Median bit rate"]),
        (find("http_invalid_request_line"), ["no middlebox was noticed", "came back unchanged"]),
    ],
)
def test_why_and_what_shows_it(subject: Subject, sentences: list[str]) -> None:
    text = told(subject)
    for sentence in sentences:
        assert sentence in text, text


def test_a_middlebox_is_shown_by_what_came_back() -> None:
    base = find("http_invalid_request_line").body
    keys = base["test_keys"]
    changed = dict(base) | {"test_keys": keys | {"received": ["HTTP/1.1 400 <b>", *keys["received"][1:]]}}
    text = told(subject_of(orjson.dumps(changed)))
    assert "there is a middlebox" in text
    assert "came back as: HTTP/1.1 400 <b>" in text


def test_what_differs_from_the_test_helper() -> None:
    aspects = {str(one.label): one for one in compared(find("web_connectivity", method="page").keys)}
    assert [(label, one.same) for label, one in aspects.items()] == [
        ("DNS answers", True),
        ("TCP connections made", True),
        ("HTTP", False),
        ("Title", False),
        ("Length of the page", False),
        ("Names of headers", True),
    ]
    assert (str(aspects["HTTP"].probe), str(aspects["HTTP"].helper)) == ("status 403", "status 200")


def test_without_a_row_there_is_no_verdict_yet() -> None:
    for subject, _ in kinds():
        waiting = Subject(subject.uid, {}, subject.body)
        assert tell_all(waiting).headline != story(subject).headline or subject.test_name in ("ndt", "dash")
        assert question(waiting) == {}


def test_without_a_body_the_scores_speak() -> None:
    for subject, truth in kinds():
        made = tell_all(Subject(subject.uid, subject.row, {}))
        assert (
            truth.noise == "down"
            or subject.test_name in ("ndt", "dash")
            or made.headline == story(subject).headline
        )


def test_neighbours_are_summed_by_network() -> None:
    subject = find("web_connectivity", method="dns")
    asn, _ = network(subject)
    counts = {
        "ok_count": 1,
        "anomaly_count": 2,
        "confirmed_count": 3,
        "failure_count": 4,
        "measurement_count": 10,
    }
    found = neighbours(subject, [{"probe_asn": asn, **counts}, {"probe_asn": asn + 1, **counts}])
    assert found is not None
    assert (found.network.total, found.country.total, found.country.confirmed) == (10, 20, 6)
    assert f"probe_asn=AS{asn}" in found.network.search
    assert "probe_asn" not in found.country.chart


def test_many_steps_are_cut_and_failures_kept() -> None:
    good = {"failure": None, "hostname": "a.example", "query_type": "A", "t": 0.1, "t0": 0.0}
    line = timeline({"queries": [good] * 500 + [good | {"failure": "dns_nxdomain_error"}]})
    assert (len(line.steps), line.total) == (MOST, 501)
    assert [step.problem is not None for step in line.steps].count(True) == 1


_odd = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=5),
    st.just("\ud800\u202e<script>"),
    st.just([]),
    st.just({}),
    st.just([None, 1, "a", [], {}]),
    st.just({"a": {"b": []}, "": None}),
    st.just(10**400),
)


@given(st.sampled_from([subject for subject, _ in kinds()]), st.data())
def test_any_shape_of_a_body_can_be_told(subject: Subject, data: st.DataObject) -> None:
    body = copy.deepcopy(dict(subject.body))
    for _ in range(data.draw(st.integers(1, 4))):
        _mangle(body, data)
    tell_all(Subject(subject.uid, subject.row, body))
    tell_all(Subject(subject.uid, {}, body))


def _mangle(node: Any, data: st.DataObject) -> None:
    """Replace something in a body by something else, at any depth."""
    keys = list(node) if isinstance(node, dict) else list(range(len(node)))
    key = data.draw(st.sampled_from(keys))
    inner = node[key]
    if isinstance(inner, dict | list) and inner and data.draw(st.integers(0, 3)):
        _mangle(inner, data)
    else:
        node[key] = copy.deepcopy(data.draw(_odd))


@given(
    st.sampled_from(sorted([*TELLERS, "dnscheck", "", "\ud800"])),
    _odd,
    _odd,
    st.dictionaries(st.text(), _odd),
)
def test_any_scores_and_keys_can_be_told(
    test_name: str, keys: Any, scores: Any, more: dict[str, Any]
) -> None:
    row = {"test_name": test_name, "scores": scores, "anomaly": True, "confirmed": False, "failure": True}
    made = {**more, "test_keys": keys, "annotations": keys, "probe_asn": scores, "input": scores}
    tell_all(Subject("x", row, made))
    tell_all(Subject("x", {}, made | {"test_name": keys}))


@pytest.mark.shared_data
def test_every_body_of_the_corpus_can_be_told() -> None:
    folder = require_shared_data() / "measurements"
    files = sorted(folder.glob("*.json"))
    assert files
    for file in files:
        content = file.read_bytes()
        if isinstance(orjson.loads(content), dict):
            tell_all(subject_of(content))


@pytest.mark.parametrize(
    ("mine", "there", "told", "agree"),
    [
        ("Notice", "www.site.example", True, False),
        ("The Daily Herald - blocked?", "Daily herald, front page", True, True),
        ("The Daily Herald", "Daily herald", False, False),
        ("One", "Two", None, None),
        ("Same", "Same", False, True),
    ],
)
def test_titles_agree_when_anybody_would_say_so(
    mine: str, there: str, told: bool | None, agree: bool | None
) -> None:
    keys = {
        "requests": [
            {
                "request": {"url": "http://a.example/"},
                "response": {"code": 200, "body": f"<title>{mine}</title>"},
            }
        ],
        "control": {"http_request": {"status_code": 200, "title": there}},
        "title_match": told,
    }
    aspects = {str(one.label): one.same for one in compared(keys)}
    assert aspects["Title"] is agree
