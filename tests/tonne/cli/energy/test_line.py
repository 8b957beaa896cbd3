"""`tonne energy line`, `dispute` and `settle`: a customer's line on request, and what is false of it."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, date, datetime, timedelta

import pytest

from oracles.power.settlement.__main__ import KIND
from tests.gas.power_town import QUARTER_S, WINDOW_S
from tests.oracles.power.ground import Desk, Street, power_market
from tests.oracles.power.settlement.day import listed, stolen
from tonne import cli
from tonne.cli.core import session
from tonne.crypto import keystore
from tonne.power.settlement_runs import line_tree
from tonne.power.shown_lines import address_of, encrypt

#: The interval whose run has a false sum, of the day.
FALSE = 40
PEOPLE = {"aggregator 0": "aggregator", "operator": "operator", "stranger": "stranger"}


@pytest.fixture(scope="module")
def _market(tmp_path_factory):
    """A day at a market whose operator put a credit of one account on another's in one interval."""
    with power_market() as town:
        street, folder = Street(town), tmp_path_factory.mktemp("market") / "settlement"
        false = street.interval(FALSE)

        def changed(run):
            its = (run.node, run.interval) == (0, false)
            return stolen(run, 10**6, _customer(street)) if its else run

        yield listed(street, folder, changed), folder


@pytest.fixture
def counter(_market, tmp_path, capsys, monkeypatch):
    """A customer's command line, beside who settles."""
    day, folder = _market
    town = day.street.town
    mark = town.chain.snapshot()
    monkeypatch.setenv("TONNE_RPC", town.chain.url)
    monkeypatch.setenv("TONNE_DEPLOYMENTS", str(town.deployments))
    monkeypatch.setattr(session, "ACCOUNTS", tmp_path)
    (tmp_path / session.PASSPHRASE_FILE).write_text("x\n")
    for name, file in PEOPLE.items():
        keystore.write(tmp_path / f"{file}.json", town.people[name], "x", keystore.WEAK)
    shutil.copytree(folder, tmp_path / "desk")
    desk = Desk(town.chain, KIND, tmp_path / "desk", town.people["operator"])
    yield LineDesk(day, desk, tmp_path, capsys)
    desk.journal.close()
    town.chain.revert(mark)


def _customer(street):
    """Account of a customer of node 0 whose bid was accepted whole."""
    return street.town.customers[0, 0][3]


class LineDesk:
    """A customer of node 0 with its requests in files."""

    def __init__(self, day, desk, folder, capsys) -> None:
        self.day, self.desk, self.folder, self._capsys = day, desk, folder, capsys
        self.street, self.chain = day.street, day.street.chain
        self.account = _customer(self.street)

    def run(self, *arguments, who=None, status=0, as_json=True):
        by = ("--as", who) if who else ()
        form = ("--json",) if as_json else ()
        self._capsys.readouterr()  # what who settles logged
        with pytest.raises(SystemExit) as end:
            cli.main(["energy", *(str(a) for a in arguments), *by, *form])
        printed = self._capsys.readouterr()
        assert (end.value.code or 0) == status, printed
        if not as_json:
            return printed.out
        told = json.loads(printed.out)
        return told if status == 0 else told["error"]

    def ask(self, number, account=None):
        """Asks for the line of an interval of the day; its file."""
        file = self.folder / f"{number}.json"
        start = datetime.fromtimestamp(self.street.interval(number) * QUARTER_S, UTC).isoformat()
        place = ("--account", account or self.account, "--node", 0, "--since", start)
        self.run("line", "ask", file, *place, who="aggregator")
        return file

    def show(self, file, **more):
        return self.run("line", "show", file, **more)

    def dispute(self, file, *further, status=0):
        return self.run("dispute", file, *further, who="stranger", status=status)

    def failed(self):
        return [
            (e["interval"], e["wronged"]) for e in self.chain.logs("PowerSettlement", "RunFailed")
        ]

    def on(self):
        return (date(1970, 1, 1) + timedelta(days=self.street.town.day)).isoformat()


def test_a_customer_has_its_line_with_the_proof_from_two_commands(counter):
    file = counter.ask(0)
    assert file.stat().st_mode & 0o077 == 0
    assert counter.show(file)["state"] == "open"
    counter.desk.run()

    told = counter.show(file)
    run = counter.desk.journal.run(0, counter.street.interval())
    line = next(line for line in run.lines if line.account == counter.account)
    assert told["state"] == "shown"
    assert (told["meteredWh"], told["boughtWh"]) == (line.metered_wh, line.bought_wh) == (-95, 100)
    assert (told["net"], told["dayNet"], told["lossWh"]) == (line.net, line.day.net, line.loss_wh)
    page = counter.show(file, as_json=False)
    assert "95 Wh taken" in page and "100 Wh bought" in page and "checked" in page

    # All of it is right: nothing is sent.
    sent = counter.chain.block_number()
    assert counter.dispute(file, status=1)["code"] == "LINE_NOT_FALSE"
    assert counter.chain.block_number() == sent


def test_a_request_that_is_refused_leaves_no_file_in_the_way_of_the_next(counter):
    start = datetime.fromtimestamp(counter.street.interval(0) * QUARTER_S, UTC).isoformat()
    place = ("--account", counter.account, "--node", 0, "--since", start)
    refused = counter.run(
        "line", "ask", counter.folder / "0.json", *place, who="stranger", status=1
    )
    assert (
        refused["code"] == "SETTLEMENT_NOT_OWNER" and "tonne energy interval" in refused["remedy"]
    )
    assert counter.show(counter.ask(0))["state"] == "open"


def test_a_request_without_a_key_leaves_no_file_in_the_way_of_the_next(counter):
    start = datetime.fromtimestamp(counter.street.interval(0) * QUARTER_S, UTC).isoformat()
    place = ("--account", counter.account, "--node", 0, "--since", start)
    refused = counter.run("line", "ask", counter.folder / "0.json", *place, status=1)
    assert refused["code"] == "ACCOUNT_MISSING"
    assert counter.show(counter.ask(0))["state"] == "open"


def test_a_line_is_asked_for_once_a_list_and_while_it_is_new(counter):
    def refused(number, file="other.json"):
        start = datetime.fromtimestamp(counter.street.interval(number) * QUARTER_S, UTC)
        place = ("--account", counter.account, "--node", 0, "--since", start.isoformat())
        told = counter.run("line", "ask", counter.folder / file, *place, who="aggregator", status=1)
        assert not (counter.folder / file).exists()
        return told["code"], told["value"], told["remedy"]

    counter.ask(0)
    code, value, remedy = refused(0)
    assert (code, value) == ("LINE_ASKED_BEFORE", str(counter.account))
    assert "`tonne energy line show FILE`" in remedy
    tomorrow = (date.fromisoformat(counter.on()) + timedelta(days=1)).isoformat()
    code, value, remedy = refused(96)
    assert (code, value) == ("LINE_NOT_YET", tomorrow)
    assert f"`tonne energy settle show 0 {tomorrow}`" in remedy
    counter.street.town.at(counter.chain.now() + WINDOW_S // 2 + 2)
    assert refused(1)[:2] == ("LINE_TOO_LATE", counter.on())


def test_silence_fells_the_run(counter):
    file = counter.ask(0)
    early = counter.dispute(file, status=1)
    assert early["code"] == "LINE_NOT_FALSE" and "not answered yet" in early["message"]
    counter.street.town.at(counter.chain.now() + WINDOW_S // 8 + 2)
    assert counter.show(file)["state"] == "silent"
    assert counter.dispute(file)["dispute"] == "disputeSilence"
    assert counter.failed() == [(counter.street.interval(), counter.account)]
    assert counter.show(file)["state"] == "over"


def _answer(counter, file, change):
    """The operator answers with what `change` makes of index, line and proof."""
    raw = json.loads(file.read_text())
    run = counter.desk.journal.run(0, raw["interval"])
    index = next(i for i, line in enumerate(run.lines) if line.account == counter.account)
    (asked,) = counter.chain.logs("PowerSettlement", "LineAsked")[-1:]
    index, line, proof = change(run, index)
    shown = encrypt(index, line, proof, (asked["x"], asked["y"]), b"\x21" * 32)
    key = address_of((asked["x"], asked["y"]))
    place = (0, raw["interval"], counter.account, raw["by_key"], key, shown)
    counter.street.town.send("operator", "PowerSettlement", "answer", *place)


@pytest.mark.parametrize(
    "change",
    [
        # another's line, an own line in another's place, and one without its way
        lambda run, i: (i + 1, run.lines[i + 1], line_tree(run.lines).proof(i + 1)),
        lambda run, i: (i + 1, run.lines[i], line_tree(run.lines).proof(i)),
        lambda run, i: (i, run.lines[i], b""),
    ],
)
def test_a_false_answer_fells_the_run(counter, change):
    file = counter.ask(0)
    _answer(counter, file, change)
    assert counter.show(file)["state"] == "false"
    assert counter.dispute(file)["dispute"] == "disputeAnswer"
    assert counter.failed() == [(counter.street.interval(), counter.account)]


def test_a_false_sum_falls_with_the_line_of_the_interval_before(counter):
    before, file = counter.ask(FALSE - 1), counter.ask(FALSE)
    counter.desk.run()
    assert counter.show(file)["dayNet"] == counter.show(before)["dayNet"] - 10**6
    alone = counter.dispute(file, status=1)
    assert alone["code"] == "LINE_NOT_FALSE" and "--ahead" in alone["remedy"]
    # What is no line of the interval before shows nothing, and is not passed over in silence.
    other, unanswered = counter.ask(FALSE - 2), counter.ask(FALSE + 1)
    for late, ahead in ((before, file), (file, other), (file, file)):
        told = counter.dispute(late, "--ahead", ahead, status=1)
        assert (told["code"], told["value"]) == ("LINE_AHEAD_UNFIT", str(ahead))
    after = counter.ask(FALSE + 2)
    told = counter.dispute(after, "--ahead", unanswered, status=1)
    assert told["code"] == "LINE_AHEAD_UNFIT" and "not answered yet" in told["message"]
    assert counter.dispute(file, "--ahead", before)["dispute"] == "disputeSums"
    assert counter.failed() == [(counter.street.interval(FALSE), counter.account)]


def test_a_line_on_another_reading_falls_with_the_meters_receipt(counter, tmp_path):
    file = counter.ask(0)
    counter.desk.run()
    leaves = counter.day.leaves[0]
    receipt = tmp_path / "reading.json"
    index = counter.desk.journal.run(0, counter.street.interval()).lines
    place = next(i for i, line in enumerate(index) if line.account == counter.account)
    receipt.write_text(json.dumps(leaves.receipt(place)))
    # It is the reading that the line is on.
    assert counter.dispute(file, "--reading", receipt, status=1)["code"] == "LINE_NOT_FALSE"
    receipt.write_text("{}")
    told = counter.dispute(file, "--reading", receipt, status=1)
    assert told["code"] == "LINE_READING_UNREADABLE" and "tonne meters receipt" in told["remedy"]


def test_the_days_last_line_is_held_against_the_list(counter):
    file = counter.ask(95)
    counter.desk.run()
    assert counter.show(file)["state"] == "shown"
    assert counter.dispute(file, status=1)["code"] == "LINE_NOT_FALSE"


def test_a_file_that_is_there_is_not_written_over(counter):
    file = counter.ask(0)
    place = ("--account", counter.account, "--node", 0, "--since", "2024-10-06T00:00")
    told = counter.run("line", "ask", file, *place, who="aggregator", status=1)
    assert told["code"] == "LINE_REQUEST_THERE"


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"secret": "xx"}, "LINE_REQUEST_UNREADABLE", "file"),
        ({"secret": "00" * 32}, "LINE_REQUEST_UNREADABLE", "file"),
        ({"chain": 1}, "LINE_REQUEST_ELSEWHERE", "chain"),
        ({"contract": "0x" + "11" * 20}, "LINE_REQUEST_ELSEWHERE", "contract"),
        ({"more": 1}, "LINE_REQUEST_UNREADABLE", "file"),
    ],
)
def test_a_request_of_another_form_or_place_is_refused(counter, change, code, field):
    file = counter.ask(0)
    file.write_text(json.dumps(json.loads(file.read_text()) | change))
    told = counter.show(file, status=1)
    assert (told["code"], told["field"]) == (code, field)
    file.write_text("{}")
    told = counter.show(file, status=1)
    assert "it has no chain, contract, node, interval, account, by_key, secret" in told["message"]


def test_a_days_state_is_shown_until_it_is_paid(counter):
    told = counter.run("settle", "show", 0, counter.on())
    assert (told["intervals"], told["of"], told["list"]["complete"]) == (96, 96, True)
    assert told["chunks"] == 1 and told["paid"] == 0
    assert told["askedUntil"] == told["list"]["postedAt"] + WINDOW_S // 2
    assert "Lines are asked for until" in counter.run(
        "settle", "show", 0, counter.on(), as_json=False
    )
    counter.street.town.at(told["list"]["postedAt"] + WINDOW_S + 60)
    counter.desk.start()
    counter.desk.run(6)
    assert counter.run("settle", "show", 0, counter.on())["paid"] == 1
    assert "It is paid." in counter.run("settle", "show", 0, counter.on(), as_json=False)


def test_a_bond_grows_and_is_bound_by_open_days(counter):
    before = counter.run("settle", "bond", "1", who="operator")
    assert before["openDays"] == 2
    assert counter.run("settle", "bond", "1", who="operator")["bond"] == before["bond"] + 10**6
    told = counter.run("settle", "bond", "1", "--back", who="operator", status=1)
    assert told["code"] == "SETTLEMENT_BOND_BOUND"


def test_a_day_with_a_list_is_neither_taken_over_nor_closed(counter):
    counter.street.town.at(counter.day.end + 4 * 86_400)
    told = counter.run("settle", "take", 0, counter.on(), who="stranger", status=1)
    assert told["code"] == "SETTLEMENT_STANDS"
    counter.street.town.at(counter.day.end + 7 * 86_400 + 60)
    told = counter.run("settle", "close", 0, counter.on(), who="stranger", status=1)
    assert told["code"] == "SETTLEMENT_STANDS"
