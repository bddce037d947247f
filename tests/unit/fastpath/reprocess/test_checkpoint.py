"""Progress that survives kills: what counts as done, torn lines, locks."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oonib.fastpath.reprocess import Checkpoint, CheckpointBusy, Job
from oonib.fastpath.reprocess.checkpoint import DoneFile

JOB = Job("folder", "embedded", datetime(2026, 3, 2, tzinfo=UTC), datetime(2026, 3, 3, tzinfo=UTC))
FILES = [DoneFile(f"raw/{number}", number, 10, 9) for number in range(5)]


def opened(folder: Path, *, restart: bool = False, job: Job = JOB) -> Checkpoint:
    return Checkpoint(folder, job, restart=restart)


def test_goes_on_and_begins_anew(tmp_path: Path) -> None:
    first = opened(tmp_path)
    first.add(FILES[:2])
    first.close()
    again = opened(tmp_path)
    assert again.run_id == first.run_id
    assert [again.is_done(one.key, one.size) for one in FILES] == [True, True, False, False, False]
    assert not again.is_done("raw/1", 2), "the file is another one by now"
    again.close()
    anew = opened(tmp_path, restart=True)
    assert anew.done == {}
    assert anew.run_id != first.run_id
    anew.close()


@pytest.mark.parametrize(
    "change",
    [
        {"snapshot": "other"},
        {"tests": ("signal",)},
        {"ccs": ("IT",)},
        {"source": "elsewhere"},
        {"version": "9"},
        {"until": datetime(2026, 3, 4, tzinfo=UTC)},
    ],
)
def test_another_job_has_its_own(tmp_path: Path, change: dict[str, object]) -> None:
    import dataclasses

    one, other = opened(tmp_path), opened(tmp_path, job=dataclasses.replace(JOB, **change))
    assert one.path != other.path
    one.close()
    other.close()


def test_one_at_a_time(tmp_path: Path) -> None:
    one = opened(tmp_path)
    with pytest.raises(CheckpointBusy):
        opened(tmp_path)
    one.close()
    opened(tmp_path).close()


@given(st.data())
def test_any_cut_keeps_a_prefix(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    folder = tmp_path_factory.mktemp("cut")
    whole = opened(folder)
    for one in FILES:
        whole.add([one])
    whole.close()
    text = whole.path.read_bytes()
    cut = data.draw(st.integers(0, len(text)))
    whole.path.write_bytes(text[:cut] + data.draw(st.sampled_from([b"", b"\0" * 7, b"garbage", b"[]\n"])))
    again = opened(folder)
    kept = list(again.done.values())
    assert kept == FILES[: len(kept)]
    assert len(kept) >= text[:cut].count(b"\n") - 1
    again.add(FILES[len(kept) :])
    again.close()
    last = opened(folder)
    assert list(last.done.values()) == FILES
    last.close()
