"""Names that were retired stay retired."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = ("contracts", "interfaces", "tonne", "oracles", "scripts", "docs")
SUFFIXES = (".sol", ".py", ".md")

#: Names that a reader had to translate, and the field's word that took their place.
RETIRED = {
    "_sitDown": "_openMatch",
    "_getUp": "_closeMatch",
    "_meet": "_fillMaker",
    "_life": "_orderStatus",
    "Turn": "MatchState",
    "ExchangeOffice": "ExchangeExtension",
    "MeterOffice": "MeterExtension",
    "PowerDesk": "PowerMarketExtension",
    "SettlementCourt": "PowerSettlementExtension",
    "BatchOffice": "BatchAuthority",
    "AccountWord": "PackedAccount",
    "BatchWord": "PackedBatch",
    "BoardWord": "PackedMarket",
    "ConfigWord": "PackedMarketConfig",
    "LevelWord": "PackedLevel",
    "RuleWord": "PackedMarketRules",
    "AuctionStore": "Auction",
    "PartiesStore": "Participants",
    "SchemeOffices": "Schemes",
    "bygone": "past_rights",
    "abi_words": "fast_abi",
    "rehearsal": "trial_market",
    "shortfalls.py": "penalties.py",
    "energyday": "energy_day",
    "rulepack": "rules.pack",
}


def occurrences(name: str, root: Path = ROOT) -> list[str]:
    """Files that have a retired name as a whole word."""
    word = re.compile(rf"(?<!\w){re.escape(name)}(?!\w)")
    return [path for path, text in texts(root).items() if name in text and word.search(text)]


@cache
def texts(root: Path) -> dict[str, str]:
    """The texts of all sources and documents by path."""
    return {
        path.relative_to(root).as_posix(): path.read_text(encoding="utf-8")
        for folder in FOLDERS
        for path in sorted((root / folder).rglob("*"))
        if path.suffix in SUFFIXES
    }


@pytest.mark.parametrize("name", RETIRED)
def test_a_retired_name_stays_retired(name):
    assert occurrences(name) == [], f"it is {RETIRED[name]} now"


def test_a_retired_name_is_found(tmp_path):
    for folder in FOLDERS:
        (tmp_path / folder).mkdir()
    (tmp_path / "contracts" / "Book.sol").write_text("function _meet() private {}\n")
    assert occurrences("_meet", tmp_path) == ["contracts/Book.sol"]
