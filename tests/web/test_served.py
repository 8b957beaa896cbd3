"""The page with a data service: the same figures, from the service; from the node where it fails."""

from __future__ import annotations

import threading

from tests.tonne.serve.test_service import trade
from tests.web import acts
from tests.web.conftest import needs_chromium

pytestmark = needs_chromium

#: [s] Until a block comes, and for which the page is left alone before.
SOON, IDLE = 12, 8

VIEWS = (
    "market/1", "schemes", "register", "intensity", "projects", "certificates", "certificates/1",
    "energy", "powers", "audit/2", "auctions",
)  # fmt: skip
#: Answers that the views are made of.
TABLES = (
    "logs", "head", "markets/1/candles", "markets/1/trades", "projects", "projects/steps",
    "energy/nodes", "energy/intervals",
)  # fmt: skip


def test_each_view_says_the_same_with_the_service_and_without(visit, visit_served):
    served, service = visit_served
    acts.everything(service.town)
    service.follower.step()
    without = visit("served", views=VIEWS, service=f"{service.url}/v1/")
    assert without["asked"] == []
    found = served("served", views=VIEWS, service=f"{service.url}/v1/")
    assert {f"/v1/{path}" for path in TABLES} <= set(found["asked"])
    digest = service.get("/head")["historyDigest"]
    assert digest in found["seen"]["audit/2"]
    for view, text in without["seen"].items():
        if view != "audit/2":
            assert found["seen"][view] == text, view
    # what came after the first answers is asked of the node, in short spans
    assert found["longest"] < 64 <= without["longest"]


def test_a_service_that_is_behind_or_fails_hides_nothing(visit_served):
    served, service = visit_served
    service.town.chain.mine(64)
    service.follower.step()
    trade(service.town, 777)  # the service has not followed
    behind = served("served", views=("market/1", "audit/3"), service=f"{service.url}/v1/")
    silent = served(
        "served", views=("market/1", "audit/3"), service=f"{service.url}/v1/", silent=True
    )
    assert silent["seen"]["market/1"] == behind["seen"]["market/1"]
    assert silent["seen"]["chart"] == behind["seen"]["chart"]
    assert "777" in behind["seen"]["market/1"]
    assert silent["longest"] >= 64


def test_a_block_shows_as_soon_as_the_service_tells_of_it(visit_served):
    served, service = visit_served

    def trade_soon():
        trade(service.town, 777)
        service.follower.step()

    later = threading.Timer(SOON, trade_soon)
    later.start()
    found = served("followed", lots="777", idle=IDLE)
    later.join()
    assert found["waited"] < SOON + 2  # the page looks for itself every 5 s
    assert found["heads"] <= 3  # without the service one a second
