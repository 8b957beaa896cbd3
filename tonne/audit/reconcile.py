"""Rebuilds a market from its events and compares every value with the contracts' state."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from tonne.audit.compliance.article6 import OutcomesReplay
from tonne.audit.compliance.auction_share import AuctionShareReplay
from tonne.audit.compliance.banking import BankingReplay
from tonne.audit.compliance.false_reports import FalseReportsReplay
from tonne.audit.compliance.links import LinksReplay
from tonne.audit.compliance.obligations import ObligationsReplay
from tonne.audit.compliance.retirement_registry import ClaimsReplay
from tonne.audit.evidence.emissions_oracle import EvidenceReplay
from tonne.audit.evidence.meter_oracle import MetersReplay
from tonne.audit.evidence.monthly_evidence import MonthsReplay
from tonne.audit.evidence.plant_meters import PlantsReplay
from tonne.audit.evidence.projects import ProjectsReplay
from tonne.audit.market.auction import AuctionsReplay
from tonne.audit.market.block_trades import BlocksReplay
from tonne.audit.market.exchange import LedgerReplay, Market
from tonne.audit.market.forward_purchases import ForwardsReplay
from tonne.audit.market.holding_limits import LimitsReplay
from tonne.audit.market.holding_shares import SharesReplay
from tonne.audit.market.market_makers import MakersReplay
from tonne.audit.market.pledges import PledgesReplay
from tonne.audit.market.registrar_desk import Lag, StatusReplay
from tonne.audit.parties.participants import PartiesReplay
from tonne.audit.power.credit_bills import BillsReplay
from tonne.audit.power.credit_pledges import CreditPledgesReplay
from tonne.audit.power.power_grid import GridReplay
from tonne.audit.power.power_losses import LossesReplay
from tonne.audit.power.power_market import PowerReplay
from tonne.audit.power.power_settlement import SettlementReplay
from tonne.audit.power.power_trades import TradesReplay
from tonne.audit.replay.compare import Check, Difference, Tally, compare
from tonne.audit.replay.currency import CurrencyReplay
from tonne.audit.replay.events import Dated, Pinned, pin, read, stands
from tonne.audit.rules.powers import PowersReplay
from tonne.audit.rules.schemes import RulesReplay
from tonne.audit.units.energy_certificates import CertificatesReplay
from tonne.audit.units.energy_credits import EnergyReplay
from tonne.audit.units.immobilisation import ImmobilisedReplay
from tonne.audit.units.issuance import IssuanceReplay
from tonne.audit.units.offset_credits import CreditsReplay
from tonne.audit.units.unit_balances import EXIT_KINDS, UnitsReplay
from tonne.chain.client import Chain
from tonne.chain.rpc import StateGone
from tonne.deployment.plan import CURRENCY, source_of
from tonne.errors import TonneError

Progress = Callable[[str, int], None]

#: How often the audit starts to compare anew when a node has dropped the block's state meanwhile.
CATCH_UPS: Final = 4


@dataclass(frozen=True, slots=True)
class Audit:
    """What came of it. Sound when nothing differs."""

    head: Pinned
    events: int
    compared: dict[str, int]  # values, by contract
    differences: list[Difference]
    lags: list[Lag]  # of the Exchange behind the register

    @property
    def values(self) -> int:
        return sum(self.compared.values())

    @property
    def sound(self) -> bool:
        return not self.differences


class Replay:
    """All rooms of a market, fed with its events in order."""

    def __init__(self, chain: Chain) -> None:
        self.parties = PartiesReplay()
        self.rules = RulesReplay()
        self.powers = PowersReplay(chain.contracts.values())
        self.evidence = EvidenceReplay()
        self.projects = ProjectsReplay()
        self.allowances = UnitsReplay("Allowances", chain["Allowances"].address)
        self.offsets = CreditsReplay("OffsetCredits", chain["OffsetCredits"].address)
        self.immobilised = ImmobilisedReplay(self.offsets)
        self.issuance = IssuanceReplay(self.offsets, chain["Issuance"].address)
        self.currencies = {
            name: CurrencyReplay(name, contract.address)
            for name, contract in chain.contracts.items()
            if source_of(name) == CURRENCY
        }
        self.currency = self.currencies[CURRENCY]
        self.meters = MetersReplay(chain, self.currency)
        self.plants = PlantsReplay(self.meters, self.parties, self.evidence)
        self.months = MonthsReplay(self.parties)
        self.ledger = LedgerReplay()
        self.blocks = BlocksReplay(self.ledger, chain["BlockTrades"].address)
        self.pledges = PledgesReplay(self.ledger, chain["Pledges"].address)
        self.auctions = AuctionsReplay(self.ledger, chain["Auction"].address)
        self.limits = LimitsReplay(self.ledger, self.parties)
        self.shares = SharesReplay(self.ledger, self.parties, self.limits, self._balance)
        self.makers = MakersReplay()
        self.obligations = ObligationsReplay(
            self.parties,
            self.rules,
            self.evidence,
            self.allowances,
            self.offsets,
            self._traded,
        )
        self.false_reports = FalseReportsReplay(
            self.parties, self.rules, self.evidence, self.obligations
        )
        self.auction_share = AuctionShareReplay(self.rules, self.allowances)
        self.banking = BankingReplay(self.rules, self.ledger, self.shares, self.allowances)
        self.links = LinksReplay(self.rules, self.obligations, self.allowances)
        self.certified = CertificatesReplay(chain, self.meters, self.projects, self.powers)
        self.claims = ClaimsReplay([self.allowances, self.offsets, self.certified], self.issuance)
        self.outcomes = OutcomesReplay(self.claims)
        self.forwards = ForwardsReplay(
            self.currency, self.currency.address, chain["ForwardPurchases"].address
        )
        self.energy = EnergyReplay(chain["EnergyCredits"].address, self.parties, self.powers)
        self.bills = BillsReplay(self.energy, chain["CreditBills"].address)
        self.secured = CreditPledgesReplay(self.energy, chain["CreditPledges"].address)
        self.grid = GridReplay(chain, self.powers)
        self.power = PowerReplay(chain, self.grid, self.parties, self.energy)
        self.losses = LossesReplay(self.meters, self.powers)
        self.trades = TradesReplay(chain)
        self.settlement = SettlementReplay(chain, self.losses, self.power)
        desk = chain["RegistrarDesk"].address
        self.status = StatusReplay(self.parties, self.powers, self.ledger, desk)
        self._rooms = {
            "Participants": self.parties,
            "Schemes": self.rules,
            "EmissionsOracle": self.evidence,
            "Projects": self.projects,
            "Allowances": self.allowances,
            "OffsetCredits": self.offsets,
            "Issuance": self.issuance,
            "Immobilisation": self.immobilised,
            **self.currencies,
            "MeterOracle": self.meters,
            "PlantMeters": self.plants,
            "MonthlyEvidence": self.months,
            "Exchange": self.ledger,
            "BlockTrades": self.blocks,
            "Pledges": self.pledges,
            "Auction": self.auctions,
            "HoldingLimits": self.limits,
            "MarketMakers": self.makers,
            "RegistrarDesk": self.status,
            "Allocation": self.obligations,
            "Compliance": self.obligations,
            "AuctionShare": self.auction_share,
            "Banking": self.banking,
            "Links": self.links,
            "FalseReports": self.false_reports,
            "RetirementRegistry": self.claims,
            "Article6": self.outcomes,
            "ForwardPurchases": self.forwards,
            "EnergyCertificates": self.certified,
            "EnergyCredits": self.energy,
            "CreditBills": self.bills,
            "CreditPledges": self.secured,
            "PowerGrid": self.grid,
            "PowerMarket": self.power,
            "PowerLosses": self.losses,
            "PowerTrades": self.trades,
            "PowerSettlement": self.settlement,
        }
        self._exchange = chain["Exchange"].address

    def feed(self, events: list[Dated]) -> None:
        for dated in events:
            self.powers.apply(dated)
            self.shares.apply(dated)
            room = self._rooms.get(dated.event.contract)
            if room is not None:
                room.apply(dated)
            if dated.event.name == "BatchRetireOnly":
                self.ledger.apply(dated)
            if room is self.allowances:
                self.banking.apply(dated)
            if room is self.offsets:
                self.outcomes.apply(dated)
                self.forwards.apply(dated)
            if room is self.power:
                self.trades.apply(dated)
                self.settlement.apply(dated)
            if room is self.energy:
                self.bills.apply(dated)
                self.secured.apply(dated)

    def internal(self, tally: Tally) -> None:
        """What must hold among events alone, and between rooms."""
        for room in dict.fromkeys((self.powers, self.shares, *self._rooms.values())):
            room.internal(tally)
        self._custody(tally)

    def _custody(self, tally: Tally) -> None:
        """The Exchange's tokens are what its accounts add up to."""
        cash: dict[str, int] = dict.fromkeys((c.address for c in self.currencies.values()), 0)
        for market in self.ledger.markets.values():
            lots, market_cash = self.ledger.custody(market)
            cash[market.currency] = cash.get(market.currency, 0) + market_cash
            units = self._units(market.unit)
            held = units.balances[self._exchange, market.unit]
            about = f"units behind market {market.number}"
            tally.value("Exchange", about, lots * market.config.lotSize, held)
            self._conserved(tally, market.unit, units, market)
        held_money = {c.address: self._held_money(c) for c in self.currencies.values()}
        tally.value("Exchange", "money behind all markets", cash, held_money)

    def _conserved(self, tally: Tally, unit: int, units: UnitsReplay, market: Market) -> None:
        """issued = free + frozen + pledged + in ledger + what left, each term on its own."""
        wallets = {
            who: amount
            for (who, id_), amount in units.balances.items()
            if id_ == unit and who != self._exchange
        }
        frozen = sum(min(units.frozen.get((who, unit), 0), wallets[who]) for who in wallets)
        free = sum(wallets.values()) - frozen
        pledged = self.pledges.pledged(market.number) * market.config.lotSize
        house = self.ledger.houses.get(self.pledges.address)
        in_ledger = market.config.lotSize * sum(
            account.lots
            for (number, who), account in self.ledger.accounts.items()
            if number == market.number and who != house
        )
        left = sum(units.exited[unit, kind] for kind in EXIT_KINDS)
        about = f"unit {unit:#x} is free, frozen, pledged, in the ledger or has left"
        found = free + frozen + pledged + in_ledger + left
        tally.value("Exchange", about, units.issued[unit], found)

    def _units(self, unit: int) -> UnitsReplay:
        return self.allowances if unit >> 96 == 1 else self.offsets

    def _balance(self, wallet: str, unit: int) -> int:
        return self._units(unit).balances.get((wallet, unit), 0)

    def _traded(self, unit: int, month: int) -> tuple[str, int, int]:
        """What was traded of a unit in a month: currency, units, turnover."""
        for market in self.ledger.markets.values():
            if market.unit == unit:
                lots, turnover = self.blocks.traded(market, month)
                return market.currency, lots * market.config.lotSize, turnover
        return "", 0, 0

    def _held_money(self, currency: CurrencyReplay) -> int:
        return currency.balances[self._exchange] * 100

    def checks(self, now: int) -> list[Check]:
        rooms = (
            self.parties,
            self.allowances,
            self.offsets,
            self.issuance,
            self.immobilised,
            *self.currencies.values(),
            self.false_reports,
        )
        found = [check for room in rooms for check in room.checks()]
        evidence = (self.evidence, self.projects, self.meters)
        power = (self.grid, self.power)
        for clocked in (self.rules, self.powers, *evidence, self.ledger, self.blocks, *power):
            found.extend(clocked.checks(now))
        desks = (self.pledges, self.auctions, self.shares, self.makers)
        claims = (self.claims, self.outcomes, self.forwards)
        sold = (self.certified, self.energy, self.bills, self.secured, self.losses)
        supplied = (self.trades, self.settlement)
        carried = (self.obligations, self.auction_share, self.banking, self.links)
        told = (self.status, self.plants, self.months)
        for room in (*desks, *carried, *claims, *sold, *supplied, *told):
            found.extend(room.checks())
        return found


def audit(
    chain: Chain,
    first_block: int = 0,
    block: int | None = None,
    on_progress: Progress = lambda _stage, _count: None,
) -> Audit:
    """Reads, replays and compares at one block. Needs nothing but the chain and the ABIs.

    A node that keeps few states may have dropped that block's before all is compared. Unless the
    block was named, the audit then reads on to the block that is the latest by now, and compares there.
    """
    head = pin(chain, block)
    replay = Replay(chain)
    unknown: list[dict[str, Any]] = []
    count, start = 0, first_block
    for _ in range(CATCH_UPS if block is None else 1):
        for blocks, events in read(chain, start, head, unknown):
            replay.feed(events)
            count += len(events)
            on_progress("blocks", blocks)
        try:
            tally = _compared(chain, replay, head, unknown, on_progress)
        except StateGone:
            start, earlier, head = head.number + 1, head, pin(chain)
            stands(chain, earlier)
            continue
        compared, lags = dict(sorted(tally.compared.items())), replay.status.lags()
        return Audit(head, count, compared, tally.differences, lags)
    raise TonneError(
        "AUDIT_STATE_GONE",
        f"The node dropped the state of block {start - 1:,} before all of it was compared.",
        field="block",
        value=start - 1,
        remedy="Run the audit against a node that keeps old states (an archive node).",
    )


def _compared(
    chain: Chain,
    replay: Replay,
    head: Pinned,
    unknown: list[dict[str, Any]],
    on_progress: Progress,
) -> Tally:
    tally = Tally()
    tally.value("all", "logs that no interface explains", [], [log["topics"] for log in unknown])
    replay.internal(tally)
    checks = replay.checks(head.time)
    for start in range(0, len(checks), 2_000):
        part = checks[start : start + 2_000]
        compare(chain, part, head.number, tally)
        on_progress("checks", len(part))
    return tally
