"""Running hashes and releases, as the contract takes them."""

from __future__ import annotations

from tonne.crypto.hashing import keccak
from tonne.power.encoding import BID, OFFER, Arc, Clearing, PowerOrder, Round
from tonne.power.rounds import accepted_by, releases, running

SEED = b"\x01" * 32


def round_of(count: int) -> Round:
    orders = tuple(PowerOrder(1 + i % 3, i % 2, i % 2, 100 + i, 1_000) for i in range(count))
    return Round(2, (Arc(0, 1, 950_000, 500),), orders)


def test_a_running_hash_takes_one_word_a_step() -> None:
    first = keccak(SEED + (7).to_bytes(32, "big"))
    assert running(SEED, [7, 8]) == [SEED, first, keccak(first + (8).to_bytes(32, "big"))]


def test_releases_go_from_the_last_order_back_and_fit_each_other() -> None:
    round_ = round_of(21)
    clearing = Clearing((1_000, 1_000), (0,), tuple(range(21)))
    shown = releases(round_, clearing, SEED, 8)
    assert [len(orders) for _, _, orders, _ in shown] == [5, 8, 8]
    assert shown[-1][0] == SEED
    hash_ = behind = None
    for before, result, orders, accepted in reversed(shown):
        if hash_ is not None:
            assert before == hash_
            assert result == behind
        hash_ = running(before, orders)[-1]
        behind = running(result, accepted)[-1]
    assert hash_ == running(SEED, [o.word() for o in round_.orders])[-1]


def test_of_a_lapsed_interval_nothing_accepted_is_shown() -> None:
    shown = releases(round_of(9), None, SEED, 100)
    assert [(len(orders), accepted) for _, _, orders, accepted in shown] == [(9, [])]


def test_accepted_energy_is_summed_by_account_node_and_side() -> None:
    orders = (
        PowerOrder(1, 0, BID, 9, 5),
        PowerOrder(1, 0, BID, 9, 4),
        PowerOrder(1, 0, OFFER, 9, 4),
    )
    found = accepted_by(orders, Clearing((5,), (), (9, 3, 2)))
    assert found == {(1, 0, BID): 12, (1, 0, OFFER): 2}
