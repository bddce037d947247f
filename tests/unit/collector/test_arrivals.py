"""Results of another thread reach those who wait for them, and nobody else is disturbed."""

import asyncio
import threading
from concurrent.futures import Future

import pytest

from oonib.collector.arrivals import Arrivals


def test_each_gets_its_own() -> None:
    async def main() -> list[int]:
        arrivals = Arrivals()
        futures: list[Future[int]] = [Future() for _ in range(50)]
        waits = [asyncio.create_task(arrivals.of(future)) for future in futures]
        await asyncio.sleep(0)

        def fulfil() -> None:
            for number in reversed(range(50)):
                futures[number].set_result(number)

        thread = threading.Thread(target=fulfil)
        thread.start()
        found = await asyncio.wait_for(asyncio.gather(*waits), 10)
        thread.join()
        return found

    assert asyncio.run(main()) == list(range(50))


def test_one_that_is_done_already_and_one_that_failed() -> None:
    async def main() -> int:
        arrivals = Arrivals()
        done: Future[int] = Future()
        done.set_result(7)
        failed: Future[int] = Future()
        failed.set_exception(KeyError("x"))
        with pytest.raises(KeyError):
            await arrivals.of(failed)
        return await arrivals.of(done)

    assert asyncio.run(main()) == 7


def test_giving_up_cancels_and_leaves_the_others_waiting() -> None:
    async def main() -> int:
        arrivals = Arrivals()
        left: Future[int] = Future()
        kept: Future[int] = Future()
        gone = asyncio.create_task(arrivals.of(left))
        waits = asyncio.create_task(arrivals.of(kept))
        await asyncio.sleep(0)
        gone.cancel()
        with pytest.raises(asyncio.CancelledError):
            await gone
        assert left.cancelled()
        kept.set_result(3)
        return await asyncio.wait_for(waits, 10)

    assert asyncio.run(main()) == 3


def test_what_comes_after_the_loop_ended_is_no_error() -> None:
    arrivals = Arrivals()
    late: Future[int] = Future()
    loop = asyncio.new_event_loop()
    task = loop.create_task(arrivals.of(late))
    loop.run_until_complete(asyncio.sleep(0))
    loop.close()
    late.set_result(1)
    assert not task.done()
    task._log_destroy_pending = False  # type: ignore[attr-defined]
