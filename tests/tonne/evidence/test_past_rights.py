"""Wallets at earlier moments, out of a history with every event a wallet can have."""

from __future__ import annotations

import pytest

from tonne.chain.contract import Event
from tonne.evidence import past_rights

OLD, NEW = "0x" + "0A" * 20, "0x" + "0B" * 20

#: What happened, block by block from 1 on, and whose the two wallets were after it.
HISTORY = (
    ("ParticipantApproved", {"id": 7, "wallet": OLD}, (7, 31), (0, 0)),
    ("WalletRightsChanged", {"id": 7, "wallet": OLD, "rights": 9}, (7, 9), (0, 0)),
    ("WalletAdded", {"id": 7, "wallet": NEW, "rights": 3}, (7, 9), (7, 3)),
    ("WalletRemoved", {"id": 7, "wallet": OLD}, (0, 0), (7, 3)),
    ("WalletRecovered", {"id": 8, "wallet": OLD, "rights": 3}, (8, 3), (7, 3)),
    ("WalletRemoved", {"id": 7, "wallet": NEW}, (8, 3), (0, 0)),
    ("WalletRecovered", {"id": 8, "wallet": NEW, "rights": 31}, (8, 3), (8, 31)),
    ("WalletLost", {"id": 8, "wallet": OLD}, (8, 0), (8, 31)),
)


class _Chain:
    """Tells the events of a history, and how it stands at its end."""

    def __init__(self, events):
        self.events = events

    def logs(self, contract, name, first, topics):
        indexed = ("id", "wallet")
        return [
            event
            for event in self.events
            if event.name == name
            and all(
                wanted is None or int(event[field], 16) == int(wanted, 16)
                for field, wanted in zip(indexed, topics)
            )
        ]

    def call(self, contract, function, wallet):
        return (*HISTORY[-1][2 if wallet == OLD else 3], 2)


def _events():
    return [
        Event("Participants", name, args, "0x", block, "0x", 0)
        for block, (name, args, *_) in enumerate(HISTORY, 1)
    ]


@pytest.mark.parametrize("after", range(len(HISTORY)))
def test_a_wallet_is_whose_it_was_at_every_moment(after):
    chain, moment = _Chain(_events()), (after + 1, 1)
    for wallet, standing in zip((OLD, NEW), HISTORY[after][2:]):
        assert past_rights.wallet_at(chain, wallet, 0, moment) == standing
    assert past_rights.wallet_at(chain, OLD, 0, (1, 0)) == (0, 0), "the event itself comes after"


@pytest.mark.parametrize("wallet", [OLD, NEW])
def test_a_history_with_its_end_lost_says_nothing(wallet):
    assert past_rights.wallet_at(_Chain(_events()[:-2]), wallet, 0, (2, 0)) is None
