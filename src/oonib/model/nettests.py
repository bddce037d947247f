"""The nettests that people are shown: names for menus, and the groups of coverage charts (data contract 5).

Owns what a nettest is called and which group it is in. Which ones are scored, and how, is `scoring`'s.
"""

from collections.abc import Mapping
from types import MappingProxyType

NAMES: Mapping[str, str] = MappingProxyType({
    "bridge_reachability": "Bridge Reachability",
    "dash": "DASH",
    "dns_consistency": "DNS Consistency",
    "dnscheck": "DNS Check",
    "facebook_messenger": "Facebook Messenger",
    "http_header_field_manipulation": "HTTP Header Field Manipulation",
    "http_host": "HTTP Host",
    "http_invalid_request_line": "HTTP Invalid Request Line",
    "http_requests": "HTTP Requests",
    "meek_fronted_requests_test": "Meek Fronted Requests",
    "multi_protocol_traceroute": "Multi Protocol Traceroute",
    "ndt": "NDT",
    "psiphon": "Psiphon",
    "riseupvpn": "RiseupVPN",
    "signal": "Signal",
    "stunreachability": "STUN Reachability",
    "tcp_connect": "TCP Connect",
    "telegram": "Telegram",
    "tor": "Tor",
    "torsf": "Tor Snowflake",
    "urlgetter": "URL Getter",
    "vanilla_tor": "Vanilla Tor",
    "web_connectivity": "Web Connectivity",
    "whatsapp": "WhatsApp",
})  # fmt: skip
"""Nettest to its name for people, in the order of menus."""

GROUPS: Mapping[str, tuple[str, ...]] = MappingProxyType({
    "circumvention": (
        "bridge_reachability",
        "meek_fronted_requests_test",
        "vanilla_tor",
        "tcp_connect",
        "psiphon",
        "tor",
        "torsf",
        "riseupvpn",
    ),
    "experimental": ("urlgetter", "dnscheck", "stunreachability"),
    "im": ("facebook_messenger", "signal", "telegram", "whatsapp"),
    "legacy": ("http_requests", "dns_consistency", "http_host", "multi_protocol_traceroute"),
    "middlebox": ("http_invalid_request_line", "http_header_field_manipulation"),
    "performance": ("ndt", "dash"),
    "websites": ("web_connectivity",),
})  # fmt: skip
"""Group to its nettests, sorted by group. A nettest is in one group."""

MESSENGERS = GROUPS["im"]

CIRCUMVENTION_TOOLS = ("torsf", "tor", "stunreachability", "psiphon", "riseupvpn")
"""Those of the statistics about circumvention, which is not the group of that name."""
