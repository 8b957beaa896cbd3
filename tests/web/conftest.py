"""The built page in a headless Chromium, beside the small named market."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

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


@dataclass(frozen=True, slots=True)
class Visit:
    """Runs scenarios of `scenarios.mjs` at one market."""

    url: str
    rpc: str
    keys: dict[str, str]
    folder: Path

    def __call__(self, scenario: str, **facts: Any) -> Any:
        """What the scenario returns; fails with what it says, or with the page's own console errors."""
        task = {"url": self.url, "rpc": self.rpc, "keys": self.keys, "folder": str(self.folder)}
        task |= {"chromium": chromium(), "facts": facts, "scenario": scenario}
        done = subprocess.run(
            [page_build.node_of(), str(HERE / "run.mjs")],
            input=json.dumps(task),
            capture_output=True,
            text=True,
            timeout=SECONDS,
            cwd=ROOT,
            check=False,
        )
        assert done.returncode == 0, f"{scenario}:\n{done.stdout[-2000:]}{done.stderr[-4000:]}"
        return json.loads(done.stdout or "null")


@pytest.fixture
def visit(town: Any, built: Path, tmp_path: Path) -> Iterator[Callable[..., Any]]:
    path = record.path_for(town.chain.chain_id, town.folder)
    url = town.chain.rpc.url
    with page_server.start(url, town.chain.chain_id, path, 0, built) as server:
        keys = {name: "0x" + one.key.hex() for name, one in town.market.people.items()}
        yield Visit(server.url, url, keys, tmp_path)
