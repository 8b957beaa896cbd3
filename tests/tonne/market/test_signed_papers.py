"""Papers that strangers hand over: one clear refusal of each that is none, and no more read than one has."""

from __future__ import annotations

import json

import pytest

from tonne.errors import TonneError
from tonne.market import signed_orders, signed_papers, trade_tickets
from tonne.power import bid_receipts, bilateral_trades, signed_invoices, supply_applications

READERS = [
    (trade_tickets.read, "TICKET_UNREADABLE"),
    (signed_orders.read, "SIGNED_ORDER_UNREADABLE"),
    (bid_receipts.read, "RECEIPT_UNREADABLE"),
    (bilateral_trades.read, "TRADE_UNREADABLE"),
    (signed_invoices.read, "INVOICE_UNREADABLE"),
    (supply_applications.read, "APPLICATION_UNREADABLE"),
]
FORMS = {
    "nothing": "",
    "a list": "[]",
    "nested": "[" * 100_000,
    "of no contract": json.dumps({"chainId": 1, "contract": 7, "ticket": {}, "terms": {}}),
    "of no chain": json.dumps({"chainId": 10**100, "contract": "0x" + "11" * 20}),
    "no text": "\udcff",
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(("read", "code"), READERS)
def test_a_file_that_is_no_paper_is_refused(tmp_path, read, code, form):
    path = tmp_path / "paper.json"
    path.write_text(FORMS[form], errors="surrogateescape")
    with pytest.raises(TonneError) as refused:
        read(path)
    assert refused.value.code == code


def test_no_more_is_read_than_a_paper_has(tmp_path):
    path = tmp_path / "paper.json"
    path.write_text('"' + "x" * (signed_papers.MOST_BYTES - 2) + '"')
    assert len(signed_papers.opened(path)) == signed_papers.MOST_BYTES - 2
    path.write_text('"' + "x" * (signed_papers.MOST_BYTES - 1) + '"')
    with pytest.raises(ValueError, match=f"more than {signed_papers.MOST_BYTES} bytes"):
        signed_papers.opened(path)


@pytest.mark.parametrize("value", [-1, 2**256, "1", 1.0, True, None])
def test_a_chain_has_a_number(value):
    with pytest.raises(ValueError, match="is no number"):
        signed_papers.place_of({"chainId": value, "contract": "0x" + "11" * 20})


@pytest.mark.parametrize("value", ["0x12", 7, None, "0x" + "zz" * 20])
def test_a_contract_has_an_address(value):
    with pytest.raises(ValueError, match="is no address"):
        signed_papers.place_of({"chainId": 1, "contract": value})
