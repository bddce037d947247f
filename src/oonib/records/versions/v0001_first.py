"""All tables as they were at first."""

import sqlalchemy as sa
from alembic import op

from oonib.records.base import JsonValue, UtcTime

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make them."""
    op.create_table(
        "account",
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("update_time", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_account")),
    )
    op.create_table(
        "api_token",
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("create_time", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_api_token")),
    )
    op.create_index(op.f("ix_api_token_account_id"), "api_token", ["account_id"], unique=False)
    op.create_table(
        "audit_log",
        sa.Column("number", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("time", UtcTime(), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("object_id", sa.Text(), nullable=False),
        sa.Column("detail", JsonValue, nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_audit_log")),
    )
    op.create_index(op.f("ix_audit_log_time"), "audit_log", ["time"], unique=False)
    op.create_table(
        "counter",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("next", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_counter")),
    )
    op.create_table(
        "finding",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("creator_account_id", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("short_description", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("start_time", UtcTime(), nullable=False),
        sa.Column("end_time", UtcTime(), nullable=True),
        sa.Column("create_time", UtcTime(), nullable=False),
        sa.Column("update_time", UtcTime(), nullable=False),
        sa.Column("reported_by", sa.Text(), nullable=False),
        sa.Column("email_address", sa.Text(), nullable=False),
        sa.Column("event_type", sa.Text(), nullable=False),
        sa.Column("published", sa.Boolean(), nullable=False),
        sa.Column("deleted", sa.Boolean(), nullable=False),
        sa.Column("country_codes", JsonValue, nullable=False),
        sa.Column("asns", JsonValue, nullable=False),
        sa.Column("domains", JsonValue, nullable=False),
        sa.Column("tags", JsonValue, nullable=False),
        sa.Column("links", JsonValue, nullable=False),
        sa.Column("test_names", JsonValue, nullable=False),
        sa.Column("themes", JsonValue, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_finding")),
        sa.UniqueConstraint("slug", name=op.f("uq_finding_slug")),
    )
    op.create_index(op.f("ix_finding_creator_account_id"), "finding", ["creator_account_id"], unique=False)
    op.create_index(
        op.f("ix_finding_published_create_time"), "finding", ["published", "create_time"], unique=False
    )
    op.create_table(
        "login_mail",
        sa.Column("number", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("time", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_login_mail")),
    )
    op.create_index(op.f("ix_login_mail_key_time"), "login_mail", ["key", "time"], unique=False)
    op.create_table(
        "msmt_feedback",
        sa.Column("measurement_uid", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("update_time", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("measurement_uid", "account_id", name=op.f("pk_msmt_feedback")),
    )
    op.create_table(
        "oonirun_legacy",
        sa.Column("ooni_run_link_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("descriptor_creation_time", UtcTime(), nullable=False),
        sa.Column("translation_creation_time", UtcTime(), nullable=False),
        sa.Column("creator_account_id", sa.Text(), nullable=False),
        sa.Column("archived", sa.Boolean(), nullable=False),
        sa.Column("descriptor", sa.Text(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("short_description", sa.Text(), nullable=False),
        sa.Column("icon", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint(
            "ooni_run_link_id", "descriptor_creation_time", name=op.f("pk_oonirun_legacy")
        ),
    )
    op.create_index(
        op.f("ix_oonirun_legacy_creator_account_id"), "oonirun_legacy", ["creator_account_id"], unique=False
    )
    op.create_table(
        "oonirun_link",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("creator_account_id", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("date_created", UtcTime(), nullable=False),
        sa.Column("date_updated", UtcTime(), nullable=False),
        sa.Column("expiration_date", UtcTime(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("short_description", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("name_intl", JsonValue, nullable=True),
        sa.Column("short_description_intl", JsonValue, nullable=True),
        sa.Column("description_intl", JsonValue, nullable=True),
        sa.Column("icon", sa.Text(), nullable=True),
        sa.Column("color", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_oonirun_link")),
    )
    op.create_index(
        op.f("ix_oonirun_link_creator_account_id"), "oonirun_link", ["creator_account_id"], unique=False
    )
    op.create_table(
        "session_expunge",
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("threshold", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_session_expunge")),
    )
    op.create_table(
        "testlist_submission",
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("pr_id", sa.Text(), nullable=True),
        sa.Column("changes", JsonValue, nullable=False),
        sa.Column("base_commit", sa.Text(), nullable=True),
        sa.Column("update_time", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_testlist_submission")),
    )
    op.create_table(
        "url_priority",
        sa.Column("number", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("category_code", sa.Text(), nullable=False),
        sa.Column("cc", sa.Text(), nullable=False),
        sa.Column("domain", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_url_priority")),
        sa.UniqueConstraint(
            "category_code", "cc", "domain", "url", name=op.f("uq_url_priority_category_code_cc_domain_url")
        ),
    )
    op.create_table(
        "finding_slug_alias",
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("finding_id", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["finding_id"], ["finding.id"], name=op.f("fk_finding_slug_alias_finding_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("slug", name=op.f("pk_finding_slug_alias")),
    )
    op.create_index(
        op.f("ix_finding_slug_alias_finding_id"), "finding_slug_alias", ["finding_id"], unique=False
    )
    op.create_table(
        "finding_value",
        sa.Column("finding_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["finding_id"], ["finding.id"], name=op.f("fk_finding_value_finding_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("finding_id", "kind", "value", name=op.f("pk_finding_value")),
    )
    op.create_index(
        op.f("ix_finding_value_kind_value_finding_id"),
        "finding_value",
        ["kind", "value", "finding_id"],
        unique=False,
    )
    op.create_table(
        "oonirun_revision",
        sa.Column("link_id", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("date_created", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["link_id"], ["oonirun_link.id"], name=op.f("fk_oonirun_revision_link_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("link_id", "revision", name=op.f("pk_oonirun_revision")),
    )
    op.create_table(
        "oonirun_nettest",
        sa.Column("link_id", sa.Text(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("nettest_index", sa.Integer(), nullable=False),
        sa.Column("test_name", sa.Text(), nullable=False),
        sa.Column("inputs", JsonValue, nullable=True),
        sa.Column("inputs_extra", JsonValue, nullable=True),
        sa.Column("options", JsonValue, nullable=False),
        sa.Column("is_background_run_enabled_default", sa.Boolean(), nullable=False),
        sa.Column("is_manual_run_enabled_default", sa.Boolean(), nullable=False),
        sa.Column("targets_name", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["link_id", "revision"],
            ["oonirun_revision.link_id", "oonirun_revision.revision"],
            name=op.f("fk_oonirun_nettest_link_id_revision"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("link_id", "revision", "nettest_index", name=op.f("pk_oonirun_nettest")),
    )
