"""An order that deposits its missing lots or cash from the wallet in the same transaction."""

from __future__ import annotations

from typing import Any, Final

from tonne.cli.core.session import Signer
from tonne.cli.core.unit_names import unit_contract
from tonne.cli.market.order_options import SELL
from tonne.constants import HOUR_S, PPM
from tonne.deployment.scheme_setup import currency_of_market
from tonne.market.order_encoding import OrderRequest
from tonne.market.permits import PermitDomain

LEDGER_PER_CENT: Final = 100
PERMIT_S: Final = HOUR_S


def call_with_deposit(
    session: Signer, market: int, request: int, lots: int
) -> tuple[str, str, tuple[Any, ...]] | None:
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
    permit = _permit(session, market, short)
    return "ExchangeGateway", "depositAndPlace", (market, short, permit, [request])


def _permit(session: Signer, market: int, amount: int) -> tuple[int, int, bytes, bytes]:
    """Signed permit for the exchange to take this amount [0.01 currency], once, within an hour."""
    chain = session.chain
    currency = currency_of_market(chain, market)
    title, nonce = chain.call_many(
        [(currency, "name", ()), (currency, "nonces", (session.account,))]
    )
    domain = PermitDomain.of(title, chain.chain_id, currency.address, chain["Exchange"].address)
    return domain.sign(session.account, amount, nonce, chain.now() + PERMIT_S)
