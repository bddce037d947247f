"""What people can say of a measurement, in words (management contract 5). Pure."""

from collections.abc import Mapping

from oonib.web.frame.said import Said, said

WORDS: Mapping[str, Said] = {
    "ok": said("It works"),
    "down": said("The site is down"),
    "down.unreachable": said("The site is down: nobody can reach it"),
    "down.misconfigured": said("The site is down: it is not set up well"),
    "blocked": said("It is blocked"),
    "blocked.blockpage": said("It is blocked, with a block page"),
    "blocked.blockpage.http": said("It is blocked, with a block page over HTTP"),
    "blocked.blockpage.dns": said("It is blocked, with a block page by DNS"),
    "blocked.blockpage.server_side": said("The site itself refuses visitors from here"),
    "blocked.blockpage.server_side.captcha": said("The site asks visitors from here for a captcha"),
    "blocked.dns": said("It is blocked by DNS"),
    "blocked.dns.inconsistent": said("It is blocked by DNS: wrong answers"),
    "blocked.dns.nxdomain": said("It is blocked by DNS: no such domain"),
    "blocked.tcp": said("It is blocked by TCP"),
    "blocked.tls": said("It is blocked by TLS"),
}
"""Every status of the contract."""
