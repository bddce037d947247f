"""The texts of the statistics' queries (data contract 5). Values are parameters, never part of a text.

Counts read `fastpath_axes`, the narrow copy of `fastpath`, with FINAL: each measurement counts once, by its
latest version, from the moment it is there.
"""
# ruff: noqa: S608 - what is put together here are the pieces of this module

from oonib.measurements.query import LIST_COUNTRY

_DAY = "toDate(measurement_start_time, 'UTC')"
_MONTH = f"toStartOfMonth({_DAY})"
_WITHIN = (
    "measurement_start_time >= {since:DateTime('UTC')} AND measurement_start_time < {until:DateTime('UTC')}"
)
_AFTER = (
    "measurement_start_time > {since:DateTime('UTC')} AND measurement_start_time < {until:DateTime('UTC')}"
)
_FLAGS = """
    countIf(anomaly = 't') AS anomaly_count,
    countIf(confirmed = 't') AS confirmed_count,
    countIf(msm_failure = 't') AS failure_count,
    count() AS total_count"""

TOTALS = """
SELECT uniqExact(probe_asn) AS network_count, uniqExact(probe_cc) AS country_count,
    count() AS measurement_count
FROM fastpath_axes FINAL"""
MONTHS = f"""
SELECT {_MONTH} AS month, uniqExact(probe_asn) AS networks, uniqExact(probe_cc) AS countries,
    count() AS measurements
FROM fastpath_axes FINAL WHERE {_AFTER}
GROUP BY month ORDER BY month"""
COUNTRIES = "SELECT probe_cc, count() AS n FROM fastpath_axes FINAL GROUP BY probe_cc ORDER BY probe_cc"
NETWORKS = """
SELECT probe_asn, cnt, org_name FROM
    (SELECT toInt64(probe_asn) AS probe_asn, count() AS cnt FROM fastpath_axes FINAL
     GROUP BY probe_asn) AS counted
LEFT JOIN
    (SELECT toInt64(asn) AS asn, argMax(org_name, changed) AS org_name FROM asnmeta GROUP BY asn) AS named
ON counted.probe_asn = named.asn
ORDER BY probe_asn"""
DOMAINS = f"""
SELECT listed.domain AS domain_name, category_code, n AS measurement_count FROM
    (SELECT domain, argMin(category_code, ({LIST_COUNTRY} != 'ZZ', length(url), url)) AS category_code
     FROM citizenlab GROUP BY domain) AS listed
LEFT JOIN
    (SELECT domain, count() AS n FROM fastpath_axes FINAL
     WHERE test_name = 'web_connectivity' AND domain IN (SELECT domain FROM citizenlab)
     GROUP BY domain) AS counted
ON listed.domain = counted.domain
ORDER BY domain_name"""
OVERVIEW = """
SELECT toDate(min(measurement_start_time), 'UTC') AS first_bucket_date, count() AS measurement_count,
    uniqExact(probe_asn) AS network_count
FROM fastpath_axes FINAL
WHERE probe_cc = {probe_cc:String} AND measurement_start_time > {since:DateTime('UTC')}"""
TESTS_BY_DAY = f"""
SELECT test_name, {_DAY} AS day, count() AS n FROM fastpath_axes FINAL
WHERE probe_cc = {{probe_cc:String}} AND {_WITHIN}
GROUP BY test_name, day"""
NETWORKS_BY_DAY = f"""
SELECT {_DAY} AS day, uniqExact(probe_asn) AS n FROM fastpath_axes FINAL
WHERE probe_cc = {{probe_cc:String}} AND {_WITHIN}
    AND ({{all_tests:Bool}} OR test_name IN {{test_names:Array(String)}})
GROUP BY day"""
WEBSITE_NETWORKS = f"""
SELECT count() AS count, probe_asn FROM fastpath_axes FINAL
WHERE probe_cc = {{probe_cc:String}} AND {_WITHIN}
GROUP BY probe_asn ORDER BY count DESC, probe_asn"""
WEBSITE_STATS = f"""
SELECT {_DAY} AS test_day, {_FLAGS}
FROM fastpath_axes FINAL
WHERE probe_cc = {{probe_cc:String}} AND probe_asn = {{probe_asn:Int64}} AND input = {{input:String}}
    AND {_WITHIN}
GROUP BY test_day ORDER BY test_day"""
_URLS_FROM = f"""
FROM fastpath_axes FINAL
WHERE probe_cc = {{probe_cc:String}} AND probe_asn = {{probe_asn:Int64}}
    AND test_name = 'web_connectivity' AND {_WITHIN}"""
WEBSITE_URLS = f"""
SELECT input, {_FLAGS} {_URLS_FROM}
GROUP BY input ORDER BY confirmed_count DESC, total_count DESC, anomaly_count DESC, input
LIMIT {{limit:UInt64}} OFFSET {{offset:UInt64}}"""
WEBSITE_URL_COUNT = f"SELECT uniqExact(input) AS n {_URLS_FROM}"
OF_NETWORKS = f"""
SELECT test_name, probe_asn, toDate(max(measurement_start_time), 'UTC') AS last_tested,
    countIf(msm_failure = 't') AS failure_count, count() AS total_count,
    countIf(anomaly != 't') AS success_count
FROM fastpath_axes FINAL
WHERE probe_cc = {{probe_cc:String}} AND test_name IN {{test_names:Array(String)}} AND {_WITHIN}
GROUP BY test_name, probe_asn ORDER BY test_name, total_count DESC, probe_asn"""
OF_NETWORK_BY_DAY = f"""
SELECT {_DAY} AS day, count() AS n FROM fastpath_axes FINAL
WHERE probe_cc = {{probe_cc:String}} AND probe_asn = {{probe_asn:Int64}} AND test_name = {{test_name:String}}
    AND {_WITHIN}
GROUP BY day"""
BY_COUNTRY = f"""
SELECT probe_cc, count() AS cnt FROM fastpath_axes FINAL
WHERE test_name IN {{test_names:Array(String)}} AND {_AFTER}
GROUP BY probe_cc ORDER BY probe_cc"""
# Scores are wide, so they are read of these nettests only, and versions are told apart after that.
RUNTIMES = f"""
SELECT test_name, probe_cc, toDate(at, 'UTC') AS day,
    quantilesExactInclusive(0.5, 0.9)(runtime) AS quantiles, count() AS n
FROM (
    SELECT test_name, probe_cc, measurement_start_time AS at,
        argMax(JSONHas(scores, 'extra', 'test_runtime'), update_time) AS known,
        argMax(JSONExtractFloat(scores, 'extra', 'test_runtime'), update_time) AS runtime
    FROM fastpath
    WHERE test_name IN {{test_names:Array(String)}} AND {_AFTER}
    GROUP BY test_name, probe_cc, measurement_start_time, measurement_uid
)
WHERE known
GROUP BY test_name, probe_cc, day"""
SNOWFLAKE = f"""
SELECT {_DAY} AS measurement_start_day, probe_cc,
    countIf(anomaly = 't') AS anomaly_count,
    countIf(confirmed = 't') AS confirmed_count,
    countIf(msm_failure = 't') AS failure_count,
    count() AS measurement_count,
    anomaly_count / measurement_count AS anomaly_rate
FROM fastpath_axes FINAL
WHERE test_name = 'torsf'
    AND ({{everywhere:Bool}} OR probe_cc IN {{countries:Array(String)}})
    AND measurement_start_time > {{since:DateTime('UTC')}}
    AND measurement_start_time <= {{until:DateTime('UTC')}}
GROUP BY measurement_start_day, probe_cc ORDER BY measurement_start_day, probe_cc"""
DOMAIN = f"""
SELECT domain, category_code FROM citizenlab WHERE domain IN {{domains:Array(String)}}
ORDER BY {LIST_COUNTRY} != 'ZZ', length(url), url, category_code
LIMIT 1"""
ORGANISATION = "SELECT org_name FROM asnmeta WHERE asn = {asn:UInt32} ORDER BY changed DESC LIMIT 1"
