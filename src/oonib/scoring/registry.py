"""Which scorer a test name gets (fastpath contract 3.0). The only place that names all nettests."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from oonib.scoring.access import Measurement, Scores, Unscorable
from oonib.scoring.base import failed_scores
from oonib.scoring.matching import Matcher
from oonib.scoring.nettests import (
    browser_web,
    dash,
    facebook_messenger,
    http_header_field_manipulation,
    http_invalid_request_line,
    http_requests,
    meek_fronted_requests_test,
    openvpn,
    psiphon,
    signal,
    stunreachability,
    tcp_connect,
    telegram,
    tor,
    torsf,
    unscored,
    vanilla_tor,
    web_connectivity,
    whatsapp,
)

Scorer = Callable[[Measurement, Matcher], Scores]

SCORERS: Mapping[str, Scorer] = MappingProxyType(
    {
        "browser_web": browser_web.score,
        "dash": dash.score,
        "dns_consistency": unscored.score_dns_consistency,
        "facebook_messenger": facebook_messenger.score,
        "http_header_field_manipulation": http_header_field_manipulation.score,
        "http_invalid_request_line": http_invalid_request_line.score,
        "http_requests": http_requests.score,
        "meek_fronted_requests_test": meek_fronted_requests_test.score,
        "ndt": unscored.score_nothing,
        "openvpn": openvpn.score,
        "psiphon": psiphon.score,
        "riseupvpn": unscored.score_nothing,
        "signal": signal.score,
        "stunreachability": stunreachability.score,
        "tcp_connect": tcp_connect.score,
        "telegram": telegram.score,
        "tor": tor.score,
        "torsf": torsf.score,
        "vanilla_tor": vanilla_tor.score,
        "web_connectivity": web_connectivity.score,
        "whatsapp": whatsapp.score,
    }
)

USES_FINGERPRINTS = frozenset({"http_requests", "web_connectivity"})
"""Tests whose scores depend on the fingerprint snapshot."""


def score_measurement(measurement: Measurement, matcher: Matcher) -> Scores:
    """The scores object of a measurement, before the date check. Raises `Unscorable`.

    A test without a scorer gets base scores with accuracy 0.0, so that it shows as failed.
    """
    if "test_name" not in measurement:
        raise Unscorable("test_name is missing")
    name = measurement["test_name"]
    scorer = SCORERS.get(name) if isinstance(name, str) else None
    return failed_scores() if scorer is None else scorer(measurement, matcher)
