"""Queries and answers of old DNS reports in today's form (fastpath contract 10, "dnst details").

Follows the intended rule for `tampering` and keeps native `errors`, `failed` and `inconsistent`, where
production loses both: the published measurements agree with the rule.
"""

import re
from typing import Any

from oonib.archive.legacy.unfit import Unfit

_HOSTNAME_RE = re.compile(r"\[Query\('(.+?)'")
_TTL_RE = re.compile(r"\bttl=(\d+)", re.ASCII)
_TYPE_RE = re.compile(r"\btype=(\S+)")
_IPV4_RE = re.compile(r"\baddress=(\d{1,3}(?:\.\d{1,3}){3})", re.ASCII)
_NAME_RE = re.compile(r"\bname=([^\s>]+)")
_PREFERENCE_RE = re.compile(r"\bpreference=(\d+)", re.ASCII)
_LONGEST_ANSWER = 10_000

_SOA = {
    "responsible_name": "rname",
    "hostname": "mname",
    "serial_number": "serial",
    "refresh_interval": "refresh",
    "retry_interval": "retry",
    "minimum_ttl": "minimum",
    "expiration_limit": "expire",
}
_SOA_RES = {field: re.compile(rf"\b{name}=([^\s>]+)") for field, name in _SOA.items()}


def normalise(keys: dict[str, Any], *, consistency: bool) -> None:
    """Bring the keys of a DNS nettest into form. Changes `keys` and nothing below. Raises `Unfit`."""
    keys.pop("test_resolvers", None)
    _tampering(keys, consistency=consistency)
    queries = keys.get("queries")
    if queries is not None:
        if not isinstance(queries, list) or not all(isinstance(query, dict) for query in queries):
            raise Unfit("bad_queries", "queries is not a list of mappings")
        keys["queries"] = [_query(query) for query in queries]


def _tampering(keys: dict[str, Any], *, consistency: bool) -> None:
    tampering = keys.pop("tampering", None)
    if tampering is None and not consistency:
        return
    verdicts = {} if tampering is None else tampering
    if not isinstance(verdicts, dict):
        raise Unfit("bad_tampering", "tampering is not a mapping of resolvers")
    keys.setdefault("errors", verdicts)
    keys.setdefault("successful", [name for name, verdict in verdicts.items() if verdict is False])
    keys.setdefault("failed", [name for name, verdict in verdicts.items() if not isinstance(verdict, bool)])
    keys.setdefault("inconsistent", [name for name, verdict in verdicts.items() if verdict is True])


def _query(given: dict[str, Any]) -> dict[str, Any]:
    query = {key: value for key, value in given.items() if key != "addrs"}
    asked = query.pop("query", None)
    if "hostname" not in query or asked is not None:
        query["hostname"] = _found(_HOSTNAME_RE, str(asked))
    resolver = query.pop("resolver", None)
    pair = resolver if isinstance(resolver, list | tuple) and len(resolver) == 2 else (None, None)
    query["resolver_hostname"], query["resolver_port"] = pair
    answers = query.get("answers") or []
    if not isinstance(answers, list):
        raise Unfit("bad_queries", "answers is not a list")
    query["answers"] = [_answer(answer) for answer in answers]
    query["failure"] = query.get("failure") or (None if answers else "no_answer")
    return query


def _answer(answer: Any) -> Any:
    if not isinstance(answer, list | tuple) or len(answer) < 2:
        raise Unfit("bad_queries", "an answer is not a pair")
    head, rest = str(answer[0])[:_LONGEST_ANSWER], str(answer[1])[:_LONGEST_ANSWER]
    kind = _found(_TYPE_RE, head)
    return {"ttl": _found(_TTL_RE, head), "answer_type": kind} | _of_kind(kind, rest)


def _of_kind(kind: str | None, text: str) -> dict[str, Any]:
    if kind == "A":
        return {"ipv4": _found(_IPV4_RE, text)}
    if kind == "MX":
        return {"hostname": _found(_IPV4_RE, text), "preference": _found(_PREFERENCE_RE, text)}
    if kind in ("PTR", "CNAME"):
        return {"hostname": _found(_NAME_RE, text)}
    if kind == "SOA":
        return {field: _found(pattern, text) for field, pattern in _SOA_RES.items()}
    return {}


def _found(pattern: re.Pattern[str], text: str) -> str | None:
    match = pattern.search(text)
    return match[1] if match else None
