"""A served market: a small market on a chain, followed into a store, answered over HTTP."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass

import pytest
import requests
import uvicorn

from tests.patience import HANGING_S
from tonne.audit.store import published
from tonne.audit.store.database import Store
from tonne.audit.trust import Trust
from tonne.serve.app import ServiceSettings, create
from tonne.serve.follower import ServiceFollower


@dataclass
class Service:
    """What a test asks and acts on."""

    town: object
    store: Store
    follower: ServiceFollower
    url: str

    def get(self, path: str, status: int = 200, **query):
        found = requests.get(f"{self.url}/v1{path}", params=query, timeout=HANGING_S)
        assert found.status_code == status, found.text
        return found.json()

    def rows(self, path: str, **query):
        return self.get(path, **query)["rows"]


@contextmanager
def serving(town, folder, page=None, rate=0, origins=("*",)):
    """A service beside the town's node; with a page under `/` where one is given."""
    store = Store(folder / "store.duckdb")
    follower = ServiceFollower(town.chain, 0, store, Trust(store=store))
    follower.step()
    told = {"rate": rate, "origins": origins, "page": page}
    app = create(ServiceSettings(published.path_for(store.path), **told))
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="warning"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield Service(town, store, follower, f"http://127.0.0.1:{port}")
    server.should_exit = True
    thread.join(HANGING_S)
    store.close()


@pytest.fixture
def served(town, tmp_path):
    with serving(town, tmp_path) as service:
        yield service
