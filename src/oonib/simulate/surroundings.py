"""What lies around the measurements of the synthetic world: its test lists, the owners of its networks, and
what people there published. Pure.

Everything says that it is simulated, so that nobody takes it for a claim about a real country or operator.
"""

import csv
import io
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import orjson

from oonib.model.nettests import NAMES
from oonib.simulate.censorship import MESSENGERS, Block
from oonib.simulate.geography import Country
from oonib.simulate.sites import Site
from oonib.simulate.world import World

_COLUMNS = ("url", "category_code", "category_description", "date_added", "source", "notes")
_FINDINGS = 4


def test_lists(world: World) -> dict[str, str]:
    """The lists as CSV files by name: all sites on the global one, a few on those of countries as well."""
    lists = {"global": world.sites}
    lists |= {
        country.cc.lower(): world.sites[number :: len(world.countries)]
        for number, country in enumerate(world.countries)
    }
    return {name: _csv(sites) for name, sites in lists.items()}


def owners(world: World) -> bytes:
    """The owners of the networks, in the form in which such data is published."""
    found = {
        str(network.asn): [[network.name, network.cc, "20260115", f"SIM-{network.asn}", "SIM"]]
        for country in world.countries
        for network in country.networks
    }
    return orjson.dumps(found, option=orjson.OPT_INDENT_2)


def findings(world: World, author: str, start: datetime, end: datetime) -> Iterator[dict[str, Any]]:
    """What researchers would publish about the world, as `POST /api/v1/incidents/create` takes it."""
    for target, cc, blocks in _notable(world.blocks)[:_FINDINGS]:
        app = target in MESSENGERS
        what = NAMES.get(target, target)
        period = end - start
        begins = start + max(timedelta(0), period * blocks[0].begins)
        ends = start + period * blocks[0].ends
        where = "all" if _covers(blocks, world.countries, cc) else "most"
        yield {
            "title": f"Simulated: {what} blocked in {cc}",
            "short_description": f"Probes on {where} simulated networks of {cc} cannot reach {what}.",
            "text": _TEXT.format(
                what=what, cc=cc, where=where, ways=_ways(blocks), begins=f"{begins:%d %B %Y}"
            ),
            "start_time": f"{begins:%Y-%m-%dT%H:%M:%S.000000Z}",
            "end_time": f"{ends:%Y-%m-%dT%H:%M:%S.000000Z}" if ends < end else None,
            "reported_by": "the simulator",
            "email_address": author,
            "event_type": "incident",
            "published": True,
            "CCs": [cc],
            "ASNs": [block.network.asn for block in blocks],
            "domains": [] if app else [target],
            "test_names": [target] if target in NAMES else ["web_connectivity"],
            "themes": ["im" if app else "news_media"],
            "tags": ["simulated"],
            "links": [],
        }


def links(world: World, author: str) -> Iterator[dict[str, Any]]:
    """Links that partners would make, as `POST /api/v2/oonirun/links` takes them."""
    news = [site.url for site in world.sites if site.category_code == "NEWS"]
    yield {
        "name": "Simulated: is the news reachable?",
        "short_description": "The news sites of the synthetic world",
        "description": "Measures each news site of the synthetic world once.",
        "author": author,
        "nettests": [{"test_name": "web_connectivity", "inputs": news}],
        "color": "#0b6b8f",
    }
    yield {
        "name": "Simulated: messengers",
        "short_description": "All messengers, wherever you are",
        "description": "Measures the messengers that OONI knows. Takes half a minute.",
        "author": author,
        "nettests": [{"test_name": name} for name in MESSENGERS],
    }


def _csv(sites: Sequence[Site]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for site in sites:
        writer.writerow((site.url, site.category_code, "", "2026-01-15", "simulated", ""))
    return text.getvalue()


def _notable(blocks: Sequence[Block]) -> list[tuple[str, str, list[Block]]]:
    """Target, country and blocks of what is blocked there, messengers and the widest blocking first."""
    grouped: Mapping[tuple[str, str], list[Block]] = defaultdict(list)
    for block in blocks:
        grouped[block.target, block.network.cc].append(block)
    found = [(target, cc, same) for (target, cc), same in grouped.items()]
    return sorted(found, key=lambda one: (one[0] not in MESSENGERS, -len(one[2]), one[1], one[0]))


def _covers(blocks: Sequence[Block], countries: Sequence[Country], cc: str) -> bool:
    return any(len(blocks) == len(country.networks) for country in countries if country.cc == cc)


def _ways(blocks: Sequence[Block]) -> str:
    words = {
        "dns": "DNS answers are false",
        "nxdomain": "the DNS says that the name does not exist",
        "page": "a page says that access is blocked",
        "header": "a device on the way answers in the site's place",
        "tcp_ip": "connections to the addresses fail",
        "http-failure": "connections end when the site's name is sent",
    }
    return "; ".join(sorted({words[block.method] for block in blocks}))


_TEXT = """\
**This is a synthetic world: nothing here says anything about a real country or network.**

On {where} simulated networks of {cc}, probes cannot reach *{what}* since {begins}.

## How

In the measurements, {ways}.

## How to check

- every measurement behind this is in the search of this backend,
- each can be scored again with `oonib score`, and found in the archive with `oonib archive verify`.
"""
