"""Who was entitled to what at an earlier moment, from the events: a node need keep no state of that time.

The events are replayed to the end as well and compared with what stands now. Where the two differ the node
has lost events, and nothing is claimed.
"""

from __future__ import annotations

from typing import Final

from tonne.chain.client import Chain
from tonne.chain.contract import Event, topic

#: Place of an event: its block, and its number in it.
Moment = tuple[int, int]
END: Final[Moment] = (2**64, 0)

ALL_RIGHTS: Final = 31
#: Events of a wallet, and the place of its topic among the indexed fields.
OF_WALLET: Final = {
    "ParticipantApproved": 1,
    "WalletAdded": 1,
    "WalletRightsChanged": 1,
    "WalletRemoved": 1,
    "WalletLost": 1,
    "WalletRecovered": 1,
}


def moment_of(event: Event) -> Moment:
    return event.block, event.log_index


def wallet_at(
    chain: Chain, wallet: str, first_block: int, moment: Moment
) -> tuple[int, int] | None:
    """Participant and rights of a wallet just before a moment; None when events are missing."""
    owner, rights, _ = chain.call("Participants", "walletOf", wallet)
    if _wallet(chain, wallet, first_block, END) != (owner, rights):
        return None
    return _wallet(chain, wallet, first_block, moment)


def interest_at(
    chain: Chain, scheme: int, body: int, participant: int, first_block: int, moment: Moment
) -> bool | None:
    """Whether a body had an interest just before a moment; None when events are missing."""
    key = (scheme, body, participant)
    told = chain.logs(
        "EmissionsOracle", "InterestSet", first_block, topics=[topic(part) for part in key]
    )
    now = told[-1]["interested"] if told else False
    if now != chain.call("EmissionsOracle", "hasInterest", *key):
        return None
    before = [event["interested"] for event in told if moment_of(event) < moment]
    return before[-1] if before else False


def _wallet(chain: Chain, wallet: str, first_block: int, moment: Moment) -> tuple[int, int]:
    word = topic(int(wallet, 16))
    told = [
        event
        for name, place in OF_WALLET.items()
        for event in chain.logs("Participants", name, first_block, topics=[None] * place + [word])
        if moment_of(event) < moment
    ]
    if not told:
        return 0, 0
    last = max(told, key=moment_of)
    if last.name == "ParticipantApproved":
        return last["id"], ALL_RIGHTS
    if last.name == "WalletRemoved":
        return 0, 0
    if last.name == "WalletLost":  # still bound, without any right
        return last["id"], 0
    return last["id"], last["rights"]
