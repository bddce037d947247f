"""Pieces that several nettests share: requests, DNS answers, TCP and TLS events as probes write them."""

from random import Random
from typing import Any

Fields = dict[str, Any]

_ACCEPT = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
_AGENT = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/123.0.0.0"


def request(url: str, host: str, *, method: str = "GET") -> Fields:
    """The request half of an HTTP transaction."""
    headers = {"Accept": _ACCEPT, "Accept-Language": "en-US,en;q=0.9", "Host": host, "User-Agent": _AGENT}
    return {
        "body": "",
        "body_is_truncated": False,
        "headers_list": [[name, value] for name, value in headers.items()],
        "headers": headers,
        "method": method,
        "tor": {"exit_ip": None, "exit_name": None, "is_tor": False},
        "x_transport": "tcp",
        "url": url,
    }


def response(code: int, body: Any, headers: dict[str, str]) -> Fields:
    """The response half."""
    return {
        "body": body,
        "body_is_truncated": False,
        "code": code,
        "headers_list": [[name, value] for name, value in headers.items()],
        "headers": headers,
    }


def transaction(asked: Fields, answer: Fields | None, failure: str | None, t: float) -> Fields:
    """One entry of `requests`."""
    nothing = {"body": "", "body_is_truncated": False, "code": 0, "headers_list": [], "headers": {}}
    return {"failure": failure, "request": asked, "response": answer or nothing, "t": round(t, 6)}


def query(host: str, kind: str, answers: list[Fields] | None, failure: str | None, t: float) -> Fields:
    """One entry of `queries`, asked of the system's resolver."""
    return {
        "answers": answers,
        "engine": "getaddrinfo",
        "failure": failure,
        "hostname": host,
        "query_type": kind,
        "resolver_hostname": None,
        "resolver_port": None,
        "resolver_address": "",
        "t": round(t, 6),
        "t0": round(t / 2, 6),
        "tags": ["depth=0"],
        "transaction_id": 10_000,
    }


def answer(address: str, *, asn: int = 15133, org: str = "Simulated Hosting") -> Fields:
    """One address, or a name, in an answer."""
    kind, key = ("A", "ipv4") if address[0].isdigit() else ("CNAME", "hostname")
    if ":" in address:
        kind, key = "AAAA", "ipv6"
    return {"asn": asn, "as_org_name": org, "answer_type": kind, key: address, "ttl": None}


def connect(ip: str, port: int, failure: str | None, t: float) -> Fields:
    """One entry of `tcp_connect`."""
    return {
        "ip": ip,
        "port": port,
        "status": {"blocked": failure is not None, "failure": failure, "success": failure is None},
        "t": round(t, 6),
        "t0": round(t / 2, 6),
        "tags": ["depth=0"],
        "transaction_id": 50_001,
    }


def handshake(rng: Random, address: str, host: str, failure: str | None, t: float) -> Fields:
    """One entry of `tls_handshakes`."""
    return {
        "network": "tcp",
        "address": address,
        "cipher_suite": "" if failure else "TLS_AES_128_GCM_SHA256",
        "failure": failure,
        "negotiated_protocol": "" if failure else "h2",
        "no_tls_verify": False,
        "peer_certificates": [] if failure else [certificate(rng)],
        "server_name": host,
        "t": round(t, 6),
        "t0": round(t / 2, 6),
        "tags": ["depth=0"],
        "tls_version": "" if failure else "TLSv1.3",
        "transaction_id": 50_001,
    }


def certificate(rng: Random) -> Fields:
    """Something of the size of a certificate; it cannot be parsed as one."""
    return {"data": "MII" + f"{rng.getrandbits(96):024X}" * 30 + "A==", "format": "base64"}


def network_events(rng: Random, address: str, count: int) -> list[Fields]:
    """Reads and writes of one connection."""
    return [
        {
            "address": address,
            "failure": None,
            "num_bytes": 100 + i * 7,
            "operation": "read" if i % 2 else "write",
            "proto": "tcp",
            "t": round(0.05 + i * rng.random() / 50, 6),
            "tags": ["depth=0"],
            "transaction_id": 50_001,
        }
        for i in range(count)
    ]
