-- Scored measurements. The columns stand in the order of OONI's production table, later ones after them,
-- our own last. The key is production's: it deduplicates a measurement that is scored again.
CREATE TABLE IF NOT EXISTS fastpath{{on_cluster}}
(
    `measurement_uid` String CODEC(ZSTD(1)),
    `report_id` String CODEC(ZSTD(1)),
    `input` String CODEC(ZSTD(1)),
    `probe_cc` LowCardinality(String),
    `probe_asn` Int32,
    `test_name` LowCardinality(String),
    `test_start_time` DateTime CODEC(Delta, ZSTD(1)),
    `measurement_start_time` DateTime CODEC(DoubleDelta, ZSTD(1)),
    `filename` String,
    `scores` String CODEC(ZSTD(1)),
    `platform` LowCardinality(String),
    `anomaly` LowCardinality(String),
    `confirmed` LowCardinality(String),
    `msm_failure` LowCardinality(String),
    `domain` LowCardinality(String),
    `software_name` LowCardinality(String),
    `software_version` LowCardinality(String),
    `control_failure` String,
    `blocking_general` Float32,
    `is_ssl_expected` Int8,
    `page_len` Int32,
    `page_len_ratio` Float32,
    `server_cc` String,
    `server_asn` Int8,
    `server_as_name` String,
    `update_time` DateTime64(3) MATERIALIZED now64(),
    `test_version` LowCardinality(String),
    `architecture` LowCardinality(String),
    `engine_name` LowCardinality(String),
    `engine_version` LowCardinality(String),
    `test_runtime` Float32,
    `blocking_type` LowCardinality(String),
    `test_helper_address` LowCardinality(String),
    `test_helper_type` LowCardinality(String),
    `ooni_run_link_id` Nullable(UInt64),
    `is_verified` LowCardinality(String) DEFAULT 'u',
    `fingerprints_snapshot` LowCardinality(String),
    INDEX report_id_idx report_id TYPE minmax GRANULARITY 1,
    INDEX measurement_uid_idx measurement_uid TYPE bloom_filter(0.001) GRANULARITY 1,
    INDEX domain_idx domain TYPE bloom_filter(0.01) GRANULARITY 1
)
ENGINE = {{engine:ReplacingMergeTree(update_time)}}
PARTITION BY toYYYYMM(measurement_start_time)
ORDER BY (measurement_start_time, report_id, input, measurement_uid)
SETTINGS {{dedup_window}};

-- Where the body of each measurement lies in the archive. The last three columns are ours: a gzip member's
-- place in the object (length 0 when unknown) and the line within that member.
CREATE TABLE IF NOT EXISTS jsonl{{on_cluster}}
(
    `report_id` String CODEC(ZSTD(1)),
    `input` String CODEC(ZSTD(1)),
    `s3path` LowCardinality(String),
    `linenum` Int32,
    `measurement_uid` String CODEC(ZSTD(1)),
    `date` Date,
    `source` LowCardinality(String),
    `update_time` DateTime64(3) MATERIALIZED now64(),
    `member_offset` UInt64,
    `member_length` UInt32,
    `line_in_member` UInt32,
    INDEX measurement_uid_idx measurement_uid TYPE bloom_filter(0.001) GRANULARITY 1
)
ENGINE = {{engine:ReplacingMergeTree(update_time)}}
ORDER BY (report_id, input, measurement_uid)
SETTINGS {{dedup_window}};

CREATE TABLE IF NOT EXISTS obs_openvpn{{on_cluster}}
(
    `anomaly` Int8,
    `bootstrap_time` Float32,
    `confirmed` Int8,
    `error` String,
    `failure` String,
    `input` String,
    `last_handshake_transaction_id` Int32,
    `measurement_start_time` DateTime CODEC(DoubleDelta, ZSTD(1)),
    `measurement_uid` String CODEC(ZSTD(1)),
    `minivpn_version` LowCardinality(String),
    `obfs4_version` LowCardinality(String),
    `obfuscation` LowCardinality(String),
    `platform` LowCardinality(String),
    `probe_asn` Int32,
    `probe_cc` LowCardinality(String),
    `probe_network_name` String,
    `provider` LowCardinality(String),
    `remote` String,
    `report_id` String CODEC(ZSTD(1)),
    `resolver_asn` Int32,
    `resolver_ip` String,
    `resolver_network_name` String,
    `software_name` LowCardinality(String),
    `software_version` LowCardinality(String),
    `success` Int8,
    `success_handshake` Int8,
    `success_icmp` Int8,
    `success_urlgrab` Int8,
    `tcp_connect_status_success` Int8,
    `test_runtime` Float32,
    `test_start_time` DateTime,
    `transport` LowCardinality(String),
    INDEX measurement_uid_idx measurement_uid TYPE bloom_filter(0.001) GRANULARITY 1
)
ENGINE = {{engine:ReplacingMergeTree(measurement_start_time)}}
ORDER BY (measurement_start_time, report_id, input, measurement_uid)
SETTINGS {{dedup_window}};

-- Measurements whose country or network differ from where they came from.
CREATE TABLE IF NOT EXISTS faulty_measurements{{on_cluster}}
(
    `ts` DateTime64(3, 'UTC') DEFAULT now64(),
    `type` String,
    `uid` UUID DEFAULT generateUUIDv4(),
    `probe_cc` String,
    `probe_asn` UInt32,
    `details` String
)
ENGINE = {{engine:ReplacingMergeTree}}
ORDER BY (ts, type, probe_cc, probe_asn, uid)
SETTINGS {{dedup_window}};
