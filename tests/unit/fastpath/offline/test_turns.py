"""Batches come out in the order of their tasks, whatever the order in which they arrive."""

from hypothesis import given
from hypothesis import strategies as st

from oonib.fastpath.offline import Batch, Finished
from oonib.fastpath.offline.turns import Turns


@given(st.lists(st.integers(1, 4), max_size=6), st.randoms(use_true_random=False))
def test_any_arrival_gives_the_same_order(sizes: list[int], rng) -> None:
    todo = {number: list(range(size)) for number, size in enumerate(sizes)}
    turns = Turns(most=3)
    shown = []
    while todo:
        # When it is full, only what the first task brings is taken, as the crew does.
        number = turns.first if turns.full else rng.choice(sorted(todo))
        part = todo[number].pop(0)
        end = None if todo[number] else Finished()
        if end is not None:
            del todo[number]
        shown += [batch.task for batch in turns.arrived(number, Batch((number, part), [], end))]
    assert shown == [(number, part) for number, size in enumerate(sizes) for part in range(size)]
    assert turns.first == len(sizes)
