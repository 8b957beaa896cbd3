"""The built page in a headless Chromium, beside the small named market."""

from __future__ import annotations

import json
import os
import select
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import StreetDay
from tests.patience import HANGING_S
from tests.tonne.serve.conftest import Service, serving
from tests.web import acts
from tonne.deployment import record
from tonne.sandbox import page_server
from tools import page as page_build

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
SECONDS = 120


def chromium() -> str | None:
    """Path of an installed Chromium or Chrome."""
    names = ("chromium", "chromium-browser", "google-chrome")
    return os.environ.get("TONNE_CHROMIUM") or next(filter(None, map(shutil.which, names)), None)


needs_chromium = pytest.mark.skipif(
    chromium() is None, reason="no Chromium is installed (Debian: apt-get install chromium)"
)


@pytest.fixture(scope="session")
def built() -> Path:
    """The folder of the page, built from the sources as they are."""
    page_build.main()
    return page_build.OUT


class Browser:
    """A Chromium that runs scenarios of `scenarios.mjs`, one after the other, until it is closed."""

    def __init__(self) -> None:
        self._running: subprocess.Popen[str] | None = None

    def run(self, task: dict[str, Any]) -> Any:
        """What the scenario returns; fails with what it says, or with the page's own console errors."""
        if self._running is None:
            command = [page_build.node_of(), str(HERE / "run.mjs")]
            self._running = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
            )
        assert self._running.stdin is not None
        assert self._running.stdout is not None
        print(json.dumps(task), file=self._running.stdin, flush=True)
        if not select.select([self._running.stdout], [], [], SECONDS)[0]:
            self.close()
            pytest.fail(f"{task['scenario']}: nothing was said for {SECONDS} s")
        line = self._running.stdout.readline()
        if not line:  # the next scenario has a browser of its own
            self._running.wait(SECONDS)
            self._running = None
        told = json.loads(line or '{"failure": "the browser ended"}')
        if "failure" in told:
            pytest.fail(f"{task['scenario']}: {told['failure']}", pytrace=False)
        return told["answer"]

    def close(self) -> None:
        """Closing its input ends it; the browser with it."""
        if self._running is None:
            return
        assert self._running.stdin is not None
        self._running.stdin.close()
        try:
            self._running.wait(HANGING_S)
        except subprocess.TimeoutExpired:
            self._running.kill()
        self._running = None


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    made = Browser()
    yield made
    made.close()


@dataclass(frozen=True, slots=True)
class Visit:
    """Visits the page of one market."""

    browser: Browser
    url: str
    rpc: str
    keys: dict[str, str]
    folder: Path
    chain: Any

    def __call__(self, scenario: str, **facts: Any) -> Any:
        task = {"url": self.url, "rpc": self.rpc, "keys": self.keys, "folder": str(self.folder)}
        return self.browser.run(
            task | {"chromium": chromium(), "facts": facts, "scenario": scenario}
        )


@pytest.fixture
def visit(town: Any, built: Path, browser: Browser, tmp_path: Path) -> Iterator[Callable[..., Any]]:
    path = record.path_for(town.chain.chain_id, town.folder)
    url = town.chain.rpc.url
    source = page_server.PageSource(url, town.chain.chain_id, path, built)
    with page_server.start(source, 0) as server:
        keys = {name: "0x" + one.key.hex() for name, one in town.market.people.items()}
        yield Visit(browser, server.url, url, keys, tmp_path, town.chain)


@pytest.fixture
def visit_street(
    street_day: StreetDay, built: Path, browser: Browser, tmp_path: Path
) -> Iterator[Visit]:
    """Visits of a town whose meters' day is settled and listed."""
    chain, who = street_day.chain, street_day.town.who
    path = record.path_for(chain.chain_id, street_day.folder)
    with page_server.start(
        page_server.PageSource(chain.rpc.url, chain.chain_id, path, built), 0
    ) as server:
        keys = {name: "0x" + one.key.hex() for name, one in who.items()}
        yield Visit(browser, server.url, chain.rpc.url, keys, tmp_path, chain)


@pytest.fixture
def visit_served(
    visit: Visit, town: Any, built: Path, tmp_path: Path
) -> Iterator[tuple[Visit, Service]]:
    """Visits of a page that has a data service."""
    path = record.path_for(town.chain.chain_id, town.folder)
    source = page_server.PageSource(visit.rpc, town.chain.chain_id, path, built, "v1/")
    with serving(town, tmp_path, source) as service:
        yield replace(visit, url=f"{service.url}/"), service


@pytest.fixture
def busy(visit: Visit, town: Any) -> Visit:
    """Visits of a market where something has happened in every view."""
    acts.everything(town)
    return visit
