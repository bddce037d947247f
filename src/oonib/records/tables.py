"""The tables (management contract 7). Lists are JSON, moments aware and in UTC, ids text.

Longer than most modules: the schema is read best as a whole.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, ForeignKeyConstraint, Index, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from oonib.records.base import Base, JsonValue, UtcTime


class Account(Base):
    """An account that was ever given a role; others are `user` and have no row. Nothing tells whose it is."""

    __tablename__ = "account"

    account_id: Mapped[str] = mapped_column(Text, primary_key=True)
    role: Mapped[str] = mapped_column(Text)
    update_time: Mapped[datetime] = mapped_column(UtcTime)


class SessionExpunge(Base):
    """Sessions and login links of an account that began before `threshold` hold no more."""

    __tablename__ = "session_expunge"

    account_id: Mapped[str] = mapped_column(Text, primary_key=True)
    threshold: Mapped[datetime] = mapped_column(UtcTime)


class ApiToken(Base):
    """A token for the quotas of an account. `digest` is a keyed hash: the token itself is kept nowhere."""

    __tablename__ = "api_token"

    digest: Mapped[str] = mapped_column(Text, primary_key=True)
    account_id: Mapped[str] = mapped_column(Text, index=True)
    name: Mapped[str] = mapped_column(Text)
    create_time: Mapped[datetime] = mapped_column(UtcTime)


class LoginMail(Base):
    """A login mail that was sent, to throttle them. `key` is a keyed hash of an address or a network."""

    __tablename__ = "login_mail"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    key: Mapped[str] = mapped_column(Text)
    time: Mapped[datetime] = mapped_column(UtcTime)

    __table_args__ = (Index(None, "key", "time"),)


class Audit(Base):
    """Who did what. Only ever added to."""

    __tablename__ = "audit_log"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    time: Mapped[datetime] = mapped_column(UtcTime, index=True)
    account_id: Mapped[str] = mapped_column(Text)
    action: Mapped[str] = mapped_column(Text)
    object_id: Mapped[str] = mapped_column(Text)
    detail: Mapped[dict[str, Any]] = mapped_column(JsonValue, default=dict)


class Finding(Base):
    """A finding, also called incident (contract 2.1)."""

    __tablename__ = "finding"

    id: Mapped[str] = mapped_column(Text, primary_key=True)
    slug: Mapped[str] = mapped_column(Text, unique=True)
    version: Mapped[int] = mapped_column(default=1)
    creator_account_id: Mapped[str] = mapped_column(Text, index=True)
    title: Mapped[str] = mapped_column(Text)
    short_description: Mapped[str] = mapped_column(Text)
    text: Mapped[str] = mapped_column(Text)
    start_time: Mapped[datetime] = mapped_column(UtcTime)
    end_time: Mapped[datetime | None] = mapped_column(UtcTime)
    create_time: Mapped[datetime] = mapped_column(UtcTime)
    update_time: Mapped[datetime] = mapped_column(UtcTime)
    reported_by: Mapped[str] = mapped_column(Text)
    email_address: Mapped[str] = mapped_column(Text)
    event_type: Mapped[str] = mapped_column(Text)
    published: Mapped[bool] = mapped_column()
    deleted: Mapped[bool] = mapped_column(default=False)
    country_codes: Mapped[list[str]] = mapped_column(JsonValue)
    asns: Mapped[list[int]] = mapped_column(JsonValue)
    domains: Mapped[list[str]] = mapped_column(JsonValue)
    tags: Mapped[list[str]] = mapped_column(JsonValue)
    links: Mapped[list[str]] = mapped_column(JsonValue)
    test_names: Mapped[list[str]] = mapped_column(JsonValue)
    themes: Mapped[list[str]] = mapped_column(JsonValue)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own form
    __table_args__ = (Index(None, "published", "create_time"),)


class FindingSlugAlias(Base):
    """A slug that a finding had before."""

    __tablename__ = "finding_slug_alias"

    slug: Mapped[str] = mapped_column(Text, primary_key=True)
    finding_id: Mapped[str] = mapped_column(ForeignKey("finding.id", ondelete="CASCADE"), index=True)


class FindingValue(Base):
    """The lists of a finding once more, value by value, for filters. `kind` names the list."""

    __tablename__ = "finding_value"

    finding_id: Mapped[str] = mapped_column(ForeignKey("finding.id", ondelete="CASCADE"), primary_key=True)
    kind: Mapped[str] = mapped_column(Text, primary_key=True)
    value: Mapped[str] = mapped_column(Text, primary_key=True)

    __table_args__ = (Index(None, "kind", "value", "finding_id"),)


class Counter(Base):
    """Numbers that are given out once each, in order."""

    __tablename__ = "counter"

    name: Mapped[str] = mapped_column(Text, primary_key=True)
    next: Mapped[int] = mapped_column()


class OoniRunLink(Base):
    """An OONI Run link (contract 3.1). `revision` is that of the newest nettests, `version` counts edits."""

    __tablename__ = "oonirun_link"

    id: Mapped[str] = mapped_column(Text, primary_key=True)
    creator_account_id: Mapped[str] = mapped_column(Text, index=True)
    revision: Mapped[int] = mapped_column(default=1)
    version: Mapped[int] = mapped_column(default=1)
    date_created: Mapped[datetime] = mapped_column(UtcTime)
    date_updated: Mapped[datetime] = mapped_column(UtcTime)
    expiration_date: Mapped[datetime] = mapped_column(UtcTime)
    name: Mapped[str] = mapped_column(Text)
    short_description: Mapped[str] = mapped_column(Text)
    description: Mapped[str] = mapped_column(Text)
    author: Mapped[str] = mapped_column(Text)
    name_intl: Mapped[dict[str, str] | None] = mapped_column(JsonValue)
    short_description_intl: Mapped[dict[str, str] | None] = mapped_column(JsonValue)
    description_intl: Mapped[dict[str, str] | None] = mapped_column(JsonValue)
    icon: Mapped[str | None] = mapped_column(Text)
    color: Mapped[str | None] = mapped_column(Text)


class OoniRunRevision(Base):
    """When a revision of a link came to be."""

    __tablename__ = "oonirun_revision"

    link_id: Mapped[str] = mapped_column(ForeignKey("oonirun_link.id", ondelete="CASCADE"), primary_key=True)
    revision: Mapped[int] = mapped_column(primary_key=True)
    date_created: Mapped[datetime] = mapped_column(UtcTime)

    nettests: Mapped[list["OoniRunNettest"]] = relationship(
        order_by="OoniRunNettest.nettest_index", cascade="all, delete-orphan"
    )


class OoniRunNettest(Base):
    """A nettest of a revision, in its place."""

    __tablename__ = "oonirun_nettest"

    link_id: Mapped[str] = mapped_column(Text, primary_key=True)
    revision: Mapped[int] = mapped_column(primary_key=True)
    nettest_index: Mapped[int] = mapped_column(primary_key=True)
    test_name: Mapped[str] = mapped_column(Text)
    inputs: Mapped[list[str] | None] = mapped_column(JsonValue)
    inputs_extra: Mapped[list[dict[str, Any]] | None] = mapped_column(JsonValue)
    options: Mapped[dict[str, Any]] = mapped_column(JsonValue)
    is_background_run_enabled_default: Mapped[bool] = mapped_column()
    is_manual_run_enabled_default: Mapped[bool] = mapped_column()
    targets_name: Mapped[str | None] = mapped_column(Text)

    __table_args__ = (
        ForeignKeyConstraint(
            ["link_id", "revision"],
            ["oonirun_revision.link_id", "oonirun_revision.revision"],
            ondelete="CASCADE",
        ),
    )


class OoniRunLegacy(Base):
    """A descriptor of the first cut of OONI Run (contract 3.6)."""

    __tablename__ = "oonirun_legacy"

    ooni_run_link_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    descriptor_creation_time: Mapped[datetime] = mapped_column(UtcTime, primary_key=True)
    translation_creation_time: Mapped[datetime] = mapped_column(UtcTime)
    creator_account_id: Mapped[str] = mapped_column(Text, index=True)
    archived: Mapped[bool] = mapped_column(default=False)
    descriptor: Mapped[str] = mapped_column(Text)
    author: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    short_description: Mapped[str] = mapped_column(Text)
    icon: Mapped[str] = mapped_column(Text)


class TestListSubmission(Base):
    """Where the test-list editing of an account stands (contract 4.1). `changes`: the log of edits."""

    __test__ = False  # a name of the field, not a test
    __tablename__ = "testlist_submission"

    account_id: Mapped[str] = mapped_column(Text, primary_key=True)
    version: Mapped[int] = mapped_column(default=1)
    state: Mapped[str] = mapped_column(Text)
    pr_id: Mapped[str | None] = mapped_column(Text)
    changes: Mapped[list[dict[str, Any]]] = mapped_column(JsonValue)
    base_commit: Mapped[str | None] = mapped_column(Text)
    update_time: Mapped[datetime] = mapped_column(UtcTime)

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own form


class UrlPriority(Base):
    """A rule for the priority of URLs (contract 4.7). `*` where anything agrees."""

    __tablename__ = "url_priority"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    category_code: Mapped[str] = mapped_column(Text)
    cc: Mapped[str] = mapped_column(Text)
    domain: Mapped[str] = mapped_column(Text)
    url: Mapped[str] = mapped_column(Text)
    priority: Mapped[int] = mapped_column()

    __table_args__ = (UniqueConstraint("category_code", "cc", "domain", "url"),)


class MeasurementFeedback(Base):
    """What an account says of a measurement (contract 5)."""

    __tablename__ = "msmt_feedback"

    measurement_uid: Mapped[str] = mapped_column(Text, primary_key=True)
    account_id: Mapped[str] = mapped_column(Text, primary_key=True)
    status: Mapped[str] = mapped_column(Text)
    comment: Mapped[str] = mapped_column(Text)
    update_time: Mapped[datetime] = mapped_column(UtcTime)


ALL = Base.metadata
"""Every table, for migrations."""

FINDINGS = "findings"
"""What changes of findings are counted as."""
