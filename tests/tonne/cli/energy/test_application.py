"""`tonne energy apply`, `application`, `admit`: a customer asks by a signature, and a supplier admits it."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from tests.tonne.cli.energy.residents import tonne as tonne
from tonne.crypto import keystore
from tonne.crypto.accounts import Account
from tonne.errors import TonneError
from tonne.power import meter_bills
from tonne.power import supply_applications as applications
from tonne.power.account_consents import consented
from tonne.power.instructions import read_instruction

WITHDRAW = 2
ORDER = ("--buy", "250:0.31:06:00-22:00", "--sell", "400:0.08")


@pytest.fixture
def file(tmp_path):
    return tmp_path / "application.json"


@pytest.fixture
def apply(street_day, tonne, file):
    """Applies to the retailer for the household's meter, as its reader; the plant owns its own."""

    def run(*more, who="household", to="retailer", **asked):
        meter = street_day.town.meters[who]
        number = street_day.town.numbers[to]
        file.unlink(missing_ok=True)  # each application is a file of its own
        words = ("energy", "apply", file, "--supplier", number, "--meter", meter, *more)
        return tonne(*words, who=who, **asked)

    return run


def test_an_account_is_opened_by_a_signed_application(street_day, tonne, file, apply):
    chain = street_day.chain
    told = apply(who="south")
    assert told["application"]["key"] == tonne("energy", "key", who="south")["address"]
    assert (told["instruction"], told["application"]["node"]) == ("", 0)
    assert tonne("energy", "application", "show", file)["signed"]

    admit = ("energy", "admit", file, "--credits", "7.5")
    opened = tonne(*admit, who="retailer")
    account = opened["account"]
    assert (opened["credits"], opened["since"]) == (7_500_000, chain.now() // 86_400 + 1)
    assert tonne("energy", "key", who="south")["account"] == account
    supplier = street_day.town.numbers["retailer"]
    assert chain.call("PowerMarket", "accountOf", account).sponsor == supplier
    again = tonne(*admit, who="retailer")  # more credits for it
    assert (again["account"], again["since"]) == (account, opened["since"])
    assert again["credits"] == 15_000_000


def test_admission_goes_on_where_it_was_interrupted(street_day, tonne, file, apply):
    """After the account was opened, ahead of its day at the node."""
    key = apply(who="south")["application"]["key"]
    _opened(street_day, "retailer")
    number = street_day.chain.call("PowerMarket", "pseudonymOf", key)
    opened = tonne("energy", "admit", file, who="retailer")
    assert opened["account"] == number
    assert street_day.chain.call("PowerSettlement", "memberSince", 0, number) == opened["since"]


def _opened(street_day, sponsor):
    """The south's account, opened without a command, by its consent."""
    town, chain = street_day.town, street_day.chain
    opened = consented(chain, town.numbers[sponsor], [town.account_key("south")])
    town.send(sponsor, "PowerMarket", "openPseudonyms", opened)


def test_a_key_whose_account_another_supplier_opened_is_refused(street_day, tonne, file, apply):
    apply(who="south")
    _opened(street_day, "neighbour")
    assert tonne("energy", "admit", file, who="retailer", status=1)["code"] == "ACCOUNT_OF_ANOTHER"


def test_a_customer_changes_its_supplier_and_keeps_the_days_before(street_day, tonne, file, apply):
    """An account is its supplier's for good: another supplier has another one, by the wallet's next key."""
    town, chain = street_day.town, street_day.chain
    wallet, meter = town.who["household"], town.meters["household"]
    before = tonne("energy", "key", who="household")
    key = apply(to="south")["application"]["key"]
    assert key != before["address"]
    opened = tonne("energy", "admit", file, who="south")
    now = tonne("energy", "key", who="household")
    assert (now["address"], now["account"]) == (key, opened["account"])
    assert [own["account"] for own in now["accounts"]] == [before["account"], opened["account"]]

    since = opened["since"]
    found = {
        day: meter_bills.meter_of(chain, meter, wallet, day)
        for day in (street_day.day.number, since - 1, since, since + 1)
    }
    assert [of.account for of in found.values()] == [before["account"]] * 2 + [now["account"]] * 2
    assert [of.sponsor for of in found.values()][1:3] == [
        town.numbers["retailer"],
        town.numbers["south"],
    ]
    # It comes back to the first: to the account that it has there.
    assert apply(to="retailer")["application"]["key"] == before["address"]
    assert tonne("energy", "admit", file, who="retailer")["account"] == before["account"]


def test_who_saw_an_application_opens_no_account_by_it(street_day, tonne, file, apply):
    """The customer's key agreed to one supplier: another one that saw it came ahead of that one."""
    apply(who="south")
    found, town = applications.read(file), street_day.town
    consent = found.ticket.key, 0, found.consent.deadline, found.signatures[applications.ACCOUNT]
    with pytest.raises(TonneError) as refused:
        town.send("neighbour", "PowerMarket", "openPseudonyms", [consent])
    assert f"participant {town.numbers['neighbour']}" in refused.value.message
    assert tonne("energy", "admit", file, who="retailer")["account"]


def test_an_application_without_the_consent_of_its_key_is_refused(street_day, tonne, file, apply):
    """Of a key that is not at hand, whose holder signs elsewhere."""
    key = Account.from_seed("a key elsewhere")
    told = apply("--key", key.address, who="south", as_json=False)
    assert "Next: tonne energy application typed-data" in told
    refused = tonne("energy", "admit", file, who="retailer", status=1)
    both = f"{key.address}, {key.address}"
    assert (refused["code"], refused["value"]) == ("APPLICATION_SIGNATURE_MISSING", both)

    awaited = applications.read(file).awaited
    assert [each.wallet for each in awaited] == [key.address] * 2
    shown = tonne("energy", "application", "typed-data", file)["messages"]
    kinds = [message["typedData"]["primaryType"] for message in shown]
    assert kinds == ["AccountConsent", "SupplyApplication"]
    for each in awaited:
        signature = "0x" + key.sign_typed(each.struct, each.domain).hex()
        tonne("energy", "application", "attach-signature", file, signature)
    opened = tonne("energy", "admit", file, who="retailer")
    assert street_day.chain.call("PowerMarket", "pseudonymOf", key) == opened["account"]


def test_a_consent_that_the_chain_has_shown_is_none_for_another_meter(
    street_day, tonne, file, apply
):
    """Who saw an account opened had its supplier admit a meter of its own to it."""
    town = street_day.town
    apply(who="south")
    opened = applications.read(file)
    tonne("energy", "admit", file, who="retailer")
    household, meter = town.who["household"], town.meters["household"]
    consent = {applications.ACCOUNT: opened.signatures[applications.ACCOUNT]}
    made = replace(
        opened,
        ticket=replace(opened.ticket, meter=meter),
        signer=household.address,
        signatures=consent,
    ).signed(household)
    made.write(file)
    refused = tonne("energy", "admit", file, who="retailer", status=1)
    assert (refused["code"], refused["value"]) == (
        "APPLICATION_SIGNATURE_MISSING",
        opened.ticket.key,
    )
    signed = {applications.KEY: opened.signatures[applications.KEY]}
    replace(made, signatures=made.signatures | signed).write(file)
    refused = tonne("energy", "admit", file, who="retailer", status=1)
    assert refused["code"] == "APPLICATION_NOT_SIGNED"


def test_a_wallet_that_is_its_accounts_key_signs_both_at_once(street_day, tonne, file, apply):
    wallet = street_day.town.who["household"]
    told = apply("--key", wallet.address)
    assert set(told["signatures"]) == {applications.CUSTOMER, applications.ACCOUNT}
    assert tonne("energy", "application", "show", file)["signed"]


def test_a_consent_of_another_key_is_refused(tonne, file, apply):
    apply(who="south")
    raw = json.loads(file.read_text())
    signatures = raw["signatures"]
    signatures[applications.ACCOUNT] = signatures[applications.CUSTOMER]
    file.write_text(json.dumps(raw))
    refused = tonne("energy", "admit", file, who="retailer", status=1)
    assert (refused["code"], refused["field"]) == ("APPLICATION_NOT_SIGNED", "signatures")


def test_a_consent_is_over_after_a_month(street_day, tonne, file, apply):
    apply(who="south")
    street_day.chain.set_time(applications.read(file).consent.deadline + 1)
    refused = tonne("energy", "admit", file, who="retailer", status=1)
    assert (refused["code"], refused["field"]) == ("APPLICATION_OVER", "signedAt")
    apply(who="south")
    assert tonne("energy", "admit", file, who="retailer")["account"]


def test_orders_become_the_instruction_that_the_daemon_reads(
    street_day, tonne, file, apply, tmp_path
):
    meter = street_day.town.meters["household"]
    apply(*ORDER)
    folder = tmp_path / "aggregator"
    assert tonne("energy", "admit", file, who="retailer", status=1)["code"] == "APPLICATION_FOLDER"
    told = tonne("energy", "admit", file, "--folder", folder, who="retailer")
    kept = folder / "instructions" / f"{meter}.toml"
    assert (told["file"], told["few"]) == (str(kept), {"buy": 1, "sell": 1})
    number, found = read_instruction(kept)
    assert (number, found.node, found.buy[0].wh, found.sell[0].micro) == (meter, 0, 250, 80_000)
    assert kept.stat().st_mode & 0o077 == 0
    assert applications.read(folder / "applications" / f"{meter}.json").text == kept.read_text()


def test_an_older_application_does_not_replace_a_later_one(
    street_day, tonne, file, apply, tmp_path
):
    folder = tmp_path / "aggregator"
    apply("--buy", "250:0.31")
    older = file.read_text()
    street_day.chain.set_time(street_day.chain.now() + 60)
    street_day.chain.mine()
    apply("--buy", "100:0.2")
    tonne("energy", "admit", file, "--folder", folder, who="retailer")
    file.write_text(older)
    refused = tonne("energy", "admit", file, "--folder", folder, who="retailer", status=1)
    assert refused["code"] == "APPLICATION_OLDER"
    (kept,) = (folder / "instructions").glob("*.toml")
    assert read_instruction(kept)[1].buy[0].wh == 100


def test_of_two_applications_of_one_second_the_first_admitted_stays(tonne, file, apply, tmp_path):
    folder = tmp_path / "aggregator"
    admit = ("energy", "admit", file, "--folder", folder)
    apply("--buy", "250:0.31")
    first = file.read_text()
    apply("--buy", "100:0.2")
    second = file.read_text()
    assert (
        json.loads(first)["application"]["signedAt"]
        == json.loads(second)["application"]["signedAt"]
    )
    for text in (first, first):
        file.write_text(text)
        tonne(*admit, who="retailer")
    file.write_text(second)
    refused = tonne(*admit, who="retailer", status=1)
    assert refused["code"] == "APPLICATION_OLDER"
    assert "a block later" in refused["remedy"]


def test_an_application_is_for_its_supplier_alone(tonne, file, apply):
    apply(to="grid_operator")
    refused = tonne("energy", "admit", file, who="retailer", status=1)
    assert refused["code"] == "APPLICATION_OTHER_SUPPLIER"


def test_who_does_not_speak_for_a_meter_cannot_apply(street_day, tonne, file, tmp_path):
    chain, town = street_day.chain, street_day.town
    words = ("energy", "apply", file, "--supplier", town.numbers["retailer"], "--meter")
    refused = tonne(*words, town.meters["household"], who="neighbour", status=1)
    assert refused["code"] == "APPLICATION_NO_RIGHT"
    assert not file.exists()
    # A wallet of the owner without the right to trade, whose meter has no reader.
    idle = Account.from_seed("a wallet that may not trade")
    chain.fund([idle])
    chain.send(town.who["south"], "Participants", "addWallet", idle, WITHDRAW)
    chain.send(idle, "Participants", "confirmWallet", town.numbers["south"])
    keystore.write(tmp_path / "idle.json", idle, "x", keystore.WEAK)
    refused = tonne(*words, town.meters["south"], who="idle", status=1)
    assert refused["code"] == "APPLICATION_NO_RIGHT"


def test_who_moved_out_has_no_application_any_more(street_day, tonne, file):
    """The meter's reader applies, and is another one when the supplier looks."""
    town, meter = street_day.town, street_day.town.meters["household"]
    words = ("energy", "apply", file, "--supplier", town.numbers["retailer"], "--meter", meter)
    for reader in ("neighbour", "retailer"):
        named = ([meter], [town.who[reader].address])
        street_day.chain.send(town.who["authority"], "MeterOracle", "setReaders", *named)
        if reader == "neighbour":
            assert tonne(*words, who="neighbour")["signer"] == town.who["neighbour"].address
    refused = tonne("energy", "admit", file, who="retailer", status=1)
    assert (refused["code"], refused["value"]) == (
        "APPLICATION_NO_RIGHT",
        town.who["neighbour"].address,
    )


def test_a_meter_elsewhere_is_refused(street_day, tonne, file):
    words = ("energy", "apply", file, "--supplier", street_day.town.numbers["retailer"])
    for meter, node in ((99, None), (street_day.town.meters["household"], 3)):
        place = () if node is None else ("--node", node)
        refused = tonne(*words, "--meter", meter, *place, who="household", status=1)
        assert refused["code"] == "INSTRUCTION_METER"


def test_a_file_that_was_changed_on_its_way_is_refused(tonne, file, apply):
    apply(*ORDER)
    raw = json.loads(file.read_text())

    def spoilt(**changes):
        file.write_text(json.dumps({**raw, **changes}))
        return tonne("energy", "admit", file, who="retailer", status=1)["code"]

    assert (
        spoilt(instruction=raw["instruction"].replace("0.31", "0.99")) == "APPLICATION_UNREADABLE"
    )
    assert spoilt(signatures={"customer": "0x" + "11" * 65}) == "APPLICATION_NOT_SIGNED"
    assert spoilt(signatures={}) == "APPLICATION_SIGNATURE_MISSING"
    file.write_text(json.dumps(raw))
    found = applications.read(file)
    elsewhere = applications.market_domain(1, found.domain.contract)
    applications.ApplicationFile(found.ticket, elsewhere, {}, found.signer, found.text).write(file)
    assert (
        tonne("energy", "admit", file, who="retailer", status=1)["code"] == "APPLICATION_ELSEWHERE"
    )


def test_what_is_shown_is_what_was_signed(street_day, tonne, file, apply):
    """The console's markup in a text is text."""
    apply(*ORDER)
    shown = tonne("energy", "application", "show", file, as_json=False)
    assert "[[buy]] wh = 250" in shown
    assert "[[sell]] wh = 400" in shown
    text = applications.read(file).text + "# [conceal] [/nothing]\n"
    _signed(street_day, file, text=text)
    assert "# [conceal] [/nothing]" in tonne("energy", "application", "show", file, as_json=False)


def test_an_application_of_a_later_time_is_refused(street_day, tonne, file, apply):
    """It would stand before all of the meter's next reader."""
    apply(*ORDER)
    for later in (street_day.chain.now() + 1, 2**40 - 1):
        _signed(street_day, file, signedAt=later)
        refused = tonne("energy", "admit", file, who="retailer", status=1)
        assert (refused["code"], refused["value"]) == ("APPLICATION_AHEAD", str(later))


def _signed(street_day, file, text=None, **terms):
    """The household signs other terms than a command lets it."""
    found, household = applications.read(file), street_day.town.who["household"]
    text = text or found.text
    ticket = replace(found.ticket, instruction=applications.hash_of(text), **terms)
    replace(found, ticket=ticket, signatures={}, text=text).signed(household).write(file)


def test_a_wallet_elsewhere_signs(street_day, tonne, file, tmp_path):
    town = street_day.town
    household, meter = town.who["household"], town.meters["household"]
    words = ("energy", "apply", file, "--supplier", town.numbers["retailer"], "--meter", meter)
    told = tonne(*words, "--buy", "250:0.31", "--wallet", household.address)
    assert told["signatures"] == {}
    (message,) = tonne("energy", "application", "typed-data", file)["messages"]
    assert message["typedData"]["primaryType"] == "SupplyApplication"
    found = applications.read(file)
    signature = "0x" + household.sign_typed(found.ticket, found.domain).hex()
    tonne("energy", "application", "attach-signature", file, signature)
    tonne("energy", "admit", file, "--folder", tmp_path / "aggregator", who="retailer")
    # Its key does not follow from a wallet elsewhere: it is named.
    file.unlink()
    refused = tonne(*words, "--wallet", household.address, status=1)
    assert refused["code"] == "LINE_NEEDS_KEY"
    named = tonne(*words, "--key", town.who["south"].address, "--wallet", household.address)
    assert named["application"]["key"] == town.who["south"].address


def test_a_file_that_is_there_is_not_overwritten(street_day, tonne, file, apply):
    apply(*ORDER)
    signed = file.read_bytes()
    town = street_day.town
    words = ("energy", "apply", file, "--supplier", town.numbers["retailer"])
    refused = tonne(*words, "--meter", town.meters["neighbour"], who="neighbour", status=1)
    assert (refused["code"], refused["value"]) == ("APPLICATION_FILE_THERE", str(file))
    assert file.read_bytes() == signed
