"""What the chain tells the emission oracle's operator."""

from __future__ import annotations

import pytest

from oracles.emissions.news import EmissionsNews
from oracles.runtime.inbox import Inbox
from oracles.runtime.journal import Journal
from tonne.constants import DAY_S
from tonne.crypto.hashing import keccak


@pytest.fixture
def news(desk):
    journal = Journal(desk.folder / "news.sqlite")
    yield EmissionsNews(desk.chain, journal, Inbox(desk.inbox), [30, 7, 1])
    journal.close()


def kinds(news, now):
    return {notice.key.rpartition("/")[2]: notice for notice in news.look(now)}


def test_the_end_of_reporting_is_told_ahead_with_what_waits(desk, news):
    desk.put("a.report.json", b"{")
    now = desk.chain.now()
    found = [notice for notice in news.look(now) if notice.kind == "deadline"]
    assert [notice.key for notice in found] == [
        f"deadline/{desk.pack.scheme.number}/{desk.year}/30d"
    ]
    assert "1 files wait" in found[0].text
    left = int(found[0].text.split(" for ")[1].split()[0])
    # The contract closes the year at that moment, and takes reports the second before.
    desk.chain.set_time(now + (left + 1) * DAY_S)
    desk.put("b.report.json", desk.single(desk.report(4)))
    desk.work(0)
    assert desk.code_of("b.report.json") == "EMISSIONS_YEAR_CLOSED"


def test_an_accreditation_that_ends_is_told_ahead_at_each_of_the_days(desk, news):
    (signer, *_) = desk.chain.call("EmissionsOracle", "signersOf", desk.pack.scheme.number)
    for days, mark in ((31, None), (29, "30d"), (6, "7d")):
        now = signer.validUntil * DAY_S - days * DAY_S
        keys = [n.key for n in news.look(now) if n.kind == "accreditation" and signer.key in n.key]
        assert [key.rpartition("/")[2] for key in keys] == ([mark] if mark else [])


def test_a_dispute_and_its_end_are_told_and_old_ones_are_not(desk):
    desk.put("a.report.json", desk.single(desk.report(4)))
    desk.put("b.report.json", desk.single(desk.report(5)))
    desk.work(2)
    authority = desk.people["authority"]
    dispute = ("EmissionsOracle", "dispute")
    desk.chain.send(authority, *dispute, 4, desk.year, keccak(b"before"))
    desk.chain.mine(1)
    journal = Journal(desk.folder / "news.sqlite")
    news = EmissionsNews(desk.chain, journal, Inbox(desk.inbox), [])
    assert list(news.look(desk.chain.now())) == []
    desk.chain.mine(1)
    desk.chain.send(authority, *dispute, 5, desk.year, keccak(b"after"))
    (notice,) = news.look(desk.chain.now())
    assert notice.kind == "dispute" and "installation 5" in notice.text
    again = EmissionsNews(desk.chain, journal, Inbox(desk.inbox), [])  # after a restart
    assert [n.key for n in again.look(desk.chain.now())] == [notice.key]
    journal.close()
