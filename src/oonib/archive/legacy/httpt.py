"""Requests and responses of old reports in today's form (fastpath contract 10, "httpt details")."""

from typing import Any

from oonib.archive.legacy.unfit import Unfit

_LONGEST_HEADER = 10_000
_URL_OPTIONS = ("--url", "-u")
"""The one that is looked at last wins."""


def normalise(entry: dict[str, Any]) -> None:
    """Bring the input and the requests of an entry into form. Raises `Unfit`.

    Changes the entry and its `test_keys`, and nothing below them: the document may show a value twice.
    """
    keys = entry["test_keys"]
    if entry["input"] is None:
        entry["input"] = _input_option(entry["options"])
    if "request" in keys and "response" in keys:
        pair = {"request": keys.pop("request"), "response": keys.pop("response")}
        keys["requests"] = [*(keys.get("requests") or []), pair]
    if keys.get("requests") is not None:
        keys["requests"] = _requests(keys["requests"])
    list_headers_diff(keys)


def list_headers_diff(keys: dict[str, Any]) -> None:
    """JSON has no sets."""
    if isinstance(keys.get("headers_diff"), set):
        keys["headers_diff"] = sorted(keys["headers_diff"], key=str)


def _input_option(options: Any) -> Any:
    found = None
    if isinstance(options, list):
        for option in _URL_OPTIONS:
            at = options.index(option) + 1 if option in options else len(options)
            found = options[at] if at < len(options) else found
    return found


def _requests(given: Any) -> list[Any]:
    if not isinstance(given, list) or not all(isinstance(item, dict) for item in given):
        raise Unfit("bad_requests", "requests is not a list of mappings")
    return _in_order([_exchange(item) for item in given])


def _exchange(given: dict[str, Any]) -> dict[str, Any]:
    response = _response(given.get("response"))
    return given | {
        "response": response,
        "request": _request(given.get("request")),
        "response_length": _length(response["headers"]),
    }


def _in_order(requests: list[Any]) -> list[Any]:
    """The first experiment, its control over Tor, the other experiments, the other controls."""
    experiments = [item for item in requests if not _over_tor(item)]
    controls = [item for item in requests if _over_tor(item)]
    return experiments[:1] + controls[:1] + experiments[1:] + controls[1:]


def _over_tor(item: dict[str, Any]) -> bool:
    tor = item["request"].get("tor")
    return isinstance(tor, dict) and tor.get("is_tor") is True


def _response(given: Any) -> dict[str, Any]:
    if not isinstance(given, dict):
        return {"body": None, "headers": {}}
    return given | {"body": _body(given.get("body")), "headers": _headers(given.get("headers"))}


def _request(given: Any) -> dict[str, Any]:
    if not isinstance(given, dict):
        return {"body": None, "headers": {}}
    request = _response(given)
    url = request.get("url")
    if not isinstance(url, str):
        raise Unfit("bad_requests", "a request without url")
    request["tor"] = _tor(request.get("tor"))
    if url.startswith("shttp"):
        request["url"] = url[1:]
        request["tor"]["is_tor"] = True
    return request


def _tor(given: Any) -> dict[str, Any]:
    tor = {"is_tor": given is True, "exit_ip": None, "exit_name": None}
    if isinstance(given, dict) and given.get("is_tor") is True:
        tor = {"is_tor": True, "exit_ip": given.get("exit_ip"), "exit_name": given.get("exit_name")}
    return tor


def _body(given: Any) -> Any:
    if isinstance(given, bytes):
        return _text(given)
    return given.replace("\0", "") if isinstance(given, str) else given


def _headers(given: Any) -> dict[str, Any]:
    if given is None:
        return {}
    if not isinstance(given, list):
        raise Unfit("bad_headers", "headers are not a list")
    return dict(_header(item) for item in given)


def _header(item: Any) -> tuple[str, Any]:
    if not isinstance(item, list | tuple) or len(item) != 2:
        raise Unfit("bad_headers", "a header is not a name and its values")
    value = _first(_first(item[1]))
    if isinstance(value, str | bytes) and len(value) >= _LONGEST_HEADER:
        raise Unfit("bad_headers", f"a header of {len(value)} characters")
    return str(_text(item[0])), _text(value)


def _first(values: Any) -> Any:
    """The first of a list of values, of one value itself."""
    if isinstance(values, list | tuple):
        return values[0] if values else ""
    return values


def _text(value: Any) -> Any:
    return value.decode("utf-8", "backslashreplace") if isinstance(value, bytes) else value


def _length(headers: dict[str, Any]) -> str | None:
    lengths = [value for name, value in headers.items() if name.lower() == "content-length"]
    return None if not lengths or lengths[0] is None else str(lengths[0])
