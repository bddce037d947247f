"""Credentials of one API process: what is handed out, and the verdict on what is shown."""

from collections.abc import Callable, Mapping
from typing import Any, Self

from oonib.collector.credentials.authority import Refused
from oonib.collector.credentials.networks import NetworkLimit
from oonib.collector.credentials.source import InForce, Keeper
from oonib.collector.credentials.verdict import (
    NO_MANIFEST,
    Claim,
    Verification,
    parse_version,
    unproven,
)
from oonib.errors import BadRequest, Forbidden, Invalid, NotFound, TooMany

_PROTOCOL = "0.1.0"
_MESSAGES = {
    "protocol_error": "the request does not fit the public parameters of this manifest",
    "credential_error": "the credential cannot be issued",
}
Note = Callable[[str, str], None]


class Credentials:
    """Anonymous credentials. `keeper` None: the feature is off, and answers are the contract's for that.

    `note` counts verdicts by status and error. `manifest_url` is what the manifest says of its own place.
    """

    def __init__(
        self,
        keeper: Keeper | None,
        limit: NetworkLimit,
        note: Note,
        *,
        minimum_protocol: str,
        manifest_url: str = "",
    ) -> None:
        self._keeper = keeper
        self._limit = limit
        self._note = note
        self._minimum = parse_version(minimum_protocol) or ()
        self._manifest_url = manifest_url

    @classmethod
    def absent(cls) -> Self:
        """Without a manifest."""
        return cls(None, NetworkLimit(0), lambda _status, _error: None, minimum_protocol=_PROTOCOL)

    def close(self) -> None:
        """End what was started for issuing and verifying."""
        if self._keeper is not None:
            self._keeper.close()

    @property
    def protocol_version(self) -> str:
        """The protocol that answers speak."""
        in_force = self._current()
        return _PROTOCOL if in_force is None else in_force.authority.protocol_version

    @property
    def problem(self) -> tuple[str, str] | None:
        """Token and sentence of what keeps a configured manifest from being used."""
        return None if self._keeper is None else self._keeper.problem

    def manifest(self) -> dict[str, Any]:
        """The answer of `GET /api/v1/manifest`. Raises `NotFound`."""
        in_force = self._current()
        if in_force is None:
            raise NotFound("there is no manifest: credentials are off", token="manifest_not_found")
        manifest, authority = in_force.manifest, in_force.authority
        meta = {
            "version": manifest.version,
            "last_modification_date": manifest.modified.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
            "manifest_url": self._manifest_url,
            "library_version": authority.library_version,
            "protocol_version": authority.protocol_version,
        }
        return {"manifest": manifest.shown(), "meta": meta}

    def sign(self, asked: Mapping[str, Any], address: str) -> dict[str, Any]:
        """The answer of `POST /api/v1/sign_credential`.

        Raises `Invalid` for missing fields, `NotFound`, `BadRequest`, `Forbidden`, and `TooMany` for a
        network that has had its share.
        """
        version, request = asked.get("manifest_version"), asked.get("credential_sign_request")
        if not isinstance(version, str) or not isinstance(request, str):
            raise Invalid("manifest_version and credential_sign_request are texts")
        in_force = self._current()
        if in_force is None or in_force.manifest.version != version:
            raise _unknown_manifest(version)
        if not self._limit.admit(address):
            raise TooMany("too many credentials for one network", retry_after=3600)
        try:
            signed = in_force.authority.sign(request)
        except Refused as exc:
            raise _refused(exc.token) from None
        return {"credential_sign_response": signed, "emission_day": in_force.authority.today()}

    def glance(self, claim: Claim) -> Verification | None:
        """The verdict on a claim that needs no look at its proof, else None. Takes microseconds."""
        in_force = None if claim.empty else self._current()
        version = None if in_force is None else in_force.manifest.version
        found = unproven(claim, version, self._minimum)
        if found is not None and not claim.empty:
            self._note(found.status, found.error or "")
        return found

    def verify(self, claim: Claim, cc: str, asn: str, content: str) -> Verification:
        """The verdict on a claim that `glance` left open, over the characters of `content` as sent.

        Takes some 15 ms of a processor. `cc` and `asn` are the measurement's and follow its rules.
        """
        found = self._proven(claim, cc, asn, content)
        self._note(found.status, found.error or "")
        return found

    def _proven(self, claim: Claim, cc: str, asn: str, content: str) -> Verification:
        in_force = self._current()
        if in_force is None or in_force.manifest.version != claim.manifest:
            # Another manifest came into force since `glance`.
            return NO_MANIFEST
        policy = in_force.manifest.policy(cc, asn)
        first, last = policy.age
        try:
            response = in_force.authority.verify(
                claim.nym or "",
                claim.proof or "",
                cc=cc,
                asn=asn,
                content=content,
                ages=(first, last),
                least=policy.min_measurement_count,
            )
        except Refused as exc:
            return Verification("f", exc.token)
        return Verification("t", None, response)

    def _current(self) -> InForce | None:
        return None if self._keeper is None else self._keeper.current()


def _unknown_manifest(version: str) -> NotFound:
    shown = version[:64].encode("ascii", "replace").decode("ascii")
    return NotFound(f"No manifest with version '{shown}' was found", token="manifest_not_found")


def _refused(token: str) -> BadRequest | Forbidden:
    if token not in _MESSAGES:
        return BadRequest("the request cannot be decoded", token="deserialization_failed")
    return Forbidden(_MESSAGES[token], token=token)
