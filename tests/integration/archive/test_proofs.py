"""Checkpoints and proofs over HTTP, checked by the very program that the documentation shows."""

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from oonib.app import errors
from oonib.archive.manifests.routes import router
from oonib.archive.manifests.service import ManifestService
from oonib.model.envelope import content_span

from support.archiving import START
from support.manifests import Sealed

DOCUMENT = Path(__file__).parents[3] / "docs" / "archive.md"


class Served:
    """A sealed archive and the routes over it."""

    def __init__(self, folder: Path) -> None:
        self.archive = Sealed(folder)
        app = FastAPI()
        errors.install(app)
        app.include_router(router(ManifestService(self.archive.table, self.archive.store, "1")))
        self.app = app

    def get(self, path: str) -> httpx.Response:
        """The answer of a path below `/api/v1/archive/`."""

        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(self.app)
            async with httpx.AsyncClient(transport=transport, base_url="http://archive") as client:
                return await client.get(f"/api/v1/archive/{path}")

        return asyncio.run(ask())

    def proof(self, uid: str) -> dict[str, object]:
        """The proof of a measurement."""
        answer = self.get(f"proof/{uid}")
        assert answer.status_code == 200, answer.text
        found: dict[str, object] = answer.json()
        return found


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    found = Served(tmp_path)
    yield found
    found.archive.close()


def program(folder: Path) -> Path:
    """The program of the documentation."""
    text = DOCUMENT.read_text(encoding="utf-8").split("```python\n")[1].split("```")[0]
    path = folder / "check.py"
    path.write_text(text, encoding="utf-8")
    return path


def run(folder: Path, proof: dict[str, object], body: bytes, key: str) -> subprocess.CompletedProcess[str]:
    (folder / "proof.json").write_text(json.dumps(proof))
    (folder / "body.json").write_bytes(body)
    command = [
        sys.executable,
        str(program(folder)),
        str(folder / "proof.json"),
        str(folder / "body.json"),
        key,
    ]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_documented_program_believes_a_proof_and_nothing_else(served: Served, tmp_path: Path) -> None:
    served.archive.add(7)
    served.archive.add(1, hours=1, ccs=("DE",))
    served.archive.pack()
    key = served.get("checkpoints").json()["public_key"]
    uid = sorted(served.archive.posts)[4]
    body = content_span(served.archive.posts[uid])
    proof = served.proof(uid)
    assert run(tmp_path, proof, body, key).returncode == 0
    assert "another measurement" in run(tmp_path, proof, body + b" ", key).stderr
    assert "not in the signed tree" in run(tmp_path, {**proof, "line": 0}, body, key).stderr
    assert "InvalidSignature" in run(tmp_path, proof, body, "00" * 31 + "01").stderr


def test_every_measurement_has_its_proof(served: Served) -> None:
    served.archive.add(9, ccs=("BR", "IT", "DE"))
    served.archive.pack()
    space: dict[str, object] = {}
    exec(compile(program(served.archive.folder).read_text(), "check.py", "exec"), space)
    for uid, post in served.archive.posts.items():
        proof = served.proof(uid)
        space["check"](proof, content_span(post), proof["public_key"])  # type: ignore[operator]


def test_checkpoints_page_by_page(served: Served) -> None:
    for hour in range(3):
        served.archive.add(1, hours=hour)
    assert served.get("checkpoints").json() == {
        "collectors": [],
        "collector": "1",
        "public_key": None,
        "latest": None,
        "results": [],
        "next_before": None,
    }
    served.archive.pack(START + timedelta(hours=5))
    chain = served.archive.chain()
    assert len(chain) == 3
    seen, before = [], ""
    while True:
        page = served.get(f"checkpoints?limit=2{before}").json()
        assert page["latest"]["hash"] == chain[-1].checkpoint.hash
        seen += [one["hash"] for one in page["results"]]
        if page["next_before"] is None:
            break
        before = f"&before={page['next_before']}"
    assert seen == [one.checkpoint.hash for one in reversed(chain)]
    assert page["collectors"] == ["1"]


def test_what_is_not_packed_yet(served: Served) -> None:
    served.archive.add(1)
    uid = next(iter(served.archive.posts))
    answer = served.get(f"proof/{uid}")
    assert answer.status_code == 404
    assert "ten minutes" in answer.json()["error"]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("proof/nonsense", 400),
        ("proof/..%2F..%2Fetc", 404),
        ("proof/20260302101500.000000_BR_webconnectivity_0123456789abcdef", 404),
        ("checkpoints?collector=77", 404),
        ("checkpoints?collector=../x", 422),
        ("checkpoints?limit=0", 422),
        ("checkpoints?before=-1", 422),
        ("checkpoints?before=0", 200),
    ],
)
def test_odd_questions(served: Served, path: str, status: int) -> None:
    served.archive.add(1)
    served.archive.pack()
    assert served.get(path).status_code == status


def test_an_archive_that_was_changed_proves_nothing(served: Served) -> None:
    served.archive.add(3, ccs=("BR",))
    served.archive.pack()
    uid = next(iter(served.archive.posts))
    key = served.archive.table.rows[0]["s3path"]
    served.archive.store.put(key, b"\x1f\x8b")
    answer = served.get(f"proof/{uid}")
    assert (answer.status_code, answer.json()["error"]) == (503, "archive_inconsistent")
