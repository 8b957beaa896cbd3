"""A day runs by itself to its payments, among kills, outages and a settler who cheats."""

from __future__ import annotations

import pytest

from tests.gas.power_town import TownTerms
from tests.oracles.power.ground import DaemonProcess, Street, power_market
from tests.oracles.power.live.city import City
from tests.oracles.power.live.pace import Cause, LiveRun
from tests.oracles.power.live.players import Players
from tests.oracles.power.live.run import Plan, play
from tonne.audit import reconcile

PLAN = Plan.of(intervals=12, kills=6)
#: Who settles the second node.
TERMS = TownTerms(settlers={1: "rogue"})


#: The least that has a price and readings.
SHORT = Plan(intervals=2, kills=0)


@pytest.fixture
def players(tmp_path, request):
    made: list[DaemonProcess] = []

    def daemon(name, sender, place="", options=()):
        made.append(DaemonProcess(town, name, tmp_path / (place or name), sender, options))
        return made[-1]

    with power_market(terms=TERMS) as town:
        yield Players(City(Street(town)), daemon, false=getattr(request, "param", "totals"))
        for process in made:
            process.end()


def runs(chain, name, **of):
    """Node and interval of each run of an event, by order, whose fields are `of`."""
    found = chain.logs("PowerSettlement", name)
    return sorted(
        (e["node"], e["interval"]) for e in found if all(e[key] == told for key, told in of.items())
    )


@pytest.mark.long
@pytest.mark.nightly
def test_a_day_is_paid_whoever_settles_falsely(players):
    seen = LiveRun()
    players.start()
    play(players, PLAN, seen)
    players.stop()

    print(seen)
    town = players.street.town
    assert seen.lapsed == [] and seen.lost == 0 and seen.missing == []
    assert seen.forfeits[Cause.NONE] == 0
    # Who settles falsely posts false runs of its first day, until it sees that one fell: each of them fell by
    # the watcher's hand, also one that was posted meanwhile; no other run did, and the day was taken over.
    posted = runs(town.chain, "RunPosted", poster=town.numbers["rogue"])
    false = [(node, i) for node, i in posted if i // town.terms.per_day == town.day]
    assert false and runs(town.chain, "RunFailed") == false
    assert (seen.felled, seen.taken) == (len(false), [(1, town.day)])
    assert sum(seen.kills.values()) == PLAN.kills + 1  # of who settles, too
    assert sum(players.said("reverted").values()) == 0
    assert reconcile.audit(town.chain).differences == []


@pytest.mark.long
@pytest.mark.nightly
@pytest.mark.parametrize("players", ["list", "silence"], indirect=True)
def test_a_false_list_and_a_withheld_line_fall_and_their_day_is_taken_over(players):
    """A customer asks for its line: by it the watcher convicts the list, or by silence the run."""
    seen = LiveRun()
    players.start()
    play(players, SHORT, seen)
    players.stop()

    print(seen)
    town = players.street.town
    of = 1, town.day
    assert (seen.asked, seen.felled, seen.taken) == ([of], 1, [of])
    assert seen.missing == [] and seen.lost == 0
    assert reconcile.audit(town.chain).differences == []
