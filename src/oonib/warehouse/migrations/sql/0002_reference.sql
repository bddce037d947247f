-- Test lists. An update fills citizenlab_flip and exchanges the two tables. The key begins with the url,
-- so that the counter views find urls by the primary key.
CREATE TABLE IF NOT EXISTS citizenlab{{on_cluster}}
(
    `domain` String,
    `url` String,
    `cc` LowCardinality(String),
    `category_code` LowCardinality(String)
)
ENGINE = {{engine:ReplacingMergeTree}}
ORDER BY (url, cc, category_code, domain);

CREATE TABLE IF NOT EXISTS citizenlab_flip{{on_cluster}}
(
    `domain` String,
    `url` String,
    `cc` LowCardinality(String),
    `category_code` LowCardinality(String)
)
ENGINE = {{engine:ReplacingMergeTree}}
ORDER BY (url, cc, category_code, domain);

-- Fingerprints of block pages and DNS answers. An update fills the _tmp table and exchanges the two.
CREATE TABLE IF NOT EXISTS fingerprints_dns{{on_cluster}}
(
    `name` String,
    `scope` Enum8('nat' = 1, 'isp' = 2, 'prod' = 3, 'inst' = 4, 'vbw' = 5, 'fp' = 6),
    `other_names` String,
    `location_found` String,
    `pattern_type` Enum8('full' = 1, 'prefix' = 2, 'contains' = 3, 'regexp' = 4),
    `pattern` String,
    `confidence_no_fp` UInt8,
    `expected_countries` String,
    `source` String,
    `exp_url` String,
    `notes` String
)
ENGINE = {{engine:MergeTree}}
ORDER BY name;

CREATE TABLE IF NOT EXISTS fingerprints_dns_tmp{{on_cluster}}
(
    `name` String,
    `scope` Enum8('nat' = 1, 'isp' = 2, 'prod' = 3, 'inst' = 4, 'vbw' = 5, 'fp' = 6),
    `other_names` String,
    `location_found` String,
    `pattern_type` Enum8('full' = 1, 'prefix' = 2, 'contains' = 3, 'regexp' = 4),
    `pattern` String,
    `confidence_no_fp` UInt8,
    `expected_countries` String,
    `source` String,
    `exp_url` String,
    `notes` String
)
ENGINE = {{engine:MergeTree}}
ORDER BY name;

CREATE TABLE IF NOT EXISTS fingerprints_http{{on_cluster}}
(
    `name` String,
    `scope` Enum8('nat' = 1, 'isp' = 2, 'prod' = 3, 'inst' = 4, 'vbw' = 5, 'fp' = 6, 'injb' = 7, 'prov' = 8),
    `other_names` String,
    `location_found` String,
    `pattern_type` Enum8('full' = 1, 'prefix' = 2, 'contains' = 3, 'regexp' = 4),
    `pattern` String,
    `confidence_no_fp` UInt8,
    `expected_countries` String,
    `source` String,
    `exp_url` String,
    `notes` String
)
ENGINE = {{engine:MergeTree}}
ORDER BY name;

CREATE TABLE IF NOT EXISTS fingerprints_http_tmp{{on_cluster}}
(
    `name` String,
    `scope` Enum8('nat' = 1, 'isp' = 2, 'prod' = 3, 'inst' = 4, 'vbw' = 5, 'fp' = 6, 'injb' = 7, 'prov' = 8),
    `other_names` String,
    `location_found` String,
    `pattern_type` Enum8('full' = 1, 'prefix' = 2, 'contains' = 3, 'regexp' = 4),
    `pattern` String,
    `confidence_no_fp` UInt8,
    `expected_countries` String,
    `source` String,
    `exp_url` String,
    `notes` String
)
ENGINE = {{engine:MergeTree}}
ORDER BY name;

-- Who owns an autonomous system, and since when.
CREATE TABLE IF NOT EXISTS asnmeta{{on_cluster}}
(
    `asn` UInt32,
    `org_name` String,
    `cc` String,
    `changed` Date,
    `aut_name` String,
    `source` String
)
ENGINE = {{engine:MergeTree}}
ORDER BY (asn, changed);

CREATE TABLE IF NOT EXISTS asnmeta_tmp{{on_cluster}}
(
    `asn` UInt32,
    `org_name` String,
    `cc` String,
    `changed` Date,
    `aut_name` String,
    `source` String
)
ENGINE = {{engine:MergeTree}}
ORDER BY (asn, changed);
