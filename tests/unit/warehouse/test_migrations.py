"""Migration files and their rendering, without a server."""

import pytest

from oonib.warehouse import tables
from oonib.warehouse.migrations import expected, render
from oonib.warehouse.migrations.files import Migration, load, render_text, split


def test_files_are_numbered_without_gaps() -> None:
    assert [one.number for one in load()] == list(range(1, len(load()) + 1))


def test_rendering_for_one_server() -> None:
    text = "CREATE TABLE t{{on_cluster}} ENGINE = {{engine:ReplacingMergeTree(u)}} SETTINGS {{dedup_window}}"
    assert render_text(text, None) == (
        "CREATE TABLE t ENGINE = ReplacingMergeTree(u) SETTINGS non_replicated_deduplication_window = 10000"
    )


def test_rendering_for_a_cluster() -> None:
    path = "'/clickhouse/tables/{uuid}/{shard}', '{replica}'"
    assert render_text("{{engine:MergeTree}}", "c1") == f"ReplicatedMergeTree({path})"
    assert render_text("{{engine:SummingMergeTree(n)}}", "c1") == f"ReplicatedSummingMergeTree({path}, n)"
    assert render_text("{{on_cluster}}", "c1") == " ON CLUSTER 'c1'"
    assert render_text("{{dedup_window}}", "c1") == "replicated_deduplication_window = 10000"


def test_every_statement_is_on_the_cluster_and_every_table_replicated() -> None:
    for migration in load():
        for statement in migration.statements("c1"):
            assert "{{" not in statement
            if statement.startswith("INSERT INTO"):
                continue  # rows find the other replicas by themselves
            assert "ON CLUSTER 'c1'" in statement
            assert (
                "Replicated" in statement
                or "MATERIALIZED VIEW" in statement
                or "ENGINE = Null" in statement
                or statement.startswith(("ALTER TABLE", "TRUNCATE TABLE fastpath_axes"))
            )


def test_every_statement_may_be_repeated() -> None:
    for migration in load():
        for statement in migration.statements(None):
            # Rows are only ever inserted into tables that replace by key, and removed where they come back.
            repeatable = ("IF NOT EXISTS", "MODIFY QUERY", "INSERT INTO fastpath_", "INSERT INTO rescored")
            assert any(words in statement for words in (*repeatable, "TRUNCATE TABLE fastpath_axes"))


@pytest.mark.parametrize("text", ["{{no_such}}", "{{engine:Log}}", "{{engine:MergeTree) x}}"])
def test_unknown_placeholders(text: str) -> None:
    with pytest.raises(ValueError, match="placeholder"):
        render_text(text, None)


def test_a_cluster_name_cannot_carry_sql() -> None:
    with pytest.raises(ValueError, match="cluster"):
        render_text("{{on_cluster}}", "c' ; DROP")


def test_render_shows_everything() -> None:
    text = render("c1")
    for table in expected.tables(load()):
        assert table in text
    assert "schema_migrations ON CLUSTER 'c1'" in text


def test_splitting() -> None:
    assert split("-- a; b\nSELECT ';' ;\n\n;SELECT (1;2)\n") == ["SELECT ';'", "SELECT (1;2)"]


def test_what_migrations_promise() -> None:
    found = expected.tables(load())
    assert found["fastpath"][:4] == ("measurement_uid", "report_id", "input", "probe_cc")
    assert found["counters_asn_test_list_view"] == ()
    one = Migration(1, "a", "CREATE TABLE IF NOT EXISTS x (`a` Enum8('p' = 1), b Array(Tuple(q Int8)), INDEX i a TYPE minmax) ENGINE = Log;")  # fmt: skip  # noqa: E501
    two = Migration(2, "b", "ALTER TABLE x ADD COLUMN IF NOT EXISTS c String, ADD COLUMN d Int8")
    assert expected.tables([one, two]) == {"x": ("a", "b", "c", "d")}


SEED = (
    "measurement_uid report_id input probe_cc probe_asn test_name test_start_time measurement_start_time "
    "filename scores platform anomaly confirmed msm_failure domain software_name software_version "
    "control_failure blocking_general is_ssl_expected page_len page_len_ratio server_cc server_asn "
    "server_as_name update_time test_version architecture engine_name engine_version test_runtime "
    "blocking_type test_helper_address test_helper_type ooni_run_link_id is_verified "
    "fingerprints_snapshot"
)


def test_fastpath_has_the_seed_s_columns_in_order_then_later_ones_then_ours() -> None:
    assert " ".join(expected.tables(load())["fastpath"]) == SEED


@pytest.mark.parametrize(
    ("table", "columns"),
    [
        ("fastpath", tables.FASTPATH_COLUMNS),
        ("jsonl", tables.JSONL_COLUMNS),
        ("obs_openvpn", tables.OBS_OPENVPN_COLUMNS),
        ("faulty_measurements", tables.FAULTY_MEASUREMENTS_COLUMNS),
        ("citizenlab", tables.CITIZENLAB_COLUMNS),
        ("citizenlab_flip", tables.CITIZENLAB_COLUMNS),
        ("fingerprints_dns", tables.FINGERPRINTS_COLUMNS),
        ("fingerprints_http_tmp", tables.FINGERPRINTS_COLUMNS),
        ("asnmeta", tables.ASNMETA_COLUMNS),
    ],
)
def test_inserted_columns_exist(table: str, columns: tuple[str, ...]) -> None:
    assert set(columns) <= set(expected.tables(load())[table])
    assert len(set(columns)) == len(columns)
