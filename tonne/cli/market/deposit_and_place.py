"""An order that deposits its missing lots or cash from the wallet in the same transaction."""

from __future__ import annotations

from typing import Any, Final

from tonne.chain.client import Chain
from tonne.chain.contract import Contract
from tonne.cli.core.session import Signer
from tonne.cli.core.unit_names import unit_contract
from tonne.cli.market.order_options import SELL
from tonne.constants import HOUR_S, PPM
from tonne.deployment.scheme_setup import currency_of_market
from tonne.market.order_encoding import OrderRequest
from tonne.market.permits import PermitDomain

LEDGER_PER_CENT: Final = 100
#: ERC-1363, by its ERC-165 identifier.
TELLS_THE_EXCHANGE: Final = bytes.fromhex("b0202a11")
PERMIT_S: Final = HOUR_S


def call_with_deposit(
    session: Signer, market: int, request: int, lots: int
) -> tuple[Contract | str, str, tuple[Any, ...]] | None:
    """The call that deposits the missing lots or cash and places the order; None if none is missing."""
    chain, order = session.chain, OrderRequest.unpack(request)
    price, (config, _), held, assets = chain.call_many(
        [
            ("ExchangeLens", "priceOf", (market, order.tick)),
            ("ExchangeLens", "marketConfig", (market,)),
            ("Exchange", "account", (session.participant, market)),
            ("Exchange", "marketAssets", (market,)),
        ]
    )
    if order.side == SELL:
        if held.lotsFree >= lots:
            return None
        units = (lots - held.lotsFree) * assets.lotSize
        to = chain["Exchange"]
        args = (session.account, to, assets.unit, units, request.to_bytes(32, "big"))
        return unit_contract(assets.unit), "safeTransferFrom", args
    fee = max(config.rules.takerFeePpm, config.rules.makerFeePpm)
    needed = price * lots + -(-price * lots * fee // PPM)
    short = -(-(needed - held.cashFree) // LEDGER_PER_CENT)
    if short <= 0:
        return None
    currency = currency_of_market(chain, market)
    if _tells_the_exchange(chain, currency):
        data = b"".join(word.to_bytes(32, "big") for word in (market, request))
        return currency, "transferAndCall", (chain["Exchange"], short, data)
    permit = _permit(session, currency, short)
    return "ExchangeGateway", "depositAndPlace", (market, short, permit, [request])


def _tells_the_exchange(chain: Chain, currency: Contract) -> bool:
    """Whether a transfer of the currency can be a deposit, as it says itself."""
    [told] = chain.call_many([(currency, "supportsInterface", (TELLS_THE_EXCHANGE,))], check=False)
    return told is True


def _permit(session: Signer, currency: Contract, amount: int) -> tuple[int, int, bytes, bytes]:
    """Signed permit for the exchange to take this amount [0.01 currency], once, within an hour."""
    chain = session.chain
    title, nonce = chain.call_many(
        [(currency, "name", ()), (currency, "nonces", (session.account,))]
    )
    domain = PermitDomain.of(title, chain.chain_id, currency.address, chain["Exchange"].address)
    return domain.sign(session.account, amount, nonce, chain.now() + PERMIT_S)
