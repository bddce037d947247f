-- What is scored again was counted when it came in: reprocessing marks its inserts with a `log_comment`.
ALTER TABLE counted_measurements_view{{on_cluster}} MODIFY QUERY
SELECT
    measurement_start_time,
    probe_cc,
    toUInt32(greatest(probe_asn, 0)) AS probe_asn,
    input
FROM fastpath
WHERE test_name = 'web_connectivity'
    AND measurement_start_time > now() - INTERVAL 8 DAY
    AND measurement_start_time < now()
    AND getSetting('log_comment') != 'oonib reprocess'
    AND input IN (SELECT url FROM citizenlab);
