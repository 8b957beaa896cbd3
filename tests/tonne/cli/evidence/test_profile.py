"""`tonne profile`: names are signed, published, shown, withdrawn; a wrong document is never believed."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import pytest
from eth_account import Account as Peer
from eth_account.messages import encode_typed_data

from tonne import cli
from tonne.audit.reconcile import audit
from tonne.chain.contract import topic
from tonne.cli.core import session
from tonne.crypto import keystore
from tonne.crypto.hashing import keccak
from tonne.crypto.wallet_signatures import by_contract
from tonne.evidence import profiles
from tonne.evidence.profiles import ChainRecords, Names

PEOPLE = ("authority", "developer", "trader", "verifier", "lead", "north")
NAMES = {
    "participant": "Plain Wind Power Ltd",
    "project": "Wind farm on the plain",
    "source": "Farm",
}


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "documents"


@pytest.fixture
def tonne(town, tmp_path, folder, capsys, monkeypatch):
    monkeypatch.setenv("TONNE_RPC", town.chain.url)
    monkeypatch.setenv("TONNE_DEPLOYMENTS", str(town.folder))
    monkeypatch.setenv("TONNE_PROFILES", str(folder))
    monkeypatch.setattr(session, "ACCOUNTS", tmp_path)
    (tmp_path / session.PASSPHRASE_FILE).write_text("x\n")
    for name in PEOPLE:
        keystore.write(tmp_path / f"{name}.json", town.market.people[name], "x", keystore.WEAK)
    monkeypatch.chdir(tmp_path)

    def run(*arguments, status=0, who=None, as_json=True):
        named = ("--as", who) if who else ()
        machine = ("--json",) if as_json else ()
        with pytest.raises(SystemExit) as end:
            cli.main([*(str(argument) for argument in (*arguments, *named)), *machine])
        printed = capsys.readouterr()
        assert (end.value.code or 0) == status, printed
        if not as_json:
            return " ".join(printed.out.split())
        told = json.loads(printed.out)
        return told["error"] if "error" in told else told

    return run


@pytest.fixture
def number(town):
    return town.market.participants["developer"]


def _filled(path, name, **more):
    text = path.read_text().replace('name = ""', f'name = "{name}"', 1)
    for field, value in more.items():
        text = text.replace(f'{field} = ""', f'{field} = "{value}"', 1)
    path.write_text(text)


def _published(tonne, tmp_path, kind, subject, who="developer", name=None):
    """A profile from its form to the chain; the path under which it is kept."""
    form = tmp_path / tonne("profile", "new", kind, subject, who=who)["file"]
    _filled(form, name or NAMES[kind], contact="A. Person")
    document = tonne("profile", "sign", form, kind, subject, who=who)["file"]
    return tonne("profile", "publish", document, who=who)["file"]


def test_names_stand_beside_numbers_everywhere(town, tonne, tmp_path, number):
    _published(tonne, tmp_path, "participant", number)
    _published(tonne, tmp_path, "project", 1)
    _published(tonne, tmp_path, "source", "wind farm on the plain")
    body = town.market.participants["verifier"]
    _published(tonne, tmp_path, "participant", body, "verifier", "Body AG")
    buyer = town.market.participants["trader"]
    _published(tonne, tmp_path, "participant", buyer, "trader", "Trader Ltd")

    (project,) = tonne("project", "list")["projects"]
    assert (project["projectName"], project["developerName"]) == (
        "Wind farm on the plain",
        "Plain Wind Power Ltd",
    )
    assert "1 “Wind farm on the plain”" in tonne("project", "list", as_json=False)
    claim = (
        "--beneficiary",
        "A",
        "--purpose",
        "b",
        "--from",
        "2020-01-01",
        "--until",
        "2020-12-31",
    )
    number_ = tonne("retire", 5, *claim, who="trader")["certificate"]
    shown = json.dumps(tonne("certificate", "show", number_), ensure_ascii=False)
    told = " ".join(re.sub(r"[│├└─\s]+", " ", tonne("trace", number_, as_json=False)).split())
    for name in ("Wind farm on the plain", "Plain Wind Power Ltd", "Farm", "Body AG", "Trader Ltd"):
        assert f"“{name}”" in shown and f"“{name}”" in told
    assert tonne("certificate", "verify", number_)["sound"]
    tonne("certificate", "pdf", number_, "--out", tmp_path / "c.pdf")
    assert audit(town.chain).differences == []


def test_names_stand_in_positions_exports_and_statements(town, tonne, tmp_path, number):
    """One place gives them: columns, keys and sentences of every command."""
    buyer = town.market.participants["trader"]
    _published(tonne, tmp_path, "participant", buyer, "trader", "Trader [Ltd]")
    _published(tonne, tmp_path, "participant", number)
    _published(tonne, tmp_path, "project", 1)
    body = town.market.participants["verifier"]
    _published(tonne, tmp_path, "participant", body, "verifier", "Body AG")

    held = tonne("position", who="trader")
    assert held["participantName"] == "Trader [Ltd]"
    assert {"Wind farm on the plain"} == {
        h["projectName"] for h in held["units"] if h["project"] == 1
    }
    told = tonne("position", who="trader", as_json=False)
    assert f"Participant {buyer} “Trader [Ltd]”" in told and "1 “Wind farm on the" in told
    markets = tonne("status")["markets"]
    assert [m.get("projectName") for m in markets if m["project"] == 1] == [
        "Wind farm on the plain"
    ]
    assert {m["project"] for m in markets} == {None, 1}
    assert "1 “Wind farm on the" in tonne("status", as_json=False)
    assert "1 “Wind farm on the" in tonne("offsets", "find", as_json=False)

    for table, told in (
        ("projects", [("Wind farm on the plain", "Plain Wind Power Ltd")]),
        ("holdings", [("Wind farm on the plain", "Trader [Ltd]")]),
    ):
        path = tmp_path / f"{table}.csv"
        tonne("export", table, path)
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        other = "developer_name" if table == "projects" else "participant_name"
        assert set(told) <= {(row["project_name"], row[other]) for row in rows}
    tonne("export", "cadt", tmp_path / "c.json")
    text = (tmp_path / "c.json").read_text(encoding="utf-8")
    assert f"participant {number} “Plain Wind Power Ltd”" in text
    assert "Project 1 “Wind farm on the plain”" in text
    tonne("export", "check", tmp_path / "c.json")
    assert f"participant {body} “Body AG”" in text
    false = text.replace("Body AG", "Another AG")
    (tmp_path / "false.json").write_text(false, encoding="utf-8")
    assert false != text
    assert tonne("export", "check", tmp_path / "false.json", status=1)["code"] == "EXPORT_UNFOUNDED"
    (tmp_path / "plain.json").write_text(text.replace(" “Body AG”", ""), encoding="utf-8")
    tonne("export", "check", tmp_path / "plain.json")

    store = tmp_path / "store.duckdb"
    tonne("audit", "run", "--store", store)
    lines = tonne("audit", "statement", buyer, "--store", store)["rows"]
    assert "Plain Wind Power Ltd" in {line.get("participantName") for line in lines}
    rows = tonne("audit", "sql", "FROM projects", "--store", store)["rows"]
    assert [row["developerName"] for row in rows] == ["Plain Wind Power Ltd"]

    tonne("profile", "withdraw", "participant", buyer, who="trader")
    assert tonne("position", who="trader")["participantName"] is None
    told = tonne("position", who="trader", as_json=False)
    assert f"Participant {buyer} (profile withdrawn)" in told and "Trader" not in told
    tonne("export", "holdings", tmp_path / "h.csv")
    assert "(profile withdrawn)" in (tmp_path / "h.csv").read_text(encoding="utf-8")


def test_a_profile_is_shown_with_its_words_and_whose_they_are(tonne, tmp_path, number):
    assert tonne("profile", "show", "participant", number)["profiles"][0]["state"] == "none"
    _published(tonne, tmp_path, "participant", number)
    (found,) = tonne("profile", "show", "participant", number)["profiles"]
    assert (found["state"], found["by"]) == ("named", number)
    assert found["content"]["contact"] == "A. Person"
    assert "its own statement" in tonne("profile", "show", "participant", number, as_json=False)


def test_a_withdrawn_profile_names_nothing_even_where_the_document_is_kept(
    town, tonne, tmp_path, folder, number
):
    kept = _published(tonne, tmp_path, "participant", number)
    raw = open(kept, "rb").read()
    done = tonne("profile", "withdraw", "participant", number, who="developer")
    assert done["removed"] and not list(folder.iterdir())
    (folder / f"0x{keccak(raw).hex()}.profile.json").write_bytes(raw)
    (found,) = tonne("profile", "show", "participant", number)["profiles"]
    assert (found["state"], found["content"]) == ("withdrawn", None)
    refused = tonne("profile", "withdraw", "participant", number, who="developer", status=1)
    assert refused["code"] == "PROFILES_NO_CHANGE"
    assert audit(town.chain).differences == []


def test_a_registrar_withdraws_a_false_name_and_no_stranger_does(tonne, tmp_path, number):
    _published(tonne, tmp_path, "participant", number, name="Ministry of Ecology")
    strike = (
        "profile",
        "withdraw",
        "participant",
        number,
        "--by",
        number,
        "--reason",
        "false name",
    )
    assert tonne(*strike, who="trader", status=1)["code"] == "PROFILES_NOT_WITHDRAWER"
    tonne(*strike, who="authority")
    (found,) = tonne("profile", "show", "participant", number)["profiles"]
    assert found["state"] == "withdrawn"


def test_the_salt_keeps_a_hash_from_telling_its_words(town, tonne, tmp_path, number):
    """The same words twice: two hashes."""
    form = tmp_path / "a.profile.toml"
    form.write_text('name = "A"\n')
    hashes = {
        tonne("profile", "sign", form, "participant", number, who="developer")["documentHash"]
        for _ in range(2)
    }
    assert len(hashes) == 2


def _rewritten(path, change):
    plain = json.loads(open(path).read())
    change(plain)
    with open(path, "w") as file:
        json.dump(plain, file)


def test_a_document_that_is_missing_or_changed_is_said_and_never_believed(
    town, tonne, tmp_path, folder, number
):
    kept = _published(tonne, tmp_path, "participant", number)
    raw = open(kept, "rb").read()
    _rewritten(kept, lambda d: d["content"].update(name="Another Ltd"))
    told = tonne("profile", "show", "participant", number, status=1)["profiles"][0]
    assert (told["state"], told["content"]) == ("wrong", None)
    assert "does not hash" in told["detail"]
    for text in (
        tonne("project", "list", as_json=False),
        tonne("certificate", "verify", 1, status=1),
    ):
        assert "Another" not in str(text)
    assert "profile document wrong" in tonne("project", "list", as_json=False)
    open(kept, "wb").write(b"\xff")
    assert (
        "does not hash"
        in tonne("profile", "show", "participant", number, status=1)["profiles"][0]["detail"]
    )
    open(kept, "wb").write(raw)
    assert tonne("profile", "show", "participant", number)["profiles"][0]["state"] == "named"
    (folder / kept.split("/")[-1]).unlink()
    told = tonne("profile", "show", "participant", number, status=1)["profiles"][0]
    assert told["state"] == "missing"
    assert "profile document not at hand" in tonne("project", "list", as_json=False)


def _signed(town, who, kind, about, **changes):
    """A document made outside of the commands, and its hash."""
    form = profiles.ProfileForm(name="A name")
    raw = profiles.sign(town.chain, town.market.people[who], kind, about, form)
    plain = json.loads(raw)
    plain.update(changes)
    return json.dumps(plain).encode()


FORGED = {
    "about another project": ({"subject": "0x" + "00" * 31 + "02"}, "another subject"),
    "of another participant": ({"participant": 1}, "another subject"),
    "of another chain": ({"chainId": 1}, "another chain"),
    "of another contract": ({"contract": "0x" + "11" * 20}, "another chain"),
    "with another moment": ({"signedAt": 5}, "not signed by the wallet"),
    "with no signature": ({"signature": "0x" + "00" * 65}, "signature"),
    "with a field too many": ({"verified": True}, "verified"),
    "that is a list": (None, "profile.json"),
}


@pytest.mark.parametrize("name", FORGED)
def test_a_published_document_that_is_forged_is_wrong(name, town, folder):
    """Its hash is on record, put there by a hand-made transaction."""
    changes, said = FORGED[name]
    raw = _signed(town, "developer", profiles.PROJECT, profiles.number_word(1), **changes or {})
    raw = raw if changes is not None else b"[]"
    profiles.keep(folder, raw)
    args = (profiles.PROJECT, profiles.number_word(1), keccak(raw))
    town.chain.send(town.market.people["developer"], "Profiles", "publish", *args)
    developer = town.market.participants["developer"]
    found = Names(ChainRecords(town.chain, 0), folder).project(1, developer)
    assert found.state == "wrong" and said in found.detail and found.name is None


def test_a_name_published_by_somebody_not_entitled_is_not_read(town, folder):
    raw = _signed(town, "trader", profiles.PROJECT, profiles.number_word(1))
    profiles.keep(folder, raw)
    args = (profiles.PROJECT, profiles.number_word(1), keccak(raw))
    town.chain.send(town.market.people["trader"], "Profiles", "publish", *args)
    assert (
        Names(ChainRecords(town.chain, 0), folder)
        .project(1, town.market.participants["developer"])
        .state
        == "none"
    )


def test_a_wallet_cannot_publish_a_document_of_another_key(town, tonne, tmp_path):
    raw = _signed(town, "developer", profiles.PROJECT, profiles.number_word(1))
    (tmp_path / "x.profile.json").write_bytes(raw)
    refused = tonne("profile", "publish", "x.profile.json", who="trader", status=1)
    assert (refused["code"], refused["field"]) == ("PROFILE_NOT_PUBLISHED", "signature")


def test_a_profile_is_signed_by_a_wallet_elsewhere_and_published_by_it(
    town, tonne, tmp_path, folder, number
):
    wallet = Peer.from_key(town.market.people["developer"].key)
    form = tmp_path / tonne("profile", "new", "participant", number, who="developer")["file"]
    _filled(form, NAMES["participant"])
    sign = ("profile", "sign", form, "participant", number, "--wallet", wallet.address)
    document = tonne(*sign)["file"]
    publish = ("profile", "publish", document)
    refused = tonne(*publish, who="developer", status=1)
    assert refused["code"] == "PROFILE_SIGNATURE_MISSING"
    (message,) = tonne("profile", "typed-data", document)["messages"]
    assert message["typedData"]["primaryType"] == "Profile"
    signable = encode_typed_data(full_message=json.loads(json.dumps(message["typedData"])))
    for key, status in ((Peer.create(), 1), (wallet, 0)):
        signature = "0x" + bytes(key.sign_message(signable).signature).hex()
        told = tonne("profile", "attach-signature", document, signature, status=status)
    assert (told["wallet"], told["awaited"]) == (wallet.address, 0)

    # It publishes by itself: what a Safe has to send is written.
    safe = tmp_path / "safe.json"
    told = tonne(*publish, "--safe", safe, "--from", wallet.address)
    assert not told["sent"] and told["file"].startswith(str(folder))
    (call,) = json.loads(safe.read_text())["transactions"]
    assert call["to"].lower() == town.chain["Profiles"].address.lower()
    assert tonne("profile", "show", "participant", number)["profiles"][0]["state"] == "none"
    assert tonne(*publish, who="developer")["sent"]
    assert tonne("profile", "show", "participant", number)["profiles"][0]["state"] == "named"


@pytest.mark.parametrize("who, state", [("developer", "named"), ("trader", "wrong")])
def test_a_contract_signs_what_it_has_published_itself(town, folder, who, state):
    """Only the wallet that the signature names can have published it."""
    signature = by_contract(town.market.people[who].address, b"words of its owners")
    changes = {"signature": "0x" + signature.hex()}
    raw = _signed(town, "developer", profiles.PROJECT, profiles.number_word(1), **changes)
    plain = json.loads(raw)
    (named,) = town.chain.logs("Projects", "ProjectNamed", 0, topics=(topic(1),))[-1:]
    plain["content"]["name"] = named["name"]
    raw = json.dumps(plain).encode()
    profiles.keep(folder, raw)
    args = (profiles.PROJECT, profiles.number_word(1), keccak(raw))
    town.chain.send(town.market.people["developer"], "Profiles", "publish", *args)
    developer = town.market.participants["developer"]
    assert Names(ChainRecords(town.chain, 0), folder).project(1, developer).state == state


def test_a_profile_names_a_project_as_it_is_registered(tonne, tmp_path, folder, town, number):
    form = tmp_path / tonne("profile", "new", "project", 1, who="developer")["file"]
    _filled(form, "Wind on the plain")
    document = tonne("profile", "sign", form, "project", 1, who="developer")["file"]
    refused = tonne("profile", "publish", document, who="developer", status=1)
    assert (refused["code"], refused["field"]) == ("PROFILE_OTHER_NAME", "name")
    # One that was published past the tool is not shown.
    raw = Path(document).read_bytes()
    profiles.keep(folder, raw)
    args = (profiles.PROJECT, profiles.number_word(1), keccak(raw))
    town.chain.send(town.market.people["developer"], "Profiles", "publish", *args)
    found = Names(ChainRecords(town.chain, 0), folder).project(1, number)
    assert (found.state, found.detail) == ("wrong", "the project is registered under another name")


WRONG = {
    "no kind": (("new", "plant", 1), "PROFILE_KIND"),
    "no number": (("new", "project", "one"), "PROFILE_SUBJECT"),
    "another's project": (("new", "participant", 1), "PROFILE_NOT_ENTITLED"),
    "no such project": (("new", "project", 9), "PROFILE_NOT_ENTITLED"),
    "no project's source": (("new", "source", "sea"), "PROFILE_NOT_ENTITLED"),
    "half a hash": (("new", "source", "0x" + "zz" * 32), "PROFILE_SUBJECT"),
    "no form": (("sign", "none.profile.toml", "project", 1), "PROFILE_FILE_MISSING"),
    "no document": (("publish", "none.profile.json"), "PROFILE_FILE_MISSING"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_command_is_refused_with_its_code(name, tonne):
    arguments, code = WRONG[name]
    refused = tonne("profile", *arguments, who="developer", status=1)
    assert refused["code"] == code and refused["remedy"]


FORMS = {
    "no name": ("", "PROFILE_FORM", "name"),
    "an empty name": ('name = ""', "PROFILE_FORM", "name"),
    "a name of two lines": ('name = "A\\nB"', "PROFILE_FORM", "name"),
    "a name without end": (f'name = "{"A" * 121}"', "PROFILE_FORM", "name"),
    "a number as a name": ("name = 5", "PROFILE_FORM", "name"),
    "an unsafe link": ('name = "A"\nwebsite = "http://a.b"', "PROFILE_FORM", "website"),
    "a field too many": ('name = "A"\nverified = true', "PROFILE_FORM", "verified"),
    "a language that is none": ('name = "A"\n[names]\nenglish = "A"', "PROFILE_FORM", None),
    "no TOML": ("name = A", "PROFILE_FORM_UNREADABLE", "file"),
}


@pytest.mark.parametrize("name", FORMS)
def test_a_wrong_form_is_refused_with_its_field(name, tonne, tmp_path):
    text, code, field = FORMS[name]
    (tmp_path / "a.profile.toml").write_text(text)
    refused = tonne("profile", "sign", "a.profile.toml", "project", 1, who="developer", status=1)
    assert refused["code"] == code and refused["remedy"]
    assert field is None or refused["field"] == field
