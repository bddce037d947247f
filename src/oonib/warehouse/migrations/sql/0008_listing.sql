-- `fastpath_axes` gets what a page of a listing shows. In its order the measurements of a country lie together,
-- so a page of a rare one is read from few places, where `fastpath` has each of its rows somewhere else.
ALTER TABLE fastpath_axes{{on_cluster}} ADD COLUMN IF NOT EXISTS `measurement_uid` String CODEC(ZSTD(1));
ALTER TABLE fastpath_axes{{on_cluster}} ADD COLUMN IF NOT EXISTS `report_id` String CODEC(ZSTD(1));
ALTER TABLE fastpath_axes{{on_cluster}} ADD COLUMN IF NOT EXISTS `scores` String CODEC(ZSTD(1));
ALTER TABLE fastpath_axes{{on_cluster}} ADD COLUMN IF NOT EXISTS `is_verified` LowCardinality(String);

ALTER TABLE fastpath_axes_view{{on_cluster}} MODIFY QUERY
SELECT
    probe_cc,
    test_name,
    measurement_start_time,
    sipHash64(measurement_uid) AS uid_hash,
    probe_asn,
    domain,
    input,
    JSONExtractString(scores, 'analysis', 'blocking_type') AS blocking_type,
    anomaly,
    confirmed,
    msm_failure,
    ooni_run_link_id,
    update_time,
    measurement_uid,
    report_id,
    scores,
    is_verified
FROM fastpath;

-- On which days measurements were scored again: there older versions may lie beside newer ones until the month
-- is merged into one part, which makes the day `clean`. Everywhere else a row is all there is of a measurement.
CREATE TABLE IF NOT EXISTS rescored{{on_cluster}}
(
    `day` Date,
    `at` DateTime64(3, 'UTC'),
    `clean` UInt8 DEFAULT 0
)
ENGINE = {{engine:ReplacingMergeTree(at)}}
ORDER BY day
SETTINGS {{dedup_window}};

CREATE MATERIALIZED VIEW IF NOT EXISTS rescored_view{{on_cluster}}
TO rescored
AS SELECT DISTINCT toDate(measurement_start_time) AS day, now64(3) AS at, 0 AS clean
FROM fastpath
WHERE getSetting('log_comment') = 'oonib reprocess';

-- Whatever was scored before this table was there may have been scored again.
INSERT INTO rescored (day, at) SELECT DISTINCT toDate(measurement_start_time), now64(3) FROM fastpath;

-- Both versions of a row that comes in meanwhile are alike, so repeating this is harmless.
TRUNCATE TABLE fastpath_axes{{on_cluster}};

INSERT INTO fastpath_axes (
    probe_cc, test_name, measurement_start_time, uid_hash, probe_asn, domain, input, blocking_type, anomaly,
    confirmed, msm_failure, ooni_run_link_id, update_time, measurement_uid, report_id, scores, is_verified
) SELECT
    probe_cc, test_name, measurement_start_time, sipHash64(measurement_uid), probe_asn, domain, input,
    JSONExtractString(scores, 'analysis', 'blocking_type'), anomaly, confirmed, msm_failure, ooni_run_link_id,
    update_time, measurement_uid, report_id, scores, is_verified
FROM fastpath;
