"""An application of tests on a real port: for clients that speak over sockets. Answers come whole."""

from http.server import BaseHTTPRequestHandler

from support.serving import Backend
from support.website import Website


class Bridge(Website):
    """Passes every GET on to the endpoints of a backend."""

    def __init__(self, backend: Backend) -> None:
        super().__init__()
        self._backend = backend
        self.pages = _Every(self._pass_on)

    def _pass_on(self, handler: BaseHTTPRequestHandler) -> None:
        answer = self._backend.client.get(handler.path)
        handler.send_response(answer.status_code)
        handler.send_header("Content-Type", answer.headers["content-type"])
        handler.send_header("Content-Length", str(len(answer.content)))
        handler.end_headers()
        handler.wfile.write(answer.content)


class _Every(dict):  # type: ignore[type-arg]
    def __init__(self, answer: object) -> None:
        super().__init__()
        self._answer = answer

    def get(self, _path: object, _default: object = None) -> object:
        return self._answer
