"""A run of a job: what is kept of it, who may see it, and that nothing ends the others."""

import json
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest
from fastapi import FastAPI

from oonib.jobs import Job, JobFailed, JobsService, Journal, Result, Runner
from oonib.jobs import routes as jobs_routes
from oonib.jobs.results import Entry
from oonib.jobs.turns import Leases
from oonib.metrics import Metrics
from oonib.objects import ObjectStore

from support.serving import Client


def raising(exc: Exception):
    def run() -> str:
        raise exc

    return run


def runs(metrics: Metrics, name: str, result: str) -> float:
    return metrics.jobs.labels(name, result)._value.get()


def test_a_good_run_is_kept_for_other_processes(tmp_path: Path) -> None:
    metrics = Metrics()
    job = Job("lists", "Loads lists.", 1800.0, lambda: "40 loaded")
    runner = Runner(tmp_path, metrics, None)
    runner.journal.plan("lists", 1_800_000_000.0)
    result = runner.run(job)
    assert (result.ok, result.message) == (True, "40 loaded")
    (status,) = JobsService([job], tmp_path).statuses()
    assert status.last.ok
    assert status.last.at == result.at
    assert status.last.next_due == datetime.fromtimestamp(1_800_000_000, UTC)
    assert not status.running
    assert runs(metrics, "lists", "ok") == 1
    assert metrics.job_success.labels("lists")._value.get() > 0


@pytest.mark.parametrize(
    ("exc", "message"),
    [
        (JobFailed("no network"), "no network"),
        (OSError(28, "No space left on device"), "[Errno 28] No space left on device"),
        (ZeroDivisionError("oops"), "ZeroDivisionError: oops"),
        (JobFailed("x" * 10_000), "x" * 500),
    ],
)
def test_a_failed_run_is_kept_and_counted(tmp_path: Path, exc: Exception, message: str) -> None:
    metrics = Metrics()
    runner = Runner(tmp_path, metrics, None)
    assert not runner.run(Job("lists", "", 1.0, raising(exc))).ok
    entry = Journal(tmp_path).read("lists")
    assert (entry.ok, entry.message) == (False, message)
    assert runs(metrics, "lists", "failed") == 1


def test_the_same_job_never_runs_twice_at_once(tmp_path: Path) -> None:
    inside, leave = threading.Event(), threading.Event()

    def slow() -> str:
        inside.set()
        leave.wait(10)
        return "done"

    job = Job("lists", "", 1.0, slow)
    thread = threading.Thread(target=Runner(tmp_path, Metrics(), None).run, args=(job,))
    thread.start()
    inside.wait(10)
    assert JobsService([job], tmp_path).statuses()[0].running
    other = Runner(tmp_path, Metrics(), None).run(job)
    assert (other.skipped, other.message) == (True, "it runs already")
    leave.set()
    thread.join()
    assert Journal(tmp_path).read("lists").message == "done"


def test_two_hosts_share_a_job_and_not_their_own(tmp_path: Path) -> None:
    objects = ObjectStore.open(str(tmp_path / "objects"))
    hosts = [Runner(tmp_path / name, Metrics(), Leases(objects, name)) for name in ("one", "two")]
    done: list[str] = []
    shared = Job("lists", "", 1800.0, lambda: done.append("shared") or "", shared=True)
    own = Job("geoip", "", 1800.0, lambda: done.append("own") or "")
    for host in hosts:
        host.run(shared)
        host.run(own)
    assert done == ["shared", "own", "own"]
    assert Journal(tmp_path / "two").read("lists") == Entry()
    assert not hosts[1].run(shared, by_hand=True).skipped


def test_without_the_object_store_a_shared_job_fails_and_says_so(tmp_path: Path) -> None:
    (tmp_path / "objects").write_text("in the way")
    leases = Leases(ObjectStore.open(str(tmp_path / "objects")), "one")
    result = Runner(tmp_path / "jobs", Metrics(), leases).run(Job("lists", "", 1.0, lambda: "", shared=True))
    assert not result.ok
    assert not result.skipped


@pytest.mark.parametrize(
    "content",
    ["", "nonsense", "[]", "null", '{"at": 5}', '{"at": "yesterday", "next_due": null}', "[" * 100_000],
)
def test_a_damaged_result_is_no_result(tmp_path: Path, content: str) -> None:
    (tmp_path / "lists.json").write_text(content)
    assert Journal(tmp_path).read("lists") == Entry()
    Journal(tmp_path).record("lists", Result(datetime.now(UTC), 1.0, True, "fine"))
    assert Journal(tmp_path).read("lists").message == "fine"


def test_results_that_cannot_be_kept_end_nothing(tmp_path: Path) -> None:
    (tmp_path / "jobs").write_text("a file where the folder should be")
    result = Runner(tmp_path / "jobs", Metrics(), None).run(Job("lists", "", 1.0, lambda: "fine"))
    assert not result.ok
    Journal(tmp_path / "jobs").plan("lists", 1.0)


def test_over_http(tmp_path: Path) -> None:
    job = Job("lists", "Loads lists.", 1800.0, lambda: "40 loaded")
    never = Job("asn", "Loads names.", 604800.0, lambda: "")
    runner = Runner(tmp_path, Metrics(), None)
    runner.journal.plan("lists", 1_800_000_000.0)
    runner.run(job)
    app = FastAPI()
    app.include_router(jobs_routes.router(JobsService([job, never], tmp_path)))
    answer = Client(app).get("/api/v1/jobs")
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-cache"
    lists, asn = json.loads(answer.content)["jobs"]
    assert lists["next_due"] == "2027-01-15T08:00:00Z"
    assert {key: lists[key] for key in ("name", "help", "period", "running", "ok", "message")} == {
        "name": "lists",
        "help": "Loads lists.",
        "period": 1800.0,
        "running": False,
        "ok": True,
        "message": "40 loaded",
    }
    assert (asn["last_run"], asn["ok"], asn["next_due"], asn["message"]) == (None, None, None, "")
