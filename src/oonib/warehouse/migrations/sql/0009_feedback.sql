-- What people say of measurements, copied from the records, to be joined with measurements. Read it with FINAL.
-- `update_time` is when a verdict was copied, and the last copy is the latest verdict.
CREATE TABLE IF NOT EXISTS msmt_feedback{{on_cluster}}
(
    `measurement_uid` String,
    `account_id` String,
    `status` String,
    `update_time` DateTime64(3) MATERIALIZED now64(3),
    `comment` String
)
ENGINE = {{engine:ReplacingMergeTree}}
ORDER BY (measurement_uid, account_id)
SETTINGS {{dedup_window}};
