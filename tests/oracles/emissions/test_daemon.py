"""The daemon as a real process: killed, stopped, watched, started twice."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

from tests.oracles.emissions.desk import FURTHER
from tests.oracles.emissions.process import PASSPHRASE, REPORTS, ROOT, WAIT_SECONDS


def _terminated(process: subprocess.Popen) -> int:
    process.send_signal(signal.SIGTERM)
    return process.wait(WAIT_SECONDS)


def test_killed_again_and_again_it_brings_each_report_once(desk, oracle):
    for number in REPORTS:
        desk.put(f"{number:02d}.report.json", desk.single(desk.report(number)))

    process = oracle.run()
    oracle.until(lambda: oracle.said("accepted") >= 3)
    process.kill()
    process.wait()
    process = oracle.run()
    oracle.until(lambda: oracle.said("broadcast") >= 1)
    process.kill()
    process.wait()
    process = oracle.run()
    oracle.until(lambda: len(desk.names("done")) == FURTHER)

    assert desk.reported() == list(REPORTS)
    assert desk.names() == desk.names("accepted") == desk.names("rejected") == []
    assert _terminated(process) == 0
    assert oracle.said("stopped") == 1


def test_its_key_is_nowhere_to_be_seen_and_a_second_one_is_refused(desk, oracle):
    process = oracle.run()
    oracle.until(lambda: oracle.said("started") == 1)
    desk.put("a.report.json", desk.single(desk.report(4)))
    desk.put("b.report.json", b"{")
    oracle.until(lambda: len(desk.names("done")) == 1)

    second = oracle.run()
    assert second.wait(WAIT_SECONDS) == 2
    assert "ORACLE_JOURNAL_BUSY" in oracle.log.read_text()

    seen = oracle.log.read_bytes()
    for name in ("environ", "cmdline"):
        file = Path("/proc") / str(process.pid) / name
        seen += file.read_bytes() if os.access(file, os.R_OK) else b""
    key = desk.people["oracle"].key
    for secret in (key.hex().encode(), key, PASSPHRASE.encode()):
        assert secret not in seen
        assert secret not in (desk.folder / "daemon.sqlite").read_bytes()
    assert desk.code_of("b.report.json") == "REPORT_MALFORMED"
    assert _terminated(process) == 0


def test_a_dry_run_says_what_it_would_do_and_moves_nothing(desk, oracle):
    desk.put("a.report.json", desk.single(desk.report(4)))
    desk.put("b.report.json", b"{")

    process = oracle.run(sends=False)
    oracle.until(lambda: oracle.said("would_submit") == oracle.said("would_reject") == 1)

    assert _terminated(process) == 0
    assert desk.names() == ["a.report.json", "b.report.json"]
    assert [desk.names(place) for place in ("accepted", "done", "rejected")] == [[], [], []]
    assert desk.reported() == []


def test_the_first_hour_is_told_a_line_each(desk, oracle):
    desk.put("a.report.json", desk.single(desk.report(4)))

    def lines(*further):
        done = subprocess.run(
            oracle.command("check", "--keystore", str(oracle.keystore), *further),
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=WAIT_SECONDS,
        )
        return done.returncode, {line[5:].split()[0]: line for line in done.stdout.splitlines()}

    status, said = lines("--journal", str(desk.folder / "daemon.sqlite"))
    assert (status, {line[:4] for line in said.values()}) == (0, {"ok  "})
    assert list(said) == [
        *("deployment", "node", "contracts", "finality", "key", "balance", "clock", "disk"),
        *("journal", "role", "inbox"),
    ]
    assert said["finality"].endswith("3 blocks")
    assert desk.people["oracle"].address in said["key"]
    assert said["inbox"].endswith("1 files waiting")

    # Each thing that is missing is said, with its remedy, and hides no other.
    (desk.folder / "passphrase.txt").chmod(0o644)
    status, said = lines(
        "--rpc", "http://127.0.0.1:1", "--journal", str(desk.folder / "daemon.sqlite")
    )
    assert status == 1
    assert said["key"].startswith("FAIL") and "chmod 600" in said["key"]
    assert said["node"].startswith("FAIL") and "RPC_UNREACHABLE" in said["node"]
    assert said["contracts"].startswith("FAIL") and "RPC_NO_QUORUM" in said["contracts"]
    assert said["inbox"].startswith("ok")
