"""What a wallet pays that is new to a market, and what it pays the next time; each one transaction on Anvil.

The market is as `bench` has it, but without a holding limit, as in the national scheme: all that a deposit
reaches is deployed as `tonne deploy` does it. A surrender is one of the small named market.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from tests.gas import bench
from tests.gas.bench import BUY, RULES, SELL, Bench
from tonne.chain.client import Chain
from tonne.crypto.accounts import Account
from tonne.deployment import deployer, roles
from tonne.market.order_encoding import Side
from tonne.market.permits import PermitDomain
from tonne.rules import pack as rule_packs
from tonne.sandbox import node, seed_market, trial_market
from tonne.sandbox.trial_market import EVIDENCE

SNAPSHOT: Final = Path(__file__).resolve().parents[2] / "snapshots" / "first_use.json"
UNLIMITED: Final = {**RULES, "holdingLimit": 0}

#: [0.01 currency], [t]: what a deposit brings, and what an order asks for.
CASH: Final = 100_000
LOTS: Final = 10
FOREVER: Final = 2**64 - 1


#: Is told a key and the chain whose last transaction it is.
Look = Callable[[str, Chain], object]


def _pass_over(key: str, chain: Chain) -> None:
    """Looks at nothing."""


def measure(look: Look = _pass_over) -> dict[str, int]:
    """Gas of every key. A node that is looked at keeps the steps of its transactions."""
    traced = look is not _pass_over
    with bench.standing(rules=UNLIMITED, traced=traced) as standing:
        found: dict[str, int] = {}
        for pair in (_buys, _buys_by_permit, _sells):
            with standing.as_it_was():
                found |= pair(standing, look)
    return {**found, **_surrenders(look, traced)}


# ---------------------------------------------------------------------- buying and selling


def _buys(b: Bench, look: Look) -> dict[str, int]:
    """Cash of a wallet and a buy order that rests, by ERC-1363: in one transaction, twice."""
    wallet = _buyer(b)
    chain = b.stage.chain
    return _twice("buy", chain, look, lambda: _buy(b, wallet), lambda: b.rest(_next_slot(b)))


def _buys_by_permit(b: Bench, look: Look) -> dict[str, int]:
    """The same of a currency that has permits alone."""
    wallet = _buyer(b)
    return _twice(
        "buy_by_permit",
        b.stage.chain,
        look,
        lambda: _buy_by_permit(b, wallet),
        lambda: b.rest(_next_slot(b)),
    )


def _buyer(b: Bench) -> Account:
    wallet = _newcomer(b)
    b.send(b.stage.issuer, "SettlementCurrency", "mint", wallet, 3 * CASH)
    b.queue(BUY, 4_750, 1)
    return wallet


def _next_slot(b: Bench) -> list[tuple[Account, Side, int, int]]:
    """An order that begins the next slot of the queue."""
    return [(b.makers[1], BUY, 4_750, LOTS)]


def _buy(b: Bench, wallet: Account) -> int:
    words = (b.market, b.order(BUY, 4_750, LOTS))
    data = b"".join(word.to_bytes(32, "big") for word in words)
    sent = (b.stage.chain["Exchange"], CASH, data)
    return b.send(wallet, "SettlementCurrency", "transferAndCall", *sent).gas_used


def _buy_by_permit(b: Bench, wallet: Account) -> int:
    chain = b.stage.chain
    currency, exchange = chain["SettlementCurrency"], chain["Exchange"]
    name, nonce = chain.call_many([(currency, "name", ()), (currency, "nonces", (wallet,))])
    domain = PermitDomain.of(name, chain.chain_id, currency.address, exchange.address)
    permit = domain.sign(wallet, CASH, nonce, FOREVER)
    order = b.order(BUY, 4_750, LOTS)
    return b.send(
        wallet, "ExchangeGateway", "depositAndPlace", b.market, CASH, permit, [order]
    ).gas_used


def _sells(b: Bench, look: Look) -> dict[str, int]:
    """Units of a wallet and a sell order that rests, by their transfer: in one transaction, twice."""
    wallet = _newcomer(b)
    stage = b.stage
    b.send(stage.administrator, "Allowances", "issue", wallet, stage.unit, 3 * LOTS, EVIDENCE)
    b.queue(SELL, 4_850, 1)
    between = [(b.makers[1], SELL, 4_850, LOTS)]
    return _twice("sell", stage.chain, look, lambda: _sell(b, wallet), lambda: b.rest(between))


def _sell(b: Bench, wallet: Account) -> int:
    order = b.order(SELL, 4_850, LOTS).to_bytes(32, "big")
    sent = (wallet, b.stage.chain["Exchange"], b.stage.unit, LOTS, order)
    return b.send(wallet, "Allowances", "safeTransferFrom", *sent).gas_used


def _newcomer(b: Bench) -> Account:
    """A participant whose wallet neither the exchange nor a unit knows."""
    wallet = Account.from_seed("tonne", "gas", "newcomer")
    b.stage.register([wallet])
    return wallet


def _twice(
    what: str,
    chain: Chain,
    look: Look,
    act: Callable[[], int],
    between: Callable[[], object] = lambda: None,
) -> dict[str, int]:
    """Both times an order comes to a slot of the queue that is in use: `between` begins the next one."""
    first, second = f"first_{what}", f"second_{what}"
    found = {first: act()}
    look(first, chain)
    between()
    found[second] = act()
    look(second, chain)
    return found


# ---------------------------------------------------------------------- surrender


def _surrenders(look: Look, traced: bool) -> dict[str, int]:
    """One unit out of the ledger for a plant, twice; the ledger keeps some."""
    pack = rule_packs.load(trial_market.PACK)
    period = pack.period(trial_market.PERIOD)
    people = seed_market.people()
    with (
        node.start(
            timestamp=seed_market.start_time(pack, period), extra=node.STEPS if traced else ()
        ) as running,
        Chain(running.url) as chain,
        TemporaryDirectory(prefix="tonne-gas-") as folder,
    ):
        holders = {name: people[name].address for name in roles.HOLDERS}
        settings = deployer.Settings(people["administrator"].address, holders, founded=False)
        deployer.deploy(chain, Account.from_seed("deployer"), settings, Path(folder))
        market = seed_market.seed(chain, pack, period, people)
        owner, plant = people["east"], market.installations["east"]
        to = (owner, chain["Exchange"], market.allowance, LOTS, b"")
        chain.send(owner, "Allowances", "safeTransferFrom", *to)
        sent = ("surrenderFromLedger", plant, period.number, [market.allowance], [1])

        def surrender() -> int:
            return chain.send(owner, "Compliance", *sent).gas_used

        return _twice("surrender_from_ledger", chain, look, surrender)


# ---------------------------------------------------------------------- the snapshot


def snapshot() -> dict[str, int]:
    """What is on record."""
    return {key: int(gas) for key, gas in json.loads(SNAPSHOT.read_text()).items()}


def write(found: Mapping[str, int]) -> None:
    """Puts figures on record, as Forge writes them."""
    told = {key: str(gas) for key, gas in sorted(found.items())}
    SNAPSHOT.write_text(json.dumps(told, indent=2), encoding="utf-8")


if __name__ == "__main__":
    measured = measure()
    sys.stdout.write(json.dumps(measured, indent=2) + "\n")
    write(measured)
