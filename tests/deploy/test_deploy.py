"""What operators install: series that exist, rules that fire, tight units, an image that is whole."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from prometheus_client import generate_latest
from typer.main import get_command

import oracles.emissions.__main__ as emissions
import oracles.meters.__main__ as meters
import oracles.power.aggregator.__main__ as aggregator
import oracles.power.settlement.__main__ as settlement
import oracles.power.solver.__main__ as solver
import oracles.power.watcher.__main__ as watcher
from oracles.runtime.metrics import SERIES, Metrics

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
ALERTS = DEPLOY / "prometheus" / "alerts.yml"
BOARD = DEPLOY / "grafana" / "oracles.json"
UNITS = {
    "emissions": emissions.app,
    "meters": meters.app,
    "aggregator": aggregator.app,
    "settlement": settlement.app,
    "solver": solver.app,
    "watcher": watcher.app,
}

#: Rooms of the daemons that are not named for themselves alone.
ROOMS = dict.fromkeys(("aggregator", "settlement", "solver", "watcher"), "oracles.power")

#: The most that `systemd-analyze security` may give: less is tighter.
MOST_EXPOSED = 2.0

WORDS = re.compile(r"\btonne_oracle_[a-z_]+\b")
SELECTOR = re.compile(r"(tonne_oracle_[a-z_]+)(?:\{([^}]*)\})?")


def tool(name: str) -> str:
    """A program that the machine may lack."""
    found = shutil.which(name) or shutil.which(name, path=str(ROOT / ".tools" / "bin"))
    if found is None:
        pytest.skip(f"{name} is not installed: this part of deploy/ is not checked here")
    return found


def names_in_code() -> set[str]:
    """Names under which the series are served."""
    text = generate_latest(Metrics("meters").registry).decode()
    types = re.findall(r"^# TYPE (\S+) (\S+)$", text, re.MULTILINE)
    return {name for name, _ in types if not name.endswith("_created")}


def labels_in_code() -> dict[str, set[str]]:
    found = {
        f"tonne_oracle_{s.name}" + ("_total" if s.counts else ""): set(s.labels) for s in SERIES
    }
    return found | {
        "tonne_oracle_cycles_total": {"result"},
        "tonne_oracle_jobs": {"state"},
        "tonne_oracle_files": {"outcome"},
        "tonne_oracle_last_cycle_timestamp_seconds": set(),
    }


def rules() -> list[dict]:
    groups = yaml.safe_load(ALERTS.read_text())["groups"]
    return [rule for group in groups for rule in group["rules"]]


def expressions() -> list[str]:
    board = json.loads(BOARD.read_text())
    shown = [target["expr"] for panel in board["panels"] for target in panel["targets"]]
    return [rule["expr"] for rule in rules()] + shown


def test_every_series_of_the_dashboard_and_of_the_alerts_exists_with_its_labels():
    labels = labels_in_code()
    assert names_in_code() == set(labels)
    for expression in expressions():
        found = SELECTOR.findall(expression)
        assert found or "up{" in expression
        for name, selector in found:
            assert name in labels, expression
            used = set(re.findall(r"(\w+)\s*(?:=~|!=|!~|=)", selector))
            assert used <= labels[name] | {"oracle", "instance"}, expression


def test_every_series_is_looked_at_somewhere_and_told_in_the_manual():
    used = set(WORDS.findall("\n".join(expressions())))
    manual = set(WORDS.findall((ROOT / "docs" / "oracle.md").read_text()))
    assert names_in_code() <= used
    assert names_in_code() <= manual
    assert manual - {"tonne_oracle_"} <= names_in_code()


def test_every_alert_says_how_bad_it_is_and_what_to_do():
    for rule in rules():
        assert rule["labels"]["severity"] in ("critical", "warning", "info")
        assert rule["annotations"]["summary"] and rule["annotations"]["remedy"]
    names = [rule["alert"] for rule in rules()]
    assert len(names) == len(set(names))


def test_the_rules_and_the_scrape_file_are_valid():
    promtool = tool("promtool")
    for command, path in (("rules", ALERTS), ("config", ALERTS.with_name("prometheus.yml"))):
        done = subprocess.run(
            [promtool, "check", command, str(path)], capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout + done.stderr


def test_alerts_fire_when_they_should_and_not_before(tmp_path):
    promtool = tool("promtool")
    played = tmp_path / "alerts_test.yml"
    text = (Path(__file__).parent / "alerts_test.yml").read_text()
    played.write_text(text.replace("ALERTS", str(ALERTS)))
    done = subprocess.run([promtool, "test", "rules", str(played)], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_dashboard_has_one_place_for_each_panel():
    panels = json.loads(BOARD.read_text())["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    taken = set()
    for panel in panels:
        at = panel["gridPos"]
        assert at["x"] + at["w"] <= 24
        cells = {(at["x"] + x, at["y"] + y) for x in range(at["w"]) for y in range(at["h"])}
        assert not cells & taken
        taken |= cells


@pytest.mark.parametrize("oracle", UNITS)
def test_a_unit_is_valid(oracle, tmp_path):
    analyze = tool("systemd-analyze")
    unit = tmp_path / f"tonne-{oracle}.service"
    text = (DEPLOY / "systemd" / unit.name).read_text()
    # The interpreter of the installation is not on this machine.
    unit.write_text(text.replace("/opt/tonne/.venv/bin/python", sys.executable))
    done = subprocess.run([analyze, "verify", str(unit)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert unit.name not in done.stderr  # no warning about it either


@pytest.mark.parametrize("oracle", UNITS)
def test_a_unit_is_tight(oracle):
    analyze = tool("systemd-analyze")
    unit = DEPLOY / "systemd" / f"tonne-{oracle}.service"
    done = subprocess.run(
        [analyze, "security", "--offline=yes", str(unit)], capture_output=True, text=True
    )
    (score,) = re.findall(r"Overall exposure level for \S+: (\S+)", done.stdout)
    assert float(score) <= MOST_EXPOSED


@pytest.mark.parametrize("oracle", UNITS)
def test_a_unit_starts_the_daemon_with_options_that_it_has_and_no_secret(oracle):
    text = (DEPLOY / "systemd" / f"tonne-{oracle}.service").read_text().replace("\\\n", " ")
    (command,) = re.findall(r"^ExecStart=(.*)$", text, re.MULTILINE)
    words = command.split()
    assert words[1:4] == ["-m", f"{ROOMS.get(oracle, 'oracles')}.{oracle}", "run"]
    known = {
        option
        for parameter in get_command(UNITS[oracle]).commands["run"].params
        for option in parameter.opts
    }
    assert {word for word in words if word.startswith("--")} <= known
    for secret in ("rpc", "keystore", "passphrase-file", "notices"):
        value = words[words.index(f"--{secret}") + 1]
        assert value.lstrip("@").startswith("%d/"), "what is secret comes as a credential"
    assert "Environment" not in text
    assert "LoadCredentialEncrypted=passphrase:" in text


def test_the_image_copies_what_is_there_and_runs_without_rights():
    lines = (DEPLOY / "container" / "Containerfile").read_text().replace("\\\n", " ").splitlines()
    steps = [line.split(maxsplit=1) for line in lines if line and not line.startswith("#")]
    for name, rest in steps:
        assert name in {"FROM", "COPY", "RUN", "USER", "WORKDIR", "ENTRYPOINT", "ENV", "VOLUME"}
        if name == "COPY" and "--from" not in rest:
            *sources, _ = rest.split()
            # `make package` writes what is not in the tree.
            made = "build/dist" in (ROOT / "Makefile").read_text()
            assert all((ROOT / s).exists() or (made and s == "build/dist") for s in sources), rest
        if name == "ENV":
            assert not re.search(r"key|pass|secret|token", rest, re.IGNORECASE)
    assert [rest for name, rest in steps if name == "USER"] == ["65532:65532"]
    assert steps[-1] == ["ENTRYPOINT", '["/opt/tonne/.venv/bin/python", "-m"]']
