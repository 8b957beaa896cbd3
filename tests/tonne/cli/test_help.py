"""Help pages: their text, their speed, and the options that commands share."""

from __future__ import annotations

import json
import os
import re
import resource
import subprocess
import sys
from pathlib import Path

import pytest
import typer.main
from typer.testing import CliRunner

from tests.patience import HANGING_S
from tests.tonne.cli import help_tree
from tonne import cli
from tonne.cli.core import options
from tonne.deployment.granted_roles import OFFICE_POWERS
from tonne.meters import simulated_fleet
from tonne.rules.pack.keys import MEASURES_OF_PENALTY
from tonne.simulation.period.model import plan
from tonne.units import energy_certificates
from tools import figures

ROOT = Path(__file__).resolve().parents[3]
CLI = ROOT / "tonne" / "cli"
PAGES = [path for path, _, _ in help_tree.commands()]

#: Packages that no help page needs; typer itself brings pydantic once a value is converted.
HEAVY = (
    "coincurve", "cryptography", "eth_abi", "eth_account", "eth_utils", "highspy", "jinja2",
    "numpy", "pydantic", "requests", "web3",
)  # fmt: skip

#: Processor time of a help page [s]: 0.2 here, the bound of 0.5 doubled for a loaded machine.
SECONDS = 1.0


def test_the_help_of_every_command_is_the_one_on_file():
    """`make help-tree` writes the file."""
    assert help_tree.text() == help_tree.FILE.read_text(encoding="utf-8")


def test_every_command_of_a_room_is_in_the_list_of_the_root():
    for room in cli.Tonne.rooms:
        app = __import__(room.module, fromlist=["app"]).app
        assert set(room.commands) == set(typer.main.get_group(app).commands), room.module


def test_no_help_page_shows_a_type_for_a_flag():
    assert "--json" in help_tree.FILE.read_text()
    for path in (("market", "buy"), ("authority", "cap"), ("audit",), ()):
        page = CliRunner().invoke(cli.app, [*path, "--help"]).stdout
        assert "--help" in page and "bool" not in page.lower()


_LOADED = """
import contextlib, io, json, sys
from tonne import cli
for path in json.loads(sys.argv[1]):
    with contextlib.suppress(SystemExit), contextlib.redirect_stdout(io.StringIO()):
        cli.main([*path, "--help"])
    loaded = sorted({name.split(".")[0] for name in sys.modules} & set(json.loads(sys.argv[2])))
    ours = [name for name in sys.modules if name.startswith(("tonne.audit", "tonne.simulation"))]
    if loaded or ours:
        sys.exit(f"{' '.join(path)}: {loaded + ours}")
"""


@pytest.mark.long
def test_no_help_page_loads_a_heavy_module():
    done = subprocess.run(
        [sys.executable, "-P", "-c", _LOADED, json.dumps(PAGES), json.dumps(HEAVY)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert len(PAGES) > 216


@pytest.mark.parametrize("path", ["", "market", "authority value", "energy trade offer"])
def test_a_help_page_takes_little_of_the_processor(path):
    assert min(_processor_seconds(path) for _ in range(3)) < SECONDS  # others share the processor


def _processor_seconds(path: str) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        [sys.executable, "-P", "-m", "tonne.cli", *path.split(), "--help"],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.DEVNULL,
        timeout=HANGING_S,
        check=True,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


# Shared options


def test_shared_options_are_declared_once_and_hardly_repeated():
    """634 lines before there was a decorator; the bound is 60."""
    found = {
        path.relative_to(ROOT).as_posix(): figures.shared_option_lines(
            path.read_text(encoding="utf-8")
        )
        for path in sorted(CLI.rglob("*.py"))
    }
    assert all(hasattr(options, name) for name in figures.SHARED)
    assert len(found["tonne/cli/core/options.py"]) > len(figures.FLAGS)
    assert sum(map(len, found.values())) < 60, {k: v for k, v in found.items() if v}


def test_a_repeated_option_is_counted():
    source = 'def f(rpc: Rpc = "x", *, ours: int = 1, as_json: AsJson = False): ...\n'
    assert len(figures.shared_option_lines(source)) == 1
    assert len(figures.shared_option_lines('X = typer.Option("--json", help="x")\n')) == 1


# Choices that a help page names without loading their library


def test_the_choices_in_help_are_the_library_s():
    from tonne.cli.authority import offices, penalty
    from tonne.cli.energy import certificate
    from tonne.cli.evidence import meters
    from tonne.cli.run import period

    assert offices.POWERS == tuple(OFFICE_POWERS)
    assert penalty.MEASURES == tuple(MEASURES_OF_PENALTY)
    assert certificate.SOURCES == energy_certificates.SOURCES[1:]
    assert meters.DIGITS == simulated_fleet.DIGITS
    assert (period.SESSIONS, period.MONTHLY) == (plan.SESSIONS, plan.MONTHLY)


# The program itself


def test_the_version_is_printed():
    done = CliRunner().invoke(cli.app, ["--version"], prog_name="tonne")
    assert re.fullmatch(r"tonne \d+\.\d+\.\d+\n", done.stdout) and done.exit_code == 0


@pytest.mark.parametrize(
    ("shell", "words"),
    [
        ("bash", {"COMP_WORDS": "tonne mar", "COMP_CWORD": "1"}),
        ("zsh", {"_TYPER_COMPLETE_ARGS": "tonne mar"}),
        ("fish", {"_TYPER_COMPLETE_ARGS": "tonne mar", "_TYPER_COMPLETE_FISH_ACTION": "get-args"}),
    ],
)
def test_shells_complete_commands_and_those_below(shell, words):
    assert "market" in _completed(shell, words)
    below = {
        k: v.replace("tonne mar", "tonne market bu").replace("1", "2") for k, v in words.items()
    }
    found = _completed(shell, below)
    assert "buy" in found and "deposit" not in found


def _completed(shell: str, words: dict[str, str]) -> str:
    done = subprocess.run(
        [sys.executable, "-P", "-m", "tonne.cli"],
        env={
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "_TONNE_COMPLETE": f"complete_{shell}",
            **words,
        },
        capture_output=True,
        text=True,
        timeout=HANGING_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
