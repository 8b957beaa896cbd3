"""What the chain tells the meter oracle's operator, and what `check` says of its office and bond."""

from __future__ import annotations

import pytest

from oracles.meters import status
from oracles.meters.duties import bond, role
from oracles.meters.news import MetersNews
from oracles.runtime.metrics import Metrics
from tests.oracles.meters.ground import NOTARY, QUARTER, SCEPTIC, SLASH, T0, challenge
from tonne.errors import TonneError
from tonne.meters import leaves


@pytest.fixture
def posted(desk):
    desk.at(QUARTER + 10)
    desk.send(0)
    desk.send(1)
    desk.run()
    return desk


def news_of(desk):
    return MetersNews(desk.chain, desk.journal, 1, desk.cycle.registry, desk.cycle.challenges)


def keys(news, desk):
    return [notice.key for notice in news.look(desk.chain.now())]


def test_a_challenge_is_told_with_its_deadline_and_once_more_before_it(posted):
    desk = posted
    leaves.path_of(desk.folder / "leaves", 1, T0, 1).unlink()  # it cannot be answered
    news = news_of(desk)
    assert keys(news, desk) == []
    challenge(desk.chain, desk.posted()[1, 0], 1)
    desk.run(1)
    assert keys(news, desk) == ["challenge/1"]
    deadline = desk.cycle.challenges.open[1]["deadline"]
    desk.chain.set_time(deadline - 1_800)
    assert keys(news, desk) == ["challenge/1", "challenge/1/last"]
    watched = Metrics("meters")
    status.observe(watched, desk.cycle.parts, desk.journal, desk.wire, desk.chain.now())
    assert watched.value("open_challenges") == 1
    assert 0 < watched.value("challenge_seconds") <= 1_800
    assert watched.value("incidents", "METER_LEAF_MISSING") == 1
    assert watched.value("broker_up") == 1

    desk.chain.set_time(deadline + 1)
    desk.chain.send(SCEPTIC, "MeterOracle", "expire", 1)
    desk.run(1)
    lost, bond = keys(news, desk)
    assert lost.startswith("failed/") and bond.startswith("bond/")  # half of it was lost
    status.observe(watched, desk.cycle.parts, desk.journal, desk.wire, desk.chain.now())
    assert watched.value("open_challenges") == 0
    assert watched.value("challenge_seconds") is None


def test_another_oracle_s_challenge_is_none_of_its_business(posted):
    desk = posted
    leaves.path_of(desk.folder / "leaves", 1, T0, 1).unlink()
    challenge(desk.chain, desk.posted()[1, 0], 1)
    desk.run(1)
    news = MetersNews(desk.chain, desk.journal, 2, desk.cycle.registry, desk.cycle.challenges)
    assert [key for key in keys(news, desk) if not key.startswith("bond/")] == []


def test_check_says_whether_the_sender_is_an_oracle_with_a_bond(posted):
    chain = posted.chain
    assert role(chain, NOTARY) == "participant 1, oracle of 2 nodes"
    assert bond(chain, NOTARY).startswith(str(SLASH))
    for question, code in ((role, "ORACLE_CHECK_ROLE"), (bond, "ORACLE_CHECK_BOND")):
        with pytest.raises(TonneError) as missing:
            question(chain, SCEPTIC)
        assert missing.value.code == code and missing.value.remedy
