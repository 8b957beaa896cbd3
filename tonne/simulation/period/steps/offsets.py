"""Step 8: projects report, credits are issued, sold for compliance, and retired by name."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np

from tonne.crypto.eip712 import (
    MonitoringOpinion,
    MonitoringReport,
    projects_domain,
    sign,
    struct_hash,
)
from tonne.crypto.merkle import leaf_hash, merkle_root
from tonne.evidence import manifest
from tonne.evidence.submissions import monitoring_args
from tonne.rules.pack import day_number
from tonne.simulation.period.model.results import Certificate, Issue
from tonne.simulation.period.model.state import Ints, Person, World, reason
from tonne.simulation.period.steps import market as markets
from tonne.simulation.period.steps.market import Market, Permits
from tonne.simulation.period.steps.reporting import REASONABLE, SCOPE_PROJECTS, firms

CHINA = 156
CREDIT_CLASS = 2
#: One in so many emitters that lack allowances also buys credits.
ONE_IN = 7
#: Price of a credit as a share of the allowance's reference price.
PRICE_PERCENT = 70
#: What a company that is no emitter buys and retires [t].
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
#: Credits beyond what emitters want: the companies', and some that nobody buys [t].
SPARE_T = 10_000


@dataclass(slots=True)
class Project:
    """One project from registration to its credits."""

    developer: Person
    number: int
    report: int = 0
    since: int = 0  # begin of what it reported last [s]; 0: nothing yet
    unit: int = 0
    first_serial: int = 0
    last_serial: int = 0
    left: int = 0  #     credits the developer still has [t]
    buffer: int = 0  #   put aside at issue [t]
    buyer: Person | None = None  # the company that buys here
    deposited: bool = False
    market: Market | None = None


def register(world: World) -> list[Project]:
    """Methodologies are approved, projects registered and validated."""
    bureau = world.officers.bureau
    found = []
    for number, developer in enumerate(world.developers, 1):
        activity, kind, buffer = PROJECTS[developer.label]
        methodology = (world.scheme, activity, kind, SCOPE_PROJECTS, buffer, buffer, True)
        document = reason(f"methodology {developer.label}")
        world.send(bureau, "Projects", "setMethodology", number, methodology, document)
        receipt = world.send(
            developer.account,
            "Projects",
            "register",
            number,
            CHINA,
            world.line.offsets_from,
            world.line.offsets_from + 10 * 365 * 86_400,
            reason(f"place of the {developer.label} project"),
            *_site(developer.label),
            reason(f"design of the {developer.label} project"),
        )
        project = Project(developer, int(receipt.logs[0]["topics"][1], 16))
        cap = 2**40
        validated = reason(f"validation of the {developer.label} project")
        world.send(bureau, "Projects", "validate", project.number, cap, validated)
        found.append(project)
    return found


def again(world: World, projects: list[Project]) -> list[Project]:
    """The same projects a year on; who still owes credits issues none."""
    found = []
    for project in projects:
        if world.chain.call("Issuance", "owedBy", project.developer.number) == 0:
            # Companies retire in the first period only.
            found.append(_later(project))
    return found


def _later(project: Project) -> Project:
    developer = project.developer
    return Project(developer, project.number, since=project.since, buyer=developer)


def _site(label: str) -> tuple[tuple[int, int], list[bytes]]:
    """Place and meters, in the order a registration takes them."""
    place, count = SITES[label]
    return place, sorted(reason(f"meter {n} of the {label} project") for n in range(count))


def choose_buyers(world: World, due: Ints, lacking: Ints) -> Ints:
    """How much each emitter wants to cover by credits [t]: few do, up to the pack's share."""
    if not world.developers:
        return np.zeros(len(due), np.int64)
    limit_ppm = world.pack.onchain("offset.limit", world.pack.local_day(world.line.deadline))
    rng = np.random.default_rng([world.options.seed, 5])
    chosen = (rng.random(len(due)) < 1 / ONE_IN) & (lacking > 0)
    chosen[[world.cast.suspended, world.cast.defaulter, world.cast.late]] = False
    return np.where(chosen, np.minimum(due * limit_ppm // 1_000_000, lacking), 0)


def report(world: World, projects: list[Project], want: Ints) -> None:
    """Each developer reports what its project achieved; a verification body agrees."""
    chain = world.chain
    _, digest, _ = chain.call("EmissionsOracle", "configOf", world.scheme)
    signers = chain.call("EmissionsOracle", "signersOf", world.scheme)
    domain = projects_domain(chain.chain_id, chain["Projects"].address)
    place = {s.key: i for i, s in enumerate(signers)}
    firm = firms(world)[2]
    for number, project in enumerate(projects):
        _, _, buffer = PROJECTS[project.developer.label]
        wanted = int(want[number :: len(projects)].sum()) + SPARE_T  # see {trade}
        quantity = -(-wanted * 1_000_000 // (1_000_000 - buffer))
        files = manifest.manifest_of({"monitoring.csv": project.developer.label.encode()})
        body = MonitoringReport(
            project=project.number,
            periodFrom=world.line.offsets_from,
            periodUntil=world.line.offsets_until,
            vintage=world.period.vintage,
            quantityT=quantity,
            bufferPpm=buffer,
            linesRoot=merkle_root([leaf_hash(str(quantity).encode())]),
            evidenceRoot=manifest.manifest_root(files),
            configDigest=digest,
            signedAt=world.line.verified,
        )
        opinion = MonitoringOpinion(
            report=struct_hash(body),
            project=project.number,
            body=firm.number,
            assurance=REASONABLE,
            materialityPpm=20_000,
            quantityT=quantity,
            configDigest=digest,
            signedAt=world.line.verified,
        )
        signatures = (
            sign(project.developer.account.key, body, domain),
            sign(firm.lead.key, opinion, domain),
            sign(firm.reviewer.key, opinion, domain),
        )
        lead, reviewer = place[firm.lead.address], place[firm.reviewer.address]
        # What may be claimed once is told where the claim before begins.
        args = monitoring_args(body, opinion, lead, reviewer, signatures, project.since)
        project.since = world.line.offsets_from
        receipt = world.send(project.developer.account, "Projects", "submit", *args)
        event = next(e for e in chain.events(receipt) if e.name == "MonitoringReported")
        project.report = event["reportId"]


def issue(world: World, projects: list[Project]) -> None:
    """After the dispute window, the reports become credits with serial numbers; each is listed."""
    price = world.reference * PRICE_PERCENT // 100
    for project in projects:
        receipt = world.send(world.officers.bureau, "Issuance", "issueFromReport", project.report)
        events = {e.name: e for e in world.chain.events(receipt)}
        issued, batch = events["CreditsIssued"], events["BatchIssued"]
        project.unit, project.left = issued["id"], issued["split"].developer
        project.buffer = issued["split"].buffer
        project.first_serial, project.last_serial = batch["firstSerial"], batch["lastSerial"]
        project.market = markets.create(world, "OffsetCredits", project.unit, price)
    world.found.issues = [
        Issue(p.developer.label, p.buffer, p.first_serial, p.last_serial) for p in projects
    ]


def trade(
    world: World, projects: list[Project], day: date, want: Ints, permits: Permits, purse: Ints
) -> Ints:
    """One session of the credits' markets; returns what is still wanted [t].

    Developers offer all they have at the reference price; emitters, each at one project by its
    place, and companies come with a bid and their money.
    """
    for number, project in enumerate(projects):
        market = project.market
        assert market is not None
        market.open_day(day)
        quote = market.quote()
        offer(world, project, quote.last)
        mine = [i for i in np.flatnonzero(want > 0).tolist() if i % len(projects) == number]
        calls = []
        for place in mine:
            lots = min(int(want[place]), 99_999)
            price = min(quote.last * 101 // 100, quote.high)
            amount = lots * price
            if amount > purse[place]:
                continue
            purse[place] -= amount
            market.cash[place] += amount
            wallet = world.trader(place)
            calls.append(
                world.call(
                    wallet,
                    "ExchangeGateway",
                    "depositAndPlace",
                    market.number,
                    amount,
                    permits.sign(wallet, amount),
                    [market.request(True, price, lots)],
                )
            )
        filled = market.read(world.send_all(calls, check=False))
        _companies(world, project, number, quote.last, permits)
        want = want - np.where(np.isin(np.arange(len(want)), mine), filled, 0)
        project.left = int(
            world.chain.call("Exchange", "account", project.developer.number, market.number).lots
        )
        market.end_day(day)
    return np.maximum(want, 0)


def offer(world: World, project: Project, tick: int) -> None:
    """The developer's whole stock, in listed orders."""
    assert project.market is not None
    requests = project.market.requests(False, tick, project.left)
    developer = project.developer.account
    if not project.deposited:
        project.deposited = True
        world.send(
            developer,
            "OffsetCredits",
            "safeTransferFrom",
            developer,
            world.chain["Exchange"],
            project.unit,
            project.left,
            b"".join(r.to_bytes(32, "big") for r in requests),
        )
    elif requests:
        world.send(developer, "Exchange", "batch", [], requests)


def _companies(world: World, project: Project, number: int, tick: int, permits: Permits) -> None:
    """A company that is no emitter buys what it wants to retire."""
    company, lots = world.companies[number], COMPANY_T[number]
    market = project.market
    assert market is not None
    if project.buyer is not None:
        return
    project.buyer = company
    amount = lots * tick
    world.send(world.officers.issuer, world.currency, "mint", company.account, amount)
    receipt = world.send(
        company.account,
        "ExchangeGateway",
        "depositAndPlace",
        market.number,
        amount,
        permits.sign(company.account, amount),
        [market.request(True, tick, lots)],
    )
    market.read([receipt])


def retire(world: World, projects: list[Project]) -> None:
    """Companies take delivery and retire for a named claim; each gets a certificate.

    The last one keeps some for next year, on the exchange and on its wallet.
    """
    first = day_number(world.pack.local_day(world.line.offsets_from))
    purposes = (
        ("Passengers of 2021", "flights within the country"),
        ("Brewery", "beer brewed in 2021"),
        ("Printing house", "paper used in 2021"),
    )
    for project, company, (beneficiary, purpose) in zip(
        projects, world.companies, purposes, strict=True
    ):
        market = project.market
        assert market is not None
        held = world.chain.call("Exchange", "account", company.number, market.number).lotsFree
        unused = 0
        if company is world.companies[-1] and held > LEFT_THERE_T + UNUSED_T:
            held, unused = held - LEFT_THERE_T, UNUSED_T
        if not held:
            continue
        world.send(
            company.account, "Exchange", "withdrawUnits", market.number, held, company.account
        )
        claim = (beneficiary, b"\0" * 32, purpose, first + 366, first + 730, b"CN")
        receipt = world.send(
            company.account, "RetirementRegistry", "retire", project.unit, held - unused, claim
        )
        event = next(e for e in world.chain.events(receipt) if e.name == "UnitsRetired")
        world.found.certificates.append(
            Certificate(
                event["certificate"],
                project.developer.label,
                event["amount"],
                beneficiary,
                purpose,
                tuple((block.first, block.last) for block in event["blocks"]),
            )
        )
