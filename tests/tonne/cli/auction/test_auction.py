"""`tonne auction`, from the announcement to the last payment."""

from __future__ import annotations

import json
import stat

import pytest

from tonne import cli
from tonne.crypto import keystore
from tonne.market.auction_rules import STAGES
from tonne.market.sealed_bids import Sealed

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
    done = shell.run(None, "clear", number)  # open to all: on a test chain no key is needed
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
    assert shell.run("authority", "draw", number, status=1)["error"]["code"] == "AUCTION_NO_DRAW"
    done = shell.run("north", "clear", number)
    assert [bid["got"] for bid in done["bids"]] == [400, 0, 600]
    assert [bid["status"] for bid in done["bids"]] == ["settled"] * 3
    assert done["proceeds"] == "46,600.00"


def test_the_opening_of_a_bid_is_advised_with_the_folder_it_is_kept_in(shell):
    number = _announced(shell)
    shell.later(HOUR)
    elsewhere = shell.folder / "my bids"
    key = ("--keystore", shell.folder / "north.json", "--sealed", elsewhere)
    said = shell.text("bid", number, 700, "--price", "48.00", *key)
    assert f"tonne auction reveal {number} --sealed '{elsewhere}'" in " ".join(said.split())
    shell.later(3 * HOUR)
    assert shell.run("north", "reveal", number, "--sealed", elsewhere)["opened"] == [0]


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


def test_an_auction_shows_all_its_terms_before_it_opens(shell):
    given = ("--reserve", "45.00", "--limit-percent", 50, "--deposit-percent", 20, "--tie", "time")
    given += ("--form", "sealed", "--minimum-percent", 80)
    seller = shell.town.market.participants["east"]
    ends = ("announce", "--lots", 1_000, "--seller", seller, "--multiple", 100)
    number = shell.run("authority", *ends, *given)["auction"]
    told = shell.run(None, "show", number)
    assert (told["lots"], told["seller"], told["reserve"]) == (1_000, seller, "45.00")
    assert (told["tie"], told["bidderLimit"], told["depositPercent"]) == ("time", 500, "20")
    text = " ".join(shell.text("show", number).split())
    for words in (
        f"1,000 lots of participant {seller}",
        "Reserve price 45.00; ties time; one bidder gets at most 500 lots; nothing is sold unless"
        " bids are for 80 % of the volume",
        "20 % of its value, at least 100.00",
        "lots not deposited yet",
    ):
        assert words in text
    hidden = shell.run("authority", *ends, "--reserve", "45.00", "--hide-reserve")["auction"]
    assert shell.run(None, "show", hidden)["reserve"] == "hidden"


def test_a_seller_consents_and_anybody_opens(shell):
    seller = shell.town.market.participants["east"]
    ends = ("announce", "--lots", 1_000, "--seller", seller)
    number = shell.run("authority", *ends)["auction"]
    refused = shell.run("trader", "open", number, status=1)["error"]
    assert refused["code"] == "AUCTION_CONSENT_SHORT"
    assert f"participant {seller} has consented to 0 lots" in refused["message"].lower()
    shell.run("east", "consent", 1_000)
    assert shell.run("trader", "open", number)["lots"] == 1_000


def test_a_cancelled_auction_gives_everything_back(shell):
    number = _announced(shell, "--reserve", "45.00", "--hide-reserve")
    shell.later(HOUR)
    shell.run("north", "bid", number, 700, "--price", "48.00")
    assert shell.run("north", "cancel", number, status=1)["error"]["code"] == "SCHEMES_NO_POWER"
    long = shell.run("authority", "cancel", number, "--reason", "x" * 32, status=1)
    assert long["error"]["code"] == "AUCTION_LONG_REASON"
    dry = shell.run("authority", "cancel", number, "--reason", "wrong volume", "--dry-run")
    assert (dry["sent"], dry["changes"][0]["before"], dry["bids"]) == (False, "open", 1)
    assert shell.town.chain.call("Auction", "auction", number).stage == STAGES.index("open")
    cancelled = shell.run("authority", "cancel", number, "--reason", "wrong volume")
    assert (cancelled["sent"], cancelled["bids"]) == (True, 1)
    done = shell.run("trader", "clear", number)
    assert (done["stage"], done["forfeited"]) == ("closed", "0.00")
    account = shell.town.chain.call(
        "Exchange", "account", shell.town.market.participants["east"], 1
    )
    assert account.lotsFree >= 1_000


def test_unsold_lots_are_carried_and_what_nobody_carries_is_reclaimed(shell):
    number = _announced(shell, "--spread", 2)
    shell.later(7 * HOUR)
    assert shell.run("trader", "clear", number)["unsold"] == 1_000
    refused = shell.run("authority", "carry", number, 2, status=1)["error"]
    assert refused["code"] == "AUCTION_OTHER_SPREAD"
    later = [_announced(shell, "--spread", 1) for _ in range(2)]
    done = shell.run("authority", "carry", number, *later)
    assert done["carried"] == {str(later[0]): 500, str(later[1]): 500}
    assert shell.run(None, "show", later[0])["lots"] == 1_500

    shell.later(7 * HOUR)
    shell.run("trader", "clear", later[0])
    assert shell.run("trader", "reclaim", later[0], status=1)["error"]["code"] == "AUCTION_NOT_NOW"
    shell.later(31 * 24 * HOUR)
    assert shell.run("trader", "reclaim", later[0])["lots"] == 1_500
    again = shell.run("trader", "reclaim", later[0], status=1)["error"]
    assert again["code"] == "AUCTION_NOTHING_UNSOLD"


def test_a_refused_bid_leaves_no_file_behind(shell):
    number = _announced(shell)
    folder = shell.folder / "sealed"
    early = shell.run("north", "bid", number, 700, "--price", "48.00", status=1)["error"]
    assert early["code"] == "AUCTION_NOT_NOW"
    assert list(folder.glob("*.json")) == []
    seller = shell.town.market.participants["east"]
    hide = ("--lots", 150, "--multiple", 100, "--reserve", "45.00", "--hide-reserve")
    refused = shell.run("authority", "announce", "--seller", seller, *hide, status=1)["error"]
    assert refused["code"] == "AUCTION_BAD_TERMS" and "lots is out of" in refused["message"]
    assert list(folder.glob("*.json")) == []


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ((700, "--price", "700"), "AUCTION_OFF_GRID"),
        ((700, "--price", "0"), "AUCTION_OFF_GRID"),
        ((1_000, "--price", "48.00"), "AUCTION_OVER_LIMIT"),
    ],
)
def test_a_bid_that_could_never_be_opened_is_not_sent(shell, given, code):
    number = _announced(shell, "--limit-percent", 90)
    shell.later(HOUR)
    assert shell.run("north", "bid", number, *given, status=1)["error"]["code"] == code
    assert shell.run(None, "show", number)["bids"] == []


def test_a_seller_is_named_as_others_are(shell):
    given = ("announce", "--lots", 100, "--seller", "nobody-here")
    refused = shell.run("authority", *given, status=1)["error"]
    assert refused["code"] == "PARTY_UNKNOWN" and "seller" in refused["message"]
    wallet = shell.town.market.people["east"].address
    number = shell.run("authority", *given[:-1], wallet)["auction"]
    assert shell.run(None, "show", number)["seller"] == shell.town.market.participants["east"]


def test_lots_are_deposited_once(shell):
    number = _announced(shell)
    assert shell.run("east", "open", number, status=1)["error"]["code"] == "AUCTION_WRONG_STAGE"
