"""The replays of all contracts of a deployed market, wired to each other."""

from __future__ import annotations

from tonne.audit.compliance.allocation import AllocationReplay
from tonne.audit.compliance.article6 import Article6Replay
from tonne.audit.compliance.auction_share import AuctionShareReplay
from tonne.audit.compliance.banking import BankingReplay
from tonne.audit.compliance.cumulative import CumulativeComplianceReplay
from tonne.audit.compliance.false_reports import FalseReportsReplay
from tonne.audit.compliance.inventories import InventoriesReplay
from tonne.audit.compliance.links import LinksReplay
from tonne.audit.compliance.obligations import ComplianceReplay
from tonne.audit.compliance.retirement_registry import RetirementRegistryReplay
from tonne.audit.evidence.checkpoints import CheckpointsReplay
from tonne.audit.evidence.emissions_oracle import EmissionsOracleReplay
from tonne.audit.evidence.evidence_custody import EvidenceCustodyReplay
from tonne.audit.evidence.meter_oracle import MeterOracleReplay
from tonne.audit.evidence.monthly_evidence import MonthlyEvidenceReplay
from tonne.audit.evidence.plant_meters import PlantMetersReplay
from tonne.audit.evidence.projects import ProjectsReplay
from tonne.audit.market.auction import AuctionReplay
from tonne.audit.market.batch_desk import BatchDeskReplay
from tonne.audit.market.block_trades import BlockTradesReplay
from tonne.audit.market.custody import CustodyReplay
from tonne.audit.market.exchange import ExchangeReplay
from tonne.audit.market.exchange_gateway import ExchangeGatewayReplay
from tonne.audit.market.forward_purchases import ForwardPurchasesReplay
from tonne.audit.market.holding_limits import HoldingLimitsReplay
from tonne.audit.market.holding_shares import HoldingSharesReplay
from tonne.audit.market.market_makers import MarketMakersReplay
from tonne.audit.market.pledges import PledgesReplay
from tonne.audit.market.proceeds_holds import ProceedsHoldsReplay
from tonne.audit.market.registrar_desk import RegistrarDeskReplay
from tonne.audit.parties.participants import ParticipantsReplay
from tonne.audit.parties.profiles import ProfilesReplay
from tonne.audit.power.bid_limits import BidLimitsReplay
from tonne.audit.power.credit_bills import CreditBillsReplay
from tonne.audit.power.credit_pledges import CreditPledgesReplay
from tonne.audit.power.power_grid import PowerGridReplay
from tonne.audit.power.power_losses import PowerLossesReplay
from tonne.audit.power.power_market import PowerMarketReplay
from tonne.audit.power.power_settlement import PowerSettlementReplay
from tonne.audit.power.power_trades import PowerTradesReplay
from tonne.audit.power.reference_prices import ReferencePricesReplay
from tonne.audit.replay.contract_replay import ContractReplay
from tonne.audit.replay.currency import SettlementCurrencyReplay
from tonne.audit.replay.dispatcher import Dispatcher
from tonne.audit.rules.access_manager import AccessManagerReplay
from tonne.audit.rules.powers import PowersReplay
from tonne.audit.rules.schemes import SchemesReplay
from tonne.audit.units.energy_certificates import EnergyCertificatesReplay
from tonne.audit.units.energy_credits import EnergyCreditsReplay
from tonne.audit.units.immobilisation import ImmobilisationReplay
from tonne.audit.units.issuance import IssuanceReplay
from tonne.audit.units.labels import LabelsReplay
from tonne.audit.units.offset_credits import OffsetCreditsReplay
from tonne.audit.units.unit_balances import AllowancesReplay
from tonne.chain.client import Chain
from tonne.deployment.plan import CURRENCY, source_of
from tonne.types.ids import InstallationId, UnitId

#: Class of a unit, the highest part of its id.
ALLOWANCE, OFFSET_CREDIT = 1, 2


class MarketReplay(Dispatcher):
    """All replays of a market. Reads constants of the contracts from the chain."""

    def __init__(self, chain: Chain) -> None:
        self._chain = chain
        self._contracts = [contract.address for contract in chain.contracts.values()]
        replays = [
            *self._governance(),
            *self._evidence(),
            *self._units(),
            *self._market(),
            *self._compliance(),
            *self._power(),
        ]
        super().__init__(replays)

    def _address(self, name: str) -> str:
        return self._chain[name].address

    def _governance(self) -> list[ContractReplay]:
        self.manager = AccessManagerReplay(self._chain.contracts.values())
        self.parties = ParticipantsReplay()
        self.schemes = SchemesReplay()
        powers = PowersReplay(self.manager, self.schemes, self.parties)
        return [self.manager, self.parties, ProfilesReplay(self.parties), self.schemes, powers]

    def _evidence(self) -> list[ContractReplay]:
        self.currencies = {
            name: SettlementCurrencyReplay(name, contract.address)
            for name, contract in self._chain.contracts.items()
            if source_of(name) == CURRENCY
        }
        self.oracle = EmissionsOracleReplay(self.schemes, self.parties)
        self.projects = ProjectsReplay(self._scheme_of_meter, self._scheme_of_plant, self.oracle)
        self.meters = MeterOracleReplay(self._chain, self.currencies[CURRENCY])
        plants = PlantMetersReplay(self.meters, self.parties, self.oracle)
        months = MonthlyEvidenceReplay(self.parties)
        self.custody = EvidenceCustodyReplay(self.parties, self._named_evidence)
        kept = [months, self.custody, CheckpointsReplay(self.parties)]
        evidence = [self.oracle, self.projects, self.meters, plants, *kept]
        return [*self.currencies.values(), *evidence]

    def _named_evidence(self) -> dict[bytes, str]:
        """Roots that reports of monitoring and emissions name."""
        return {**self.oracle.evidence, **self.projects.evidence}

    def _scheme_of_meter(self, number: int) -> int | None:
        meter = self.meters.meters.get(number)
        return None if meter is None else int(self.meters.nodes[meter.node].scheme)

    def _scheme_of_plant(self, number: int) -> int | None:
        plant = self.parties.installations.get(InstallationId(number))
        return None if plant is None else int(plant.scheme)

    def _units(self) -> list[ContractReplay]:
        register = (self.parties, self.schemes)
        own, contracts = self._address, self._contracts
        self.allowances = AllowancesReplay("Allowances", own("Allowances"), *register, contracts)
        self.offsets = OffsetCreditsReplay(own("OffsetCredits"), *register, contracts)
        self.issuance = IssuanceReplay(
            self.offsets, self._address("Issuance"), self.projects, self.oracle
        )
        immobilisation = ImmobilisationReplay(
            self._chain, self.parties, self.offsets, self.currencies[CURRENCY]
        )
        self.certificates = EnergyCertificatesReplay(
            self._chain, *register, self.meters, self.projects
        )
        self.energy = EnergyCreditsReplay(own("EnergyCredits"), *register, contracts)
        self.labels = LabelsReplay()
        carbon = [self.labels, self.allowances, self.offsets, self.issuance, immobilisation]
        return [*carbon, self.certificates, self.energy]

    def _market(self) -> list[ContractReplay]:
        self.exchange = ExchangeReplay(self.offsets.sellers, self.parties.wallets)
        gateway = ExchangeGatewayReplay(self.parties)
        self.blocks = BlockTradesReplay(
            self.exchange, self._address("BlockTrades"), self.parties.owner_of
        )
        self.pledges = PledgesReplay(self.exchange, self._address("Pledges"))
        auction = AuctionReplay(self.exchange, self.parties, self._address("Auction"))
        units = {ALLOWANCE: self.allowances, OFFSET_CREDIT: self.offsets}
        currencies = list(self.currencies.values())
        custody = CustodyReplay(
            self.exchange, self.pledges, units, currencies, self._address("Exchange")
        )
        followed = [
            contract.address
            for name, contract in self._chain.contracts.items()
            if source_of(name) == "HoldingLimits"
        ]
        limits = HoldingLimitsReplay(self.exchange, self.parties, followed)
        self.shares = HoldingSharesReplay(limits, custody.balance)
        makers = MarketMakersReplay()
        desk = self._address("RegistrarDesk")
        self.registrar_desk = RegistrarDeskReplay(self.parties, self.exchange, desk)
        desk = self._address("BatchDesk")
        self.batch_desk = BatchDeskReplay(
            self.offsets, self.issuance, self.projects, self.exchange, desk
        )
        holds = self._address("ProceedsHolds")
        self.holds = ProceedsHoldsReplay(self.exchange, self.offsets, holds)
        desks = [self.registrar_desk, self.batch_desk, self.holds]
        forwards = ForwardPurchasesReplay(currencies, self._address("ForwardPurchases"))
        book = [self.exchange, gateway, self.shares, limits, custody]
        return [*book, self.blocks, self.pledges, auction, makers, *desks, forwards]

    def _compliance(self) -> list[ContractReplay]:
        allocation = AllocationReplay(
            self.parties, self.schemes, self.oracle, self.allowances, self._contracts
        )
        compliance = ComplianceReplay(allocation, self.offsets, self._traded)
        false_reports = FalseReportsReplay(allocation)
        auction_share = AuctionShareReplay(self.schemes, self.allowances)
        banking = BankingReplay(self.schemes, self.exchange, self.shares, self.allowances)
        links = LinksReplay(compliance)
        retired = [self.allowances, self.offsets, self.certificates]
        registry = RetirementRegistryReplay(retired, self.issuance)
        article6 = Article6Replay(registry)
        inventories = InventoriesReplay(self.parties, self.oracle, registry)
        running = CumulativeComplianceReplay(allocation, compliance.judged)
        owed = [allocation, compliance, running, false_reports, auction_share, banking, links]
        return [*owed, registry, article6, inventories]

    def _power(self) -> list[ContractReplay]:
        bills = CreditBillsReplay(self.energy, self._address("CreditBills"))
        pledges = CreditPledgesReplay(self.energy, self._address("CreditPledges"))
        grid = PowerGridReplay(self._chain, self.schemes)
        limits = BidLimitsReplay(grid)
        interval_s = self._chain.call("PowerMarket", "terms").intervalS
        references = ReferencePricesReplay(grid, interval_s)
        market = PowerMarketReplay(self._chain, limits, references, self.parties, self.energy)
        losses = PowerLossesReplay(self.meters, self.schemes)
        trades = PowerTradesReplay(self._chain, limits)
        self.settlement = PowerSettlementReplay(self._chain, losses, market)
        own = [grid, limits, references, market, losses, trades, self.settlement]
        return [bills, pledges, *own]

    def _traded(self, unit: UnitId, month: int) -> tuple[str, int, int]:
        """Currency, units and turnover of a unit's trades in a month."""
        for market in self.exchange.markets.values():
            if market.unit == unit:
                lots, turnover = self.blocks.traded(market, month)
                return market.currency, lots * market.config.lotSize, turnover
        return "", 0, 0
