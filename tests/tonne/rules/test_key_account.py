"""What becomes of each key of a pack: none goes unsaid."""

from __future__ import annotations

from datetime import date

import pytest

from tonne.rules import key_account
from tonne.rules.key_account import KeyFate, KeyOutcome
from tonne.rules.pack import load, names
from tonne.rules.pack.key_spec import OF_YEARS
from tonne.rules.pack.keys import KEYS, sector_of, spec_of

#: Keys that runs read, though no contract does and no reason leaves them out: a run in which one of them
#: holds and is not read has a silent rule. `tests/e2e/test_keys.py` runs schemes that read them.
READ_BY_RUNS = {
    "coverage.threshold", "coverage.gases",
    "allocation.method", "allocation.preallocation_basis", "allocation.power_basis",
    "allocation.auction_share", "allocation.correction_all",
    "offset.excluded", "offset.reduced_from", "offset.registered_from",
    "supply.msr_upper", "supply.msr_middle", "supply.msr_lower", "supply.msr_intake",
    "supply.msr_release", "supply.circulating", "supply.reserve_held",
    "supply.spike_multiple", "supply.spike_release", "supply.reserve_growth",
    "penalty.index", "penalty.indexed",
    "mrv.monthly_evidence", "mrv.report_days", "mrv.min_bodies", "mrv.min_assurance",
    "mrv.max_materiality", "mrv.max_signature_age", "mrv.max_clock_skew", "mrv.base", "mrv.max_load",
    "mrv.max_heat_load", "mrv.oxidation",
    "market.reference_price", "market.lot", "market.tick", "market.band", "market.listed_max",
    "market.block_min", "market.block_band", "market.sessions", "market.block_sessions",
    "market.taker_levels", "market.close_rule", "market.custody", "market.holding_limit",
    "market.holding_limit_over_allocation", "market.holding_limit_base",
    "market.holding_limit_base_share", "market.holding_limit_rest_share",
    "installation.sale_consent",
}  # fmt: skip
#: Of sectors of which a run has no emitter, and of auctions where none is held, the account says so itself.
OF_SECTORS = {
    "allocation.gap_limit", "allocation.product_benchmark", "allocation.activity",
    "allocation.activity_change", "obligation.phase_in",
    "mrv.min_product", "mrv.max_product",
}  # fmt: skip


def test_every_key_is_read_on_the_chain_built_in_or_left_out_with_a_reason():
    unsaid = {
        key
        for key, spec in KEYS.items()
        if spec.chain_key is None and spec.built is None and not spec.left
    }
    auctions = {key for key in unsaid if key.startswith("auction.")}
    assert unsaid - auctions == READ_BY_RUNS | OF_SECTORS


@pytest.mark.parametrize("name", names())
def test_no_key_of_a_shipped_pack_would_be_silent_in_a_run(name):
    pack = load(name)
    for key in pack.values:
        outcome = key_account._fate(
            key, frozenset(READ_BY_RUNS), frozenset(), {"auction.": "None held."}
        )
        bound = key.startswith(("mrv.m", "benchmark."))
        assert outcome.fate is not KeyFate.SILENT or bound, key


def china(read, sectors=("power",), without=None):
    pack = load("china-national")
    found = key_account.account(
        pack, pack.period("2019-20"), frozenset(read), sectors, without or {}
    )
    return {one.key: one for one in found}


def test_fates_of_keys():
    found = china(
        {"market.tick", "coverage.threshold"}, without={"auction.": "No auction is held."}
    )
    assert found["offset.limit"] == KeyOutcome("offset.limit", KeyFate.CHAIN)
    assert found["market.tick"].fate is KeyFate.RUN
    assert found["market.same_day_resale"].fate is KeyFate.BUILT
    assert (
        found["coverage.entities"].fate is KeyFate.LEFT
        and "fleet" in found["coverage.entities"].reason
    )
    assert found["auction.form"] == KeyOutcome("auction.form", KeyFate.LEFT, "No auction is held.")
    assert found["market.band"].fate is KeyFate.SILENT


def test_keys_of_other_years_and_of_later_days_are_not_of_a_period():
    found = china(())
    assert "penalty.min" in found and "penalty.multiple_min" not in found
    assert "allocation.closure" not in found, "holds for 2021 and 2022"
    assert not any(sector_of(key) for key in found), "the sectors begin in 2024"


def test_a_sector_without_emitters_is_told_with_its_name():
    reason = key_account._fate(
        "allocation.steel.method", frozenset(), frozenset({"power"}), {}
    ).reason
    assert reason == "No emitter of the run is of the sector steel."
    silent = key_account._fate("allocation.steel.method", frozenset(), frozenset({"steel"}), {})
    assert silent.fate is KeyFate.SILENT


def test_a_list_of_what_is_left_out_has_a_reason_for_each_key_and_tells_a_silent_one():
    found = key_account.left_out(china({"market.tick"}).values())
    told = dict(found)
    assert "market.tick" not in told and "offset.limit" not in told
    assert all(reason.endswith(".") for reason in told.values())
    assert told["market.band"] == "Read by no step of the run: its value had no effect."


def test_years_and_days_of_acts_are_told_apart():
    pack = load("china-national")
    period = pack.period("2019-20")
    for key in key_account.valid_keys(pack, period):
        years = key.partition(".")[0] in OF_YEARS
        first = date(2020, 1, 1) if years else date(2021, 1, 1)
        last = date(2020, 12, 31) if years else date(2021, 12, 31)
        assert pack.holds_between(key, first, last)
    assert spec_of("borrowing.allowed").left
