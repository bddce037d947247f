-- Two smaller forms of `fastpath` for reading, kept by the server itself with every insert. What they gain and
-- cost at ten million rows: docs/benchmarks.md.
--
-- The columns that people filter and count by, in the order of country, nettest and time. Its key holds nothing
-- that scoring could change, so a measurement that is scored again replaces its own row here as well, and both
-- rows lie in the same partition: FINAL never has to look beyond one.
CREATE TABLE IF NOT EXISTS fastpath_axes{{on_cluster}}
(
    `probe_cc` LowCardinality(String),
    `test_name` LowCardinality(String),
    `measurement_start_time` DateTime CODEC(Delta, ZSTD(1)),
    `uid_hash` UInt64 CODEC(NONE),
    `probe_asn` Int32 CODEC(ZSTD(1)),
    `domain` LowCardinality(String),
    `input` String CODEC(ZSTD(1)),
    `blocking_type` LowCardinality(String),
    `anomaly` LowCardinality(String),
    `confirmed` LowCardinality(String),
    `msm_failure` LowCardinality(String),
    `ooni_run_link_id` Nullable(UInt64),
    `update_time` DateTime64(3) CODEC(Delta, ZSTD(1)),
    INDEX domain_idx domain TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX probe_asn_idx probe_asn TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX time_idx measurement_start_time TYPE minmax GRANULARITY 1
)
ENGINE = {{engine:ReplacingMergeTree(update_time)}}
PARTITION BY toYYYYMM(measurement_start_time)
ORDER BY (probe_cc, test_name, measurement_start_time, uid_hash)
SETTINGS {{dedup_window}};

CREATE MATERIALIZED VIEW IF NOT EXISTS fastpath_axes_view{{on_cluster}}
TO fastpath_axes
AS SELECT
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
    update_time
FROM fastpath;

-- When a measurement started, by its uid: with the time, its row is found along the key of `fastpath`.
CREATE TABLE IF NOT EXISTS fastpath_uids{{on_cluster}}
(
    `uid_hash` UInt64 CODEC(NONE),
    `measurement_start_time` DateTime CODEC(ZSTD(1))
)
ENGINE = {{engine:ReplacingMergeTree}}
ORDER BY (uid_hash, measurement_start_time)
SETTINGS {{dedup_window}};

CREATE MATERIALIZED VIEW IF NOT EXISTS fastpath_uids_view{{on_cluster}}
TO fastpath_uids
AS SELECT
    sipHash64(measurement_uid) AS uid_hash,
    measurement_start_time
FROM fastpath;

-- What was there before the views. Repeating it is harmless: the table replaces by key. `fastpath_axes` is filled
-- by 0008, which gives it the rest of its columns: filled here, a repetition would put rows without them in place
-- of those that have them.
INSERT INTO fastpath_uids (uid_hash, measurement_start_time)
SELECT sipHash64(measurement_uid), measurement_start_time FROM fastpath;
