"""Lists of the authority's desk: what is owed, what comes when, and how the verification bodies stand."""

from __future__ import annotations

import json

import pytest

from tests.tonne.cli.authority.test_desk import _appeals_are_possible, _Shell
from tonne import cli
from tonne.chain import clock
from tonne.cli.authority.dues import ROLES
from tonne.constants import DAY_S

PERIOD = 2020


@pytest.fixture
def shell(town, tmp_path, capsys, monkeypatch):
    return _Shell(town, tmp_path, capsys, monkeypatch)


def listed(shell, *arguments):
    with pytest.raises(SystemExit) as ended:
        cli.main(["authority", *map(str, arguments), "--json"])
    assert not ended.value.code
    return json.loads(shell.capsys.readouterr().out)


def at_deadline(shell):
    deadline = shell.chain.call("Schemes", "period", 1, PERIOD).surrenderDeadline
    shell.chain.set_time(deadline + 1)
    return deadline


def whats(shell, *options):
    return [(one["moment"], one["what"]) for one in listed(shell, "due", *options)["due"]]


def test_plants_that_owe_come_with_what_is_missing_the_most_first(shell):
    told = listed(shell, "owing", "--period", PERIOD)
    rows = told["plants"]
    assert [row["owing"] for row in rows] == sorted((row["owing"] for row in rows), reverse=True)
    assert told["owing"] == sum(row["owing"] for row in rows) > 0
    for row in rows:
        stand = shell.chain.call("Compliance", "standing", row["plant"], PERIOD)
        assert row["owing"] == row["due"] - row["surrendered"] == stand.openT
        assert (row["standing"], row["penalty"]) == ("open", "no notice")
    assert told["notAssessed"] == []
    text = shell.capsys
    with pytest.raises(SystemExit):
        cli.main(["authority", "owing", "--period", str(PERIOD)])
    assert f"{told['owing']:,} t are owed by {len(rows)} plants" in text.readouterr().out


def test_a_plant_that_has_surrendered_all_is_not_listed(shell):
    market, chain = shell.town.market, shell.chain
    plant = market.installations["south"]
    owed = chain.call("Compliance", "standing", plant, PERIOD).openT
    given = (plant, PERIOD, [market.allowance], [owed])
    chain.send(market.people["south"], "Compliance", "surrender", *given)
    told = listed(shell, "owing", "--period", PERIOD)
    assert {row["plant"] for row in told["plants"]} == set(market.installations.values()) - {plant}


def test_the_dates_of_a_period_come_in_order_and_end_with_the_days_asked_for(shell):
    span = shell.chain.call("Schemes", "period", 1, PERIOD)
    now = shell.chain.now()
    ahead = [(moment, what) for moment, what in whats(shell, "--days", 3_650)]
    assert (span.surrenderDeadline, f"last day to surrender for period {PERIOD}") in ahead
    assert all(moment is None or moment >= now for moment, _ in ahead)
    assert [moment or 0 for moment, _ in ahead] == sorted(moment or 0 for moment, _ in ahead)
    days = (span.surrenderDeadline - now) // DAY_S
    assert not any("to surrender" in what for _, what in whats(shell, "--days", days - 1))
    assert any("to surrender" in what for _, what in whats(shell, "--days", days + 1))


def test_a_penalty_is_told_from_hearing_to_debit(shell):
    _appeals_are_possible(shell)
    at_deadline(shell)
    plant, period = (
        listed(shell, "owing", "--period", PERIOD)["plants"][0]["plant"],
        ("--period", PERIOD),
    )
    shell.run("penalty", "notify", plant, *period)
    assert (None, f"the fine of plant {plant} can be decided from then on") in whats(shell)
    shell.run("penalty", "decide", plant, *period, "--fine", "25000.00", "--reason", "late")
    ((moment, what),) = [one for one in whats(shell) if f"plant {plant}" in one[1]]
    assert what == f"the fine of plant {plant}, 25,000.00, can be debited from then on"
    *_, decided = shell.chain.logs("Compliance", "PenaltyDecided")
    until = decided["payableUntil"]
    assert moment == (until if until > shell.chain.now() else None)
    shell.run("penalty", "appeal", plant, *period, "--reason", "the meter broke", who="north")
    assert (None, f"the appeal of plant {plant} awaits another officer than the first") in whats(
        shell
    )


def test_accreditations_end_on_their_day(shell):
    (first, *_) = shell.chain.call("EmissionsOracle", "signersOf", 1)
    end = first.validUntil * DAY_S
    days = (end - shell.chain.now()) // DAY_S + 1
    told = f"the accreditation of {first.key}, {ROLES[first.roles]} of body {first.body}, ends"
    assert (end, told) in whats(shell, "--days", days)


def test_bodies_stand_with_their_persons_and_reports(shell):
    (row,) = listed(shell, "bodies")["bodies"]
    people = shell.chain.call("EmissionsOracle", "signersOf", 1)
    assert row["body"] == people[0].body
    assert (row["status"], row["persons"]) == ("active", len(people))
    assert row["reports"] == len(shell.chain.logs("EmissionsOracle", "EmissionsReported"))
    assert (row["annulled"], row["charges"]) == (0, 0)


def test_nothing_is_trued_up_twice(shell):
    refused = shell.refused("true-up", "--period", PERIOD)
    assert (refused["code"], refused["field"]) == ("TRUE_UP_NOTHING_DUE", "period")


def test_a_moment_is_shown_in_the_schemes_time(shell):
    zone = clock.zone_of(shell.chain, 1)
    deadline = shell.chain.call("Schemes", "period", 1, PERIOD).surrenderDeadline
    with pytest.raises(SystemExit):
        cli.main(["authority", "due"])
    assert clock.shown(deadline, zone)[:14] in shell.capsys.readouterr().out
