-- How often each listed url was measured lately, for the priorities of check-in. The week belongs to the key,
-- so a merge never adds two weeks together; a url in several lists counts once, hence IN and no join.
CREATE TABLE IF NOT EXISTS counters_asn_test_list{{on_cluster}}
(
    `week` DateTime,
    `probe_cc` LowCardinality(String),
    `probe_asn` UInt32,
    `input` String,
    `msmt_cnt` UInt64
)
ENGINE = {{engine:SummingMergeTree(msmt_cnt)}}
ORDER BY (probe_cc, probe_asn, week, input)
TTL week + INTERVAL 4 WEEK
SETTINGS {{dedup_window}};

CREATE TABLE IF NOT EXISTS counters_test_list{{on_cluster}}
(
    `day` DateTime,
    `probe_cc` LowCardinality(String),
    `input` String,
    `msmt_cnt` UInt64
)
ENGINE = {{engine:SummingMergeTree(msmt_cnt)}}
ORDER BY (probe_cc, day, input)
TTL day + INTERVAL 4 WEEK
SETTINGS {{dedup_window}};

-- Reading the test lists is the costly part of counting, so it happens once for both counters: one view picks
-- the measurements that count into a table that keeps nothing, the counters look at that table.
CREATE TABLE IF NOT EXISTS counted_measurements{{on_cluster}}
(
    `measurement_start_time` DateTime,
    `probe_cc` LowCardinality(String),
    `probe_asn` UInt32,
    `input` String
)
ENGINE = Null;

CREATE MATERIALIZED VIEW IF NOT EXISTS counters_asn_test_list_view{{on_cluster}}
TO counters_asn_test_list
AS SELECT
    toStartOfWeek(measurement_start_time) AS week,
    probe_cc,
    probe_asn,
    input,
    count() AS msmt_cnt
FROM counted_measurements
GROUP BY week, probe_cc, probe_asn, input;

CREATE MATERIALIZED VIEW IF NOT EXISTS counters_test_list_view{{on_cluster}}
TO counters_test_list
AS SELECT
    toStartOfDay(measurement_start_time) AS day,
    probe_cc,
    input,
    count() AS msmt_cnt
FROM counted_measurements
GROUP BY day, probe_cc, input;

CREATE MATERIALIZED VIEW IF NOT EXISTS counted_measurements_view{{on_cluster}}
TO counted_measurements
AS SELECT
    measurement_start_time,
    probe_cc,
    toUInt32(greatest(probe_asn, 0)) AS probe_asn,
    input
FROM fastpath
WHERE test_name = 'web_connectivity'
    AND measurement_start_time > now() - INTERVAL 8 DAY
    AND measurement_start_time < now()
    AND input IN (SELECT url FROM citizenlab);
