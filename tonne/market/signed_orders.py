"""Orders signed by a wallet and sent by any account: one JSON file each.

The file says in the open what was ordered, by which wallet, until when, and for which contract on which
chain. Its signature is checked when the file is read and again by the gateway.
"""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, ClassVar, Final

from tonne import files
from tonne.chain.client import Chain
from tonne.chain.wallet_signers import Awaited, not_awaited
from tonne.crypto import eip712, wallet_signatures
from tonne.crypto.accounts import Account, checksum
from tonne.crypto.eip712 import Domain, Struct
from tonne.errors import TonneError, refused, why
from tonne.market.order_encoding import OrderRequest, SelfTrade, Side, TimeInForce
from tonne.types.ids import MarketId

EXCHANGE_GATEWAY: Final = "tonne ExchangeGateway"


def gateway_domain(chain_id: int, contract: str) -> Domain:
    """The domain of signed orders and cancels."""
    return Domain(EXCHANGE_GATEWAY, chain_id, contract)


def fresh_nonce() -> int:
    """A number that no order of the wallet has had: nonces need no order, so chance will do."""
    return secrets.randbits(256)


@dataclass(frozen=True, slots=True)
class SignedOrder(Struct):
    """An order in the open, as a wallet shows it to its signer."""

    TYPES: ClassVar = (
        "address",
        "uint16",
        "uint8",
        "uint8",
        "bool",
        "uint8",
        "uint16",
        "uint32",
        "uint32",
        "uint64",
        "uint16",
        "uint16",
        "uint16",
        "uint16",
        "uint256",
        "uint64",
    )

    wallet: str
    market: MarketId
    side: int  # 0 buy, 1 sell
    timeInForce: int
    postOnly: bool
    selfTrade: int
    tick: int  # worst price
    lots: int
    minimumLots: int
    maximumCost: int  # [0.0001 currency]; 0 = no maximum
    maximumFills: int
    maximumHoles: int
    expiry: int  # last market day of a good-till-date order
    maximumLevels: int
    nonce: int
    deadline: int  # last moment at which it may be sent [s]

    @classmethod
    def of(cls, wallet: str, word: int, nonce: int, deadline: int) -> SignedOrder:
        """The order that a packed request is."""
        order = OrderRequest.unpack(word)
        return cls(
            wallet=wallet,
            market=order.market,
            side=int(order.side),
            timeInForce=int(order.time_in_force),
            postOnly=order.post_only,
            selfTrade=int(order.self_trade),
            tick=order.tick,
            lots=order.lots,
            minimumLots=order.minimum_lots,
            maximumCost=order.maximum_cost,
            maximumFills=order.maximum_fills,
            maximumHoles=order.maximum_holes,
            expiry=order.expiry,
            maximumLevels=order.maximum_levels,
            nonce=nonce,
            deadline=deadline,
        )

    @property
    def order(self) -> OrderRequest:
        """The order as the gateway packs it for the Exchange."""
        return OrderRequest(
            market=self.market,
            side=Side(self.side),
            tick=self.tick,
            lots=self.lots,
            time_in_force=TimeInForce(self.timeInForce),
            post_only=self.postOnly,
            self_trade=SelfTrade(self.selfTrade),
            minimum_lots=self.minimumLots,
            maximum_cost=self.maximumCost,
            maximum_fills=self.maximumFills,
            maximum_holes=self.maximumHoles,
            expiry=self.expiry,
            maximum_levels=self.maximumLevels,
        )

    @property
    def argument(self) -> tuple[str, tuple[Any, ...], int, int]:
        """The struct as `ExchangeGateway.placeSigned` takes it: its terms are a struct of their own."""
        values = [getattr(self, f.name) for f in fields(self)]
        return values[0], tuple(values[1:-2]), values[-2], values[-1]


@dataclass(frozen=True, slots=True)
class SignedCancel(Struct):
    """The cancel of a resting order."""

    TYPES: ClassVar = ("address", "uint256", "uint256", "uint64")

    wallet: str
    order: int  # its number
    nonce: int
    deadline: int  # [s]

    @property
    def argument(self) -> tuple[str, int, int, int]:
        """The struct as `ExchangeGateway.cancelSigned` takes it."""
        return self.wallet, self.order, self.nonce, self.deadline


KINDS: Final = {"order": SignedOrder, "cancel": SignedCancel}


@dataclass(frozen=True, slots=True)
class SignedFile:
    """A wallet's order, its domain, and the signature."""

    message: SignedOrder | SignedCancel
    domain: Domain
    signature: bytes

    @classmethod
    def make(
        cls, message: SignedOrder | SignedCancel, domain: Domain, account: Account
    ) -> SignedFile:
        """Signs with the key of the message's wallet."""
        if checksum(message.wallet) != account.address:
            raise refused(
                "SIGNED_ORDER_FOREIGN", account_address=account.address, wallet=message.wallet
            )
        return cls(message, domain, account.sign_typed(message, domain))

    @property
    def awaited(self) -> list[Awaited]:
        """The message, while the order's wallet has still to sign it."""
        wallet = wallet_signatures.awaited_wallet(self.signature)
        return [Awaited(wallet, self.message, self.domain, ("signature",))] if wallet else []

    def with_signature(self, chain: Chain, signature: bytes) -> tuple[SignedFile, Awaited]:
        """The file with the signature of a wallet elsewhere, and which it is."""
        for each in self.awaited:
            given = each.given(chain, signature)
            if given is not None:
                # The order names the wallet: the contract takes its signature as it is.
                by_contract = wallet_signatures.contract_signature(given)
                kept = by_contract[1] if by_contract else given
                return replace(self, signature=kept), each
        raise not_awaited(signature, bool(self.awaited))

    @property
    def kind(self) -> str:
        return "order" if isinstance(self.message, SignedOrder) else "cancel"

    def as_json(self) -> dict[str, Any]:
        return {
            self.kind: eip712.as_json(self.message),
            "chainId": self.domain.chain_id,
            "contract": self.domain.contract,
            "signature": "0x" + self.signature.hex(),
        }

    def write(self, path: Path) -> None:
        files.write(path, json.dumps(self.as_json(), indent=2) + "\n")


def read(path: Path) -> SignedFile:
    """Reads a signed order or cancel. A wallet that is a contract answers on chain only, so a signature
    that recovers to another address is left for the gateway to judge."""
    try:
        raw = files.read_json(path)
        kinds = [kind for kind in KINDS if kind in raw]
        if len(kinds) != 1:
            raise ValueError("it has neither an order nor a cancel, or both")
        cls = KINDS[kinds[0]]
        if type(raw["chainId"]) is not int:
            raise ValueError("the chain id is not a number")
        if eip712.ADDRESS.fullmatch(raw["contract"]) is None:
            raise ValueError("the contract is no address")
        return SignedFile(
            eip712.from_json(cls, raw[kinds[0]]),
            gateway_domain(raw["chainId"], checksum(raw["contract"])),
            bytes.fromhex(raw["signature"].removeprefix("0x")),
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError, TonneError) as error:
        raise refused("SIGNED_ORDER_UNREADABLE", path=str(path), reason=why(error)) from error
