"""A bid is shown with its way to the root; curves are shown as one."""

from __future__ import annotations

from tonne.crypto.accounts import Account
from tonne.power.bid_tree import CustomerBid, Portfolio
from tonne.power.encoding import BID, OFFER, CurveStep
from tonne.power.shown_bids import (
    TreeReceipt,
    crowded,
    most_bids,
    proofs_domain,
    shown_bid,
    shown_curves,
)

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


def _many(*counts, prices=1):
    """So many bids of one account at each of some nodes."""
    return Portfolio.of(
        7,
        [
            CustomerBid(1 << 24, node, side, 90_000 + i % prices, 1, bytes([i]) * 32)
            for node, count in enumerate(counts)
            for side in (BID, OFFER)
            for i in range(count // 2)
        ],
    )


def test_an_account_of_more_bids_at_a_node_than_can_be_shown_is_told():
    assert crowded(_many(100, 100)) == []
    assert crowded(_many(100, 180)) == [(1, 1 << 24)]


def test_the_longer_the_curves_the_fewer_bids_can_be_shown():
    """Each is shown with all of them; what an instruction may have is always among them."""
    sizes = [most_bids(_many(*[64] * nodes, prices=32)) for nodes in (1, 2, 4, 8)]
    assert sizes == sorted(sizes, reverse=True) and sizes[0] > sizes[-1] >= 16
