"""The authority's desk: what an act would change, in words; a Safe's file; and the act itself."""

from __future__ import annotations

import json
from datetime import date, time, timedelta

import pytest

from tonne import cli
from tonne.audit import reconcile
from tonne.chain import safe
from tonne.chain.client import Call
from tonne.cli.core.decision_files import Allocated, Determined, read
from tonne.crypto import keystore
from tonne.crypto.hashing import keccak
from tonne.errors import TonneError
from tonne.rules.engine import penalties
from tonne.types import unit_id

DAY = 86_400


class _Shell:
    def __init__(self, town, folder, capsys, monkeypatch):
        self.town, self.chain, self.folder, self.capsys = town, town.chain, folder, capsys
        monkeypatch.setenv("TONNE_RPC", town.chain.rpc.url)
        monkeypatch.setenv("TONNE_DEPLOYMENTS", str(town.folder))
        monkeypatch.setenv("TONNE_PASSPHRASE_FILE", str(folder / "passphrase.txt"))
        (folder / "passphrase.txt").write_text("x\n")
        for name in ("authority", "administrator", "north", "trader"):
            account = town.market.people[name]
            keystore.write(folder / f"{name}.json", account, "x", keystore.WEAK)

    def run(self, *arguments, who="authority", status=0):
        """What a command prints for machines."""
        key = () if "--from" in arguments else ("--keystore", str(self.folder / f"{who}.json"))
        with pytest.raises(SystemExit) as ended:
            cli.main(["authority", *map(str, arguments), *key, "--json"])
        out = self.capsys.readouterr().out
        assert (ended.value.code or 0) == status, out
        return json.loads(out)

    def refused(self, *arguments, who="authority"):
        return self.run(*arguments, who=who, status=1)["error"]

    def text(self, *arguments):
        with pytest.raises(SystemExit):
            cli.main(
                [
                    "authority",
                    *map(str, arguments),
                    "--keystore",
                    str(self.folder / "authority.json"),
                ]
            )
        return " ".join(self.capsys.readouterr().out.split())

    def file(self, text):
        path = self.folder / "decisions.csv"
        path.write_text(text)
        return path

    def execute(self, path):
        """What the owners of a Safe would do with its file."""
        account = self.town.market.people["authority"]
        for one in json.loads(path.read_text())["transactions"]:
            answer = self.chain.rpc.call(
                "eth_call",
                {"from": account.address, "to": one["to"], "data": one["data"]},
                "latest",
            )
            assert answer is not None
            contract = next(c for c in self.chain.contracts.values() if c.address == one["to"])
            method, given = one["contractMethod"], one["contractInputsValues"]
            values = [_read(given[i["name"]], i["type"]) for i in method["inputs"]]
            call = Call(account, contract, method["name"], values)
            assert call.pending().data.hex() == one["data"][2:], "values and data say the same"
            self.chain.send_many([call])


def _read(text, kind):
    if kind.endswith("]") or kind == "tuple":
        return _plain(json.loads(text))
    return _plain(text)


def _plain(value):
    if isinstance(value, list):
        return [_plain(one) for one in value]
    if value in ("true", "false"):
        return value == "true"
    return int(value) if value.isdigit() else value


@pytest.fixture
def shell(town, tmp_path, capsys, monkeypatch):
    return _Shell(town, tmp_path, capsys, monkeypatch)


# the three ways


def test_a_dry_run_tells_before_and_after_and_sends_nothing(shell):
    block = shell.chain.block_number()
    said = shell.text("halt", "--reason", "an error in the feed", "--dry-run")
    assert said == (
        "Halt market 1: market 1: trading -> halted Nothing was sent; 1 call would be, by"
        f" {shell.town.market.people['authority'].address}."
    )
    assert shell.chain.block_number() == block


def test_a_dry_run_tells_the_refusal_of_the_act(shell):
    for extra in (("--dry-run",), ("--safe", shell.folder / "no.json"), ()):
        refused = shell.refused("halt", "--reason", "x", *extra, who="north")
        assert refused["code"] == "SCHEMES_NO_POWER"
    assert not (shell.folder / "no.json").exists()


def test_an_act_is_sent_by_its_key(shell):
    told = shell.run("halt", "--reason", "an error in the feed")
    assert told["sent"] and len(told["transactions"]) == 1
    assert shell.chain.call("ExchangeLens", "market", 1).status == 2
    shell.run("resume-market", "--reason", "it is mended")
    assert shell.chain.call("ExchangeLens", "market", 1).status == 1


def test_the_auctioned_share_is_issued_to_the_seller(shell):
    run = ("auctioned", 2044, 500, "--to", shell.town.market.people["authority"].address)
    assert shell.refused(*run)["code"] == "AUCTION_SHARE_EXCEEDED"
    shell.run("plan", 2044, "--cap", 1000, "--free", 400, "--auctioned", 500)
    said = shell.text(*run, "--dry-run")
    assert "allowances of 2044 for auctions, of 500 disclosed: 0 -> 500, to participant" in said
    assert shell.run(*run)["sent"]
    unit = unit_id.allowance(1, 2044)
    seller = shell.town.market.people["authority"]
    assert shell.chain.call("Allowances", "balanceOf", seller, unit) == 500
    assert shell.refused(*run)["code"] == "AUCTION_SHARE_EXCEEDED"
    assert reconcile.audit(shell.chain).differences == []


def test_a_safes_file_says_what_its_owners_sign(shell):
    path = shell.folder / "halt.json"
    officer = shell.town.market.people["authority"].address
    told = shell.run("halt", "--reason", "an error in the feed", "--safe", path, "--from", officer)
    assert not told["sent"]
    body = json.loads(path.read_text())
    assert body["version"] == "1.0" and body["chainId"] == str(shell.chain.chain_id)
    assert body["meta"]["createdFromSafeAddress"] == officer
    assert body["meta"]["name"] == "Halt market 1"
    assert body["meta"]["description"] == "market 1: trading -> halted"
    assert body["meta"]["checksum"] == safe.checksum_of(body)
    (one,) = body["transactions"]
    assert one["to"] == shell.chain["Exchange"].address and one["value"] == "0"
    assert one["contractMethod"]["name"] == "halt" and not one["contractMethod"]["payable"]
    assert one["contractInputsValues"] == {
        "market": "1",
        "reason": "0x" + keccak(b"an error in the feed").hex(),
    }
    shell.execute(path)
    assert shell.chain.call("ExchangeLens", "market", 1).status == 2
    again = shell.refused("halt", "--reason", "x", "--safe", path, "--from", officer)
    assert again["code"] in ("EXCHANGE_MARKET_STATUS", "SAFE_FILE_EXISTS")


def test_a_file_that_is_there_is_not_overwritten(shell):
    path = shell.folder / "halt.json"
    path.write_text("{}")
    refused = shell.refused("halt", "--reason", "x", "--safe", path)
    assert refused["code"] == "SAFE_FILE_EXISTS" and path.read_text() == "{}"


def test_the_checksum_is_the_builders(shell):
    """By its published rule: keys in order, then each value, each with a comma; the name does not count."""
    body = {
        "b": [1, {"a": None}],
        "meta": {"name": "x", "checksum": "gone"},
        "a": "\u00e9",
    }
    plain = '{["a","b","meta"]"\u00e9",[1,{["a"]null,}],{["name"]null,},}'
    assert safe.checksum_of(body) == "0x" + keccak(plain.encode()).hex()


def test_an_address_alone_sends_nothing(shell):
    officer = shell.town.market.people["authority"].address
    assert shell.refused("halt", "--reason", "x", "--from", officer)["code"] == "ACT_NO_KEY"
    assert shell.refused("halt", "--reason", "x", "--from", "me")["code"] == "ACT_NO_ADDRESS"
    both = ("--dry-run", "--safe", shell.folder / "x.json", "--from", officer)
    assert shell.refused("halt", "--reason", "x", *both)["code"] == "ACT_TWO_WAYS"


# rules


def test_caps_are_planned_with_a_reason_and_beyond_the_notice(shell):
    year = _years_ahead(shell, 2)
    caps = (year, 4_000_000, 3_900_000)
    assert shell.refused("cap", *caps)["code"] == "RULES_NO_REASON"
    told = shell.run("cap", *caps, "--reason", "the plan of the council")
    assert told["changes"][0] == {
        "what": f"cap of {year}",
        "before": "none",
        "after": "4,000,000 t",
    }
    assert shell.chain.call("Schemes", "plannedCap", 1, year + 1).capT == 3_900_000
    this = _years_ahead(shell, 0)
    late = shell.refused("cap", this, 1, "--reason", "too late")
    assert late["code"] == "SCHEMES_NOTICE_TOO_SHORT"
    assert reconcile.audit(shell.chain).differences == []


def test_a_vintage_is_disclosed_once_and_revised_with_notice(shell):
    year = _years_ahead(shell, 2)
    given = ("plan", year, "--cap", 100, "--free", 60, "--auctioned", 40)
    told = shell.run(*given, "--dry-run")
    assert told["changes"][1] == {
        "what": f"free, vintage {year}",
        "before": "not disclosed",
        "after": "60 t",
    }
    shell.run(*given)
    given = ("plan", year, "--cap", 100, "--free", 70, "--auctioned", 30)
    assert shell.refused(*given)["code"] == "RULES_NO_REASON"
    shell.run(*given, "--reason", "two plants more")
    assert shell.chain.call("Schemes", "disclosure", 1, year).freeT == 60
    ahead = shell.chain.call("Schemes", "disclosureAhead", 1, year)
    assert reconcile.audit(shell.chain).differences == []
    shell.chain.set_time(ahead.holdsFrom)
    assert shell.chain.call("Schemes", "disclosure", 1, year).freeT == 70
    assert reconcile.audit(shell.chain).differences == []


def test_a_number_of_the_rules_is_set_as_packs_have_it(shell):
    day = date.fromordinal(date(1970, 1, 1).toordinal() + shell.chain.now() // DAY + 400)
    given = ("value", "offset.limit", "0.08", "--day", day, "--source", "a decree")
    told = shell.run(*given, "--reason", "more offsets")
    assert told["changes"][0]["before"] == "0.05" and told["changes"][0]["after"] == "0.08"
    key = keccak(b"offset.limit_ppm")
    assert shell.chain.call("Schemes", "param", 1, key, shell.chain.now() + 500 * DAY) == 80_000
    wrong = shell.refused(
        "value", "offset.limit", "8", "--day", day, "--source", "x", "--reason", "x"
    )
    assert wrong["code"] == "RULES_VALUE"
    wrong = shell.refused("value", "offset.limt", "8", "--day", day, "--source", "x")
    assert wrong["code"] == "RULES_UNKNOWN_KEY"


def test_a_number_before_later_ones_is_set_once_they_are_withdrawn(shell):
    chain = shell.chain
    today = date(1970, 1, 1) + timedelta(days=chain.now() // DAY)
    first, second, third = (today + timedelta(days=days) for days in (100, 200, 300))
    given = ("--source", "a decree", "--reason", "x")
    key = keccak(b"offset.limit_ppm")
    before = chain.call("Schemes", "paramHistory", 1, key, 0)[0]
    shell.run("value", "offset.limit", "0.06", "--day", second, *given, "--withdraw")
    shell.run("value", "offset.limit", "none", "--day", third, *given)
    refused = shell.refused("value", "offset.limit", "0.07", "--day", first, *given)
    assert refused["code"] == "RULES_LATER_VALUES" and str(second) in refused["message"]
    told = shell.run("value", "offset.limit", "0.07", "--day", first, *given, "--withdraw")
    assert [(one["what"], one["before"], one["after"]) for one in told["changes"][:2]] == [
        (f"offset.limit from {third} on", "none", "withdrawn"),
        (f"offset.limit from {second} on", "0.06", "withdrawn"),
    ]
    count, _, value = chain.call("Schemes", "paramHistory", 1, key, before)
    assert (count, value) == (before + 1, 70_000)
    told = shell.run("value", "offset.limit", "0.065", "--day", first, *given)
    assert len(told["changes"]) == 1, "a value of the same day is replaced, not withdrawn"
    assert reconcile.audit(chain).differences == []


def test_a_change_within_the_notice_is_refused_with_its_dates(shell):
    chain = shell.chain
    today = date(1970, 1, 1) + timedelta(days=(chain.now() + 8 * 3600) // DAY)
    given = ("--source", "x", "--reason", "x", "--withdraw")
    refused = shell.refused("value", "offset.limit", "0.07", "--day", today, *given)
    assert refused["code"] == "SCHEMES_NOTICE_TOO_SHORT"
    assert f"the earliest is {today + timedelta(days=30)}" in refused["message"]


def test_a_benchmark_of_no_class_of_plant_is_not_set(shell):
    given = ("--day", "2031-01-01", "--source", "x", "--reason", "x")
    refused = shell.refused("value", "benchmark.power.waste", "0.4", *given)
    assert refused["code"] == "RULES_PRODUCT" and "benchmark.power.gas" in refused["remedy"]


def test_a_participant_is_named_by_number_wallet_or_name(shell):
    wallet = shell.town.market.people["north"].address
    number, _, _ = shell.chain.call("Participants", "walletOf", wallet)
    for who in (number, wallet):
        told = shell.run("suspend", who, "--reason", "x", "--dry-run")
        assert f"participant {number}" in told["changes"][0]["what"]
    told = shell.run("approve", wallet, "--dry-run", status=1)["error"]
    assert told["code"] == "AUTHORITY_NO_APPLICATION", "it is active already"


def test_a_holiday_is_closed_with_notice(shell):
    day = shell.chain.now() // DAY + 60
    while not shell.chain.call("Schemes", "isTradingDay", 1, day):
        day += 1
    shown = date.fromordinal(date(1970, 1, 1).toordinal() + day)
    shell.run("calendar", "--closed", shown, "--reason", "a day of mourning")
    assert not shell.chain.call("Schemes", "isTradingDay", 1, day)
    refused = shell.refused("calendar", "--closed", shown, "--reason", "again")
    assert refused["code"] == "RULES_NO_CHANGE" and str(shown) in refused["message"]
    unknown = shell.refused("calendar", "--closed", "2035-08-30", "--reason", "no calendar has it")
    assert unknown["code"] == "RULES_NO_CHANGE" and "without a calendar" in unknown["remedy"]
    shell.run("calendar", "--open", shown, "--reason", "it was moved")
    assert shell.chain.call("Schemes", "isTradingDay", 1, day)
    assert reconcile.audit(shell.chain).differences == []


def test_an_office_is_given_and_taken(shell):
    who = shell.town.market.people["north"].address
    told = shell.run("office", who, "allocate,penalise", "--jurisdiction", 14)
    assert told["changes"][0]["after"] == "allocate, penalise"
    assert shell.chain.call("Schemes", "hasPower", who, 1, 14, 2 | 8)
    assert not shell.chain.call("Schemes", "hasPower", who, 1, 15, 2)
    shell.run("office", who, "none", "--jurisdiction", 14)
    assert not shell.chain.call("Schemes", "hasPower", who, 1, 14, 2)
    assert shell.refused("office", who, "rule")["code"] == "OFFICE_POWER"


# files of decisions


def test_a_determination_names_what_stands(shell):
    period = shell.town.market.period.number
    plant = shell.town.market.installations["north"]
    rows = f"installation,year,emissions_t,reason\n{plant},2020,9,silence\n"
    refused = shell.refused("determine", shell.file(rows), "--period", period, "--dry-run")
    assert refused["code"] == "EMISSIONS_FINAL"


def test_allowances_that_none_are_held_back_of_are_not_issued(shell):
    refused = shell.refused("issue-unissued", "--period", shell.town.market.period.number)
    assert refused["code"] == "ALLOCATION_NOTHING_HELD_BACK"


def test_allowances_held_back_are_issued_once_there_is_room(shell):
    chain, market, authority = shell.chain, shell.town.market, shell.town.market.people["authority"]
    period, vintage = market.period.number, market.period.vintage
    held = chain.call("Schemes", "disclosure", 1, vintage)
    room = held.freeT - chain.call("Allocation", "freeIssuedOf", 1, vintage)
    north, _, _ = chain.call("Participants", "walletOf", market.people["north"])
    chain.send(
        authority, "Participants", "registerInstallations", [(north, 1, 15, 1, 100_000, bytes(32))]
    )
    plant = chain.call("Participants", "installationCount")
    power = 2 * held.freeT  # [MWh] more than the free share has room for
    rows = "installation,year,emissions_t,power_mwh,reason\n" + "".join(
        f"{plant},{year},9,{power},silence\n"
        for year in range(market.period.first_year, market.period.last_year + 1)
    )
    shell.run("determine", shell.file(rows), "--period", period)
    chain.send(authority, "Allocation", "trueUp", 1, period, [plant])
    due = chain.call("Allocation", "unissuedOf", 1, period, plant)
    amount = chain.call("Allocation", "allocationOf", 1, period, plant)[1]
    assert due == amount - room > 1_000
    refused = shell.refused("issue-unissued", "--period", period)
    assert refused["code"] == "ALLOCATION_NOTHING_HELD_BACK"

    # A revised disclosure has room for all but the last tonne.
    free = held.freeT + due - 1
    told = ("plan", vintage, "--cap", 2 * free, "--free", free, "--auctioned", 0)
    shell.run(*told, "--reason", "a plant that had not reported")
    chain.set_time(chain.call("Schemes", "disclosureAhead", 1, vintage).holdsFrom)
    wallet = market.people["north"]
    before = chain.call("Allowances", "balanceOf", wallet, market.allowance)
    told = shell.run("issue-unissued", "--period", period)
    assert told["changes"] == [
        {"what": f"held back of installation {plant}", "before": f"{due:,} t", "after": "1 t"}
    ]
    assert chain.call("Allowances", "balanceOf", wallet, market.allowance) == before + due - 1
    assert chain.call("Allocation", "unissuedOf", 1, period, plant) == 1
    assert reconcile.audit(chain).differences == []


def test_an_allocation_out_of_a_file_is_refused_whole(shell):
    period = shell.town.market.period.number
    plants = shell.town.market.installations
    rows = "".join(f"{plants[name]},1000\n" for name in ("north", "east"))
    path = shell.file("installation,power_mwh\n" + rows)
    refused = shell.refused("allocate", path, "--period", period)
    assert refused["code"] == "ALLOCATION_ALREADY_MADE"
    rows = f"installation,power_mwh\n{plants['north']},400000000\n"
    refused = shell.refused("allocate", shell.file(rows), "--period", period)
    assert refused["code"] == "ALLOCATION_FREE_SHARE_EXCEEDED"


def test_a_table_of_tonnes_is_given_changed_and_returned(shell):
    """North and east of the town have benchmarks; a plant without one is given tonnes."""
    chain, market = shell.chain, shell.town.market
    period = market.period.number
    operator = market.participants["north"]
    plants = shell.file(f"operator,jurisdiction,benchmark_class,capacity_kw\n{operator},1,0,0\n")
    shell.run("register", plants)
    plant = chain.call("Participants", "installationCount")

    def table(tonnes, kind, *more):
        path = shell.file(f"installation,allocation_t,kind\n{plant},{tonnes},{kind}\n")
        return ("allocate", path, "--period", period, *more)

    assert shell.refused(*table(1, "table"))["code"] == "ALLOCATION_NO_REASON"
    reason = ("--reason", "decision of 28 February")
    told = shell.run(*table(7, "new-entrant", *reason))
    assert told["changes"][0]["after"] == "7 t by table (new-entrant)"
    assert chain.call("Allocation", "allocationOf", 1, period, plant) == (3, 7)
    told = shell.run(*table(2, "return", *reason))
    assert (told["returned"], told["issued"]) == (5, 0)
    assert told["changes"][0]["after"] == "2 t by table (return), 5 t are taken back"
    assert chain.call("Allocation", "allocationOf", 1, period, plant) == (3, 2)
    refused = shell.refused(*table(2**40 - 1, "change", *reason))
    assert refused["code"] == "ALLOCATION_FREE_SHARE_EXCEEDED"
    assert shell.refused(*table(-1, "change", *reason))["code"] == "DECISIONS_VALUE"
    assert shell.refused(*table("1.5", "change", *reason))["code"] == "DECISIONS_VALUE"
    assert shell.refused(*table(1, "gift", *reason))["code"] == "DECISIONS_VALUE"
    assert reconcile.audit(chain).differences == []


@pytest.mark.parametrize(
    ("kind", "text", "code", "said"),
    [
        (Allocated, "installation,power\n1,2\n", "DECISIONS_COLUMN", "line 1"),
        (Allocated, "installation\n1\n", "DECISIONS_COLUMN", "power_mwh"),
        (Allocated, "installation,power_mwh\n1,2,3\n", "DECISIONS_ROW", "line 2"),
        (
            Allocated,
            "installation,power_mwh\n1,2\n1,x\n",
            "DECISIONS_VALUE",
            "line 3, column power",
        ),
        (Allocated, "installation,power_mwh\n0,2\n", "DECISIONS_VALUE", "column installation"),
        (Allocated, "installation,power_mwh\n", "DECISIONS_COUNT", "0 rows"),
        (
            Determined,
            "installation,year,emissions_t,reason\n1,2020,5,\n",
            "DECISIONS_VALUE",
            "reason",
        ),
    ],
)
def test_a_file_that_cannot_be_is_refused_by_line_and_column(tmp_path, kind, text, code, said):
    path = tmp_path / "decisions.csv"
    path.write_text(text)
    with pytest.raises(TonneError) as refusal:
        read(path, kind)
    assert refusal.value.code == code and said in str(refusal.value)


def test_an_installation_stands_in_a_file_once(shell):
    path = shell.file("installation,power_mwh\n1,2\n1,3\n")
    assert shell.refused("allocate", path, "--period", 2020)["code"] == "DECISIONS_TWICE"


# what follows a shortfall


def test_a_penalty_from_notice_to_publication(shell):
    chain, market = shell.chain, shell.town.market
    plant, period = market.installations["north"], market.period.number
    _appeals_are_possible(shell)
    chain.set_time(market.period.surrender_deadline + 1)
    at = ("--period", period)
    shell.run("penalty", "notify", plant, *at)
    low = shell.refused("penalty", "decide", plant, *at, "--fine", "1.00", "--reason", "x")
    assert low["code"] == "COMPLIANCE_FINE_OUT_OF_BOUNDS"
    told = shell.run("penalty", "decide", plant, *at, "--fine", "25000.00", "--reason", "first")
    assert told["changes"][0]["before"] == "noticed"
    assert told["changes"][0]["after"] == "decided, 25,000.00"

    shell.run("penalty", "appeal", plant, *at, "--reason", "the meter was broken", who="north")
    own = shell.refused("penalty", "outcome", plant, "upheld", *at, "--reason", "x")
    assert own["code"] == "COMPLIANCE_OWN_DECISION"
    other = market.people["trader"].address
    shell.run("office", other, "penalise")
    given = ("penalty", "outcome", plant, "reduced", *at, "--fine", "20000.00", "--reason", "y")
    shell.run(*given, who="trader")
    published = shell.run("penalty", "publish", plant, *at, "--text", "a notice")
    assert published["changes"][0]["after"] == "decided, published"
    assert chain.call("Compliance", "penaltyOf", plant, period).fineCents == 2_000_000
    assert chain.call("Compliance", "appealOf", plant, period).publishedAt == chain.now()
    taken = shell.run("penalty", "debit", plant, *at)
    assert taken["changes"][1]["after"] == "20,000.00 of it paid"
    closing = shell.run("penalty", "close", plant, *at)
    assert closing["changes"][0]["after"] == "closed"
    assert reconcile.audit(chain).differences == []


def _appeals_are_possible(shell):
    """From the deadline on, whose rules count."""
    deadline = shell.town.market.period.surrender_deadline
    day = date.fromordinal(date(1970, 1, 1).toordinal() + deadline // DAY - 1)
    given = ("value", "penalty.appeal", "20", "--day", day, "--source", "x", "--reason", "appeals")
    shell.run(*given)


def test_the_price_of_fines_is_the_markets_or_stated_with_a_reason(shell):
    """Five to ten times the price of December 2024, in which the town's market had no trade."""
    chain, period = shell.chain, shell.town.market.period.number
    price = ("penalty", "price", "--period", period)
    shell.run("deadline", period, "--surrender", "2024-12-31", "--reason", "a test")
    assert shell.refused(*price)["code"] == "COMPLIANCE_MONTHS_NOT_OVER"
    chain.set_time(1_735_660_800)  # 1 January 2025 in China
    assert shell.refused(*price)["code"] == "COMPLIANCE_NOTHING_TRADED"
    assert shell.refused(*price, "--state", "98.00")["code"] == "PRICE_REASON"
    told = shell.run(*price, "--state", "98.00", "--reason", "nothing was traded")
    assert told["changes"][0]["before"] == "open"
    assert told["changes"][0]["after"] == "98.00, stated"
    bounds = chain.call("Compliance", "fineBounds", 1, period, 865_300)
    assert tuple(bounds) == (42_399_700_000, 84_799_400_000)
    assert shell.refused(*price)["code"] == "COMPLIANCE_PRICE_KNOWN"
    assert reconcile.audit(chain).differences == []


@pytest.mark.parametrize("gains", [0, 15_000_000, 19_999_999, 20_000_000, 123_456_789])
def test_fines_of_false_reports_are_those_of_the_plain_rules(town, pack, gains):
    """By the decree of 2024, whose numbers the pack has put on the chain."""
    day = date(2024, 6, 1)
    at = pack.at(day, time(12))
    engines = (
        penalties.false_report(pack, gains, day),
        penalties.false_verification(pack, gains, day),
    )
    for accused, fine in enumerate(engines):
        bounds = town.chain.call("FalseReports", "fineBounds", 1, accused, gains, at)
        assert tuple(bounds) == (fine.min_cents, fine.max_cents)


def test_a_charge_needs_a_report_that_fell(shell):
    plant = shell.town.market.installations["north"]
    given = ("false-report", "charge", plant, 2020, "operator", "--reason", "x", "--dry-run")
    assert shell.refused(*given)["code"] == "FALSE_REPORTS_NOTHING_FELL"
    given = ("false-report", "charge", plant, 2020, "trader", "--reason", "x")
    assert shell.refused(*given)["code"] == "CHARGE_WHOM"
    given = ("false-report", "charge", plant, 2020, "body", "--body", 9, "--reason", "x")
    assert shell.refused(*given, "--dry-run")["code"] == "FALSE_REPORTS_NOTHING_FELL"


def test_only_a_fine_that_stands_is_debited_or_brings_a_cut(shell):
    number = shell.town.market.installations["north"]  # of a charge that nobody brought
    assert shell.refused("false-report", "debit", number)["code"] == "FALSE_REPORTS_STATE"
    given = ("false-report", "cut", number, "--period", 2020, "--reason", "x", "--share")
    assert shell.refused(*given, "0.5")["code"] == "FALSE_REPORTS_STATE"
    for share in ("1.5", "0", "half", "0.0000001"):
        assert shell.refused(*given, share)["code"] == "CUT_SHARE"


# units


def test_units_and_accounts_are_frozen_and_moved_by_order(shell):
    chain, market = shell.chain, shell.town.market
    east, unit = market.people["east"].address, market.allowance
    held = chain.call("Allowances", "balanceOf", east, unit)
    told = shell.run("freeze", east, "--unit", unit, "--amount", 500, "--reason", "a court")
    assert told["changes"][0]["after"] == "500 frozen"
    assert chain.call("Allowances", "getFrozenTokens", east, unit) == 500
    shell.run("unfreeze", east, "--unit", unit, "--reason", "the court again")
    assert chain.call("Allowances", "getFrozenTokens", east, unit) == 0
    south = market.people["south"].address
    told = shell.run("force-transfer", east, south, 70, "--unit", unit, "--reason", "a court")
    assert told["changes"][0]["after"] == f"{held - 70:,}"
    assert chain.call("Allowances", "balanceOf", east, unit) == held - 70
    north = market.participants["north"]
    told = shell.run("freeze", north, "--account", 1, "--reason", "a court")
    assert "its open orders are void" in told["changes"][0]["after"]
    assert chain.call("Exchange", "account", north, 1).frozen
    assert reconcile.audit(chain).differences == []


# markets, and everything else


def test_a_market_is_assigned_to_its_operator(shell):
    shell.run("assign-market", 31)
    operator = shell.town.market.people["north"].address
    assert shell.refused("halt", "--reason", "x", who="north")["code"] == "SCHEMES_NO_POWER"
    shell.run("office", operator, "market", "--jurisdiction", 31)
    shell.run("halt", "--reason", "an error in the feed", who="north")
    other = shell.refused("halt", "--reason", "x", "--market", 2, who="north")
    assert other["code"] == "SCHEMES_NO_POWER"
    assert reconcile.audit(shell.chain).differences == []


def test_any_act_can_be_made_by_name(shell):
    told = shell.run("act", "BatchDesk", "setSuspended", 1, "true", "text:the forest burnt down")
    assert told["sent"]
    assert shell.refused("act", "Projects", "project", 1)["code"] == "ACT_VIEW"
    assert shell.refused("act", "BatchDesk", "setSuspended", 1)["code"] == "ACT_ARGUMENTS"
    wrong = shell.refused("act", "BatchDesk", "setSuspended", "one", "true", "text:x")
    assert wrong["code"] == "ACT_VALUE"


def _years_ahead(shell, count):
    return date.fromtimestamp(shell.chain.now()).year + count


def test_plants_without_final_reports_are_not_assessed(town, tmp_path, capsys, monkeypatch):
    shell = _Shell(town, tmp_path, capsys, monkeypatch)
    done = shell.refused("assess", "--period", 2020)  # the small market has assessed all of them
    assert (done["code"], done["field"]) == ("ASSESS_NOTHING_DUE", "period")
    assert "determine" in done["remedy"]
