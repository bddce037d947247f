"""What probes ask for, put together: test helpers, tokens, targets, credentials.

A part of the composition root of its own, because it is many small things that share a few settings.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import unquote, urlsplit

from fastapi import APIRouter

from oonib.app.shared import Shared
from oonib.checkin.asking import read_object
from oonib.checkin.geolookup import routes as geolookup_routes
from oonib.checkin.helpers import TestHelpers
from oonib.checkin.helpers import routes as helper_routes
from oonib.checkin.registration import Registration
from oonib.checkin.registration import routes as registration_routes
from oonib.checkin.registration.tokens import Tokens
from oonib.checkin.targets import Targets
from oonib.checkin.targets import routes as target_routes
from oonib.collector.credentials import Credentials
from oonib.collector.credentials import routes as credential_routes
from oonib.collector.credentials.networks import NetworkLimit
from oonib.collector.credentials.places import FileSource, ObjectSource
from oonib.collector.credentials.source import Keeper
from oonib.metrics import Metrics
from oonib.objects import ObjectStoreError
from oonib.runtime import open_store
from oonib.settings import BadSettings, Settings
from oonib.warehouse.embedded import ensure_password

Note = Callable[[str, str], None]


def open_helpers(settings: Settings, note_file: Note) -> TestHelpers:
    """The test helpers of the settings."""
    return TestHelpers.build(settings.test_helpers, settings.test_helper_strategy, note_file)


def open_credentials(settings: Settings, metrics: Metrics) -> Credentials:
    """Anonymous credentials of the settings, off where no manifest is set. Raises `BadSettings`."""

    def note_file(result: str) -> None:
        metrics.watched_files.labels("manifest_url", result).inc()

    def note_verdict(status: str, error: str) -> None:
        metrics.verifications.labels(status, error).inc()

    if not settings.manifest_url:
        return Credentials.absent()
    source = _manifest_source(settings)
    keeper = Keeper(source, _credentials_key(settings), note_file)
    if isinstance(source, FileSource):
        keeper.load()
    else:
        # A store that is away must not keep the API from starting.
        keeper.current()
    return Credentials(
        keeper,
        NetworkLimit(settings.credentials_per_network_hour),
        note_verdict,
        minimum_protocol=settings.minimum_anonc_protocol_version,
        manifest_url=settings.manifest_url
        if isinstance(source, ObjectSource)
        else f"{settings.public_url}/api/v1/manifest",
    )


def router(shared: Shared, helpers: TestHelpers, credentials: Credentials) -> APIRouter:
    """The small endpoints for probes."""
    settings = shared.settings

    def note_login(result: str) -> None:
        shared.metrics.probe_logins.labels(result).inc()

    registration = Registration(
        Tokens(probe_token_key(settings)),
        clock=lambda: datetime.now(UTC),
        note=note_login,
        strict=settings.strict_probe_login,
    )
    targets = Targets.build(
        settings.tor_targets_file, settings.psiphon_config_file, settings.vpn_config_file, shared.note_file
    )
    probes = APIRouter()
    probes.routes.extend(helper_routes.router(helpers, shared.address_of).routes)
    probes.routes.extend(registration_routes.router(registration).routes)
    probes.routes.extend(
        target_routes.router(targets, registration, token_required=settings.require_probe_token).routes
    )
    probes.routes.extend(geolookup_routes.router(shared.geoip).routes)
    probes.routes.extend(credential_routes.router(credentials, shared.address_of, read_object).routes)
    return probes


def probe_token_key(settings: Settings) -> str:
    """The key of probes' tokens: the one that is set, else one of this host that is made on first use."""
    given = settings.probe_token_key.get_secret_value()
    return given or ensure_password(settings.data_dir / "secrets" / "probe_token_key")


def _credentials_key(settings: Settings) -> str:
    given = settings.credentials_secret_key.get_secret_value()
    if given:
        return given
    try:
        return (settings.credentials_dir / "secret_key").read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        # Without a key no manifest is put in force, and /health says so.
        return ""


def _manifest_source(settings: Settings) -> FileSource | ObjectSource:
    parts = urlsplit(settings.manifest_url)
    if parts.scheme == "file":
        return FileSource(Path(unquote(parts.path)))
    if not parts.scheme:
        return FileSource(Path(settings.manifest_url))
    folder, _, key = settings.manifest_url.rpartition("/")
    try:
        if parts.scheme != "s3" or not parts.netloc or not parts.path.strip("/") or not key:
            raise BadSettings("manifest_url: not a file, file:// or s3://bucket/key")
        return ObjectSource(open_store(settings, folder), key)
    except ObjectStoreError as exc:
        raise BadSettings(f"manifest_url: {exc}") from None
