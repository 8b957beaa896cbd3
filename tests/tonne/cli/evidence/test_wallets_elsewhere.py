"""A person whose key is elsewhere signs a report: the message is shown, the signature attached."""

from __future__ import annotations

import json

import pytest
from eth_account import Account as Wallet
from eth_account.messages import encode_typed_data

from tests.tonne.cli.evidence.test_monitoring import _folder, evidence, form  # noqa: F401

NAMES = (
    ("developer", "MonitoringReport"),
    ("lead", "MonitoringOpinion"),
    ("reviewer", "MonitoringOpinion"),
)


@pytest.mark.usefixtures("_folder")
def test_a_monitoring_report_is_signed_by_three_wallets_elsewhere(town, tonne, form, evidence):  # noqa: F811
    file = form
    for who, name in NAMES:
        wallet = Wallet.from_key(town.market.people[who].key)
        folder = ("--evidence", evidence) if who == "developer" else ()
        file = tonne("monitoring", "sign", file, *folder, "--wallet", wallet.address)["file"]
        (message,) = tonne("monitoring", "typed-data", file)["messages"]
        assert (message["wallet"], message["typedData"]["primaryType"]) == (wallet.address, name)
        refused = tonne("monitoring", "submit", file, who="trader", status=1)
        assert refused["code"] == "MONITORING_SIGNATURE_MISSING"
        signable = encode_typed_data(full_message=json.loads(json.dumps(message["typedData"])))
        other = Wallet.from_key(town.market.people["trader"].key).sign_message(signable)
        wrong = tonne(
            "monitoring", "attach-signature", file, "0x" + bytes(other.signature).hex(), status=1
        )
        assert wrong["code"] == "SIGNATURE_NOT_AWAITED"
        signature = "0x" + bytes(wallet.sign_message(signable).signature).hex()
        told = tonne("monitoring", "attach-signature", file, signature)
        assert (told["wallet"], told["awaited"]) == (wallet.address, 0)
    assert tonne("monitoring", "submit", file, who="trader")["report"] == 2
