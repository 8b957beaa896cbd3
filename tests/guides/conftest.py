"""A player of guides, whose commands start warm and find the market on a free port."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.guides.play import ROOT, Player
from tonne.sandbox import node


@pytest.fixture(scope="session")
def environment(program: list[str], tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Environment of a reader's terminal, in which `tonne` starts warm and `python` has the library."""
    programs = tmp_path_factory.mktemp("programs")
    for name, words in (("tonne", program), ("python", [sys.executable])):
        path = programs / name
        path.write_text(f'#!/bin/sh\nexec {shlex.join(words)} "$@"\n')
        path.chmod(0o755)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TONNE_")}
    paths = os.pathsep.join([str(programs), kept["PATH"]])
    return {**kept, "PATH": paths, "PYTHONPATH": str(ROOT), "COLUMNS": "100"}


@pytest.fixture
def player(environment: dict[str, str], tmp_path: Path) -> Callable[[str], Player]:
    """A player of a page, in an empty folder."""

    def on(page: str) -> Player:
        port = node.free_port()
        own = {
            "TONNE_RPC": f"http://{node.HOST}:{port}",
            "TONNE_DEPLOYMENTS": str(tmp_path / "deployments"),
            "TONNE_ACCOUNTS": str(tmp_path / "accounts"),
            "TONNE_PROFILES": str(tmp_path / "profiles"),
        }
        options = ("--port", str(port))
        return Player(page, tmp_path, {**environment, **own}, options, str(node.free_port()))

    return on
