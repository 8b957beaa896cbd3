"""`tonne energy claim`, `tonne grid customers`: the register's list, and a customer's part of a silence."""

from __future__ import annotations

import json
import re
import shlex
from datetime import UTC, datetime

import pytest

from tests.tonne.power.neighbours import KEYS, QUARTER
from tests.tonne.power.silent import CAP, Silent
from tonne import cli
from tonne.audit import reconcile
from tonne.crypto import keystore
from tonne.crypto.accounts import Account
from tonne.power.account_consents import consented
from tonne.power.customer_accounts import account_key
from tonne.power.customer_papers import read
from tonne.power.encoding import FIRST_PSEUDONYM

ALL = 900 * CAP


@pytest.fixture
def silent(town):
    return Silent(town)


@pytest.fixture
def office(tonne, silent, tmp_path):
    """Runs an act of the metering office on the aggregator's customers."""
    for name, account in (("neighbour", KEYS[0]), ("home", Account.from_seed("home"))):
        keystore.write(tmp_path / f"{name}.json", account, "x", keystore.WEAK)

    def run(*arguments, node=0, status=0, **options):
        return tonne("grid", "customers", node, "east", *arguments, status=status, **options)

    return run


@pytest.fixture
def keys(office, tonne, tmp_path):
    """A file of the addresses that three customers read from their wallets; the third has no account."""
    told = [tonne("energy", "key", who=name)["address"] for name in ("north", "south", "home")]
    file = tmp_path / "keys.csv"
    file.write_text("\n".join(["key", *told]))
    return file


@pytest.fixture
def papers(office, keys, tmp_path, town):
    """Paths of the three papers, in the order of the list."""
    office(keys, "--folder", tmp_path / "papers", who="authority")
    found = sorted((tmp_path / "papers").iterdir(), key=lambda path: read(path, town.chain).index)
    assert len(found) == 3
    return found


def when(interval):
    start = datetime.fromtimestamp(interval * QUARTER, UTC)
    return "--day", start.date().isoformat(), "--at", f"{start:%H:%M}"


def listed(silent):
    return silent.chain.call("BidLimits", "customersOf", silent.number)


# The office


def test_customers_are_registered_and_each_has_a_paper(office, keys, silent, tmp_path):
    folder = tmp_path / "papers"
    assert office()["customers"] == 0
    told = office(keys, "--folder", folder, who="authority")
    root, count = listed(silent)
    assert (told["customers"], count, told["root"]) == (3, 3, "0x" + root.hex())
    addresses = keys.read_text().split()[1:]
    assert {path.name for path in folder.iterdir()} == {f"{key}.json" for key in addresses}
    assert folder.stat().st_mode & 0o077 == 0
    for index, key in enumerate(addresses):
        path = folder / f"{key}.json"
        assert path.stat().st_mode & 0o077 == 0
        paper = read(path, silent.chain)
        assert (paper.index, paper.node, paper.bidder, paper.key) == (index, 0, silent.number, key)
        assert paper.is_under(root, count)
    shown = office()
    assert (shown["customers"], shown["root"]) == (3, told["root"])


def test_papers_in_a_folder_are_not_written_over(office, keys, papers, silent, tmp_path):
    before, root = papers[0].read_text(), listed(silent)
    args = (keys, "--folder", tmp_path / "papers")
    refused = office(*args, who="authority", status=1)
    assert (refused["code"], refused["field"]) == ("CUSTOMER_PAPERS_THERE", "folder")
    assert refused["value"] == str(tmp_path / "papers")
    assert papers[0].read_text() == before
    assert listed(silent) == root
    office(keys, "--folder", tmp_path / "new", who="authority")
    assert listed(silent) != root


def test_a_refused_list_leaves_no_papers(office, keys, silent, tmp_path):
    """Of who has no office; and where the chain refuses what it took when it was asked."""
    folder = tmp_path / "papers"
    refused = office(keys, "--folder", folder, who="north", status=1)
    assert refused["code"] == "SCHEMES_NO_POWER"
    assert not folder.exists()


def test_papers_go_where_the_chain_refuses_after_they_were_written(
    office, keys, silent, tmp_path, monkeypatch
):
    from tonne.cli.core.officer_act import OfficerAct

    def refuse(act, calls):
        assert len(list(folder.iterdir())) == 3
        silent.chain.send(silent.outsider, "BidLimits", "setCustomers", 0, 1, bytes(32), 0)

    folder = tmp_path / "papers"
    monkeypatch.setattr(OfficerAct, "_send", refuse)
    refused = office(keys, "--folder", folder, who="authority", status=1)
    assert refused["code"] == "SCHEMES_NO_POWER"
    assert list(folder.iterdir()) == []


def test_papers_stay_where_it_is_not_known_what_became_of_the_list(
    office, keys, tmp_path, monkeypatch
):
    from tonne.cli.core.officer_act import OfficerAct
    from tonne.errors import TonneError

    def lost(act, calls):
        raise TonneError("RPC_UNREACHABLE", "The node does not answer.")

    monkeypatch.setattr(OfficerAct, "_send", lost)
    refused = office(keys, "--folder", tmp_path / "papers", who="authority", status=1)
    assert refused["code"] == "RPC_UNREACHABLE"
    assert len(list((tmp_path / "papers").iterdir())) == 3


def test_a_list_is_shown_without_a_paper_or_a_transaction(office, keys, silent, tmp_path):
    told = office(keys, "--folder", tmp_path / "papers", "--dry-run", who="authority")
    assert (told["sent"], told["customers"]) == (False, 3)
    assert "root" not in told
    assert not (tmp_path / "papers").exists()
    assert listed(silent)[1] == 0


def test_a_list_for_a_safe_has_its_papers(office, keys, silent, town, tmp_path):
    safe = tmp_path / "safe.json"
    officer = town.market.people["authority"].address
    folder = ("--folder", tmp_path / "papers")
    told = office(keys, *folder, "--safe", safe, "--from", officer)
    assert listed(silent)[1] == 0
    data = json.loads(safe.read_text())["transactions"][0]["data"]
    assert told["root"].removeprefix("0x") in (data or safe.read_text())
    assert len(list((tmp_path / "papers").iterdir())) == 3


def test_papers_go_where_the_safe_s_file_is_not_written(office, keys, town, tmp_path):
    safe, folder = tmp_path / "safe.json", tmp_path / "papers"
    safe.write_text("{}")
    by = ("--safe", safe, "--from", town.market.people["authority"].address)
    refused = office(keys, "--folder", folder, *by, status=1)
    assert refused["code"] == "SAFE_FILE_EXISTS"
    assert list(folder.iterdir()) == []


def test_a_list_needs_a_folder(office, keys, silent):
    refused = office(keys, who="authority", status=1)
    assert (refused["code"], refused["field"]) == ("CUSTOMER_PAPERS_NOWHERE", "folder")
    assert listed(silent)[1] == 0


@pytest.mark.parametrize("node", [1, 7])
def test_a_list_at_a_node_without_bids_would_not_count(office, keys, silent, tmp_path, node):
    """It would fall with the first bids that are registered there."""
    args = (keys, "--folder", tmp_path / "papers")
    refused = office(*args, node=node, who="authority", status=1)
    assert (refused["code"], refused["value"]) == ("CUSTOMERS_NO_BIDDER", str(node))
    assert f"tonne grid capacity {node} {silent.number}" in refused["remedy"]
    assert not (tmp_path / "papers").exists()


def test_a_list_falls_with_a_further_node_and_it_is_told(tonne, office, papers, silent, keys):
    silent.chain.set_time(silent.chain.now() + 3 * 3_600)
    more = ("grid", "capacity", 0, "east", "--steps", 5)
    assert tonne(*more, who="authority")["customers"] == 3
    further = ("grid", "capacity", 1, "east", "--steps", 4)
    assert tonne(*further, who="authority")["customers"] == 0
    assert office()["customers"] == 0
    office(keys, "--folder", papers[0].parent / "anew", who="authority")
    assert office()["customers"] == 3


def test_a_bad_list_is_refused_ahead_of_everything(office, keys, silent, tmp_path):
    keys.write_text("key\n0x12")
    refused = office(keys, "--folder", tmp_path / "papers", who="authority", status=1)
    assert (refused["code"], refused["field"]) == ("CUSTOMER_KEYS_ROW", "row 2")
    assert not (tmp_path / "papers").exists()


# The customer


def test_customers_take_their_parts(tonne, town, silent, papers):
    chain = silent.chain
    assert tonne("energy", "claim", papers[0])["waiting"] == []
    at = silent.forfeit()
    (waits,) = tonne("energy", "claim", papers[0])["waiting"]
    assert (waits["interval"], waits["amount"]) == (at, ALL // 3)

    north = town.market.participants["north"]
    had = chain.call("PowerMarket", "accountOf", north).free
    told = tonne("energy", "claim", papers[0], *when(at), "--to", "north", who="north")
    assert (told["amount"], told["account"], told["waits"]) == (ALL // 3, north, False)
    assert chain.call("PowerMarket", "accountOf", north).free == had + ALL // 3
    again = tonne("energy", "claim", papers[0], *when(at), "--to", "north", who="north", status=1)
    assert (again["code"], again["value"]) == ("CLAIM_TAKEN", str(at))
    assert tonne("energy", "claim", papers[0])["waiting"] == []

    start = datetime.fromtimestamp(at * QUARTER, UTC).isoformat()
    to = ("--to", KEYS[1].address)
    told = tonne("energy", "claim", papers[1], "--since", start, *to, who="south")
    assert (told["account"], told["waits"]) == (FIRST_PSEUDONYM + 1, True)
    claimed = chain.logs("PowerMarket", "ForfeitClaimed")
    assert [(e["index"], e["account"], e["amount"]) for e in claimed] == [
        (0, north, ALL // 3),
        (1, FIRST_PSEUDONYM + 1, ALL // 3),
    ]
    assert reconcile.audit(chain).differences == []


def test_the_list_of_what_waits_ends_with_a_command_that_takes_it(
    tonne, silent, papers, capsys, monkeypatch
):
    at = silent.forfeit()
    monkeypatch.chdir(papers[0].parent)
    with pytest.raises(SystemExit):
        cli.main(["energy", "claim", papers[0].name])
    said = " ".join(capsys.readouterr().out.split())
    assert f"{ALL // 3 / 10**6:g} " in said
    (told,) = re.findall("`tonne ([^`]*) --as NAME`", said)
    taken = tonne(*shlex.split(told), "--to", "north", who="north")
    assert (taken["interval"], taken["amount"]) == (at, ALL // 3)


def test_a_part_goes_to_the_key_s_own_account_without_another(tonne, town, silent, papers):
    at = silent.forfeit()
    refused = tonne("energy", "claim", papers[2], *when(at), who="home", status=1)
    assert (refused["code"], refused["field"]) == ("CLAIM_NO_ACCOUNT", "to")
    key = account_key(Account.from_seed("home").key, town.chain.chain_id)
    number = town.chain.call("Participants", "walletOf", silent.east)[0]
    opened = consented(town.chain, number, [key])
    town.chain.send(silent.east, "PowerMarket", "openPseudonyms", opened)
    told = tonne("energy", "claim", papers[2], *when(at), who="home")
    assert told["account"] == town.chain.call("PowerMarket", "pseudonymOf", key)
    assert told["amount"] == ALL // 3


def test_the_key_of_the_list_may_be_the_wallet_s_own(tonne, office, silent, tmp_path, town):
    """Where the keystore is of the account's key itself; a participant's account has its part at once."""
    file, folder = tmp_path / "own.txt", tmp_path / "own"
    wallets = KEYS[0].address, town.market.people["south"].address
    file.write_text("\n".join(wallets))
    office(file, "--folder", folder, who="authority")
    at = silent.forfeit()
    told = tonne("energy", "claim", folder / f"{wallets[0]}.json", *when(at), who="neighbour")
    assert (told["account"], told["amount"]) == (FIRST_PSEUDONYM, ALL // 2)
    told = tonne("energy", "claim", folder / f"{wallets[1]}.json", *when(at), who="south")
    assert (told["account"], told["waits"]) == (town.market.participants["south"], False)


def test_another_s_paper_takes_nothing(tonne, silent, papers):
    at = silent.forfeit()
    refused = tonne("energy", "claim", papers[0], *when(at), "--to", "south", who="south", status=1)
    assert (refused["code"], refused["value"]) == ("CLAIM_OTHER_KEY", papers[0].stem)
    assert silent.chain.logs("PowerMarket", "ForfeitClaimed") == []


def test_what_cannot_be_had_is_told_without_a_key(tonne, silent, papers):
    at = silent.interval
    refused = tonne("energy", "claim", papers[0], *when(at), status=1)
    assert (refused["code"], refused["value"]) == ("CLAIM_NO_FORFEIT", str(at))
    at = silent.forfeit()
    missing = tonne("energy", "claim", papers[0], *when(at), status=1)
    assert missing["code"] == "ACCOUNT_MISSING"
    silent.end(at)
    assert tonne("energy", "claim", papers[0], *when(at), status=1)["code"] == "CLAIM_ENDED"


def test_what_the_chain_refuses_is_not_sent(tonne, silent, papers, town):
    """To an account that nobody has: the key's count of transactions does not move."""
    from tonne.cli.energy import market_account

    at = silent.forfeit()
    key = account_key(town.market.people["north"].key, town.chain.chain_id)
    block = town.chain.block_number()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(market_account, "account_of", lambda *_: FIRST_PSEUDONYM + 99)
        args = ("energy", "claim", papers[0], *when(at), "--to", "x")
        refused = tonne(*args, who="north", status=1)
    assert refused["code"] == "POWER_NOT_ALLOWED"
    assert town.chain.block_number() == block
    assert int(town.chain.rpc.call("eth_getTransactionCount", key.address, "latest"), 16) == 0


@pytest.mark.parametrize(
    ("options", "field"),
    [
        (("--day", "2021-07-16"), "at"),
        (("--at", "12:00"), "day"),
        (("--day", "2021-07-16", "--at", "12:00", "--since", "2021-07-16T12:00"), "since"),
        (("--at", "12:00", "--since", "2021-07-16T12:00"), "since"),
    ],
)
def test_an_interval_is_named_in_one_way(tonne, papers, options, field):
    refused = tonne("energy", "claim", papers[0], *options, who="north", status=1)
    assert (refused["code"], refused["field"]) == ("CLAIM_INTERVAL", field)


def test_a_time_at_which_no_interval_begins_is_refused(tonne, papers):
    day = ("--day", "2021-07-16")
    refused = tonne("energy", "claim", papers[0], *day, "--at", "12:01", status=1)
    assert (refused["code"], refused["value"]) == ("LINE_NO_START", "12:01")


def test_a_paper_that_is_none_is_refused(tonne, papers):
    papers[0].write_text("{}")
    refused = tonne("energy", "claim", papers[0], status=1)
    assert (refused["code"], refused["field"]) == ("CUSTOMER_PAPER_UNREADABLE", "paper")
