"""The block that a moment falls into."""

from __future__ import annotations

from tonne.chain.block_times import first_since
from tonne.chain.client import Head


class Blocks:
    """A chain of which only times are known."""

    def __init__(self, times: list[int]) -> None:
        self._times = times
        self.asked = 0

    def block_number(self) -> int:
        return len(self._times) - 1

    def block(self, tag: str) -> Head:
        self.asked += 1
        number = int(tag, 16)
        return Head(number, hex(number), self._times[number])


def test_every_moment_finds_its_block():
    times = [10, 10, 12, 15, 15, 15, 20, 31]
    for moment in range(9, 33):
        expected = next((n for n, t in enumerate(times) if t >= moment), len(times))
        assert first_since(Blocks(times), moment) == expected, moment


def test_blocks_that_are_known_to_be_earlier_are_not_asked_for():
    times = list(range(1_000))
    for low in (0, 700, 990, 995):
        assert first_since(Blocks(times), 995, low) == 995


def test_what_is_near_the_head_takes_few_questions():
    blocks = Blocks(list(range(1_000_000)))
    assert first_since(blocks, 999_990) == 999_990
    assert blocks.asked <= 10
