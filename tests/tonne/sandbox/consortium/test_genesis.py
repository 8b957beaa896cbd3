"""The first block of a drill's chain: who seals, by which rules, who has coin."""

from __future__ import annotations

from tonne.sandbox.consortium.genesis import genesis

ONE, TWO = "0x" + "Bb" * 20, "0x" + "aA" * 20


def test_the_signers_stand_between_vanity_and_seal_in_order():
    extra = genesis(7, [ONE, TWO], [], 2)["extraData"].removeprefix("0x")
    assert extra == "00" * 32 + "aa" * 20 + "bb" * 20 + "00" * 65


def test_it_has_londons_rules_and_none_later():
    config = genesis(7, [ONE], [], 2)["config"]
    assert config["londonBlock"] == 0 and config["clique"]["period"] == 2
    later = {"arrowGlacierBlock", "mergeNetsplitBlock", "shanghaiTime", "terminalTotalDifficulty"}
    assert not later & set(config)


def test_only_who_pays_has_coin():
    alloc = genesis(7, [ONE], [TWO], 2)["alloc"]
    assert list(alloc) == ["aA" * 20]
