"""Terms of the power market that a deployment refuses before it begins: each bound, with its option."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tonne.constants import DAY_S, HOUR_S
from tonne.deployment import power_terms
from tonne.deployment.deployer import Settings
from tonne.errors import TonneError

SETTINGS = Settings("0x" + "11" * 20)


def test_the_usual_terms_and_terms_at_their_bounds_are_taken():
    power_terms.require(SETTINGS)
    for given in (
        {"power_interval": 60},
        {"power_interval": DAY_S // 2},
        {"power_gate_lead": HOUR_S - 1},
        {"power_window": 600},
        {"power_price_cap": 2**28},
        {"grid_share": 64},
        {"settlement_window": DAY_S},
        {"settlement_bond": 1},
    ):
        power_terms.require(replace(SETTINGS, **given))


@pytest.mark.parametrize(
    ("option", "given"),
    [
        ("power-interval", {"power_interval": 50}),
        ("power-interval", {"power_interval": DAY_S}),
        ("power-interval", {"power_interval": 700}),
        ("power-window", {"power_window": 601}),
        ("power-window", {"power_window": 30}),
        ("power-gate", {"power_gate_lead": HOUR_S}),
        ("power-cap", {"power_price_cap": 0}),
        ("power-cap", {"power_price_cap": 2**28 + 1}),
        ("grid-nodes", {"grid_share": 0}),
        ("grid-nodes", {"grid_share": 65}),
        ("settlement-window", {"settlement_window": 0}),
        ("settlement-window", {"settlement_window": DAY_S + 1}),
        ("settlement-bond", {"settlement_bond": 0}),
    ],
)
def test_a_term_out_of_bounds_is_refused_by_its_option(option, given):
    with pytest.raises(TonneError) as raised:
        power_terms.require(replace(SETTINGS, **given))
    assert (raised.value.code, raised.value.field) == ("POWER_TERMS", option)
    assert f"--{option}" in raised.value.remedy
