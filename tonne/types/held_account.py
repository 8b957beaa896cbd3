"""Accounts of units held for a participant: `prefix 136 | participant 24`, see `HeldAccounts`."""

from __future__ import annotations

from typing import Final

from tonne.types.ids import ParticipantId

#: The first 17 bytes of the Keccak hash of "tonne: held for a participant" that an address holds.
_PREFIX: Final = "0x7a79d5a2243480d2b53f9b6cb16fea8275"
_DIGITS: Final = 6


def account_of(participant: ParticipantId) -> str:
    """Held account of a participant, checksummed."""
    # Heavy, and help pages of commands that name units need none of it.
    from eth_utils.address import to_checksum_address

    return to_checksum_address(f"{_PREFIX}{participant:0{_DIGITS}x}")


def owner_of(account: str) -> ParticipantId:
    """Participant whose held account this is; 0 for any other account."""
    if len(account) != len(_PREFIX) + _DIGITS or not account.lower().startswith(_PREFIX):
        return ParticipantId(0)
    return ParticipantId(int(account[-_DIGITS:], 16))
