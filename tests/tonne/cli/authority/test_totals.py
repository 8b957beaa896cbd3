"""A registry's own acts at the desk: coverage, verified years, corrections and verdicts of running totals."""

from __future__ import annotations

from datetime import date

import pytest

from tests.tonne.cli.authority.test_desk import _Shell
from tests.tonne.cli.authority.test_dues import listed
from tonne.audit import reconcile
from tonne.constants import DAY_S, EPOCH
from tonne.crypto.hashing import keccak

YEAR = 2030
KEY = "obligation.cumulative_from"
REASON = ("--reason", "decision 7")


@pytest.fixture
def shell(town, tmp_path, capsys, monkeypatch):
    """The town's scheme with a phase of running totals, into which no plant has entered yet."""
    shell = _Shell(town, tmp_path, capsys, monkeypatch)
    chain, people = shell.chain, town.market.people
    day = (date(YEAR, 1, 1) - EPOCH).days
    deadline = (day + 480) * DAY_S
    span = (YEAR, YEAR, YEAR, deadline - 3 * DAY_S, deadline - 2 * DAY_S, deadline)
    rules = [
        chain["Schemes"].encode("setParam", 1, keccak(KEY.encode()), KEY, day, YEAR, keccak(b"p")),
        chain["Schemes"].encode("setPeriod", 1, YEAR, span),
    ]
    chain.send(people["authority"], "Schemes", "amend", 1, "a phase", rules)
    shell.plants = sorted(town.market.installations[name] for name in ("north", "south"))
    shell.deadline = deadline
    return shell


def totals(shell, act, *arguments, **named):
    return shell.run("totals", act, *arguments, "--period", YEAR, **named)


def refused(shell, act, *arguments, **named):
    return totals(shell, act, *arguments, status=1, **named)["error"]


def of(shell, plant):
    account = shell.chain.call("CumulativeCompliance", "accountOf", plant, YEAR)
    return account.verifiedT, account.surrenderedT, bool(account.covered)


def determined(shell, tonnes):
    """A figure of the year for every plant of `tonnes`, once its reports are over."""
    shell.chain.set_time(shell.deadline - DAY_S)
    rows = [(plant, YEAR, amount, 0, 0, keccak(b"figure")) for plant, amount in tonnes.items()]
    people = shell.town.market.people
    shell.chain.send(people["authority"], "EmissionsOracle", "determine", 1, YEAR, rows)


# From entry to verdict


def test_a_year_goes_from_entry_to_verdicts_and_is_audited(shell):
    first, second = shell.plants
    told = totals(shell, "cover", *REASON)
    assert set(shell.plants) <= set(told["plants"])
    assert told["changes"][0]["after"] == "covered"
    assert of(shell, first) == (0, 0, True)

    determined(shell, {first: 500, second: 300})
    told = totals(shell, "count", YEAR, who="trader")
    assert told["plants"] == shell.plants and told["changes"][0]["after"] == "500 t"
    assert "CUMULATIVE_REPORT_NOT_FINAL" not in str(told["changes"])
    assert of(shell, first)[0] == 500

    rows = f"installation,verified_t,surrendered_t,reason\n{first},-20,480,letter of May\n"
    told = totals(shell, "correct", shell.file(rows))
    assert told["changes"][0]["before"] == "500 t and 0 t"
    assert told["changes"][0]["after"] == "480 t and 480 t"
    assert of(shell, first)[:2] == (480, 480)

    shell.chain.set_time(shell.deadline + 1)
    told = totals(shell, "judge", "--plant", first, "--plant", second, who="trader")
    assert told["verdicts"] == {str(first): "complies", str(second): "short"}
    assert [one["after"] for one in told["changes"]] == [
        "judged with 0 t ahead",
        "judged with 300 t open",
    ]
    assert listed(shell, "owing", "--period", YEAR)["owing"] == 300
    assert reconcile.audit(shell.chain).faults == []


def test_what_would_be_done_is_shown_and_not_done(shell):
    told = totals(shell, "cover", *REASON, "--dry-run")
    assert not told["sent"] and told["calls"] == ["CumulativeCompliance.cover"]
    assert of(shell, shell.plants[0]) == (0, 0, False)


def test_coverage_of_named_plants_ends(shell):
    totals(shell, "cover", *REASON)
    told = totals(shell, "cover", *REASON, "--end", "--plant", shell.plants[0])
    assert told["changes"] == [
        {"what": f"installation {shell.plants[0]}", "before": "covered", "after": "not covered"}
    ]
    assert [of(shell, plant)[2] for plant in shell.plants] == [False, True]


def test_many_plants_go_in_calls_of_the_contracts_bound(shell, monkeypatch):
    from tonne.cli.authority import totals as module

    monkeypatch.setattr(module, "MOST", 1)
    told = totals(shell, "cover", *REASON, *(w for p in shell.plants for w in ("--plant", p)))
    assert len(told["calls"]) == len(told["transactions"]) == 2
    assert all(of(shell, plant)[2] for plant in shell.plants)


# Refusals


def test_plants_that_wait_are_named_with_the_reason_and_do_not_stop_the_others(shell):
    first, second = shell.plants
    totals(shell, "cover", *REASON)
    determined(shell, {first: 500})
    told = totals(shell, "count", YEAR)
    assert told["plants"] == [first]
    assert "not final" in told["left"][str(second)]


def test_the_whole_scheme_is_not_ended_by_a_word_too_few(shell):
    totals(shell, "cover", *REASON)
    error = refused(shell, "cover", *REASON, "--end")
    assert (error["code"], error["field"]) == ("TOTALS_END_WHICH", "plant")
    assert all(of(shell, plant)[2] for plant in shell.plants)


@pytest.mark.parametrize(
    ("act", "code", "why"),
    [
        (("cover", *REASON), "TOTALS_NOTHING_TO_COVER", "coverage is as asked"),
        (("count", YEAR), "TOTALS_NOTHING_TO_COUNT", "report is not final"),
        (("judge",), "TOTALS_NOTHING_TO_JUDGE", "before the deadline is over"),
    ],
)
def test_where_nothing_is_to_be_done_the_first_reason_is_told(shell, act, code, why):
    totals(shell, "cover", *REASON)
    error = refused(shell, *act)
    assert (error["code"], error["value"]) == (code, str(YEAR))
    assert why in error["message"]
    assert "tonne authority" in error["remedy"]


HEAD = "installation,verified_t,surrendered_t,reason\n"


@pytest.mark.parametrize(
    ("rows", "code", "told"),
    [
        ("1,1.5,0,why\n", "DECISIONS_VALUE", "line 2, column verified_t"),
        ("1,one,0,why\n", "DECISIONS_VALUE", "line 2, column verified_t"),
        ("1,0,0,why\n", "DECISIONS_NO_CHANGE", "changes nothing for installation 1"),
        ("1,1,0,why\n1,2,0,why\n", "DECISIONS_TWICE", "installation 1"),
        ("1,1,0,\n", "DECISIONS_VALUE", "line 2, column reason"),
        ("1,1.5,0,why\n2,0,x,why\n", "DECISIONS_ROWS", "line 3, column surrendered_t"),
        ("1,0,0,why\n2,0,0,why\n", "DECISIONS_ROWS", "nothing for installation 2"),
    ],
)
def test_bad_rows_of_corrections_are_refused_all_at_once(shell, rows, code, told):
    error = refused(shell, "correct", shell.file(HEAD + rows))
    assert error["code"] == code
    assert told in error["message"]


def test_no_total_falls_below_nothing(shell):
    first, _ = shell.plants
    totals(shell, "cover", *REASON)
    error = refused(shell, "correct", shell.file(f"{HEAD}{first},-1,0,why\n"))
    assert error["code"] == "CUMULATIVE_OUT_OF_RANGE"


def test_a_period_that_stands_alone_has_no_totals(shell):
    error = shell.refused("totals", "judge", "--period", 2020)
    assert error["code"] == "TOTALS_NOTHING_TO_JUDGE"
    assert "stand alone" in error["message"]


def test_officers_alone_cover_and_correct(shell):
    assert refused(shell, "cover", *REASON, who="trader")["code"] == "TOTALS_NOTHING_TO_COVER"
    rows = f"{HEAD}{shell.plants[0]},1,0,why\n"
    assert "CUMULATIVE" not in refused(shell, "correct", shell.file(rows), who="trader")["code"]
