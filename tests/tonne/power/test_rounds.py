"""Running hashes and what was accepted, as the contract takes them."""

from __future__ import annotations

import pytest

from tonne.crypto.hashing import keccak
from tonne.errors import TonneError
from tonne.power import clearing_check
from tonne.power.encoding import (
    BID,
    OFFER,
    Arc,
    Clearing,
    CurveStep,
    Round,
    curve_steps,
    curve_words,
    held,
)
from tonne.power.rounds import accepted_by, require_whole, running, words_hash

SEED = b"\x01" * 32


def test_a_running_hash_takes_one_bidder_a_step() -> None:
    first = keccak(SEED + words_hash([7, 9]))
    assert running(SEED, [[7, 9]]) == first
    assert running(SEED, [[7, 9], [8]]) == keccak(first + words_hash([8]))


def test_curves_are_packed_four_steps_a_word() -> None:
    steps = [CurveStep(5, 1, BID, 10 + i, 900 - i) for i in range(5)]
    steps.append(CurveStep(5, 1, OFFER, 3, 7))
    words = curve_words(steps)
    assert words[0] == 5 | 1 << 32 | 5 << 48
    assert words[2] == 896 | 14 << 32
    assert words[3] == 5 | 1 << 32 | 1 << 40 | 1 << 48
    assert len(words) == 5
    assert curve_steps(words) == steps


def test_a_round_tells_its_bidders_apart() -> None:
    steps = (CurveStep(5, 0, BID, 1, 9), CurveStep(5, 1, BID, 1, 9), CurveStep(6, 0, BID, 1, 9))
    assert [len(words) for words in Round(2, (), steps).curves()] == [4, 2]


def test_what_is_held_is_rounded_up_for_each_curve() -> None:
    steps = [
        CurveStep(5, 0, BID, 1, 1),
        CurveStep(5, 0, BID, 1, 2),
        CurveStep(5, 0, OFFER, 1_001, 9),
    ]
    assert held(steps, guarantee=50) == 1 + 51


def test_accepted_energy_is_summed_by_bidder_node_and_side() -> None:
    steps = (
        CurveStep(1, 0, BID, 9, 6),
        CurveStep(1, 0, BID, 9, 5),
        CurveStep(1, 0, OFFER, 8, 4),
        CurveStep(2, 0, BID, 9, 5),
    )
    round_ = Round(1, (), steps)
    clearing = Clearing((5,), (), (5, 18, 0, 0))
    assert clearing_check.accepted(round_, clearing) == [9, 2, 8, 3]
    assert accepted_by(round_, clearing) == {(1, 0, BID): 11, (1, 0, OFFER): 8, (2, 0, BID): 3}


def test_lines_in_use_lead_round_in_no_circle() -> None:
    arcs = (Arc(0, 1, 1_000_000, 9), Arc(1, 2, 1_000_000, 9), Arc(2, 0, 1_000_000, 9))
    round_ = Round(4, (*arcs, Arc(2, 1, 500_000, 9, line=False)), ())
    assert clearing_check.circle(round_, (1, 1, 1, 0)) == {0, 1, 2}
    assert clearing_check.circle(round_, (1, 1, 0, 9)) == set()


def test_curves_that_a_node_leaves_out_are_found_missing() -> None:
    steps = (CurveStep(5, 0, BID, 1, 9), CurveStep(6, 0, BID, 1, 9))
    whole = running(SEED, Round(1, (), steps).curves())
    require_whole(Round(1, (), steps), SEED, whole)
    for part in (steps[:1], steps[::-1]):
        with pytest.raises(TonneError) as refused:
            require_whole(Round(1, (), part), SEED, whole)
        assert refused.value.code == "POWER_CURVES_INCOMPLETE"


def test_a_clearing_beats_another_by_welfare_beyond_rounding_or_by_a_lower_price() -> None:
    offered = clearing_check.ClearingOutcome(welfare=1_000, energy=10, loss=0, rent=0)
    beats = clearing_check.beats
    assert beats(offered, (5, 5), 989, (4, 4))
    assert not beats(offered, (5, 5), 990, (5, 5))
    assert beats(offered, (5, 4), 1_010, (5, 5))
    assert not beats(offered, (5, 4), 1_011, (5, 5))
    assert not beats(offered, (6, 1), 1_000, (5, 5))
