"""`tonne report batch`: many reports under one opinion, signed by wallets elsewhere and with keys."""

from __future__ import annotations

import json

import pytest
from eth_account import Account as Peer
from eth_account.messages import encode_typed_data

from tonne.crypto import wallet_signatures
from tonne.evidence import manifest, report_batches, report_files, reports
from tonne.evidence.report_encoding import ReportRecord

YEAR, OVER = 2021, 1_641_100_000  # the year, and a day in January after it


@pytest.fixture
def drafts(town, people, tmp_path):
    """Reports of north and east, as their operators hand them over."""
    town.chain.set_time(OVER)
    paths = []
    for plant, name in ((1, "north"), (2, "east")):
        lines = manifest.power_plant_lines(
            power_mwh=1_000_000 * plant, heat_gj=0, emissions_t=900_000 * plant, fuel="coal"
        )
        files = manifest.manifest_of({"meter.csv": name.encode()})
        draft = reports.write_report(town.chain, people[name], plant, YEAR, lines, files)
        paths.append(tmp_path / f"{plant}-{YEAR}.draft.json")
        reports.save(paths[-1], draft)
    return paths


def test_a_batch_is_signed_by_a_wallet_elsewhere_and_by_a_key(tonne, town, drafts, tmp_path):
    file, lead = tmp_path / "b.batch.json", Peer.from_key(town.market.people["lead"].key)
    batch = ("report", "batch")
    made = tonne(*batch, "make", *drafts, "--out", file, "--wallet", lead.address)
    assert "2 reports, 2,700,000 t CO2e" in made["checked"][0]
    tonne(*batch, "sign", file, who="reviewer")
    refused = tonne(*batch, "submit", file, who="trader", status=1)
    assert refused["code"] == "BATCH_SIGNATURE_MISSING"
    (message,) = tonne(*batch, "typed-data", file)["messages"]
    assert (message["wallet"], message["typedData"]["primaryType"]) == (lead.address, "ReportBatch")
    signable = encode_typed_data(full_message=json.loads(json.dumps(message["typedData"])))
    for key, status in ((Peer.create(), 1), (lead, 0)):
        signature = "0x" + bytes(key.sign_message(signable).signature).hex()
        told = tonne(*batch, "attach-signature", file, signature, status=status)
    assert (told["wallet"], told["awaited"]) == (lead.address, 0)
    assert "lead has signed, reviewer has signed" in tonne(*batch, "verify", file)["checked"]

    inbox = tmp_path / "inbox"
    inbox.mkdir()
    delivered = tonne(*batch, "submit", file, "--inbox", inbox, who="trader")["file"]
    name = f"{report_batches.load(file).batch.body}-{made['sequence']}{report_files.BATCH_SUFFIX}"
    assert delivered == str(inbox / name)
    report_files.parse(name, (inbox / name).read_bytes())
    sent = tonne(*batch, "submit", file, who="trader")
    assert (sent["count"], sent["sequence"]) == (2, 1)
    for plant, emissions in ((1, 900_000), (2, 1_800_000)):
        record = ReportRecord.unpack(town.chain.call("EmissionsOracle", "record", plant, YEAR))
        assert record.emissions_t == emissions


def test_a_batch_that_is_not_what_its_persons_sign_is_refused(tonne, town, drafts, tmp_path):
    file = tmp_path / "b.batch.json"
    batch = ("report", "batch")
    make = (*batch, "make", *drafts, "--out", file)
    assert tonne(*make, who="trader", status=1)["code"] == "REPORT_NOT_ACCREDITED"
    assert tonne(*make, "--role", "head", who="lead", status=1)["code"] == "REPORT_ROLE"
    twice = (*batch, "make", drafts[0], *drafts, "--out", file)
    assert tonne(*twice, who="lead", status=1)["code"] == "BATCH_REFUSED"
    tonne(*make, who="lead")
    alone = (*batch, "sign", file, "--role", "reviewer")
    assert tonne(*alone, who="lead", status=1)["code"] == "REPORT_REFUSED"
    assert tonne(*batch, "sign", tmp_path / "none", who="lead", status=1)["code"] == (
        "BATCH_FILE_MISSING"
    )
    raw = json.loads(file.read_text())
    spoilt = (
        {"batch": raw["batch"] | {"totalEmissionsT": 1}},
        {"batch": raw["batch"] | {"body": 99}},
        {"batch": raw["batch"] | {"configDigest": "0x" + "11" * 32}},
        {"reports": raw["reports"][:1]},
        {"reports": raw["reports"][::-1]},
    )
    for change in spoilt:
        file.write_text(json.dumps(raw | change))
        refused = tonne(*batch, "sign", file, who="reviewer", status=1)
        assert refused["code"] == "BATCH_REFUSED", change
    file.write_text(json.dumps(raw | {"contract": "0x" + "11" * 20}))
    assert tonne(*batch, "verify", file, status=1)["code"] == "REPORT_WRONG_CHAIN"


def test_a_report_that_awaits_its_operator_goes_into_no_batch(tonne, town, drafts, tmp_path):
    raw = json.loads(drafts[0].read_text())
    north = town.market.people["north"].address
    raw["signed"]["operatorSignature"] = "0x" + wallet_signatures.awaited(north).hex()
    drafts[0].write_text(json.dumps(raw))
    refused = tonne("report", "batch", "make", *drafts, who="lead", status=1)
    assert (refused["code"], refused["field"]) == ("BATCH_REFUSED", "operatorSignature")
