"""Summaries of rows that arrive in chunks hold as much memory for many rows as for few."""

import pytest
from battery.memory import CHUNK, SUMMARIES, peak_of


@pytest.mark.parametrize("name", SUMMARIES)
def test_ten_times_the_rows_take_the_same_memory(name):
    few, many = peak_of(name, 2 * CHUNK), peak_of(name, 20 * CHUNK)
    assert many < 1.1 * few
    assert many < 40
