"""`tonne energy reading`: the plant of the town and its meter, beside an operator that errs."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from tests.tonne.cli.energy.residents import resident as resident
from tests.tonne.power import named_readings
from tests.tonne.power.named_readings import LAST, name, show_line
from tonne.power.account_consents import consented
from tonne.power.shown_lines import point_of
from tonne.sandbox import town_day
from tonne.sandbox.seed_town import DIGITS, NAMEPLATE_W, PLANT

METER = 3


@pytest.fixture
def tonne(resident):
    """Runs `tonne energy …` as `who`, the plant by default; what it told machines, or its error."""

    def run(*arguments, who=PLANT, **options):
        return resident("energy", *arguments, who=who, **options)

    return run


@pytest.fixture
def on(unlisted_day):
    """The day, as a command names it."""
    return ("--day", datetime.fromtimestamp(unlisted_day.day.start, UTC).date().isoformat())


@pytest.fixture
def asked(street_day, tonne, on):
    """The plant asked on whose line the day's last reading is."""
    return tonne("reading", "ask", METER, *on)


def _code(told):
    return told["code"], told["field"], told["value"]


def test_an_owner_asks_once_and_reads_that_it_is_its_own_account(
    street_day, tonne, on, asked, tmp_path
):
    number = street_day.town.accounts[PLANT]
    assert (asked["node"], asked["interval"]) == (0, street_day.day.interval(LAST))
    said = tonne("reading", "show", METER, *on, as_json=False)
    assert "not answered yet; the operator has until" in said
    told = tonne("reading", "ask", METER, *on, status=1)
    assert _code(told) == ("READING_ASKED_BEFORE", "meter", str(METER))
    words = f"{METER} {' '.join(on)} --at 23:45"
    assert f"`tonne energy reading show {words} --as NAME`" in told["remedy"]
    name(street_day, number)
    shown = tonne("reading", "show", METER, *on)
    assert (shown["state"], shown["account"]) == ("own", number)
    assert shown["deadline"] == asked["deadline"]
    said = tonne("reading", "show", METER, *on, as_json=False)
    assert f"names account {number}, which is yours" in said
    assert f"tonne energy reading dispute {words} --reading RECEIPT" in said

    # The reading, and the line, which it has to have asked for.
    dispute = ("reading", "dispute", METER, *on)
    told = tonne(*dispute, status=1)
    assert (told["code"], told["field"]) == ("READING_NEEDED", "reading")
    assert f"`tonne meters receipt {METER} --start" in told["remedy"]
    receipt = ("--reading", named_readings.receipt(street_day, tmp_path))
    told = tonne(*dispute, *receipt, status=1)
    assert (told["code"], told["field"]) == ("READING_LINE_NEEDED", "line")
    about = ("--account", number, "--node", 0, "--since", f"{on[1]}T23:45Z")
    file = tmp_path / "line.json"
    command = " ".join(str(word) for word in about)
    assert f"`tonne energy line ask FILE {command} --as NAME`" in told["remedy"]
    tonne("line", "ask", file, *about)
    told = tonne(*dispute, *receipt, "--line", file, status=1)
    assert _code(told) == ("READING_LINE_UNFIT", "line", str(file))
    assert "not answered yet" in told["message"]
    show_line(street_day, PLANT)
    blocks = street_day.chain.block_number()
    told = tonne(*dispute, *receipt, "--line", file, status=1)
    assert _code(told) == ("READING_NOT_FALSE", "meter", str(METER))
    assert "Its line is on this reading" in told["message"]
    assert street_day.chain.block_number() == blocks


def test_a_line_of_another_account_or_interval_shows_nothing(street_day, tonne, on, tmp_path):
    number = street_day.town.accounts[PLANT]
    file = tmp_path / "line.json"
    about = ("--account", number, "--node", 0, "--since", f"{on[1]}T23:30Z")
    tonne("line", "ask", file, *about)
    show_line(street_day, PLANT, LAST - 1)
    tonne("reading", "ask", METER, *on)
    name(street_day, number)
    receipt = ("--reading", named_readings.receipt(street_day, tmp_path))
    told = tonne("reading", "dispute", METER, *on, *receipt, "--line", file, status=1)
    assert _code(told) == ("READING_LINE_UNFIT", "line", str(file))
    assert "another account, node or interval" in told["message"]


def test_silence_fells_the_run_with_the_reading_alone(street_day, tonne, on, asked, tmp_path):
    dispute = ("reading", "dispute", METER, *on)
    receipt = ("--reading", named_readings.receipt(street_day, tmp_path))
    told = tonne(*dispute, *receipt, status=1)
    assert _code(told) == ("READING_NOT_FALSE", "meter", str(METER))
    assert "not answered yet" in told["message"] and "After that silence" in told["remedy"]
    assert tonne(*dispute, status=1)["code"] == "READING_NOT_FALSE"
    street_day.town.at(asked["deadline"] + 1)
    assert tonne("reading", "show", METER, *on)["state"] == "silent"
    assert tonne(*dispute, status=1)["code"] == "READING_NEEDED"
    for index, of, number in ((LAST, "household", 1), (LAST - 1, PLANT, METER)):
        other = named_readings.receipt(street_day, tmp_path, index, of)
        told = tonne(*dispute, "--reading", other, status=1)
        assert _code(told) == ("READING_OTHER", "reading", str(number))
    half = tonne(*dispute, "--challenge", 1, status=1)
    assert half["code"] == "LINE_READING_CHALLENGE"
    told = tonne(*dispute, *receipt)
    bond = street_day.chain.call("PowerSettlement", "BOND")
    assert (told["state"], told["falls"], told["award"]) == ("silent", "run", bond // 2)
    assert told["owner"] == street_day.town.numbers[PLANT]
    (fell,) = street_day.chain.logs("PowerSettlement", "RunFailed")
    assert (fell["interval"], fell["wronged"]) == (asked["interval"], told["owner"])
    assert tonne("reading", "show", METER, *on)["state"] == "over"
    told = tonne(*dispute, *receipt, status=1)
    assert told["code"] == "READING_NOT_FALSE" and "Once a list stands" in told["remedy"]


@pytest.mark.parametrize(
    ("whose", "state", "why"),
    [
        ("household", "other", "which is not yours"),
        ("idle", "idle", "has no line in this interval"),
        (None, "none", "the operator names no account"),
    ],
)
def test_an_account_that_is_not_the_owners_fells_the_run(
    street_day, tonne, on, asked, tmp_path, whose, state, why
):
    town = street_day.town
    new = consented(town.chain, town.numbers[PLANT], [town.account_key(PLANT)])
    opened = town.send(PLANT, "PowerMarket", "openPseudonyms", new)
    idle = town.event(opened, "PseudonymOpened")["account"]
    name(street_day, {**town.accounts, "idle": idle}.get(whose, 2**32))
    assert tonne("reading", "show", METER, *on)["state"] == state
    assert "reading dispute" in tonne("reading", "show", METER, *on, as_json=False)
    receipt = ("--reading", named_readings.receipt(street_day, tmp_path))
    said = tonne("reading", "dispute", METER, *on, *receipt, as_json=False)
    assert why in said and "half of the penalty" in said
    assert street_day.chain.logs("PowerSettlement", "RunFailed")


def test_a_run_falls_whose_line_of_the_owner_is_on_another_reading(
    street_day, tonne, on, asked, tmp_path
):
    town, dispute = street_day.town, ("reading", "dispute", METER, *on)
    receipt = ("--reading", named_readings.receipt(street_day, tmp_path))
    town.at(asked["deadline"] + 1)
    tonne(*dispute, *receipt)
    false = named_readings.swapped(street_day)
    tonne("reading", "ask", METER, *on)
    assert tonne("reading", "show", METER, *on)["state"] == "open"
    name(false, town.accounts[PLANT])
    assert tonne(*dispute, *receipt, status=1)["code"] == "READING_LINE_NEEDED"
    tonne("interval", METER, *on)
    show_line(false, PLANT)
    told = tonne(*dispute, *receipt)
    assert (told["state"], told["falls"]) == ("own", "run")
    assert len(street_day.chain.logs("PowerSettlement", "RunFailed")) == 2


def test_after_the_window_of_the_list_no_run_falls(street_day, tonne, on, asked, tmp_path):
    town = street_day.town
    name(street_day, town.accounts["household"])
    town.at(town.chain.now() + town.chain.call("PowerSettlement", "WINDOW") + 1)
    receipt = ("--reading", named_readings.receipt(street_day, tmp_path))
    told = tonne("reading", "dispute", METER, *on, *receipt, status=1)
    assert told["code"] == "READING_NOT_FALSE"
    assert "could be disputed until" in told["message"]
    assert not town.chain.logs("PowerSettlement", "RunFailed")


def test_it_is_asked_in_its_time(street_day, tonne, on):
    tomorrow = (date.fromisoformat(on[1]) + timedelta(days=1)).isoformat()
    told = tonne("reading", "ask", METER, "--day", tomorrow, status=1)
    assert _code(told) == ("LINE_NOT_YET", "day", tomorrow)
    told = tonne("reading", "ask", METER, *on, "--at", "11:35", status=1)
    assert told["code"] == "LINE_NO_START"
    told = tonne("reading", "show", METER, *on, "--at", "11:30", status=1)
    assert told["code"] == "READING_NOT_ASKED"
    assert f"tonne energy reading ask {METER} --day {on[1]} --at 11:30" in told["remedy"]
    asked = tonne("reading", "ask", METER, *on, "--at", "11:30")
    assert asked["interval"] == street_day.day.interval(46)
    street_day.town.at(street_day.chain.now() + town_day.DAY_S)
    told = tonne("reading", "ask", METER, *on, status=1)
    assert _code(told) == ("LINE_TOO_LATE", "day", on[1])


def test_it_is_asked_by_who_entered_the_meter_of_days_from_then_on(street_day, tonne, on):
    town = street_day.town
    told = tonne("reading", "ask", 1, *on, who="household", status=1)
    assert _code(told) == ("READING_NOT_ENTERED", "meter", "1")
    assert "`tonne energy reading enter 1 --as NAME`" in told["remedy"]
    told = tonne("reading", "ask", METER, *on, who="household", status=1)
    assert _code(told) == ("READING_NOT_OWNER", "wallet", town.who["household"].address)
    before = (date.fromisoformat(on[1]) - timedelta(days=2)).isoformat()
    told = tonne("reading", "ask", METER, "--day", before, status=1)
    assert _code(told) == ("READING_NOT_ENTERED", "day", before)
    told = tonne("reading", "ask", 99, *on, status=1)
    assert _code(told) == ("READING_NO_NODE", "meter", "99")


def test_what_another_key_asked_is_read_by_that_key(street_day, tonne, on):
    town = street_day.town
    place = (town.node, street_day.day.interval(LAST), METER)
    town.send(PLANT, "PowerSettlement", "askReading", *place, *point_of(b"\x07" * 32))
    for what in ("ask", "show", "dispute"):
        told = tonne("reading", what, METER, *on, status=1)
        assert _code(told) == ("READING_ASKED_BY_OTHER", "meter", str(METER))
        assert town.who[PLANT].address in told["message"]


def test_an_owner_enters_a_meter_that_it_has_an_account_for(street_day, tonne, tmp_path):
    town = street_day.town
    before = tonne("reading", "enter", METER)
    assert before["owner"] == town.numbers[PLANT]
    told = tonne("reading", "enter", 1, status=1)
    assert _code(told) == ("READING_NOT_OWNER", "wallet", town.who[PLANT].address)
    since = town.chain.now() // town_day.DAY_S * town_day.DAY_S + town_day.DAY_S
    row = (town.numbers[PLANT], town.area, NAMEPLATE_W, since, 0, 1000, DIGITS, 0, 0)
    key = town_day.key_of("another").public
    keys = [(*key.words, since, key.curve)]
    made = town.send("authority", "MeterOracle", "registerMeters", [row], keys)
    meter = town.event(made, "MeterRegistered")["id"]
    told = tonne("reading", "enter", meter, status=1)
    assert _code(told) == ("READING_NO_ACCOUNT", "meter", str(meter))
    # As the remedy has it: it supplies itself.
    supplier = ("--supplier", town.numbers[PLANT])
    assert f"apply FILE --meter {meter} {' '.join(map(str, supplier))} --as NAME" in told["remedy"]
    file = tmp_path / "application.json"
    tonne("apply", file, "--meter", meter, *supplier)
    tonne("admit", file)
    entered = tonne("reading", "enter", meter)
    day = datetime.fromtimestamp(town.chain.now(), UTC).date() + timedelta(days=1)
    assert (entered["owner"], entered["since"]) == (town.numbers[PLANT], day.isoformat())
    blocks = town.chain.block_number()
    assert tonne("reading", "enter", meter) == entered
    assert town.chain.block_number() == blocks
