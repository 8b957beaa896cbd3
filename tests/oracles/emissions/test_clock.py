"""The machine's clock set back and forward by an hour: nothing waits for it, and health does not go by it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

from tests.oracles import hanging
from tests.oracles.emissions.process import ROOT
from tests.oracles.meters.process import free_port
from tests.patience import HANGING_S
from tonne.constants import HOUR_S

#: Where a daemon asks for the machine's clock: what it shows or keeps for people, and how old files
#: are; never what it sends.
ASKS_THE_CLOCK = {
    "oracles/meters/feeds.py": "how long ago a file changed that may still be written",
    "oracles/meters/mqtt.py": "since when the broker is away, in the status",
    "oracles/meters/status.py": "when the status was written",
    "oracles/power/watcher/folders.py": "ages of folders: an old one is listed again when it changes",
    "oracles/runtime/backup.py": "when a backup was made",
    "oracles/runtime/checkup.py": "`check` compares it with the chain's",
    "oracles/runtime/metrics.py": "a time stamp, as Prometheus compares it with its own",
    "oracles/runtime/news.py": "the day of a notice that comes once a day",
    "oracles/runtime/notices.py": "when a notice was sent",
    "oracles/runtime/watch.py": "ages of files, a metric",
}


def test_no_decision_of_a_daemon_asks_the_machines_clock():
    asks = re.compile(r"time\.time\b|datetime\.now|date\.today|localtime\(\)|gmtime\(\)")
    found = {
        str(path.relative_to(ROOT))
        for path in (ROOT / "oracles").rglob("*.py")
        if asks.search(path.read_text())
    }
    assert found == ASKS_THE_CLOCK.keys()
    shared = [ROOT / "tonne" / part for part in ("chain", "meters", "crypto")]
    others = [p for folder in shared for p in folder.rglob("*.py") if asks.search(p.read_text())]
    assert [str(path.relative_to(ROOT)) for path in others] == ["tonne/chain/suitability.py"]


def test_a_daemon_works_on_and_is_well_whatever_the_clock_says(desk, oracle):
    clock, port = desk.folder / "clock", free_port()
    clock.write_text("0")
    options = oracle.command("run")[3:]
    options += ["--journal", str(desk.folder / "daemon.sqlite"), "--interval", "0.05"]
    options += ["--finality", "instant", "--keystore", str(oracle.keystore)]
    options += ["--metrics-port", str(port)]
    command = [sys.executable, "-m", "tests.oracles.hanging", "none", "slow", "emissions", *options]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), hanging.CLOCK: str(clock)}
    with oracle.log.open("ab") as log:
        process = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log, env=environment)
    oracle.started.append(process)
    oracle.until(lambda: oracle.said("started") == 1)

    for place, wrong in enumerate((0, -HOUR_S, HOUR_S, -25 * HOUR_S, 0), start=4):
        _set(clock, wrong)
        desk.put(f"{place}.report.json", desk.single(desk.report(place)))
        oracle.until(lambda place=place: len(desk.names("done")) == place - 3)
        for path in ("live", "ready", "fresh"):
            assert _status(port, path) == 200, (path, wrong)
        ages = _metric(port, "oldest_file_seconds").splitlines()
        assert all(float(line.split()[-1]) >= 0 for line in ages)
    assert desk.reported() == list(range(4, 9))
    assert process.poll() is None


def _set(clock: Path, seconds: int) -> None:
    new = clock.with_suffix(".new")
    new.write_text(str(seconds))
    new.replace(clock)


def _status(port: int, path: str) -> int:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/{path}", timeout=HANGING_S) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as refused:
        return refused.code


def _metric(port: int, name: str) -> str:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=HANGING_S) as answer:
        lines = answer.read().decode().splitlines()
    return "\n".join(line for line in lines if line.startswith(f"tonne_oracle_{name}{{"))
