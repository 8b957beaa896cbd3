"""The public register by events alone, beside the contracts' own views."""

from __future__ import annotations

from contextlib import closing

import pytest
from rich.console import Console

from tests.tonne.audit.store.test_breaches import Planter
from tests.tonne.simulation.registry.test_replay import SMALL
from tests.tonne.simulation.registry.test_rows import EUTL, HEAD
from tonne.audit import reconcile
from tonne.audit.reading import bring_up
from tonne.audit.replay.events import pin
from tonne.audit.store import excerpt, exports, register
from tonne.audit.store.database import Store
from tonne.audit.store.register import Moment, PublicRegister
from tonne.audit.trust import Trust
from tonne.simulation.registry import run

PLANT = 1


def _register(chain, store, first=0):
    bring_up(chain, first, store, Trust())
    return PublicRegister.of(store)


@pytest.fixture
def store(tmp_path):
    held = Store(tmp_path / "store.duckdb")
    yield held
    held.close()


# What is proven and stored


def test_the_store_is_brought_up_to_the_last_block_and_compared_with_nothing(town, store, tmp_path):
    head = bring_up(town.chain, town.deployment.first_block, store, Trust())
    assert head == pin(town.chain)
    assert store.last_result() is None
    town.chain.mine(3)
    told = []
    first = town.deployment.first_block
    bring_up(
        town.chain, first, store, Trust(chunk=2), lambda done, total: told.append((done, total))
    )
    assert told == [(2, 3), (3, 3)]
    other = Store(tmp_path / "other.duckdb")
    reconcile.audit(town.chain, first, trust=Trust(store=other))
    assert store.cursor().digest == other.cursor().digest
    other.close()


# Running totals


@pytest.fixture(scope="module")
def replayed(tmp_path_factory):
    """A registry's file through the contracts; its register, and the contracts' answers to the same."""
    folder = tmp_path_factory.mktemp("registry")
    path = folder / "registry.csv"
    path.write_text(HEAD + "".join(SMALL))
    store = Store(folder / "store.duckdb")
    kept = {}

    def audit(chain):
        found = _register(chain, store)
        kept["register"] = found
        kept["answers"] = {
            key: (
                chain.call("CumulativeCompliance", "accountOf", key[2], key[1]),
                chain.call("CumulativeCompliance", "positionOf", key[2], key[1]),
                chain.call("CumulativeCompliance", "verdictOf", key[2], key[1]),
            )
            for key in found.accounts
        }
        kept["tables"] = {
            key: chain.call("Allocation", "allocationOf", key[0], key[1], key[2])
            for key in found.allocated
        }
        return reconcile.audit(chain)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(run, "audit", audit)
        kept["result"] = run.replay(path, EUTL, Console(quiet=True))
    yield kept
    store.close()


def test_running_totals_and_verdicts_are_the_contracts(replayed):
    found = replayed["register"]
    accounts = found.accounts.values()
    assert len(accounts) == len(replayed["result"].verdicts) > 8
    standings = {(a["scheme"], a["period"], a["plant"]): a["standing"] for a in accounts}
    for key, (_, _, verdict) in replayed["answers"].items():
        assert standings[key] == register.VERDICTS[verdict]
    assert {"complies", "short", "unverified"} == set(standings.values())
    for key, (account, position, _) in replayed["answers"].items():
        own = found.accounts[key]
        last = max(
            k[1] for k in found.accounts if k[::2] == key[::2] and _same_phase(found, k, key)
        )
        if key[1] == last:
            assert (own["verified"], own["surrendered"]) == (
                account.verifiedT,
                account.surrenderedT,
            )
            assert own["owed"] == position[0]


def _same_phase(found, one, other):
    return found.accounts[one]["phase"] == found.accounts[other]["phase"]


def test_an_allocation_by_table_is_listed_in_every_step(replayed):
    found = replayed["register"]
    assert found.allocated == {key: answer[1] for key, answer in replayed["tables"].items()}
    plant = next(key[2] for key in found.allocated)
    steps = found.plant(plant)["allocation"]
    assert [(s["period"], s["amount"]) for s in steps if s["act"] == "AllowancesTabled"]
    assert all(s["block"] and s["decision"] for s in steps if s["act"] == "AllowancesTabled")


def test_the_list_of_a_year_has_its_totals(replayed):
    found = replayed["register"]
    rows = {row["plant"]: row for row in found.listed(period=2006, year=2006)}
    for number, row in rows.items():
        account = found.accounts.get((row["scheme"], 2006, number))
        if account is not None:
            assert (row["owed"], row["standing"]) == (account["owed"], account["standing"])
            assert row["cumulative"]
    assert {row["finality"] for row in rows.values() if row["year"]} == {"determined"}
    assert all(row["year"] in (None, 2006) for row in rows.values())


# Finality, by forged events behind the last block


def test_a_figure_is_as_final_as_the_last_step_leaves_it(town, store):
    found = _register(town.chain, store, town.deployment.first_block)
    assert found.verified[PLANT, 2020]["finality"] == "final"
    before = found.at.time
    early = PublicRegister(
        store, found.at._replace(time=found.verified[PLANT, 2020]["finalAt"] - 1)
    )
    assert early.verified[PLANT, 2020]["finality"] == "may be disputed"
    planter = Planter(store, town)
    about = {"installation": str(PLANT), "year": "2020", "revision": "1"}

    def after(name, **more):
        planter.event("EmissionsOracle", name, about | more)
        return PublicRegister(store, found.at._replace(time=before)).verified[PLANT, 2020]

    assert after("ReportDisputed")["finality"] == "disputed"
    assert after("DisputeResolved", upheld="false")["finality"] == "final"
    after("ReportDisputed")
    annulled = after("DisputeResolved", upheld="true")
    assert (annulled["finality"], annulled["emissionsT"]) == ("annulled", 3_150_000)
    figures = {"emissionsT": "9", "powerMwh": "8", "heatGj": "7"}
    settled = after("EmissionsDetermined", **figures)
    assert (settled["finality"], settled["emissionsT"], settled["powerMwh"]) == ("determined", 9, 8)


def test_a_plant_that_was_changed_sold_and_closed_is_shown_as_it_is(town, store):
    _register(town.chain, store, town.deployment.first_block)
    planter = Planter(store, town)
    changed = {"id": "1", "benchmarkClass": "3", "capacityKw": "5"}
    planter.event("Participants", "InstallationChanged", changed)
    planter.event("Participants", "InstallationSold", {"id": "1", "seller": "4", "buyer": "5"})
    planter.event("Participants", "InstallationClosed", {"id": "1", "operator": "5"})
    plant = PublicRegister(store, Moment(1, "", 1)).plants[1]
    told = (plant["operator"], plant["class"], plant["capacityKw"], plant["closed"])
    assert told == (5, 3, 5, True)


def test_a_pause_moves_the_deadline(town, store):
    found = _register(town.chain, store, town.deployment.first_block)
    ((key, period),) = found.periods.items()
    planter = Planter(store, town)
    later = period["deadline"] - found.at.time - 10
    until = period["deadline"] + 100
    planter.event("Compliance", "Paused", {"by": "0x", "until": str(until)}, later=later)
    moved = PublicRegister(store, found.at).periods[key]
    assert moved["deadline"] == period["deadline"] + 110
    assert moved["stated"] == period["stated"]


def test_an_exported_row_names_block_hash_and_log(town, store, tmp_path):
    _register(town.chain, store, town.deployment.first_block)
    for query in register.exported():
        names = {c[0] for c in store.db.execute(f"DESCRIBE {query.sql}").fetchall()}
        assert {"block", "place", "blockHash"} <= names, query.name
    told = exports.write(store, register.exported(), tmp_path, exports.Format.csv)
    assert [f["file"] for f in told["files"]] == [f"{name}.csv" for name in register.EXPORTED]


# A run's excerpt of the events


def test_an_excerpt_lists_the_plants_of_the_store(town, store):
    whole = _register(town.chain, store, town.deployment.first_block)
    with closing(excerpt.read(town.chain, register.VIEWS, register.EVENTS)) as db:
        short = PublicRegister(excerpt.EventRows(db), whole.at)
        assert short.listed() == whole.listed() != []
