"""Names of the columns that the program inserts, in the order of the contracts."""

FASTPATH_COLUMNS: tuple[str, ...] = (
    "measurement_uid", "report_id", "input", "probe_cc", "probe_asn", "test_name", "test_start_time",
    "measurement_start_time", "scores", "platform", "anomaly", "confirmed", "msm_failure", "blocking_type",
    "domain", "software_name", "software_version", "test_version", "test_runtime", "architecture",
    "engine_name", "engine_version", "test_helper_address", "test_helper_type", "ooni_run_link_id",
    "is_verified", "fingerprints_snapshot",
)  # fmt: skip

JSONL_COLUMNS: tuple[str, ...] = (
    "report_id", "input", "s3path", "linenum", "measurement_uid", "date", "source", "member_offset",
    "member_length", "line_in_member",
)  # fmt: skip

OBS_OPENVPN_COLUMNS: tuple[str, ...] = (
    "anomaly", "bootstrap_time", "confirmed", "failure", "input", "last_handshake_transaction_id",
    "measurement_start_time", "measurement_uid", "minivpn_version", "obfs4_version", "obfuscation",
    "platform", "probe_asn", "probe_cc", "probe_network_name", "provider", "remote", "report_id",
    "resolver_asn", "resolver_ip", "resolver_network_name", "software_name", "software_version", "success",
    "success_handshake", "success_icmp", "success_urlgrab", "test_runtime", "test_start_time", "transport",
)  # fmt: skip

FAULTY_MEASUREMENTS_COLUMNS: tuple[str, ...] = ("type", "probe_cc", "probe_asn", "details")

CITIZENLAB_COLUMNS: tuple[str, ...] = ("domain", "url", "cc", "category_code")

FINGERPRINTS_COLUMNS: tuple[str, ...] = (
    "name", "scope", "other_names", "location_found", "pattern_type", "pattern", "confidence_no_fp",
    "expected_countries", "source", "exp_url", "notes",
)  # fmt: skip

ASNMETA_COLUMNS: tuple[str, ...] = ("asn", "org_name", "cc", "changed", "aut_name", "source")
