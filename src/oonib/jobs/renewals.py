"""The jobs that renew reference data: each from its setting, with what is counted about it.

Each can be rehearsed as well: the source is read and checked as for a renewal, and nothing is changed.
"""

import tempfile
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from functools import partial, wraps
from pathlib import Path
from typing import ParamSpec

from oonib.jobs.scheduler import Job, JobFailed
from oonib.metrics.reference import ReferenceMetrics
from oonib.reference.asnames import read_as_names, update_as_names
from oonib.reference.citizenlab import read_test_lists, update_test_lists
from oonib.reference.fingerprints import STARTER, read_files, update_fingerprints
from oonib.reference.geoip.database import ASN, COMBINED, COUNTRY, Database
from oonib.reference.geoip.updating import CheckFailed, update_geoip
from oonib.reference.problems import ReferenceProblem
from oonib.reference.sources import shown
from oonib.settings import Settings
from oonib.warehouse.errors import WarehouseError
from oonib.warehouse.ports import Tables

_HOUR = 3600.0
_WEEK = 7 * 24 * _HOUR
_NO_TABLES = frozenset({60, 81})
"""Codes of ClickHouse for a table and a database that does not exist."""

_Renewal = Callable[[Settings, Tables, ReferenceMetrics], str]
_Rehearsal = Callable[[Settings], str]
_Given = ParamSpec("_Given")


def renewals(settings: Settings, tables: Tables, metrics: ReferenceMetrics) -> list[Job]:
    """The jobs, by name. GeoIP data is a file of each host, all else is in ClickHouse for all of them."""

    def job(
        name: str,
        text: str,
        ways: tuple[_Renewal, _Rehearsal],
        *,
        period: float,
        offset: float,
        shared: bool = True,
    ) -> Job:
        renew, rehearse = ways
        return Job(
            name,
            text,
            period,
            partial(_failing(renew), settings, tables, metrics),
            offset=offset,
            at_start=True,
            shared=shared,
            rehearse=partial(_failing(rehearse), settings),
        )

    return [
        job(
            "fingerprints",
            "Loads the blocking fingerprints from `fingerprints_source`.",
            (_fingerprints, _read_fingerprints),
            period=_HOUR,
            offset=300.0,
        ),
        job(
            "test-lists",
            "Loads the test lists from `test_lists_source`.",
            (_test_lists, _read_test_lists),
            period=_HOUR / 2,
            offset=0.0,
        ),
        job(
            "asn",
            "Loads the names of networks from `asn_source`.",
            (_as_names, _read_as_names),
            period=_WEEK,
            offset=7200.0,
        ),
        job(
            "geoip",
            "Loads this host's GeoIP data from `geoip_source`.",
            (_geoip, _read_geoip),
            period=_HOUR,
            offset=900.0,
            shared=False,
        ),
    ]


def _failing(renew: Callable[_Given, str]) -> Callable[_Given, str]:
    """`renew`, whose problems are failures of a job."""

    @wraps(renew)
    def run(*given: _Given.args, **named: _Given.kwargs) -> str:
        try:
            return renew(*given, **named)
        except WarehouseError as exc:
            if exc.code in _NO_TABLES:
                raise JobFailed("the tables are not there yet; `oonib db migrate` makes them") from exc
            raise JobFailed(str(exc)) from exc
        except ReferenceProblem as exc:
            raise JobFailed(str(exc)) from exc

    return run


def _timer(metrics: ReferenceMetrics) -> Callable[[str], AbstractContextManager[object]]:
    return lambda step: metrics.seconds.labels(step).time()


def _fingerprints(settings: Settings, tables: Tables, metrics: ReferenceMetrics) -> str:
    result = update_fingerprints(tables, settings.fingerprints_source, timer=_timer(metrics))
    metrics.dns_len.set(result.dns)
    metrics.http_len.set(result.http)
    return str(result)


def _read_fingerprints(settings: Settings) -> str:
    source = settings.fingerprints_source
    files = read_files(source, limits=None) if source == STARTER else read_files(source)
    return _sound(f"{len(files.dns)} DNS and {len(files.http)} HTTP fingerprints", source)


def _test_lists(settings: Settings, tables: Tables, metrics: ReferenceMetrics) -> str:
    result = update_test_lists(
        tables,
        settings.test_lists_source,
        least=settings.test_lists_minimum,
        largest_loss=settings.test_lists_largest_loss,
        timer=_timer(metrics),
    )
    metrics.test_list_len.set(len(result.lists.rows))
    return str(result)


def _read_test_lists(settings: Settings) -> str:
    source = settings.test_lists_source
    lists = read_test_lists(source, least=settings.test_lists_minimum).lists
    return _sound(f"{len(lists.rows)} addresses of {lists.files} test lists", source)


def _as_names(settings: Settings, tables: Tables, metrics: ReferenceMetrics) -> str:
    result = update_as_names(tables, settings.asn_source, least=settings.asn_minimum, timer=_timer(metrics))
    metrics.asn_len.set(result.rows)
    return str(result)


def _read_as_names(settings: Settings) -> str:
    names = read_as_names(settings.asn_source, least=settings.asn_minimum)
    return _sound(f"{len(names)} names of networks", settings.asn_source)


def _geoip(settings: Settings, _tables: Tables, metrics: ReferenceMetrics) -> str:
    try:
        result = update_geoip(
            settings.geoip_dir, settings.geoip_source, datetime.now(UTC), timer=metrics.geoip_seconds.time
        )
    except CheckFailed:
        metrics.geoip_checkfail.inc()
        raise
    for name, database in result.databases.items():
        metrics.geoip_updated.inc()
        _describe(name, database, metrics)
    return str(result)


def _read_geoip(settings: Settings) -> str:
    with tempfile.TemporaryDirectory() as folder:
        result = update_geoip(Path(folder), settings.geoip_source, datetime.now(UTC))
    return _sound(" and ".join(sorted(result.databases)), settings.geoip_source)


def _sound(found: str, source: str) -> str:
    return f"{found} in {shown(source)}, all as it should be; nothing was changed"


def _describe(name: str, database: Database, metrics: ReferenceMetrics) -> None:
    if name in (COMBINED, ASN):
        metrics.asn_nodes.set(database.node_count)
        metrics.asn_epoch.set(database.build_epoch)
    if name in (COMBINED, COUNTRY):
        metrics.cc_nodes.set(database.node_count)
        metrics.cc_epoch.set(database.build_epoch)
