"""What commands ask of a paper that was handed to them: that it is for here, and that all have signed."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from tonne.errors import TonneError

if TYPE_CHECKING:
    from tonne.crypto.eip712 import Domain
    from tonne.market.signed_papers import Paper

P = TypeVar("P", bound="Paper")


def for_here(found: P, here: Domain, code: str, noun: str) -> P:
    """The paper; raises `code` where it is for another chain or another deployment."""
    if found.domain == here:
        return found
    raise TonneError(
        code,
        f"The {noun} is for another chain or another deployment.",
        field="contract",
        value=found.domain.contract,
        remedy="Connect to its chain, or make a new one here.",
    )


def require_signatures(found: Paper, code: str, remedy: str) -> None:
    """Raises `code` where a side has not signed."""
    if found.missing:
        raise TonneError(
            code,
            f"The {' and the '.join(found.missing)} has not signed.",
            field="signatures",
            value=", ".join(found.keys[side] for side in found.missing),
            remedy=remedy,
        )
