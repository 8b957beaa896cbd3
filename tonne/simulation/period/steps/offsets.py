"""Step 8: projects report, credits are issued, sold for compliance, and retired by name."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np

from tonne.chain.client import Call, Event, Receipt
from tonne.constants import DAY_S, PPM
from tonne.crypto.eip712 import struct_hash
from tonne.crypto.hashing import text_hash
from tonne.crypto.merkle import leaf_hash, merkle_root
from tonne.evidence import manifest
from tonne.evidence.signed_types import MonitoringOpinion, MonitoringReport, projects_domain
from tonne.evidence.submissions import monitoring_args
from tonne.rules import engine
from tonne.rules.pack import day_number
from tonne.simulation.fleet.traders import Ints, Quote
from tonne.simulation.period.model.market_state import MarketState
from tonne.simulation.period.model.results import Issue, IssuedCertificate
from tonne.simulation.period.model.season import OffsetProject, TradingSeason
from tonne.simulation.period.model.state import NonEmitter, PeriodState
from tonne.simulation.period.steps import market as markets
from tonne.simulation.period.steps.reporting import REASONABLE, SCOPE_PROJECTS, firms

CHINA = 156
CREDIT_CLASS = 2
#: One in so many emitters that lack allowances also buys credits.
ONE_IN = 7
#: Price of a credit as a share of the allowance's reference price.
PRICE_PERCENT = 70
#: Bought and retired by a company that is no emitter [t].
COMPANY_T = (5_000, 3_000, 1_200)
#: Of that, what the last of them leaves on the exchange, and takes into its wallet without using it.
LEFT_THERE_T, UNUSED_T = 200, 200
#: (activity: reduction 1, removal 2; kind; buffer [ppm])
PROJECTS = {"forest": (2, 1, 200_000), "wind": (1, 2, 0), "efficiency": (1, 3, 0)}
#: Where each is (north, east [1e-6 degrees]), and how many meters it has.
SITES = {
    "forest": ((27_725_000, 118_010_000), 0),
    "wind": ((41_150_000, 114_700_000), 2),
    "efficiency": ((36_066_000, 120_382_000), 1),
}
#: Credits beyond what emitters want: the companies', and some without a buyer [t].
SPARE_T = 10_000


def register(state: PeriodState) -> list[OffsetProject]:
    """Methodologies are approved, projects registered and validated."""
    bureau, driver = state.officers.bureau, state.driver
    admitted = _admitted(state)
    calls = []
    for number, developer in admitted:
        activity, kind, buffer = PROJECTS[developer.label]
        methodology = (state.scheme, activity, kind, SCOPE_PROJECTS, buffer, buffer, True)
        document = text_hash(f"methodology {developer.label}")
        calls.append(
            driver.call(bureau, "Projects", "setMethodology", number, methodology, document)
        )
        registration = (
            number,
            CHINA,
            state.line.offsets_from,
            state.line.offsets_from + 10 * 365 * DAY_S,
            text_hash(f"place of the {developer.label} project"),
            *_site(developer.label),
            text_hash(f"design of the {developer.label} project"),
        )
        calls.append(driver.call(developer.account, "Projects", "register", *registration))
    registered = _told(state, driver.send_all(calls), "ProjectRegistered")
    found, calls = [], []
    for (_, developer), event in zip(admitted, registered, strict=True):
        project = OffsetProject(developer, event["id"])
        named = (project.number, f"{developer.label} project")
        calls.append(driver.call(developer.account, "Projects", "nameProject", *named))
        cap = 2**40
        validated = text_hash(f"validation of the {developer.label} project")
        calls.append(driver.call(bureau, "Projects", "validate", project.number, cap, validated))
        found.append(project)
    driver.send_all(calls)
    return found


def _told(state: PeriodState, receipts: Sequence[Receipt], event: str) -> list[Event]:
    """The events of one name in receipts."""
    told = (each for receipt in receipts for each in state.chain.events(receipt))
    return [each for each in told if each.name == event]


def _admitted(state: PeriodState) -> list[tuple[int, NonEmitter]]:
    """Developers whose kind of project the scheme admits, with the number of their methodology."""
    excluded = _excluded(state)
    return [
        (number, developer)
        for number, developer in enumerate(state.developers, 1)
        if developer.label not in excluded
    ]


def _excluded(state: PeriodState) -> tuple[str, ...]:
    """Kinds of project that the scheme does not admit."""
    entry = state.pack.entry("offset.excluded", state.pack.local_day(state.line.deadline))
    return entry.value if entry is not None else ()


def again(state: PeriodState, projects: list[OffsetProject]) -> list[OffsetProject]:
    """The same projects a year on; who still owes credits issues none."""
    found = []
    for project in projects:
        if state.chain.call("Issuance", "owedBy", project.developer.number) == 0:
            # Companies retire in the first period only.
            found.append(_later(project))
    return found


def _later(project: OffsetProject) -> OffsetProject:
    developer = project.developer
    return OffsetProject(developer, project.number, since=project.since, buyer=developer)


def _site(label: str) -> tuple[tuple[int, int], list[bytes]]:
    """Place and meters, in the order a registration takes them."""
    place, count = SITES[label]
    return place, sorted(text_hash(f"meter {n} of the {label} project") for n in range(count))


def choose_buyers(state: PeriodState, due: Ints, lacking: Ints) -> Ints:
    """How much each emitter wants to cover by credits [t]: few do, up to the pack's share."""
    if not state.developers:
        return np.zeros(len(due), np.int64)
    day = state.pack.local_day(state.line.deadline)
    reduced, registered = state.line.offsets_from, state.line.start
    dates = state.pack.local_day(reduced), state.pack.local_day(registered)
    if not engine.offset_admitted(state.pack, day, *dates):
        return np.zeros(len(due), np.int64)
    limit_ppm = state.pack.onchain("offset.limit", day)
    rng = np.random.default_rng([state.options.seed, 5])
    chosen = (rng.random(len(due)) < 1 / ONE_IN) & (lacking > 0)
    chosen[[state.cast.suspended, state.cast.defaulter, state.cast.late]] = False
    return np.where(chosen, np.minimum(due * limit_ppm // PPM, lacking), 0)


def report(state: PeriodState, projects: list[OffsetProject], want: Ints) -> None:
    """Each developer reports what its project achieved; a verification body agrees."""
    chain = state.chain
    _, digest, _ = chain.call("EmissionsOracle", "configOf", state.scheme)
    signers = chain.call("EmissionsOracle", "signersOf", state.scheme)
    domain = projects_domain(chain.chain_id, chain["Projects"].address)
    place = {s.key: i for i, s in enumerate(signers)}
    firm = firms(state)[2]
    for number, project in enumerate(projects):
        _, _, buffer = PROJECTS[project.developer.label]
        wanted = int(want[number :: len(projects)].sum()) + SPARE_T  # see {trade}
        quantity = -(-wanted * PPM // (PPM - buffer))
        files = manifest.manifest_of({"monitoring.csv": project.developer.label.encode()})
        body = MonitoringReport(
            project=project.number,
            periodFrom=state.line.offsets_from,
            periodUntil=state.line.offsets_until,
            vintage=state.period.vintage,
            quantityT=quantity,
            bufferPpm=buffer,
            linesRoot=merkle_root([leaf_hash(str(quantity).encode())]),
            evidenceRoot=manifest.manifest_root(files),
            configDigest=digest,
            signedAt=state.line.verified,
        )
        opinion = MonitoringOpinion(
            report=struct_hash(body),
            project=project.number,
            body=firm.number,
            assurance=REASONABLE,
            materialityPpm=20_000,
            quantityT=quantity,
            configDigest=digest,
            signedAt=state.line.verified,
        )
        signatures = (
            project.developer.account.sign_typed(body, domain),
            firm.lead.sign_typed(opinion, domain),
            firm.reviewer.sign_typed(opinion, domain),
        )
        lead, reviewer = place[firm.lead.address], place[firm.reviewer.address]
        # What may be claimed once is told where the claim before begins.
        args = monitoring_args(body, opinion, lead, reviewer, signatures, project.since)
        project.since = state.line.offsets_from
        receipt = state.driver.send(project.developer.account, "Projects", "submit", *args)
        event = next(e for e in chain.events(receipt) if e.name == "MonitoringReported")
        project.report = event["reportId"]


def issue(state: PeriodState, projects: list[OffsetProject]) -> None:
    """After the dispute window, the reports become credits with serial numbers; each is listed."""
    price = state.reference * PRICE_PERCENT // 100
    for project in projects:
        receipt = state.driver.send(
            state.officers.bureau, "Issuance", "issueFromReport", project.report
        )
        events = {e.name: e for e in state.chain.events(receipt)}
        issued, batch = events["CreditsIssued"], events["BatchIssued"]
        project.unit, project.left = issued["id"], issued["split"].developer
        project.buffer = issued["split"].buffer
        project.first_serial, project.last_serial = batch["firstSerial"], batch["lastSerial"]
        project.market = markets.create(state, "OffsetCredits", project.unit, price)
    state.results.issues = [
        Issue(p.developer.label, p.buffer, p.first_serial, p.last_serial) for p in projects
    ]


def trade(state: PeriodState, season: TradingSeason, day: date) -> Ints:
    """One session of the credits' markets; returns what is still wanted [t].

    Developers offer all they have at the reference price; emitters, each at one project by its
    place, and companies come with a bid and their money.
    """
    projects, want = season.projects, season.want_credits
    listed = [market for market in (project.market for project in projects) if market is not None]
    assert len(listed) == len(projects)
    markets.open_days(state, listed, day)
    quotes = [markets.quote(state, market) for market in listed]
    offered = [offer(state, each, quote.last) for each, quote in zip(projects, quotes, strict=True)]
    newcomers = [number for number, project in enumerate(projects) if project.buyer is None]
    minted = [_money(state, number, quotes[number].last) for number in newcomers]
    state.driver.send_all(call for calls in (*offered, minted) for call in calls)
    places = [
        [place for place in np.flatnonzero(want > 0).tolist() if place % len(projects) == number]
        for number in range(len(projects))
    ]
    bids = [
        call
        for market, mine, quote in zip(listed, places, quotes, strict=True)
        for call in _bids(state, season, market, mine, quote)
    ]
    receipts = state.driver.send_all(bids, check=False)
    receipts += state.driver.send_all(
        _company_bid(state, season, number, quotes[number].last) for number in newcomers
    )
    for project, market, mine in zip(projects, listed, places, strict=True):
        filled = markets.read(state, market, receipts)
        want = want - np.where(np.isin(np.arange(len(want)), mine), filled, 0)
        project.left = int(
            state.chain.call("Exchange", "account", project.developer.number, market.number).lots
        )
        markets.end_day(state, market, day)
    return np.maximum(want, 0)


def _bids(
    state: PeriodState,
    season: TradingSeason,
    market: MarketState,
    mine: Sequence[int],
    quote: Quote,
) -> list[Call]:
    """Emitters' bids for what they want, each with its money."""
    calls = []
    for place in mine:
        lots = min(int(season.want_credits[place]), 99_999)
        price = min(quote.last * 101 // 100, quote.high)
        amount = lots * price
        if amount > season.purse[place]:
            continue
        season.purse[place] -= amount
        market.cash[place] += amount
        wallet = state.trader(place)
        orders = [markets.request(market, True, price, lots)]
        calls.append(markets.bring(state, market, wallet, amount, orders))
    return calls


def offer(state: PeriodState, project: OffsetProject, tick: int) -> list[Call]:
    """The call that offers the developer's whole stock, in listed orders; none where it has none."""
    assert project.market is not None
    orders = markets.requests(project.market, False, tick, project.left)
    developer, exchange = project.developer.account, state.chain["Exchange"]
    if not project.deposited:
        project.deposited = True
        args = (developer, exchange, project.unit, project.left, markets.packed(orders))
        return [state.driver.call(developer, "OffsetCredits", "safeTransferFrom", *args)]
    return [state.driver.call(developer, "Exchange", "batch", [], orders)] if orders else []


def _money(state: PeriodState, number: int, tick: int) -> Call:
    """The bank's token of a company that is no emitter, for what it wants to retire."""
    company, amount = state.companies[number], COMPANY_T[number] * tick
    return state.driver.call(state.officers.issuer, state.currency, "mint", company.account, amount)


def _company_bid(state: PeriodState, season: TradingSeason, number: int, tick: int) -> Call:
    """Its bid, once."""
    company, lots, project = state.companies[number], COMPANY_T[number], season.projects[number]
    market = project.market
    assert market is not None
    project.buyer = company
    amount = lots * tick
    orders = [markets.request(market, True, tick, lots)]
    return markets.bring(state, market, company.account, amount, orders)


def retire(state: PeriodState, projects: list[OffsetProject]) -> None:
    """Companies take delivery and retire for a named claim; each gets a certificate.

    The last one keeps some for next year, on the exchange and on its wallet.
    """
    first = day_number(state.pack.local_day(state.line.offsets_from))
    purposes = (
        ("Passengers of 2021", "flights within the country"),
        ("Brewery", "beer brewed in 2021"),
        ("Printing house", "paper used in 2021"),
    )
    withdrawals, claims, told = [], [], []
    for project, company, (beneficiary, purpose) in zip(
        projects, state.companies, purposes, strict=True
    ):
        market, account = project.market, company.account
        assert market is not None
        held = state.chain.call("Exchange", "account", company.number, market.number).lotsFree
        unused = 0
        if company is state.companies[-1] and held > LEFT_THERE_T + UNUSED_T:
            held, unused = held - LEFT_THERE_T, UNUSED_T
        if not held:
            continue
        args = (market.number, held, account)
        withdrawals.append(state.driver.call(account, "Exchange", "withdrawUnits", *args))
        claim = (beneficiary, b"\0" * 32, purpose, first + 366, first + 730, b"CN")
        call = (account, "RetirementRegistry", "retire", project.unit, held - unused, claim)
        claims.append(state.driver.call(*call))
        told.append((project.developer.label, beneficiary, purpose))
    state.driver.send_all(withdrawals)
    events = _told(state, state.driver.send_all(claims), "UnitsRetired")
    for (label, beneficiary, purpose), event in zip(told, events, strict=True):
        state.results.certificates.append(
            IssuedCertificate(
                event["certificate"],
                label,
                event["amount"],
                beneficiary,
                purpose,
                tuple((block.first, block.last) for block in event["blocks"]),
            )
        )
