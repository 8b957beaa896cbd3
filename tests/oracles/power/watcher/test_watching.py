"""The watcher's work: what it forfeits, disputes and upholds, and what it leaves alone."""

from __future__ import annotations

import subprocess
from dataclasses import replace

import pytest
from structlog.testing import capture_logs

from oracles.power.aggregator.__main__ import KIND as AGGREGATOR
from oracles.power.watcher import folders, watching
from oracles.power.watcher.__main__ import KIND
from oracles.runtime.journal import JobState
from oracles.runtime.retries import MOST_TRIES
from tests.gas.power_town import HOLD_S
from tests.oracles.power.aggregator.customers import bid, settle_in
from tests.oracles.power.ground import HANG_SECONDS, ROOT
from tonne.power import bid_receipts
from tonne.power.intervals import BidStage

ANSWER_S = 6 * 3_600


@pytest.fixture
def desk(street, sit):
    return sit(KIND, street.town.people["stranger"], "watcher")


@pytest.fixture
def aggregator(street, sit):
    made = sit(AGGREGATOR, street.town.people["aggregator 0"], "aggregator")
    settle_in(made.folder, street)
    return made


@pytest.fixture
def receipts(street, aggregator):
    """Receipts of an aggregator that has bid as it says."""
    street.town.at(street.gate() - 100)
    aggregator.run()
    street.town.at(street.gate())
    aggregator.run()
    assert bid(street).state == BidStage.OPENED
    place = aggregator.folder / "receipts" / str(street.interval())
    return [bid_receipts.read(path) for path in sorted(place.glob("*.json"))]


def _altered(street, receipt, **terms):
    """A receipt that its aggregator signed, of a bid that it did not make."""
    other = replace(receipt, ticket=replace(receipt.ticket, **terms), signatures={})
    return other.signed(street.town.people["aggregator 0"])


def _hand_in(desk, receipt, name="mine.json"):
    receipt.write(desk.folder / "receipts" / name)


def test_a_bid_that_stayed_closed_is_forfeited_and_an_opened_one_is_not(street, desk):
    street.commit()
    street.open(who=("aggregator 1",))
    desk.run()
    assert desk.states() == {}

    street.town.at(street.gate() + 31)
    desk.run()

    one, two = (street.town.numbers[f"aggregator {i}"] for i in range(2))
    assert desk.states() == {f"forfeit/{street.interval()}/{one}": "final"}
    assert bid(street).state == BidStage.FORFEITED
    other = street.chain.call("PowerMarket", "bidOf", street.interval(), two)
    assert other.state == BidStage.OPENED
    assert desk.work.incidents == {"WATCHER_SILENT": 1}


def test_a_silence_of_before_its_start_is_found(street, desk):
    street.commit()
    street.town.at(street.gate() + 31)
    desk.start()
    desk.run()
    assert len(desk.states()) == 2


def test_of_two_watchers_one_forfeits_and_the_other_ends_in_peace(street, sit, desk):
    other = sit(KIND, street.town.people["grid"], "other")
    street.commit(who=("aggregator 0",))
    street.town.at(street.gate() + 31)
    desk.work.step(False)
    other.work.step(False)
    desk.run()
    other.run()
    assert (*desk.states().values(), *other.states().values()) == ("final", "done_elsewhere")


def test_receipts_of_bids_that_were_made_are_left_alone(street, desk, receipts):
    for number, receipt in enumerate(receipts):
        _hand_in(desk, receipt, f"{number}.json")
    desk.run()
    assert desk.states() == {}
    assert desk.work.results["kept"] == 0  # curves are still opened

    street.town.at(street.gate() + 31)
    desk.run()
    assert desk.states() == {}
    assert desk.work.results["kept"] == len(receipts)


@pytest.mark.parametrize("terms", [{"price": 310_000}, {"limitWh": 1_001}, {"side": 1}])
def test_a_receipt_that_the_curves_contradict_is_disputed_and_upheld(street, desk, receipts, terms):
    receipt = _altered(street, receipts[0], **terms)
    _hand_in(desk, receipt)
    street.town.at(street.gate() + 31)
    desk.run()

    key = f"dispute/{receipt.hash.hex()}"
    assert desk.states() == {key: "final"}
    assert desk.work.incidents == {"WATCHER_BID_MISSING": 1}
    street.town.at(street.chain.now() + ANSWER_S + 10)
    desk.start()
    desk.run()
    award = street.chain.call("PowerMarket", "awardOf", receipt.ticket.account)
    assert award == receipt.ticket.limitWh * 10_000 // 2  # half of it at the price cap
    assert set(desk.states().values()) == {"final"} and len(desk.states()) == 2


def test_a_receipt_of_who_made_no_bid_at_all_is_disputed(street, desk, receipts):
    receipt = _altered(street, receipts[0], interval=street.interval(1))
    _hand_in(desk, receipt)
    street.town.at(street.gate(1) + 31)
    desk.run()
    assert desk.states() == {f"dispute/{receipt.hash.hex()}": "final"}


def test_a_file_that_is_no_receipt_is_told_once(desk):
    (desk.folder / "receipts" / "a.json").write_text("{}")
    desk.run()
    assert desk.work.incidents == {"RECEIPT_UNREADABLE": 1}


def test_a_dry_run_and_a_drained_watcher_send_nothing(street, sit, desk):
    dry = sit(KIND, None, "dry")
    street.commit()
    street.town.at(street.gate() + 31)
    desk.drains = True
    desk.run()
    dry.run()
    assert desk.states() == dry.states() == {}
    assert bid(street).state == BidStage.COMMITTED


def test_a_watcher_that_is_a_process_forfeits_and_is_checked(street, daemon):
    watcher = daemon("watcher", street.town.people["stranger"])
    done = subprocess.run(
        watcher.command("check"), cwd=ROOT, capture_output=True, text=True, timeout=HANG_SECONDS
    )
    assert done.returncode == 0, done.stdout
    street.commit(who=("aggregator 0",))
    watcher.run()
    watcher.until(lambda: watcher.said("started") == 1)
    watcher.kill()
    street.town.at(street.gate() + 31)
    watcher.run()
    watcher.until(lambda: bid(street).state == BidStage.FORFEITED)
    assert watcher.stop() == 0


@pytest.mark.parametrize("registered", [False, True])
def test_a_receipt_of_who_kept_silent_is_disputed_where_no_customers_share_its_forfeit(
    street, desk, aggregator, registered
):
    one = street.town.numbers["aggregator 0"]
    if registered:
        street.town.send("bureau", "BidLimits", "setCustomers", 0, one, b"\1" * 32, 4)
    street.town.at(street.gate() - 100)
    aggregator.run()
    place = aggregator.folder / "receipts" / str(street.interval())
    receipt = bid_receipts.read(min(place.glob("*.json")))
    _hand_in(desk, receipt)

    street.town.at(street.gate() + 31)
    desk.run()
    silent = f"forfeit/{street.interval()}/{one}"
    asked = {} if registered else {f"dispute/{receipt.hash.hex()}": "final"}
    assert desk.states() == {silent: "final", **asked}
    assert desk.work.results["kept"] == registered


def test_curves_that_a_node_leaves_out_end_no_receipt(street, desk, receipts, monkeypatch):
    receipt = _altered(street, receipts[0], price=310_000)
    _hand_in(desk, receipt)
    street.town.at(street.gate() + 31)
    monkeypatch.setattr(street.chain, "logs", lambda *args, **more: [])
    desk.run(2)
    assert desk.states() == {}
    assert desk.work.incidents == {"POWER_CURVES_INCOMPLETE": 1}  # told once

    monkeypatch.undo()
    desk.run()
    assert desk.states() == {f"dispute/{receipt.hash.hex()}": "final"}


def test_receipts_of_a_city_are_judged_some_at_a_time_and_keep_no_bid_from_its_forfeit(
    street, desk, receipts, monkeypatch
):
    monkeypatch.setattr(watching, "MOST", 3)
    for number, receipt in enumerate(receipts[:8]):
        _hand_in(desk, receipt, f"{number}.json")
    street.town.at(street.gate() + 40)
    seen = []
    for _ in range(3):
        desk.run(1)
        seen.append((desk.work.results["kept"], len(desk.work._waiting)))
    assert seen == [(3, 0), (6, 0), (8, 0)]


def test_curves_are_read_once_for_all_receipts_of_an_aggregator(
    street, desk, receipts, monkeypatch
):
    for number, receipt in enumerate(receipts):
        _hand_in(desk, receipt, f"{number}.json")
    street.town.at(street.gate() + 40)
    read = []
    real = desk.work._steps
    monkeypatch.setattr(desk.work, "_steps", lambda ticket: read.append(ticket) or real(ticket))
    desk.run(2)
    assert (desk.work.results["kept"], len(read)) == (len(receipts), 1)


def test_a_receipt_that_waits_keeps_no_other_from_being_judged(street, sit, receipts, monkeypatch):
    monkeypatch.setattr(watching, "MOST", 1)
    dry = sit(KIND, None, "dry")
    _hand_in(dry, _altered(street, receipts[0], price=310_000), "0.json")  # not sent in a dry run
    _hand_in(dry, receipts[1], "1.json")
    street.town.at(street.gate() + 40)
    dry.run(4)
    assert dry.work.results["kept"] == 1


def test_a_copy_that_is_not_complete_yet_is_read_again(street, desk, receipts):
    street.town.at(street.gate() + 40)
    place = desk.folder / "receipts" / "early"
    place.mkdir()
    (place / "0.json").write_text("{}")
    desk.run(2)
    assert desk.work.results["kept"] == 0
    receipts[0].write(desk.folder / "whole.json")
    (place / "0.json").write_text((desk.folder / "whole.json").read_text())
    desk.run(2)
    assert desk.work.results["kept"] == 1


def test_a_receipt_that_comes_after_the_hold_is_not_disputed(street, desk, receipts):
    street.town.at(street.start() + HOLD_S)
    _hand_in(desk, _altered(street, receipts[0], price=310_000))
    desk.run()
    assert desk.states() == {}
    assert desk.work.results["kept"] == 0


def test_a_dispute_that_was_answered_is_not_upheld(street, desk, aggregator, receipts):
    street.town.at(street.gate() + 31)
    args = (receipts[0].ticket.fields(), receipts[0].signer, receipts[0].signature)
    street.town.send("grid", "PowerMarket", "dispute", *args)
    desk.run()
    aggregator.run()
    assert len(street.chain.logs("PowerMarket", "BidShown")) == 1

    street.town.at(street.chain.now() + ANSWER_S + 10)
    desk.run()
    assert desk.states() == {}


def test_a_copy_with_another_signature_is_not_sent_in_the_place_of_a_good_one(
    street, desk, receipts
):
    receipt = _altered(street, receipts[0], price=310_000)
    other = street.town.people["stranger"].sign_typed(receipt.ticket, receipt.domain)
    forged = replace(receipt, signatures={receipt.side: other})  # of the same hash
    assert forged.hash == receipt.hash and forged.signature != receipt.signature
    _hand_in(desk, forged, "0.json")
    _hand_in(desk, receipt, "1.json")
    street.town.at(street.gate() + 31)
    desk.run()
    assert desk.states() == {f"dispute/{receipt.hash.hex()}": "final"}
    assert desk.work.incidents == {"BID_BAD_RECEIPT": 1, "WATCHER_BID_MISSING": 1}
    assert desk.work._waiting == {}


def test_what_was_refused_once_is_sent_again_some_times(street, desk, receipts):
    receipt = _altered(street, receipts[0], price=310_000)
    key = f"dispute/{receipt.hash.hex()}"
    street.town.at(street.gate() + 31)
    desk.journal.enqueue(key, street.chain["PowerMarket"].address, b"", 100_000)
    desk.journal.set_state(key, JobState.FAILED, code="X", reason="refused by a fault")
    _hand_in(desk, receipt)
    desk.run()
    assert desk.states() == {key: "final"}
    for _ in range(MOST_TRIES):
        desk.journal.set_state(key, JobState.FAILED, code="X", reason="refused by a fault")
        tried = desk.work._enqueue(key, "PowerMarket", "forfeit", (street.interval(), 1), 1)
    assert not tried


def test_a_fault_in_one_part_keeps_no_other_from_being_done(street, desk, monkeypatch):
    street.commit(who=("aggregator 0",))
    street.town.at(street.gate() + 31)
    for part in ("_uphold", "_fell"):
        monkeypatch.setattr(desk.work, part, lambda: 1 // 0)
    kept = desk.work.results["kept"]
    with pytest.raises(ZeroDivisionError):
        desk.work.step(False)
    assert len(desk.states()) == 1 and desk.work.results["kept"] == kept


def test_a_folder_that_cannot_be_read_is_told_of_once(desk, monkeypatch):
    (desk.folder / "receipts" / "a").mkdir()

    def closed(folder):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(folders, "_listed", closed)
    desk.run(2)
    assert desk.work.incidents == {"WATCHER_FOLDER": 2}  # of receipts and of lines


def test_a_file_is_told_of_with_its_folder_and_the_remedy(desk):
    (desk.folder / "receipts" / "street").mkdir()
    (desk.folder / "receipts" / "street" / "a.json").write_text("{}")
    with capture_logs() as told:
        desk.run(1)
    (said,) = [line["reason"] for line in told if line["event"] == "incident"]
    assert said.startswith("receipts/street/a.json: ") and "`tonne energy receipt" in said
