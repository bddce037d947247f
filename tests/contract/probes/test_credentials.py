"""Anonymous credentials with the real client, and whatever is wrong with a claim (probe contract 6 and 7)."""

import itertools
import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from .conftest import Backend
from support.credentials import aborting, keys, library
from support.goclient import INT, STRING, ListOf, read
from support.submissions import measurement

MANIFEST = {
    "manifest": {
        "nym_scope": STRING,
        "submission_policy": ListOf(
            {
                "match": {"probe_cc": STRING, "probe_asn": STRING},
                "policy": {"age": ListOf(INT), "min_measurement_count": INT},
            }
        ),
        "public_parameters": STRING,
    },
    "meta": {
        "version": STRING,
        "last_modification_date": STRING,
        "manifest_url": STRING,
        "library_version": STRING,
        "protocol_version": STRING,
    },
}
ANSWER = {
    "measurement_uid": STRING,
    "verification_status": STRING,
    "submit_response": STRING,
    "protocol_version": STRING,
    "error": STRING,
    "report_id": STRING,
}
SUBMIT = "/api/v1/submit_measurement"
SIGN = "/api/v1/sign_credential"
_networks = itertools.count(1)


def manifest(client: httpx.Client) -> Any:
    return read(client.get("/api/v1/manifest"), MANIFEST)


def elsewhere() -> dict[str, str]:
    """Headers of a request from a network that no other test asks from."""
    number = next(_networks)
    return {"X-Forwarded-For": f"10.{number // 256}.{number % 256}.1"}


class Probe:
    """A probe with a credential, built on the library's own client."""

    def __init__(self, client: httpx.Client) -> None:
        self.client = client
        self.known = manifest(client)
        self.user = library().UserState(self.known["manifest"]["public_parameters"])
        asked = {
            "manifest_version": self.known["meta"]["version"],
            "credential_sign_request": self.user.make_registration_request(),
        }
        answer = client.post(SIGN, json=asked, headers=elsewhere())
        signed = read(answer, {"credential_sign_response": STRING, "emission_day": INT})
        assert answer.headers["cache-control"] == "no-cache"
        assert signed["emission_day"] == library().ServerState.today()
        self.user.handle_registration_response(signed["credential_sign_response"])

    def claim(self, text: str, rule: int = -1) -> dict[str, str]:
        """What a probe sends about its credential with `text`, by a rule of the policy."""
        value = json.loads(text)
        policy = self.known["manifest"]["submission_policy"][rule]["policy"]
        shown = self.user.make_submit_request_with_hash(
            value["probe_cc"],
            value["probe_asn"],
            text,
            tuple(policy["age"]),
            policy["min_measurement_count"],
        )
        return {
            "nym": shown.nym,
            "zkp_request": shown.request,
            "manifest_version": self.known["meta"]["version"],
            "protocol_version": library().get_protocol_version(),
        }

    def submit(self, text: str, claim: dict[str, Any] | None = None, **changes: Any) -> Any:
        """The answer to a submission, as the client reads it. The claim is made for it unless given."""
        body = {"format": "json", "content": text, **(claim or self.claim(text)), **changes}
        return read(self.client.post(SUBMIT, json=body), ANSWER)


def text(**changes: Any) -> str:
    value = measurement(**changes)
    value.pop("report_id")
    return json.dumps(value)


@pytest.fixture
def probe(client: httpx.Client) -> Probe:
    return Probe(client)


def test_the_manifest(client: httpx.Client, backend: Backend) -> None:
    answer = client.get("/api/v1/manifest")
    assert answer.headers["cache-control"] == "max-age=60"
    found = read(answer, MANIFEST)
    assert found["manifest"]["public_parameters"] == backend.keys.public
    assert found["manifest"]["nym_scope"] == "ooni.org/{probe_cc}/{probe_asn}"
    assert found["manifest"]["submission_policy"][-1]["match"] == {"probe_cc": "*", "probe_asn": "*"}
    assert found["meta"]["last_modification_date"].endswith("Z")
    assert found["meta"]["manifest_url"] == f"{backend.api.url}/api/v1/manifest"
    assert found["meta"]["protocol_version"] == library().get_protocol_version()


def test_submit_rotate_submit_again(probe: Probe, stored: Any) -> None:
    uids, nyms = set(), set()
    for _ in range(3):
        content = text()
        claim = probe.claim(content)
        said = probe.submit(content, claim)
        assert (said["verification_status"], said["error"]) == ("verified", "")
        probe.user.handle_submit_response(said["submit_response"])
        uids.add(said["measurement_uid"])
        nyms.add(claim["nym"])
        envelope, raw = stored(said["measurement_uid"])
        assert list(envelope) == ["content", "format", "protocol_version", "manifest_version", "is_verified"]
        assert envelope["is_verified"] == "t"
        assert envelope["manifest_version"] == claim["manifest_version"]
        assert envelope["content"] == {**json.loads(content), "report_id": said["report_id"]}
        for secret in (claim["nym"], claim["zkp_request"], said["submit_response"]):
            assert secret.encode() not in raw
    assert len(uids) == 3
    # One pseudonym for one network, as the manifest's scope says.
    assert len(nyms) == 1


WRONG_POLICY = {"protocol_error", "deserialization_failed", "unknown_error"}
"""A proof for another range of days or another count is read wrongly; the library may even abort."""


def test_a_policy_of_a_country_asks_for_more(probe: Probe) -> None:
    for _ in range(3):
        probe.user.handle_submit_response(probe.submit(text())["submit_response"])
    content = text(probe_cc="IR")
    said = probe.submit(content, probe.claim(content, rule=0))
    assert said["verification_status"] == "verified"
    # The general rule does not do there.
    content = text(probe_cc="IR")
    said = probe.submit(content)
    assert said["verification_status"] == "failed"
    assert said["error"] in WRONG_POLICY


def test_a_credential_that_is_too_young(probe: Probe) -> None:
    content = text(probe_cc="CN")
    for _ in range(5):
        said = probe.submit(content)
        assert said["verification_status"] == "failed"
        assert said["error"] in WRONG_POLICY


def tampered(value: str) -> str:
    """The same length and alphabet, another value."""
    middle = len(value) // 2
    return value[:middle] + ("B" if value[middle] == "A" else "A") + value[middle + 1 :]


def claims(probe: Probe, content: str) -> dict[str, tuple[dict[str, Any], str, set[str]]]:
    good = probe.claim(content)
    other = probe.claim(text())
    decode = {"protocol_error", "deserialization_failed"}
    return {
        "proof of another measurement": (other, "failed", {"protocol_error"}),
        "nym of somebody else": ({**good, "nym": "A" * 43 + "="}, "failed", decode),
        "nym too short": ({**good, "nym": "AAAA"}, "failed", {"deserialization_failed"}),
        "nym not base64": ({**good, "nym": "\u00e9" * 44}, "failed", {"deserialization_failed"}),
        "nym empty": ({**good, "nym": ""}, "failed", {"deserialization_failed"}),
        "proof tampered with": ({**good, "zkp_request": tampered(good["zkp_request"])}, "failed", decode),
        "proof cut off": ({**good, "zkp_request": good["zkp_request"][:4000]}, "failed", decode),
        "proof empty": ({**good, "zkp_request": ""}, "failed", {"deserialization_failed"}),
        "proof enormous": ({**good, "zkp_request": "A" * 2_000_000}, "failed", decode),
        "manifest of yesterday": ({**good, "manifest_version": "v6"}, "unverified", {"manifest_not_found"}),
        "no manifest": ({**good, "manifest_version": None}, "unverified", {"manifest_not_found"}),
        "no nym": ({**good, "nym": None}, "unverified", {"incomplete_anonc_fields"}),
        "no proof": ({**good, "zkp_request": None}, "unverified", {"incomplete_anonc_fields"}),
        "no protocol": ({**good, "protocol_version": None}, "unverified", {"incomplete_anonc_fields"}),
        "old protocol": ({**good, "protocol_version": "0.0.9"}, "unverified", {"protocol_version_too_old"}),
        "odd protocol": ({**good, "protocol_version": "x"}, "unverified", {"invalid_protocol_version"}),
        "nothing": (dict.fromkeys(good), "unverified", {""}),
    }


def test_what_is_wrong_is_stored_and_named(probe: Probe, stored: Any) -> None:
    for name in claims(probe, text()):
        content = text()
        claim, status, errors = claims(probe, content)[name]
        said = probe.submit(content, claim)
        assert said["verification_status"] == status, name
        assert said["error"] in errors, name
        assert said["submit_response"] == "", name
        envelope, raw = stored(said["measurement_uid"])
        assert envelope["is_verified"] == {"failed": "f", "unverified": "u"}[status], name
        assert envelope["content"] == {**json.loads(content), "report_id": said["report_id"]}, name
        assert b"nym" not in raw
        assert b"zkp" not in raw


def test_a_credential_of_another_issuer(client: httpx.Client, probe: Probe) -> None:
    foreign = keys()
    issuer = library().ServerState.from_creds(foreign.public, foreign.secret)
    user = library().UserState(foreign.public)
    user.handle_registration_response(issuer.handle_registration_request(user.make_registration_request()))
    probe.user = user
    said = probe.submit(text())
    assert (said["verification_status"], said["error"]) == ("failed", "protocol_error")


def test_the_proof_is_about_the_characters_as_sent(probe: Probe) -> None:
    content = json.dumps({**json.loads(text()), "n": "\u00e9\U0001f98a"}, ensure_ascii=False, indent=1)
    assert probe.submit(content)["verification_status"] == "verified"
    assert probe.submit(f" {content}\n")["verification_status"] == "verified"
    claim = probe.claim(content)
    said = probe.submit(json.dumps(json.loads(content)), claim)
    assert (said["verification_status"], said["error"]) == ("failed", "protocol_error")


def test_a_report_id_in_the_content_is_replaced_and_does_not_hurt_the_proof(
    probe: Probe, stored: Any
) -> None:
    content = json.dumps(measurement(report_id="mine"))
    said = probe.submit(content)
    assert said["verification_status"] == "verified"
    assert stored(said["measurement_uid"])[0]["content"]["report_id"] == said["report_id"] != "mine"


def test_the_fallback_of_a_failed_claim_is_a_measurement_of_its_own(probe: Probe) -> None:
    plain = json.loads(text())
    with_id = json.dumps({**plain, "probe_id": "f00d"})
    first = probe.submit(with_id, zkp_request="AAAA")
    assert first["verification_status"] == "failed"
    second = probe.submit(json.dumps(plain), **dict.fromkeys(probe.claim(with_id)))
    assert second["verification_status"] == "unverified"
    assert second["measurement_uid"] != first["measurement_uid"]


def test_proofs_side_by_side(probe: Probe) -> None:
    texts = [text() for _ in range(12)]
    bodies = [{"format": "json", "content": one, **probe.claim(one)} for one in texts]
    for body in bodies[::3]:
        body["zkp_request"] = tampered(body["zkp_request"])
    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(lambda body: read(probe.client.post(SUBMIT, json=body), ANSWER), bodies))
    found = [answer["verification_status"] for answer in answers]
    assert found == ["failed" if at % 3 == 0 else "verified" for at in range(12)]


SIGN_REFUSED: list[tuple[dict[str, Any], int, str | None]] = [
    ({}, 422, None),
    ({"manifest_version": "CURRENT"}, 422, None),
    ({"manifest_version": 5, "credential_sign_request": "x"}, 422, None),
    ({"manifest_version": "CURRENT", "credential_sign_request": None}, 422, None),
    ({"manifest_version": "v0", "credential_sign_request": "x"}, 404, "manifest_not_found"),
    ({"manifest_version": "\ud800", "credential_sign_request": "x"}, 404, "manifest_not_found"),
    ({"manifest_version": "CURRENT", "credential_sign_request": ""}, 400, "deserialization_failed"),
    ({"manifest_version": "CURRENT", "credential_sign_request": "\u00e9"}, 400, "deserialization_failed"),
    ({"manifest_version": "CURRENT", "credential_sign_request": "A" * 188}, 400, "deserialization_failed"),
    (
        {"manifest_version": "CURRENT", "credential_sign_request": "A" * 70_000},
        400,
        "deserialization_failed",
    ),
    ({"manifest_version": "CURRENT", "credential_sign_request": "ABORT"}, 400, "deserialization_failed"),
    ({"manifest_version": "CURRENT", "credential_sign_request": "FOREIGN"}, 403, "protocol_error"),
]


@pytest.mark.parametrize(("asked", "status", "token"), SIGN_REFUSED)
def test_sign_refuses(client: httpx.Client, asked: dict[str, Any], status: int, token: str | None) -> None:
    body = dict(asked)
    if body.get("manifest_version") == "CURRENT":
        body["manifest_version"] = manifest(client)["meta"]["version"]
    if body.get("credential_sign_request") == "FOREIGN":
        body["credential_sign_request"] = library().UserState(keys().public).make_registration_request()
    if body.get("credential_sign_request") == "ABORT":
        body["credential_sign_request"] = aborting(manifest(client)["manifest"]["public_parameters"])
    answer = client.post(SIGN, content=json.dumps(body), headers=elsewhere())
    assert answer.status_code == status, answer.text
    assert answer.json()["detail"]
    if token is not None:
        assert answer.json()["error"] == token


def test_one_network_gets_its_share_and_others_theirs(client: httpx.Client) -> None:
    version = manifest(client)["meta"]["version"]

    def ask(address: str) -> int:
        body = {"manifest_version": version, "credential_sign_request": "AAAA"}
        return client.post(SIGN, json=body, headers={"X-Forwarded-For": address}).status_code

    assert [ask(f"203.0.113.{n}") for n in range(7)] == [400] * 5 + [429] * 2
    assert ask("198.18.0.1") == 400
    assert client.get("/api/v1/manifest", headers={"X-Forwarded-For": "203.0.113.1"}).status_code == 200


def test_without_a_manifest(bare_client: httpx.Client, probe: Probe) -> None:
    assert bare_client.get("/api/v1/manifest").status_code == 404
    asked = {"manifest_version": "v1", "credential_sign_request": "x"}
    answer = bare_client.post(SIGN, json=asked)
    assert (answer.status_code, answer.json()["error"]) == (404, "manifest_not_found")
    content = text()
    body = {"format": "json", "content": content, **probe.claim(content)}
    said = read(bare_client.post(SUBMIT, json=body), ANSWER)
    assert (said["verification_status"], said["error"]) == ("unverified", "manifest_not_found")


def test_nothing_of_a_claim_is_logged(probe: Probe, backend: Backend) -> None:
    content = text()
    claim = probe.claim(content)
    probe.submit(content, **{**claim, "zkp_request": tampered(claim["zkp_request"])})
    said = probe.submit(content, claim)
    log = backend.api.log.read_text()
    for secret in (claim["nym"], claim["zkp_request"], said["submit_response"], backend.keys.secret):
        assert secret not in log
    metrics = probe.client.get("/metrics", headers={"X-Forwarded-For": "127.0.0.1"}).text
    assert 'oonib_credential_verifications_total{error="",status="verified"}' in metrics
    assert 'status="failed"}' in metrics
