"""The jobs that renew reference data: each from its setting, with what is counted about it."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from functools import partial, wraps

from oonib.jobs.scheduler import Job, JobFailed
from oonib.metrics.reference import ReferenceMetrics
from oonib.reference.asnames import update_as_names
from oonib.reference.citizenlab import update_test_lists
from oonib.reference.fingerprints import update_fingerprints
from oonib.reference.geoip.database import ASN, COMBINED, COUNTRY, Database
from oonib.reference.geoip.updating import CheckFailed, update_geoip
from oonib.reference.problems import ReferenceProblem
from oonib.settings import Settings
from oonib.warehouse.errors import WarehouseError
from oonib.warehouse.ports import Tables

_HOUR = 3600.0
_WEEK = 7 * 24 * _HOUR
_NO_TABLES = frozenset({60, 81})
"""Codes of ClickHouse for a table and a database that does not exist."""

_Renewal = Callable[[Settings, Tables, ReferenceMetrics], str]


def renewals(settings: Settings, tables: Tables, metrics: ReferenceMetrics) -> list[Job]:
    """The jobs, by name. GeoIP data is a file of each host, all else is in ClickHouse for all of them."""

    def job(name: str, text: str, period: float, renew: _Renewal, offset: float, *, shared: bool) -> Job:
        run = partial(_failing(renew), settings, tables, metrics)
        return Job(name, text, period, run, offset=offset, at_start=True, shared=shared)

    return [
        job(
            "fingerprints",
            "Loads the blocking fingerprints from `fingerprints_source`.",
            _HOUR,
            _fingerprints,
            300.0,
            shared=True,
        ),
        job(
            "test-lists",
            "Loads the test lists from `test_lists_source`.",
            _HOUR / 2,
            _test_lists,
            0.0,
            shared=True,
        ),
        job("asn", "Loads the names of networks from `asn_source`.", _WEEK, _as_names, 7200.0, shared=True),
        job("geoip", "Loads this host's GeoIP data from `geoip_source`.", _HOUR, _geoip, 900.0, shared=False),
    ]


def _failing(renew: _Renewal) -> _Renewal:
    """`renew`, whose problems are failures of a job."""

    @wraps(renew)
    def run(settings: Settings, tables: Tables, metrics: ReferenceMetrics) -> str:
        try:
            return renew(settings, tables, metrics)
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


def _as_names(settings: Settings, tables: Tables, metrics: ReferenceMetrics) -> str:
    result = update_as_names(tables, settings.asn_source, least=settings.asn_minimum, timer=_timer(metrics))
    metrics.asn_len.set(result.rows)
    return str(result)


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


def _describe(name: str, database: Database, metrics: ReferenceMetrics) -> None:
    if name in (COMBINED, ASN):
        metrics.asn_nodes.set(database.node_count)
        metrics.asn_epoch.set(database.build_epoch)
    if name in (COMBINED, COUNTRY):
        metrics.cc_nodes.set(database.node_count)
        metrics.cc_epoch.set(database.build_epoch)
