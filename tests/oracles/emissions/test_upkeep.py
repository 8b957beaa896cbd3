"""What an operator does by hand: look, have looked at again, drain, save and put back."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import urllib.request
from pathlib import Path

import pytest
from typer.testing import CliRunner

from oracles.emissions.__main__ import app
from oracles.runtime import backup, upkeep
from oracles.runtime.inbox import Inbox
from oracles.runtime.journal import Journal
from tests.oracles.emissions.desk import FURTHER
from tests.oracles.emissions.process import ROOT, WAIT_SECONDS
from tests.oracles.meters.process import free_port
from tests.oracles.runtime.test_notices import receiver
from tests.patience import HANGING_S
from tonne.errors import TonneError

REPORTS = range(4, 4 + FURTHER)


def facts(desk, name):
    reader = Journal(desk.folder / "oracle.sqlite", reads=True)
    try:
        found = upkeep.inspected(desk.inbox / name, Inbox(desk.inbox), reader)
    finally:
        reader.close()
    return {fact.name: fact.said for fact in found}


def test_a_file_says_where_it_is_and_why(desk):
    desk.put("a.report.json", desk.single(desk.report(4)))
    desk.put("b.report.json", b"{")
    desk.work(1)
    desk.put("c.report.json", desk.single(desk.report(5)))

    done = facts(desk, "a.report.json")
    assert done["place"].startswith("done")
    assert done["job"].startswith("report/4/") and "final" in done["job"]
    assert "sent at block" in done["attempt"] and done["next"].startswith("nothing")
    refused = facts(desk, "b.report.json")
    assert refused["place"].startswith("rejected")
    assert refused["reason"].startswith("REPORT_MALFORMED") and refused["remedy"]
    assert refused["journal"].startswith("rejected as b.report.json: REPORT_MALFORMED")
    assert facts(desk, "c.report.json")["journal"].startswith("knows nothing")
    copy = desk.folder / "copy.json"
    shutil.copy(desk.inbox / "done" / "a.report.json", copy)
    assert facts(desk, copy)["file"].endswith("done/a.report.json")
    with pytest.raises(TonneError) as unknown:
        facts(desk, "d.report.json")
    assert unknown.value.code == "ORACLE_FILE_UNKNOWN"


def test_what_was_refused_is_looked_at_again_when_the_cause_is_gone(desk):
    desk.put("b.report.json", b"{")
    interest(desk, True)
    desk.put("a.report.json", desk.single(desk.report(4)))
    desk.work(0)
    refused = [name for name in desk.names("rejected") if ".reason." not in name]
    assert refused == ["a.report.json", "b.report.json"]
    code = desk.code_of("a.report.json")
    assert code == "EMISSIONS_INTEREST"
    interest(desk, False)

    inbox = Inbox(desk.inbox)
    assert upkeep.retried(inbox, [], code) == ["a.report.json"]
    assert upkeep.retried(inbox, [], code) == []
    assert upkeep.retried(inbox, ["a.report.json"]) == []  # it waits already
    desk.work(1)
    assert upkeep.retried(inbox, ["a.report.json"]) == []  # it is done
    assert desk.reported() == [4]
    assert upkeep.retried(inbox, []) == ["b.report.json"]
    with pytest.raises(TonneError) as unknown:
        upkeep.retried(inbox, ["z.report.json"])
    assert unknown.value.code == "ORACLE_FILE_UNKNOWN"


def test_repetitions_are_not_tried_again_unless_they_are_named(desk):
    body = desk.single(desk.report(4))
    desk.put("a.report.json", body)
    desk.work(1)
    desk.put("b.report.json", body)
    desk.work(1)
    assert desk.code_of("b.report.json") == "REPORT_REPEATED"
    assert upkeep.retried(Inbox(desk.inbox), []) == []
    assert upkeep.retried(Inbox(desk.inbox), ["b.report.json"]) == ["b.report.json"]


def test_a_daemon_that_drains_finishes_what_is_on_its_way_and_takes_nothing_new(desk, oracle):
    for number in REPORTS:
        desk.put(f"{number:02d}.report.json", desk.single(desk.report(number)))
    process = oracle.run()
    oracle.until(lambda: oracle.said("accepted") >= 2)
    process.send_signal(signal.SIGUSR1)
    assert process.wait(WAIT_SECONDS) == 0
    left = desk.names()
    assert desk.names("accepted") == []
    assert len(left) + len(desk.names("done")) == FURTHER
    assert len(desk.reported()) == len(desk.names("done"))
    assert left

    # And so does `drain` after a kill, with what was on its way then.
    desk.chain.rpc.call("evm_setAutomine", False)
    process = oracle.run()
    oracle.until(lambda: oracle.said("broadcast") > len(desk.names("done")))
    process.kill()
    process.wait()
    waiting = len(desk.names())
    desk.chain.rpc.call("evm_setAutomine", True)
    desk.chain.mine(1)
    options = ["--journal", str(desk.folder / "daemon.sqlite"), "--keystore", str(oracle.keystore)]
    done = subprocess.run(
        oracle.command("drain", *options, "--finality", "instant"),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=WAIT_SECONDS,
    )
    assert done.returncode == 0, done.stderr
    assert desk.names("accepted") == [] and len(desk.names()) == waiting
    assert len(desk.reported()) == len(desk.names("done"))


def test_what_cannot_be_drained_in_time_is_said(desk, oracle):
    desk.chain.rpc.call("evm_setAutomine", False)
    try:
        desk.put("a.report.json", desk.single(desk.report(4)))
        process = oracle.run()
        oracle.until(lambda: oracle.said("broadcast") == 1)
        process.kill()
        process.wait()
        options = [
            "--journal",
            str(desk.folder / "daemon.sqlite"),
            "--keystore",
            str(oracle.keystore),
        ]
        done = subprocess.run(
            oracle.command("drain", *options, "--finality", "instant", "--within", "1"),
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=WAIT_SECONDS,
        )
        assert (done.returncode, "not_drained" in done.stderr) == (1, True)
    finally:
        desk.chain.rpc.call("evm_setAutomine", True)
        desk.chain.mine(1)


def test_after_a_kill_and_a_restore_no_report_is_lost_or_sent_twice(desk, oracle):
    """The backup is from before the last reports were taken, sent and done; then the disk is lost."""
    for number in REPORTS:
        desk.put(f"{number:02d}.report.json", desk.single(desk.report(number)))
    process = oracle.run()
    oracle.until(lambda: oracle.said("accepted") >= 3)
    journal = desk.folder / "daemon.sqlite"
    backup.save(desk.folder / "b.tar", journal, desk.inbox, ("",))
    oracle.until(lambda: len(desk.names("done")) >= 8)
    process.kill()
    process.wait()
    assert len(desk.reported()) >= 8
    shutil.rmtree(desk.inbox)
    for suffix in ("", "-wal", "-shm", ".lock"):
        journal.with_name(journal.name + suffix).unlink(missing_ok=True)

    backup.restore(desk.folder / "b.tar", journal, desk.inbox)
    process = oracle.run()
    oracle.until(
        lambda: desk.names() == desk.names("accepted") == [] and len(desk.reported()) == FURTHER
    )

    assert desk.reported() == list(REPORTS)  # each once
    refused = [name for name in desk.names("rejected") if not name.endswith(".reason.json")]
    assert len(desk.names("done")) + len(refused) == FURTHER
    assert {desk.code_of(name) for name in refused} <= {"EMISSIONS_ALREADY_REPORTED"}


def test_a_lost_journal_alone_loses_no_file_on_its_way(desk):
    """The store is whole, the journal is a new one: what it does not know is looked at again."""
    desk.put("a.report.json", desk.single(desk.report(4)))
    Inbox(desk.inbox).move("a.report.json", "accepted")
    desk.work(1)
    assert desk.reported() == [4]


def interest(desk, interested):
    """The body has an interest in the operator, or has it no longer."""
    operator = desk.chain.call("Participants", "walletOf", desk.people["north"])[0]
    args = (desk.pack.scheme.number, desk.body, operator, interested)
    desk.chain.send(desk.people["authority"], "EmissionsOracle", "setInterest", *args)


def test_the_commands_say_what_they_did_while_the_daemon_holds_the_journal(desk):
    desk.put("a.report.json", b"{")
    desk.work(0)  # the journal stays open here
    journal = ["--journal", str(desk.folder / "oracle.sqlite")]
    inbox = ["--inbox", str(desk.inbox)]
    archive = str(desk.folder / "b.tar")

    def said(*words):
        done = CliRunner().invoke(app, [*words], catch_exceptions=False)
        assert done.exit_code == 0
        return done.output

    assert "REPORT_MALFORMED" in said("inspect", "a.report.json", *inbox, *journal)
    assert "3 files" in said("backup", archive, *inbox, *journal)
    assert "1 files wait" in said("retry", *inbox)
    assert "0 files wait" in said("retry", *inbox)
    other = ["--inbox", str(desk.folder / "other"), "--journal", str(desk.folder / "other.sqlite")]
    assert "3 files" in said("restore", archive, *other)
    assert (desk.folder / "other" / "rejected" / "a.report.json").read_bytes() == b"{"


def test_it_tells_by_webhook_and_by_metrics_and_shows_no_secret(desk, oracle):
    folder, port = desk.folder, free_port()
    (folder / "rpc").write_text(f"{desk.chain.rpc.url}\n\n")
    with receiver() as (hook, got):
        settings = {
            "webhook": {"url": f"http://127.0.0.1:{hook}/t0ken", "bearer": "s3cret"},
            "least_balance_wei": 10**30,
        }
        (folder / "notices.json").write_text(json.dumps(settings))
        (folder / "notices.json").chmod(0o600)
        further = ["--rpc", f"@{folder / 'rpc'}", "--notices", str(folder / "notices.json")]
        process = oracle.run(further=[*further, "--metrics-port", str(port)])
        oracle.until(lambda: any(body["kind"] == "balance" for _, _, body in got))
    seen = oracle.log.read_bytes()
    for name in ("environ", "cmdline"):
        seen += (Path("/proc") / str(process.pid) / name).read_bytes()
    assert b"t0ken" not in seen and b"s3cret" not in seen

    def served(path):
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=HANGING_S) as answer:
            return answer.read().decode()

    assert json.loads(served("/ready")) == json.loads(served("/fresh")) == {"ok": True}
    text = served("/metrics")
    up = [line for line in text.splitlines() if line.startswith("tonne_oracle_node_up{")]
    assert len(up) == 2 and all(line.endswith(" 1.0") for line in up)
    assert 'tonne_oracle_balance_wei{oracle="emissions"}' in text
    process.send_signal(signal.SIGTERM)
    assert process.wait(HANGING_S) == 0
