-- Rules about which urls are measured first. A rule is taken back by the same row with the other sign.
CREATE TABLE IF NOT EXISTS url_priorities{{on_cluster}}
(
    `sign` Int8,
    `category_code` String,
    `cc` String,
    `domain` String,
    `url` String,
    `priority` Int32
)
ENGINE = {{engine:CollapsingMergeTree(sign)}}
ORDER BY (category_code, cc, domain, url, priority)
SETTINGS {{dedup_window}};
