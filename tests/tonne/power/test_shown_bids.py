"""A bid is shown with its way to the root; curves are shown as one."""

from __future__ import annotations

from tonne.crypto.accounts import Account
from tonne.power.bid_tree import CustomerBid, Portfolio
from tonne.power.encoding import BID, CurveStep
from tonne.power.shown_bids import TreeReceipt, proofs_domain, shown_bid, shown_curves

SALT = b"\x09" * 32
BIDS = [CustomerBid(1 << 24 | i, 0, BID, 90_000 - i, 100 + i, bytes([i]) * 32) for i in range(5)]


def test_a_bid_is_shown_as_it_was_taken():
    own = Portfolio.of(7, BIDS)
    shown = shown_bid(41, own, SALT, 3, "0x" + "11" * 20, b"signed")
    third = own.bids[3]
    assert shown.bid == (41, 7, third.account, 0, BID, third.price, third.limit, third.salt)
    assert shown.opening == own.opening(SALT)
    assert (shown.place, len(shown.proof)) == (3, 3)
    assert shown[4:] == ("0x" + "11" * 20, b"signed")


def test_curves_without_a_limit_are_all_of_them():
    own = Portfolio(7, (CurveStep(7, 2, BID, 900, 50_000),))
    shown = shown_curves(41, own, SALT)
    assert shown.bid[:3] == (41, 7, 7) and shown.bid[6] == 0
    assert shown.opening == (SALT, 0, 0, own.words())


def test_a_receipt_is_of_one_contract_interval_and_root():
    signer = Account.from_seed("operator")
    domain = proofs_domain(1, "0x" + "22" * 20)
    signed = signer.sign_typed(TreeReceipt(41, 7, 5), domain)
    assert signed != signer.sign_typed(TreeReceipt(42, 7, 5), domain)
    assert signed != signer.sign_typed(TreeReceipt(41, 7, 6), domain)
    assert signed != signer.sign_typed(TreeReceipt(41, 7, 5), proofs_domain(1, "0x" + "23" * 20))
