"""The texts of the queries about places. Values are parameters, never part of a text.

Each measurement counts once, by its latest version. Days are UTC, as numbers since 1970.
"""
# ruff: noqa: S608 - what is put together here are the pieces of this module

from typing import Literal

from oonib.measurements.query import LIST_COUNTRY

Place = Literal["probe_cc", "probe_asn", "domain"]

_WITHIN = (
    "measurement_start_time >= {since:DateTime('UTC')} AND measurement_start_time < {until:DateTime('UTC')}"
)
_COUNTS = """countIf(msm_failure != 't' AND confirmed != 't' AND anomaly != 't') AS ok_count,
        countIf(msm_failure != 't' AND confirmed != 't' AND anomaly = 't') AS anomaly_count,
        countIf(msm_failure != 't' AND confirmed = 't') AS confirmed_count,
        countIf(msm_failure = 't') AS failure_count"""
_SUMS = """sum(ok_count) AS ok, sum(anomaly_count) AS anomaly, sum(confirmed_count) AS confirmed,
        sum(failure_count) AS failure"""
_IS: dict[Place, str] = {
    "probe_cc": "probe_cc = {probe_cc:String}",
    "probe_asn": "probe_asn = {probe_asn:Int64}",
    "domain": "domain = {domain:String}",
}
_OWNERS = """SELECT toInt64(asn) AS number, argMax(org_name, changed) AS org_name, argMax(cc, changed) AS cc
    FROM asnmeta {where} GROUP BY asn"""


def series(place: Place, keys: str, having: str) -> str:
    """For each of `keys` (names of columns) of a place: counts, `networks` (how many), `days` (of all of
    them: day numbers and the four counts as arrays) and `parts` (those networks with most blocking, and the
    rows of their days).
    """
    return f"""
SELECT {keys}, sum(ok_) AS ok, sum(anomaly_) AS anomaly, sum(confirmed_) AS confirmed,
    sum(failure_) AS failure, count() AS networks,
    sumMap(by_day.1, by_day.2, by_day.3, by_day.4, by_day.5) AS days,
    arraySlice(
        arrayReverseSort(
            part -> (part.2, part.3), groupArrayIf((asn, confirmed_, blocked_, by_day), blocked_ > 0)
        ),
        1, {{most_parts:UInt32}}
    ) AS parts
FROM (
    SELECT {keys}, asn, groupArray((day, ok_count, anomaly_count, confirmed_count, failure_count)) AS by_day,
        sum(ok_count) AS ok_, sum(anomaly_count) AS anomaly_, sum(confirmed_count) AS confirmed_,
        sum(failure_count) AS failure_, anomaly_ + confirmed_ AS blocked_
    FROM (
        SELECT {keys}, toInt64(probe_asn) AS asn,
            toUInt16(toDate(measurement_start_time, 'UTC')) AS day, {_COUNTS}
        FROM fastpath_axes FINAL
        WHERE {_IS[place]} AND test_name IN {{test_names:Array(String)}} AND {_WITHIN}
        GROUP BY {keys}, asn, day
    )
    GROUP BY {keys}, asn
)
GROUP BY {keys}
{having}
ORDER BY confirmed DESC, anomaly DESC, {keys}
LIMIT {{most:UInt32}}"""


SUSPECT = "HAVING confirmed > 0 OR anomaly >= {least:UInt32}"

ELSEWHERE = f"""
SELECT test_name, domain, {_SUMS} FROM (
    SELECT test_name, domain, {_COUNTS} FROM fastpath_axes FINAL
    WHERE probe_cc != {{probe_cc:String}} AND test_name IN {{test_names:Array(String)}}
        AND domain IN {{domains:Array(String)}} AND {_WITHIN}
    GROUP BY test_name, domain
)
GROUP BY test_name, domain"""


def level(place: Place) -> str:
    """The median of the shares of blocked measurements of the sites measured often enough there."""
    return f"""
SELECT quantileExact(0.5)(share) AS level FROM (
    SELECT countIf(anomaly = 't' OR confirmed = 't') / count() AS share
    FROM fastpath_axes FINAL
    WHERE {_IS[place]} AND test_name = 'web_connectivity' AND msm_failure != 't' AND {_WITHIN}
    GROUP BY domain HAVING count() >= 5
)"""


def coverage(place: Place) -> str:
    """By day: the four counts, and how many networks, nettests, countries there are."""
    return f"""
SELECT toUInt16(toDate(measurement_start_time, 'UTC')) AS day, {_COUNTS}, count() AS measurement_count,
    uniqExact(probe_asn) AS networks, uniqExact(test_name) AS nettests, uniqExact(probe_cc) AS countries
FROM fastpath_axes FINAL WHERE {_IS[place]} AND {_WITHIN}
GROUP BY day ORDER BY day"""


COUNTRIES = f"""
SELECT probe_cc, {_COUNTS}, count() AS measurement_count, uniqExact(probe_asn) AS networks
FROM fastpath_axes FINAL WHERE {_WITHIN} GROUP BY probe_cc"""

NETWORKS = f"""
SELECT asn AS probe_asn, org_name, most_cc AS probe_cc, ok_count, anomaly_count, confirmed_count,
    failure_count, measurement_count, count() OVER () AS total
FROM (
    SELECT toInt64(probe_asn) AS asn, topK(1)(probe_cc)[1] AS most_cc, {_COUNTS},
        count() AS measurement_count
    FROM fastpath_axes FINAL
    WHERE {_WITHIN} AND probe_asn > 0
        AND ({{probe_cc:String}} = '' OR probe_cc = {{probe_cc:String}})
        AND ({{text:String}} = '' OR startsWith(toString(probe_asn), {{number:String}}) OR probe_asn IN (
            SELECT toInt32(asn) FROM asnmeta
            WHERE asn < 2147483648 AND positionCaseInsensitiveUTF8(org_name, {{text:String}}) > 0
        ))
    GROUP BY asn
) AS counted
LEFT JOIN ({_OWNERS.format(where="")}) AS named ON counted.asn = named.number
ORDER BY measurement_count DESC, asn LIMIT {{limit:UInt32}} OFFSET {{offset:UInt32}}"""

_CATEGORIES = f"""
    SELECT domain, argMin(category_code, ({LIST_COUNTRY} != 'ZZ', length(url), url)) AS category_code
    FROM citizenlab GROUP BY domain"""

DOMAINS = f"""
SELECT domain, category_code, ok_count, anomaly_count, confirmed_count, failure_count, measurement_count,
    countries, count() OVER () AS total
FROM (
    SELECT domain, {_COUNTS}, count() AS measurement_count, uniqExact(probe_cc) AS countries
    FROM fastpath_axes FINAL
    WHERE {_WITHIN} AND test_name = 'web_connectivity' AND domain != ''
        AND ({{text:String}} = '' OR positionCaseInsensitiveUTF8(domain, {{text:String}}) > 0)
    GROUP BY domain
) AS counted
LEFT JOIN ({_CATEGORIES}) AS listed ON counted.domain = listed.domain
WHERE {{category:String}} = '' OR category_code = {{category:String}}
ORDER BY measurement_count DESC, domain LIMIT {{limit:UInt32}} OFFSET {{offset:UInt32}}"""

OWNERS = _OWNERS.format(where="WHERE asn IN {asns:Array(UInt32)}")

LISTED = f"""
SELECT DISTINCT url, {LIST_COUNTRY} AS list, category_code FROM citizenlab
WHERE domain IN {{domains:Array(String)}} ORDER BY list != 'ZZ', list, url LIMIT 100"""

VARIANTS = f"""
SELECT domain, count() AS measurement_count FROM fastpath_axes FINAL
WHERE {_WITHIN} AND test_name = 'web_connectivity' AND domain IN {{domains:Array(String)}}
GROUP BY domain"""

HOME = f"""
SELECT probe_cc, count() AS measurement_count FROM fastpath_axes FINAL
WHERE probe_asn = {{probe_asn:Int64}} AND {_WITHIN}
GROUP BY probe_cc ORDER BY measurement_count DESC, probe_cc"""
