-- What came in lately, in the order in which it came: the live feed reads along this key. A measurement comes
-- in once; what is scored again is marked by a `log_comment` and passed over.
CREATE TABLE IF NOT EXISTS arrivals{{on_cluster}}
(
    `arrived` DateTime64(3, 'UTC'),
    `measurement_uid` String,
    `report_id` String,
    `input` String,
    `probe_cc` LowCardinality(String),
    `probe_asn` Int32,
    `test_name` LowCardinality(String),
    `measurement_start_time` DateTime('UTC'),
    `scores` String,
    `anomaly` LowCardinality(String),
    `confirmed` LowCardinality(String),
    `msm_failure` LowCardinality(String),
    `is_verified` LowCardinality(String),
    `domain` String,
    `software_version` LowCardinality(String),
    `test_version` LowCardinality(String),
    `engine_version` LowCardinality(String),
    `ooni_run_link_id` Nullable(UInt64)
)
ENGINE = {{engine:MergeTree}}
PARTITION BY toYYYYMMDD(arrived)
ORDER BY (arrived, measurement_uid)
TTL toDateTime(arrived) + INTERVAL 2 DAY
SETTINGS {{dedup_window}};

CREATE MATERIALIZED VIEW IF NOT EXISTS arrivals_view{{on_cluster}}
TO arrivals
AS SELECT
    now64(3) AS arrived, measurement_uid, report_id, input, probe_cc, probe_asn, test_name,
    measurement_start_time, scores, anomaly, confirmed, msm_failure, is_verified, domain, software_version,
    test_version, engine_version, ooni_run_link_id
FROM fastpath
WHERE getSetting('log_comment') != 'oonib reprocess';
