"""`tonne deploy`: terms of the power market that are refused before anything is sent, or kept."""

from __future__ import annotations

import json

import pytest

from tonne import cli
from tonne.chain.client import Chain


def _run(anvil, folder, capsys, *options):
    """(status, what was printed for machines)."""
    at = ("--rpc", anvil.url, "--deployments", str(folder), "--json")
    with pytest.raises(SystemExit) as end:
        cli.main(["deploy", *options, *at])
    return end.value.code or 0, json.loads(capsys.readouterr().out)


def test_terms_out_of_bounds_are_refused_before_anything_is_sent(anvil, tmp_path, capsys):
    status, told = _run(anvil, tmp_path, capsys, "--power-interval", "700")
    assert (status, told["error"]["code"]) == (1, "POWER_TERMS")
    assert told["error"]["field"] == "power-interval"
    assert list(tmp_path.iterdir()) == []


def test_the_market_has_the_terms_that_were_chosen(anvil, tmp_path, capsys):
    terms = ("--power-interval", "3600", "--power-gate", "900", "--power-window", "400")
    more = ("--power-cap", "2.5", "--settlement-window", "6", "--settlement-bond", "50")
    status, told = _run(anvil, tmp_path, capsys, *terms, *more, "--grid-nodes", "8")
    assert status == 0, told
    from tonne.deployment import record

    with Chain(anvil.url) as chain:
        record.attach(chain, tmp_path)
        kept = chain.call("PowerMarket", "terms")
        assert (kept.intervalS, kept.gateLeadS, kept.windowS) == (3_600, 900, 400)
        assert kept.priceCap == 2_500_000
        assert chain.call("PowerSettlement", "WINDOW") == 6 * 3_600
        assert chain.call("PowerSettlement", "BOND") == 50_000_000
        assert chain.call("PowerGrid", "NODES_PER_SCHEME") == 8
