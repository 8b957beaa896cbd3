"""`tonne auction`, from the announcement to the last payment."""

from __future__ import annotations

import json
import stat

import pytest

from tonne import cli, keystore
from tonne.sealed import Sealed

HOUR = 3_600


class _Shell:
    def __init__(self, town, folder, capsys, monkeypatch):
        self.town, self.folder, self.capsys = town, folder, capsys
        monkeypatch.setenv("TONNE_RPC", town.chain.rpc.url)
        monkeypatch.setenv("TONNE_DEPLOYMENTS", str(town.folder))
        monkeypatch.setenv("TONNE_PASSPHRASE_FILE", str(folder / "passphrase.txt"))
        monkeypatch.setenv("TONNE_SEALED", str(folder / "sealed"))
        (folder / "passphrase.txt").write_text("x\n")
        for name in ("authority", "east", "north", "trader"):
            account = town.market.people[name]
            keystore.write(folder / f"{name}.json", account, "x", keystore.WEAK)

    def run(self, who, *arguments, status=0):
        """What a command prints for machines."""
        key = ("--keystore", str(self.folder / f"{who}.json")) if who else ()
        given = ["auction", *map(str, arguments), *key, "--json"]
        with pytest.raises(SystemExit) as ended:
            cli.main(given)
        out = self.capsys.readouterr().out
        assert (ended.value.code or 0) == status, out
        return json.loads(out)

    def text(self, *arguments):
        with pytest.raises(SystemExit):
            cli.main(["auction", *map(str, arguments)])
        return self.capsys.readouterr().out

    def later(self, seconds):
        self.town.chain.set_time(self.town.chain.now() + seconds)


@pytest.fixture
def shell(town, tmp_path, capsys, monkeypatch):
    east = town.market.people["east"]
    args = (east, town.chain["Exchange"], town.market.allowance, 50_000, b"")
    town.chain.send(east, "Allowances", "safeTransferFrom", *args)
    return _Shell(town, tmp_path, capsys, monkeypatch)


def _announced(shell, *more, form=("--form", "sealed")):
    numbers = shell.town.market.participants
    done = shell.run(
        "authority",
        *("announce", "--lots", 1_000, "--seller", numbers["east"], "--multiple", 100),
        *(*form, *more),
    )
    assert len(done["fromPack"]) == (not form), "China's pack says the form"
    shell.run("east", "open", done["auction"])
    return done["auction"]


def test_a_sealed_auction_from_announcement_to_payment(shell):
    number = _announced(
        shell, "--tie", "random", "--reserve", "45.00", "--hide-reserve", "--limit-percent", 90
    )
    shell.later(HOUR)
    assert shell.run("north", "bid", number, 700, "--price", "48.00")["bid"] == 0
    assert shell.run("trader", "bid", number, 700, "--price", "48.00")["bid"] == 1
    shell.later(2 * HOUR)
    assert shell.run("authority", "draw", number)["seed"] != "0x" + "00" * 32
    shell.later(HOUR)
    assert shell.run("north", "reveal", number) == {"opened": [0], "missing": []}
    assert shell.run("trader", "reveal", number) == {"opened": [1], "missing": []}
    shell.later(2 * HOUR)
    done = shell.run("trader", "clear", number)
    assert (done["stage"], done["price"]) == ("cleared", "48.00")
    shell.later(HOUR)
    done = shell.run("trader", "clear", number)
    assert done["stage"] == "closed"
    assert sorted(bid["got"] for bid in done["bids"]) == [300, 700]
    assert done["proceeds"] == "48,000.00"
    assert "Clears at 48.00" in shell.text("show", number)


def test_one_way_bidding(shell):
    number = _announced(shell, "--tie", "time", form=())
    shell.later(HOUR)
    shell.run("north", "bid", number, 600, "--price", "46.00")
    shell.run("trader", "bid", number, 600, "--price", "45.00")
    shell.run("trader", "bid", number, 600, "--price", "47.00", "--raises", 1)
    shell.later(3 * HOUR)
    done = shell.run("north", "clear", number)
    assert [bid["got"] for bid in done["bids"]] == [400, None, 600]
    assert [bid["status"] for bid in done["bids"]] == ["settled", "replaced", "settled"]
    assert done["proceeds"] == "46,600.00"


def test_a_bid_is_kept_before_it_is_sent_and_for_its_owner_only(shell):
    number = _announced(shell)
    shell.later(HOUR)
    shell.run("north", "bid", number, 700, "--price", "48.00")
    commitment = shell.town.chain.call("Auction", "commitmentOf", number, 0)
    path = Sealed(shell.folder / "sealed").path(commitment)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert Sealed(path.parent).find(commitment)["tick"] == 4_800
    with pytest.raises(FileExistsError):
        Sealed(path.parent).keep(commitment, {})
    held = shell.town.chain.call("Auction", "bidOf", number, 0).held
    assert held >= 700 * 480_000 // 10
    assert held.bit_count() == (1_000_000).bit_count()  # a power of two of the least


def test_a_lost_file_is_told(shell):
    number = _announced(shell)
    shell.later(HOUR)
    shell.run("north", "bid", number, 700, "--price", "48.00")
    shell.later(3 * HOUR)
    elsewhere = shell.run("north", "reveal", number, "--sealed", shell.folder / "other")
    assert elsewhere == {"opened": [], "missing": [0]}
    assert shell.run("north", "reveal", number) == {"opened": [0], "missing": []}


@pytest.mark.parametrize(
    "arguments, code",
    [
        (("bid", 1, 750, "--price", "48.00"), "AUCTION_NOT_MULTIPLE"),
        (("bid", 7, 700, "--price", "48.00"), "AUCTION_UNKNOWN"),
        (("bid", 1, 700, "--price", "48.00"), "AUCTION_NOT_NOW"),
    ],
)
def test_a_refusal_has_a_code(shell, arguments, code):
    _announced(shell)
    refused = shell.run("north", *arguments, status=1)["error"]
    assert refused["code"] == code


def test_a_choice_that_is_none_is_refused(shell):
    given = ("announce", "--lots", 100, "--seller", 1, "--tie", "coin")
    assert shell.run("authority", *given, status=1)["error"]["code"] == "AUCTION_CHOICE"
    given = ("announce", "--lots", 100, "--seller", 1, "--hide-reserve")
    assert shell.run("authority", *given, status=1)["error"]["code"] == "AUCTION_NO_RESERVE"
