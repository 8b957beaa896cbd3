"""`tonne up` as a process, and every command a person acts with from the shell."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.patience import HANGING_S
from tonne.audit.export import article6, cad_trust_files
from tonne.evidence import manifest
from tonne.sandbox import node

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 240  # the first start compiles
YEAR = 2021


@dataclass(slots=True)
class Shell:
    """Runs `tonne` against one running `tonne up`."""

    folder: Path
    port: int
    process: subprocess.Popen
    output: str
    program: list[str]  # what stands for `tonne` on a command line

    def environment(self) -> dict[str, str]:
        return _environment(self.folder, self.port)

    def run(self, *arguments: str, status: int = 0) -> str:
        done = self._run(arguments, status)
        return done.stdout + done.stderr

    def _run(self, arguments: tuple[str, ...], status: int) -> subprocess.CompletedProcess:
        done = subprocess.run(
            [*self.program, *arguments],
            env=self.environment(),
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=HANGING_S,
            check=False,
        )
        assert done.returncode == status, done.stdout + done.stderr
        return done

    def data(self, *arguments: str, status: int = 0) -> dict:
        return json.loads(self._run((*arguments, "--json"), status).stdout)


def _environment(folder: Path, port: int) -> dict[str, str]:
    return {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "TONNE_RPC": f"http://127.0.0.1:{port}",
        "TONNE_DEPLOYMENTS": str(folder / "deployments"),
        "TONNE_ACCOUNTS": str(folder / "accounts"),
        "COLUMNS": "100",
    }


COLD = [sys.executable, "-P", "-m", "tonne.cli"]


def _start(
    folder: Path,
    *options: str,
    program: list[str] = COLD,
    environment: dict[str, str] | None = None,
) -> Shell:
    port = node.free_port()
    log = folder / f"up-{port}.log"
    with log.open("w") as out:
        process = subprocess.Popen(
            [*COLD, "up", "--port", str(port), *options],
            env={**(environment or _environment(folder, port)), "COLUMNS": "80"},
            cwd=folder,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    deadline = time.monotonic() + START_SECONDS
    while "Ctrl-C ends it" not in log.read_text():
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.1)
    return Shell(folder, port, process, log.read_text(), program)


def _stop(shell: Shell) -> int:
    shell.process.send_signal(signal.SIGINT)
    return shell.process.wait(HANGING_S)


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory, program: list[str]) -> Iterator[Shell]:
    running = _start(tmp_path_factory.mktemp("up"), program=program)
    yield running
    if running.process.poll() is None:
        assert _stop(running) == 130
    with pytest.raises(OSError, match="refused"):
        _connect(running.port)


def _connect(port: int) -> None:
    import socket

    with socket.create_connection(("127.0.0.1", port), 1):
        pass


def test_it_says_who_is_there_and_what_to_try(shell):
    for word in (
        "north",
        "trader",
        "contracts",
        "tonne market",
        "passphrase.txt",
        "market is open",
    ):
        assert word in shell.output


def test_its_first_screen_has_at_most_40_lines_of_80_columns(shell):
    """In the shell's folder and port; the longer line of settings is a command to copy."""
    lines = [line for line in shell.output.splitlines() if not line.startswith("  export ")]
    assert len(lines) < 40
    assert [line for line in lines if len(line) > 80] == []


def test_keystores_are_for_their_owner_and_hold_no_plain_key(shell):
    from tonne.sandbox import seed_market

    people = seed_market.people()
    assert (shell.folder / "accounts" / "passphrase.txt").stat().st_mode & 0o077 == 0
    for name, account in people.items():
        path = shell.folder / "accounts" / f"{name}.json"
        assert path.stat().st_mode & 0o077 == 0
        assert account.key.hex() not in path.read_text()
        assert account.key.hex() not in shell.output


def test_each_role_finds_work(shell):
    assert "evidence and drafts in sample" in shell.output
    plant, project = shell.folder / "sample" / "plant-1", shell.folder / "sample" / "project-1"
    months = [manifest.parse_lines(json.loads(p.read_text())) for p in (plant / "months").iterdir()]
    year = manifest.totals(manifest.parse_lines(json.loads((plant / "lines.json").read_text())))
    parts = [manifest.totals(lines) for lines in months]
    assert len(parts) == 12 and (plant / "evidence" / "coal.csv").is_file()
    assert sum(part.emissions_t for part in parts) == year.emissions_t == 3_105_000
    assert sum(part.power_mwh for part in parts) == year.power_mwh

    (draft,) = project.glob("*.draft.json")
    checked = shell.data("monitoring", "check", str(draft), "--evidence", str(project / "evidence"))
    assert (checked["sound"], checked["quantityT"]) == (True, 38_400)

    auction = shell.data("auction", "show", "1")
    assert (auction["stage"], auction["lots"]) == ("open", 20_000)
    assert (
        shell.data("auction", "bid", "1", "20000", "--price", "45.00", "--as", "trader")["bid"] == 0
    )

    line = shell.data(
        "energy", "interval", "1", "--day", "2021-06-18", "--at", "11:30", "--as", "household"
    )
    assert (line["boughtWh"], line["meteredWh"], line["answered"]) == (320, -330, True)
    assert "0.2699" in shell.run("energy", "bill", "--meter", "1", "--as", "household")

    (listed,) = shell.data("authority", "false-report", "list")["charges"]
    assert (listed["charge"], listed["state"]) == (290150810648579, "noticed")
    charge = ("authority", "false-report", "decide", "290150810648579", "--reason", "first offence")
    low = shell.data(*charge, "--fine", "9999.99", "--as", "authority", status=1)["error"]
    assert low["code"] == "FALSE_REPORTS_FINE_OUT_OF_BOUNDS"
    shell.run(*charge, "--fine", "20000.00", "--as", "authority")
    debit = ("authority", "false-report", "debit", "290150810648579", "--as", "authority")
    assert "20,000.00 of it paid" in shell.run(*debit)


def test_status_and_watch_show_an_open_market(shell):
    status = shell.data("status")
    book = shell.data("market", "watch")

    assert [m["open"] for m in status["markets"]] == [True, True]
    assert book["asks"][0]["price"] == "48.20"
    assert book["bids"][0]["price"] == "47.80"
    assert "48.20" in shell.run("market", "watch")


def test_a_quote_is_what_buying_then_costs(shell):
    quote = shell.data("market", "quote", "buy", "6000", "--as", "north")
    bought = shell.data("market", "buy", "6000", "--price", "48.50", "--as", "north")

    assert quote["filled"] == bought["filled"] == 6000
    assert quote["cash"] == bought["turnover"] == "289,500.00"


def test_an_order_rests_is_listed_and_cancelled(shell):
    placed = shell.data("market", "buy", "10", "--price", "46.00", "--as", "trader")
    listed = shell.data("market", "orders", "--as", "trader")

    assert placed["order"] in [order["order"] for order in listed["orders"]]
    shell.run("market", "cancel", placed["order"], "--as", "trader")
    left = shell.data("market", "orders", "--as", "trader")
    assert placed["order"] not in [order["order"] for order in left["orders"]]


def test_an_order_may_not_outlive_the_day_where_there_is_a_band(shell):
    for end in (("--gtc",), ("--until", "2030-01-01")):
        order = ("market", "buy", "10", "--price", "46.00", *end, "--as", "trader")
        refused = shell.data(*order, status=1)["error"]
        assert refused["code"] == "BOOK_ORDER_OUTLIVES_DAY"
    both = shell.data("market", "buy", "10", "--gtc", "--at-once", "--as", "trader", status=1)
    assert both["error"]["code"] == "ORDER_TWO_ENDS"


def test_an_order_takes_its_minimum_and_its_prices_from_the_command(shell):
    order = ("market", "buy", "10", "--price", "46.00", "--min", "5", "--as", "trader")
    assert shell.data(*order, status=1)["error"]["code"] == "BOOK_NOT_FILLED"
    quote = shell.data("market", "quote", "buy", "99999", "--levels", "1", "--as", "trader")
    assert "as many prices as allowed" in quote["why"]
    order = ("market", "buy", "10", "--price", "51.00", "--post-only", "--as", "trader")
    assert shell.data(*order, status=1)["error"]["code"] == "BOOK_WOULD_TAKE"


def test_one_signs_an_order_and_another_sends_it(shell):
    shell.run("market", "sign", "buy", "20", "--price", "46.10", "--as", "trader")
    refused = shell.data("market", "submit", "/dev/null", "--as", "north", status=1)
    assert refused["error"]["code"] == "SIGNED_ORDER_UNREADABLE"
    sent = shell.data("market", "submit", "order.json", "--as", "north")
    listed = shell.data("market", "orders", "--as", "trader")["orders"]
    mine = {"order": sent["order"], "side": "buy", "price": "46.10", "lots": 20}
    assert mine in [{k: v for k, v in order.items() if k in mine} for order in listed]
    again = shell.data("market", "submit", "order.json", "--as", "north", status=1)
    assert again["error"]["code"] == "GATEWAY_NONCE_USED"

    shell.run("market", "sign", "cancel", sent["order"], "--out", "cancel.json", "--as", "trader")
    done = shell.data("market", "submit", "cancel.json", "--as", "south")
    assert done["cancelled"] == [sent["order"]]


def test_a_sale_deposits_what_is_short_in_the_same_transaction(shell):
    sold = shell.data("market", "sell", "100", "--price", "52.00", "--deposit", "--as", "south")

    assert sold["rests"] == 100


def test_a_purchase_deposits_what_is_short_by_permit(shell):
    before = shell.data("position", "--as", "trader")
    bought = shell.data(
        *("market", "buy", "100000", "--price", "47.10", "--deposit", "--as", "trader"), status=1
    )
    assert bought["error"]["code"] == "BOOK_LOTS_OUTSIDE_LIMITS"
    for _ in range(2):
        shell.data("market", "buy", "99999", "--price", "47.10", "--deposit", "--as", "trader")
    after = shell.data("position", "--as", "trader")
    assert before["cash"][0]["free"] != after["cash"][0]["free"] == "0.00"
    shell.run("market", "cancel", "--all", "--as", "trader")


def test_money_goes_in_and_out(shell):
    shell.run("market", "deposit", "cash", "1000.00", "--as", "trader")
    shell.run("market", "withdraw", "cash", "1000.00", "--as", "trader")
    shell.run("market", "deposit", "units", "10", "--as", "south")
    shell.run("market", "withdraw", "units", "10", "--as", "south")


def test_surrender_lowers_what_is_open(shell):
    before = shell.data("position", "--as", "east")["plants"][0]["open"]
    text = shell.run("surrender", "2", "100000", "--as", "east")
    after = shell.data("position", "--as", "east")["plants"][0]["open"]

    assert before - after == 100_000
    assert "100,000" in text


def test_retiring_gives_a_certificate_with_serial_numbers(shell):
    done = shell.data(
        *("retire", "500", "--beneficiary", "Trader Ltd", "--purpose", "fleet fuel"),
        *("--from", "2020-01-01", "--until", "2020-12-31", "--as", "trader"),
    )

    assert done["certificate"] == 1
    assert done["serials"] == [[1, 500]]


def test_credits_are_bought_to_be_retired(shell):
    done = shell.data(
        *("buy-to-retire", "20", "31.00", "--beneficiary", "Trader Ltd", "--purpose", "heat"),
        *("--from", "2020-01-01", "--until", "2020-12-31", "--as", "trader"),
    )
    assert done["certificate"] == 2
    assert (done["filledLots"], done["amount"]) == (20, 20)


def test_credits_are_bought_before_they_are_issued(shell):
    credit = _credit(shell)
    seller = shell.data("position", "--as", "developer")["participant"]
    terms = ("--seller", str(seller), "--project", "1", "--vintage", "2020")
    offered = shell.data("forward", "offer", "50", "30.00", *terms, "--as", "trader")
    assert (offered["forward"], offered["escrowed"]) == (1, 150_000)
    assert shell.data("forward", "accept", "1", "--as", "developer")["bonded"] == 15_000
    done = shell.data("forward", "deliver", "1", credit, "30", "--as", "developer")
    assert done["paid"] == 90_000
    ended = shell.data("forward", "end", "1", "--as", "developer")
    assert (ended["refunded"], ended["forfeited"]) == (60_000, 6_000)
    assert shell.data("forward", "collect", "--as", "trader")["cash"] == 66_000
    (listed,) = shell.data("forward", "list", "--as", "trader")["forwards"]
    assert (listed["delivered"], listed["status"]) == (30, "ended")


def test_position_tells_the_cost_of_staying_short(shell):
    text = shell.run("position", "--as", "north")

    for word in ("missing", "fine of 20,000.00 to 30,000.00", "next"):
        assert word in text


def test_the_audit_finds_nothing(shell):
    assert shell.data("audit")["differences"] == []


def test_roles_are_told_by_the_chain(shell):
    found = shell.data("roles")

    assert {row["name"] for row in found["roles"]} >= {"rules", "offices", "issuer"}
    assert {row["powers"] for row in found["offices"]} == {8191, 512, 520, 1056, 4096}
    told = shell.run("roles")
    assert "PlantMeters" in told and "dispute" in told


def test_a_deployment_is_repeated_without_harm(shell):
    again = shell.data("deploy", status=1)

    # The people of `up` hold the roles here, not those of a plain `deploy`.
    assert again["error"]["code"] == "DEPLOY_NOT_ADMINISTRATOR"
    assert _address(shell, "administrator") in again["error"]["message"]
    assert "tonne status" in again["error"]["remedy"]


def _address(shell: Shell, name: str) -> str:
    return shell.data("keystore", "address", f"accounts/{name}.json")["address"]


def test_keystores_are_made_and_never_overwritten(shell):
    (shell.folder / "secret.txt").write_text("correct horse\n")
    arguments = ("keystore", "new", "mine.json", "--passphrase-file", "secret.txt")
    made = shell.data(*arguments)

    assert shell.data("keystore", "address", "mine.json")["address"] == made["address"]
    assert shell.data(*arguments, status=1)["error"]["code"] == "KEYSTORE_EXISTS"


def test_a_stranger_is_refused_in_one_sentence_with_a_code(shell):
    (shell.folder / "p.txt").write_text("x\n")
    shell.run("keystore", "new", "stranger.json", "--passphrase-file", "p.txt")
    key = ("--keystore", "stranger.json", "--passphrase-file", "p.txt")

    refused = shell.run("market", "buy", "10", "--price", "48.00", *key, status=1)

    assert refused.startswith("tonne: ACCOUNT_NOT_REGISTERED: ")
    assert shell.run("market", "buy", "1", "--as", "nobody", status=1).count("Traceback") == 0


@pytest.mark.long
def test_two_people_sign_a_ticket_and_anybody_trades_it(shell):
    shell.run("market", "buy", "10", "--price", "48.50", "--as", "north")
    shell.run("market", "deposit", "units", "101000", "--as", "east")
    parties = ("--seller", "east", "--buyer", "north")
    shell.run("market", "block", "ticket", "t.json", "100000", "34.00", *parties)
    early = shell.data("market", "block", "submit", "t.json", "--as", "south", status=1)
    assert early["error"]["code"] == "TICKET_SIGNATURE_MISSING"
    stranger = shell.data("market", "block", "sign", "t.json", "--as", "trader", status=1)
    assert stranger["error"]["code"] == "TICKET_NOT_PARTY"
    assert "still to sign" in shell.run("market", "block", "sign", "t.json", "--as", "east")
    assert "Both have signed" in shell.run("market", "block", "sign", "t.json", "--as", "north")
    hours = shell.data("market", "block", "submit", "t.json", status=1)["error"]
    assert (hours["code"], "clock set 13:00" in hours["remedy"]) == (
        "BLOCK_TRADES_OUTSIDE_SESSION",
        True,
    )
    shell.run("clock", "set", "13:00")
    done = shell.data("market", "block", "submit", "t.json")
    assert (done["lots"], done["turnover"]) == (100_000, "3,400,000.00")
    again = shell.data("market", "block", "submit", "t.json", "--as", "south", status=1)
    assert again["error"]["code"] == "BLOCK_TRADES_TICKET_SPENT"

    shell.run("market", "block", "ticket", "small.json", "500", "34.00", *parties)
    for name in ("east", "north"):
        shell.run("market", "block", "sign", "small.json", "--as", name)
    refused = shell.data("market", "block", "submit", "small.json", "--as", "south", status=1)
    assert refused["error"]["code"] == "BLOCK_TRADES_TOO_FEW_LOTS"
    why = ("--reason", "agreed before the listing", "--as", "authority")
    shell.run("market", "block", "approve", "small.json", *why)
    shell.run("market", "block", "submit", "small.json", "--as", "south")
    shell.run("market", "block", "ticket", "gone.json", "100000", "34.00", *parties)
    shell.run("market", "block", "cancel", "gone.json", "--as", "north")

    month = shell.data("market", "month", "2021-07")
    assert (month["blockLots"], month["blockTrades"], month["over"]) == (100_500, 2, False)
    assert month["lots"] > month["blockLots"]
    assert "still runs" in shell.run("market", "month", "2021-07")
    unread = shell.data("market", "month", "July", status=1)["error"]
    assert unread["code"] == "MONTH_UNREADABLE"


@pytest.mark.long
def test_lots_are_pledged_and_released(shell):
    trader = 8
    made = shell.data("market", "pledge", "400", str(trader), "--terms", "loan 7", "--as", "east")
    number = str(made["pledge"])
    proposed = shell.data("market", "release", number, "100", "--as", "trader")
    assert proposed["released"] == 0
    (listed,) = shell.data("market", "pledges", "--as", "east")["pledges"]
    assert (listed["lots"], listed["proposer"], listed["proposedLots"]) == (400, "lender", 100)
    assert "lender: 100" in shell.run("market", "pledges", "--as", "trader")
    done = shell.data("market", "release", number, "100", "--as", "east")
    assert (done["released"], done["left"]) == (100, 300)
    position = shell.data("position", "--as", "east")
    assert position["pledged"] == [{"market": 1, "lots": 300}]
    order = ("--to-lender", "--reason", "default", "--as", "authority")
    assert "stay pledged" in shell.run("market", "release", number, "300", *order)
    assert shell.run("market", "pledges", "--as", "east") == "No pledge.\n"
    assert "no value differs" in shell.run("audit")


def test_the_clock_moves_and_a_closed_market_says_when_it_opens(shell):
    assert "Sat 2021-07-17 10:00" in shell.run("clock", "set", "2021-07-17 10:00")
    refused = shell.data("market", "buy", "10", "--price", "48.00", "--as", "trader", status=1)[
        "error"
    ]

    assert refused["code"] == "EXCHANGE_MARKET_CLOSED"
    assert "Mon 2021-07-19 09:30:00 (UTC+08:00)" in refused["message"]
    back = shell.data("clock", "set", "2021-07-01", status=1)["error"]
    assert back["code"] == "CLOCK_BACKWARDS"
    shell.run("clock", "set", "2021-07-19 10:00")
    early = shell.data("market", "buy", "10", "--price", "48.00", "--as", "trader", status=1)[
        "error"
    ]
    assert early["code"] == "EXCHANGE_DAY_NOT_OPENED"
    assert "tonne market open" in early["remedy"] and "{" not in early["message"]
    assert shell.data("market", "open")["opened"] is True
    assert shell.data("market", "open", "--as", "trader")["opened"] is False
    assert "the clock was not moved" in shell.run("clock", "next-session")
    assert "2021-07-19 10:00" in shell.data("clock", "show")["localTime"]
    assert shell.data("market", "watch")["open"]


@pytest.mark.long
def test_an_outcome_goes_from_one_party_to_another(shell, tmp_path):
    credit = _credit(shell)
    _appoint_focal_points(shell)
    shell.run("clock", "set", "2021-07-21 11:00")  # the appointments have waited two days
    _appoint_focal_points(shell)
    holder = str(shell.data("position", "--as", "trader")["participant"])
    terms = ("--approach", "CA0001", "--document", "letter of authorisation")
    authorise = ("article6", "authorise", credit, "100", holder, "--towards", "JPN")
    assert shell.data(*authorise, *terms, "--as", "authority")["authorisation"] == 1
    apart = shell.data("article6", "set-apart", "1", "50", "--as", "trader")
    unit, first = str(apart["unit"]), int(apart["first"])
    shell.data("article6", "transfer", unit, str(first), "--as", "authority")
    shell.data("article6", "acquire", unit, str(first), "--as", "exchange")
    retire = ("retire", "30", "--unit", unit, "--beneficiary", "Trader Ltd", "--purpose", "fuel")
    days = ("--from", "2020-01-01", "--until", "2020-12-31", "--as", "trader")
    unmarked = shell.data(*retire, *days, status=1)
    assert unmarked["error"]["code"] == "RETIREMENT_UNMARKED"
    done = shell.data(*retire, *days, "--towards", "JPN")
    assert done["serials"] == [[first, first + 29]]
    used = ("article6", "use", unit, str(first), str(first + 29), str(done["certificate"]))
    shell.data(*used, "--as", "exchange")
    blocks = shell.data("article6", "list")["blocks"]
    assert [(b["first"], b["last"], b["state"]) for b in blocks] == [
        (first, first + 29, "used"),
        (first + 30, first + 49, "acquired"),
    ]

    units = shell.data("export", "cadt", str(tmp_path / "units.csv"))
    assert units["units"] == sum(
        row.unitCount for row in cad_trust_files.read(tmp_path / "units.csv").units
    )
    shell.data("export", "article6", str(tmp_path / "aef.json"), "--party", "CHN")
    tables = article6.read(tmp_path / "aef.json")
    assert [a.QuantityTCo2 for a in tables.actions if a.ActionType == "Use"] == [30]


def _credit(shell: Shell) -> str:
    """Id of the credits."""
    held = shell.data("position", "--as", "trader")["units"]
    return next(h["unit"] for h in held if int(h["unit"]) >> 96 == 2)


def _appoint_focal_points(shell) -> None:
    for who, party in (("authority", "CHN"), ("exchange", "JPN")):
        shell.run("article6", "focal-point", _address(shell, who), party, "--as", "authority")


def test_a_report_is_signed_verified_and_delivered(shell):
    """For the next year, whose reports are taken from January on."""
    shell.run("clock", "set", "2022-03-01 10:00")
    lines = manifest.power_plant_lines(
        power_mwh=3_000_000, heat_gj=0, emissions_t=2_700_000, fuel="coal"
    )
    (shell.folder / "lines.json").write_text(json.dumps(manifest.plain(lines)))
    (shell.folder / "evidence").mkdir()
    (shell.folder / "evidence" / "meter.csv").write_text("3000000\n")
    (shell.folder / "inbox").mkdir()
    plant = ("--installation", "1", "--year", str(YEAR), "--evidence", "evidence")

    stranger = shell.data("report", "sign", "lines.json", *plant, "--as", "east", status=1)
    assert stranger["error"]["code"] == "REPORT_NOT_OPERATOR"
    shell.run("report", "sign", "lines.json", *plant, "--out", "r.json", "--as", "north")
    early = shell.data("report", "submit", "r.json", "--inbox", "inbox", status=1)
    assert early["error"]["code"] == "REPORT_SIGNATURE_MISSING"
    (shell.folder / "drafts").mkdir()
    copies = ["drafts/r.draft.json", "elsewhere.json"]
    for copy, person in zip(copies, ("lead", "reviewer"), strict=True):
        (shell.folder / copy).write_text((shell.folder / "r.json").read_text())
        told = shell.data("report", "inbox", "drafts", "--year", str(YEAR), "--as", person)
        assert told["plants"][0]["awaits_me"] == [person]
        shell.run("report", "verify", copy, "--evidence", "evidence")
        opinion = ("report", "opinion", copy, "--as", person, "--at")
        before = shell.data(*opinion, "2022-03-01 09:00", status=1)["error"]
        assert before["code"] == "OPINION_BEFORE_REPORT"
        shell.run(*opinion, "2022-03-01 10:05")
    shell.run("report", "merge", *copies, "--out", "r.json")
    shown = shell.run("report", "verify", "r.json", "--evidence", "evidence")
    assert "reviewer has" in shown
    assert "g CO2e/kWh" in shown
    (shell.folder / "evidence" / "meter.csv").write_text("3000001\n")
    changed = shell.data("report", "verify", "r.json", "--evidence", "evidence", status=1)
    assert changed["error"]["code"] == "REPORT_EVIDENCE_CHANGED"
    shell.run("report", "submit", "r.json", "--inbox", "inbox")

    (delivered,) = (shell.folder / "inbox").glob("*.report.json")
    from tonne.evidence import report_files

    file = report_files.parse(delivered.name, delivered.read_bytes())
    assert file.signed.report.emissionsT == 2_700_000
    forged = json.loads((shell.folder / "r.json").read_text())
    forged["signed"]["report"]["emissionsT"] = 1
    (shell.folder / "forged.json").write_text(json.dumps(forged))
    refused = shell.data("report", "verify", "forged.json", status=1)["error"]
    assert refused["code"] == "REPORT_REFUSED"


@pytest.mark.parametrize(
    "command",
    [
        *((), ("up",), ("deploy",), ("roles",), ("status",), ("position",), ("surrender",)),
        *(("retire",), ("clock",), ("clock", "set"), ("keystore", "new"), ("market", "buy")),
        *(("market", "block"), ("market", "block", "ticket"), ("market", "block", "sign")),
        *(("market", "block", "submit"), ("market", "block", "approve"), ("market", "month")),
        *(("market", "pledge"), ("market", "release"), ("market", "pledges")),
        *(("market", "watch"), ("market", "quote"), ("report", "sign"), ("report", "verify")),
        *(("certificate", "show"), ("certificate", "verify"), ("certificate", "pdf"), ("trace",)),
        *(("certificate", "commit"), ("certificate", "find"), ("audit",), ("period",)),
        *(
            ("report", "month", command)
            for command in ("make", "verify", "submit", "status", "compare")
        ),
    ],
    ids=" ".join,
)
def test_help_says_what_a_command_is_for(command):
    from typer.testing import CliRunner

    from tonne.cli import app

    done = CliRunner().invoke(app, [*command, "--help"])

    assert done.exit_code == 0
    assert "Usage" in done.stdout


@pytest.mark.long
@pytest.mark.nightly
def test_a_chain_kept_in_a_file_survives_a_restart(tmp_path):
    state = tmp_path / "chain.json"
    first = _start(tmp_path, "--state", str(state))
    bought = first.data("market", "buy", "6000", "--price", "48.50", "--as", "north")
    contracts = first.data("status")["contracts"]
    assert bought["filled"] == 6000
    assert _stop(first) == 130

    second = _start(tmp_path, "--state", str(state))
    try:
        status = second.data("status")
        assert status["contracts"] == contracts
        assert status["localTime"].startswith("Fri 2021-07-16 09:3")
        assert status["markets"][0]["volume"] == 6000
        assert second.data("market", "buy", "1", "--price", "48.50", "--as", "north")["filled"] == 1
        assert second.data("audit")["differences"] == []
    finally:
        assert _stop(second) == 130


@pytest.mark.long
def test_what_it_says_to_try_works_in_another_terminal(tmp_path):
    """With folders of its own and a port of its own, as printed, and nothing else in the environment."""
    folders = ("--accounts", "my keys", "--deployments", "my records")
    running = _start(tmp_path, *folders, environment=_plain())
    try:
        tried = running.output.partition("another terminal:")[2].partition("Ctrl-C")[0]
        export, *hints = [line.strip() for line in tried.strip().splitlines()]
        assert export.startswith("export TONNE_RPC=") and len(hints) == 3
        program = f"{sys.executable} -P -m tonne.cli"
        for hint in hints:
            line = f"{export}; {program} {hint.partition(' ')[2]}"
            done = subprocess.run(
                ["sh", "-c", line],
                env=_plain(),
                cwd=tmp_path.parent,
                capture_output=True,
                text=True,
                timeout=HANGING_S,
                check=False,
            )
            assert done.returncode == 0, line + done.stdout + done.stderr
    finally:
        _stop(running)


def _plain() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TONNE_")}
    return {**kept, "PYTHONPATH": str(ROOT), "COLUMNS": "100"}


def test_a_taken_port_is_named(shell):
    done = subprocess.run(
        [sys.executable, "-P", "-m", "tonne.cli", "up", "--port", str(shell.port)],
        env=shell.environment(),
        capture_output=True,
        text=True,
        timeout=HANGING_S,
        check=False,
    )

    assert done.returncode == 1
    assert "UP_PORT_TAKEN" in done.stderr
