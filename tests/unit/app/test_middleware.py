"""Deadlines of bodies: patient with poor networks, not with those who hold much and send little."""

from oonib.app.middleware import seconds_for


def test_a_body_has_time_in_proportion() -> None:
    assert seconds_for(0) == 0
    assert 900 < seconds_for(500_000) < 1000
    # The largest one may not hold its memory for longer than this.
    assert 3600 < seconds_for(32 * 1024 * 1024) < 4200
