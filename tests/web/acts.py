"""What has happened at the small market before the page is opened."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.tonne.power.story import Trading
from tonne.chain import clock
from tonne.chain.contract import Contract
from tonne.constants import DAY_S, HOUR_S
from tonne.crypto.accounts import Account
from tonne.crypto.eip712 import digest, struct_hash
from tonne.crypto.wallet_signatures import by_contract
from tonne.evidence import reports
from tonne.evidence.signed_types import MonitoringOpinion, MonitoringReport, projects_domain
from tonne.evidence.submissions import entry, monitoring_args
from tonne.market import auction_rules
from tonne.market.order_encoding import OrderRequest, Side
from tonne.types.ids import MarketId

DOUBLES = Path(__file__).resolve().parents[2] / "build" / "foundry" / "WalletDoubles.sol"
RIGHT_TO_REPORT = 8


def owned_wallet(town: Any, name: str, owner: Account) -> Contract:
    """A wallet of a participant's that is a contract and signs what `owner` signs; it may report."""
    chain, first = town.chain, town.market.people[name]
    made = json.loads((DOUBLES / "OwnedWallet.json").read_text(encoding="utf-8"))
    code = made["bytecode"]["object"]
    wallet, _ = chain.deploy(first, "OwnedWallet", made["abi"], code, [owner.address])
    people: Contract = chain["Participants"]
    chain.send(first, people, "addWallet", wallet.address, RIGHT_TO_REPORT)
    joins = people.encode("confirmWallet", town.market.participants[name])
    chain.send(first, wallet, "act", people.address, joins)
    return wallet


def credits_by_contract(town: Any) -> tuple[Contract, int]:
    """Credits of a report that a contract signed for the developer: the contract, and the unit."""
    chain, people, owner = town.chain, town.market.people, Account.from_seed("owner")
    wallet = owned_wallet(town, "developer", owner)
    (first,) = chain.logs("Projects", "MonitoringReported", 0)
    begins, ends = first["report"].periodFrom, first["report"].periodUntil
    _, config, _ = chain.call("EmissionsOracle", "configOf", 1)
    amount = {"quantityT": 700, "configDigest": config, "signedAt": chain.now()}
    report = MonitoringReport(
        project=1, periodFrom=ends, periodUntil=ends + 31 * DAY_S, vintage=2021, bufferPpm=0,
        linesRoot=bytes(32), evidenceRoot=bytes(32), **amount,
    )  # fmt: skip
    opinion = MonitoringOpinion(
        report=struct_hash(report), project=1, body=town.market.participants["verifier"],
        assurance=reports.REASONABLE, materialityPpm=reports.MATERIALITY_PPM, **amount,
    )  # fmt: skip
    domain = projects_domain(chain.chain_id, chain["Projects"].address)
    signatures = (
        by_contract(wallet.address, owner.sign(digest(report, domain))),
        people["lead"].sign_typed(opinion, domain),
        people["reviewer"].sign_typed(opinion, domain),
    )
    keys = [signer.key for signer in chain.call("EmissionsOracle", "signersOf", 1)]
    places = [keys.index(people[who].address) for who in ("lead", "reviewer")]
    args = monitoring_args(report, opinion, *places, signatures, begins)
    chain.send(people["trader"], "Projects", entry("submit", args), *args)
    chain.set_time(chain.now() + 60 * DAY_S)
    chain.send(people["authority"], "Issuance", "issueFromReport", 2)
    return wallet, chain.call("Issuance", "batchOfReport", 2)


def retire(
    town: Any, amount: int = 5, who: str = "trader", unit: int | None = None, **claim: Any
) -> None:
    """A certificate for `amount` of somebody's credits."""
    whole = {"beneficiary": "Trader Ltd", "commitment": bytes(32), "purpose": "fleet fuel"}
    whole |= {"periodStart": 18_262, "periodEnd": 18_627, "country": b"CN"}
    unit = town.market.credit if unit is None else unit
    person = town.market.people[who]
    town.chain.send(person, "RetirementRegistry", "retire", unit, amount, whole | claim)


#: Of an auction: bids from and until, reveals from and until, delivery.
STEPS = ("commitFrom", "commitUntil", "revealFrom", "revealUntil", "deliverFrom")


def announce(
    town: Any, hours: tuple[int, ...] = (0, 1, 2, 3, 4), **terms: Any
) -> auction_rules.AuctionTerms:
    """An auction of 1,000 of `east`'s lots, which takes bids from now on; its steps come hours later."""
    chain, people, numbers = town.chain, town.market.people, town.market.participants
    deposit = (people["east"], chain["Exchange"], town.market.allowance, 5_000, b"")
    chain.send(people["east"], "Allowances", "safeTransferFrom", *deposit)
    start = chain.now() + HOUR_S
    given = {name: start + count * HOUR_S for name, count in zip(STEPS, hours, strict=True)}
    made = auction_rules.AuctionTerms(
        MarketId(1), numbers["east"], proceeds=numbers["east"], forfeits=numbers["exchange"],
        **{"lots": 1_000, "multiple": 100} | given | terms,
    )  # fmt: skip
    chain.send(people["east"], "Auction", "setConsent", 1, 5_000, 0)
    chain.send(people["authority"], "Auction", "announce", made.as_tuple(), bytes(32))
    chain.send(people["east"], "Auction", "open", 1)
    chain.set_time(start)
    return made


#: Orders of the day that the page is opened on: who, side, tick, lots; the last one takes of the first.
BOOK = (
    ("east", Side.SELL, 4_850, 3_000),
    ("east", Side.SELL, 4_880, 9_000),
    ("north", Side.BUY, 4_790, 2_000),
    ("trader", Side.BUY, 4_760, 4_500),
    ("trader", Side.BUY, 4_850, 1_200),
)


def everything(town: Any) -> None:
    """Something in each of the page's views: a trade, surrender, certificate, auction, energy market."""
    chain, people = town.chain, town.market.people
    order = OrderRequest(MarketId(1), Side.BUY, 4830, 6_000)
    chain.send(people["trader"], "Exchange", "place", order.pack())
    chain.send(
        people["east"], "Compliance", "surrender",
        2, town.market.period.number, [town.market.allowance], [1_000],
    )  # fmt: skip
    retire(town)
    announce(town)
    Trading(town).tell()
    clock.next_session(chain, MarketId(1))
    for name, side, tick, lots in BOOK:
        order = OrderRequest(MarketId(1), side, tick, lots)
        chain.send(people[name], "Exchange", "place", order.pack())
