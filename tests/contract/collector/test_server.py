"""What the server itself does: protocols, other requests meanwhile, counting, ending with its parent."""

import socket
import threading
import time
from pathlib import Path

import httpx
import psutil
import zstandard

from oonib.spool import Spool

from support.processes import Oonib, wait_until
from support.submissions import REPORT_ID, body


def test_only_http1_is_spoken(api: Oonib) -> None:
    with socket.create_connection(("127.0.0.1", api.port), timeout=10) as connection:
        connection.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes((0, 0, 0, 4, 0, 0, 0, 0, 0)))
        answer = connection.recv(1000)
    # A SETTINGS frame would mean that the limits for request heads can be evaded.
    assert answer == b"" or answer.startswith(b"HTTP/1.1 4")


def test_submissions_are_counted_under_their_route(api: Oonib, client: httpx.Client) -> None:
    assert client.post(f"/report/{REPORT_ID}", content=body()).status_code == 200
    assert 'route="/report/{report_id}",status="200"' in client.get("/metrics").text


def test_a_small_body_that_is_large_inside_keeps_nobody_waiting(api: Oonib, client: httpx.Client) -> None:
    inside = b'{"content":{"a":[' + b"[]," * 900_000 + b'[]],"s":"' + b"x" * 500_000 + b'"}}'
    sent = zstandard.compress(inside)
    assert len(sent) < 10_000
    posts = [
        threading.Thread(
            target=httpx.post,
            args=(f"{api.url}/report/{REPORT_ID}",),
            kwargs={"content": sent, "headers": {"Content-Encoding": "zstd"}, "timeout": 60},
        )
        for _ in range(6)
    ]
    for post in posts:
        post.start()
    answered = 0
    while any(post.is_alive() for post in posts):
        answered += client.get("/version").status_code == 200
        time.sleep(0.01)
    for post in posts:
        post.join()
    # Parsed on the event loop, the six would let hardly any other request in between.
    assert answered > 6


def test_workers_end_with_a_killed_server(tmp_path: Path) -> None:
    server = Oonib("api", data_dir=tmp_path / "data", workers=2)
    server.start()
    assert server.process is not None
    workers = server.tree()[1:]
    assert workers
    server.process.kill()
    server.process.wait()
    server.process = None
    try:
        wait_until(lambda: not any(_lives(worker) for worker in workers), 5, "the workers' end")
    finally:
        for worker in workers:
            if _lives(worker):
                worker.kill()
    again = Spool(tmp_path / "data" / "spool" / "spool.sqlite")
    again.close()


def _lives(process: psutil.Process) -> bool:
    return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
