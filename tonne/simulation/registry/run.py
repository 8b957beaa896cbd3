"""Replays a registry's file through the contracts on a local chain: no agents, no prices."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Final

from rich.console import Console

from tonne.audit.reconcile import audit
from tonne.chain.client import Call, Chain, Receipt
from tonne.constants import DAY_S, EPOCH, HOUR_S
from tonne.crypto.hashing import keccak, text_hash
from tonne.deployment import deployer, founding
from tonne.deployment.deployer import Settings
from tonne.deployment.scheme_calls import ALL_POWERS, EVERYWHERE
from tonne.sandbox import node, temp_folders
from tonne.sandbox.derived_keys import Keys
from tonne.sandbox.steps import ChainDriver, StepDisplay, compile_contracts
from tonne.simulation.registry import form as forms
from tonne.simulation.registry import plan as plans
from tonne.simulation.registry import rows as files
from tonne.simulation.registry.form import ReplayedScheme, ReplayForm
from tonne.simulation.registry.plan import VERDICTS, ReplayPlan, YearActs
from tonne.types import unit_id
from tonne.types.ids import SchemeId

#: Kinds of participants, and whose wallets hold allowances: those of active participants.
EMITTER, AUTHORITY = 1, 16
PARTICIPANTS_CUSTODY: Final = 2
#: Reasons of a table: see `AllocationReason`.
TABLE, NEW_ENTRANT, CHANGE = 0, 1, 2
#: Most items of a call of the accounts; of a table, and of an approval, half of it.
MOST: Final = 200
#: [days] Notice of a change of rules; a replay changes none.
NOTICE_DAYS: Final = 30
#: States of past blocks the chain keeps.
STATES: Final = 4
#: Day after the verdict on the year before, when coverage of a year begins or ends.
_COVER_S: Final = 2 * DAY_S
#: The last step.
AUDIT: Final = "Verdicts read, audit"
_TOTALS_FROM: Final = "obligation.cumulative_from"


@dataclass(slots=True)
class ReplayResult:
    """Verdicts, costs and audit of a replay."""

    plan: ReplayPlan
    verdicts: dict[tuple[int, int, int], str] = field(default_factory=dict)  # scheme, year, plant
    transactions: int = 0
    refused: list[str] = field(default_factory=list)
    gas: dict[str, tuple[int, int]] = field(default_factory=dict)  # by act: gas, items
    differences: list[str] = field(default_factory=list)
    compared: int = 0  # values of the audit
    seconds: float = 0.0
    memory: int = 0  # [bytes] the most that this process and the chain held


def replay(file: Path, scenario: Path, console: Console, kind: str = "anvil") -> ReplayResult:
    """Reads, plans and replays a file, judges every year, and audits the chain."""
    form = forms.read(scenario)
    plan = plans.make(files.read(file, form))
    compile_contracts(console)
    began = time.monotonic()
    start = min(scheme.allocation_moment(scheme.phases[0]) for scheme in form.scheme) - 40 * DAY_S
    with ExitStack() as stack:
        folder = temp_folders.make("replay")
        stack.callback(folder.remove)
        server = stack.enter_context(node.start(kind=kind, timestamp=start, keep_states=STATES))
        chain = stack.enter_context(Chain(server.url))
        driver = ChainDriver(chain, StepDisplay(console))
        run = _Run(driver, form, plan, folder.path)
        run.open()
        run.all_years()
        result = run.result
        with driver.step(AUDIT):
            run.read_verdicts()
            found = audit(chain)
        result.differences = [str(one) for one in found.faults]
        result.compared = found.values
        result.transactions, result.refused = driver.transactions, driver.refused
        result.memory = node.peak_memory(server)
    result.seconds = time.monotonic() - began
    return result


class _Run:
    """The chain of a replay, and who acts on it."""

    def __init__(
        self, driver: ChainDriver, form: ReplayForm, plan: ReplayPlan, folder: Path
    ) -> None:
        self.driver, self.form, self.plan, self.folder = driver, form, plan, folder
        keys = Keys(0, "replay")
        self.bureau, self.guardian = keys.account("authority"), keys.account("guardian")
        self.deployer = keys.account("deployer")
        self.wallets = [keys.account("installation", i) for i in range(len(plan.plants))]
        self.numbers: dict[int, int] = {}  # installation by plant
        self.result = ReplayResult(plan)
        self._gas: dict[str, list[int]] = defaultdict(lambda: [0, 0])

    # Set-up

    def open(self) -> None:
        """Contracts, schemes and the authority."""
        with self.driver.step("Deploy; schemes, phases and periods"):
            settings = Settings(
                administrator=self.bureau.address,
                custody=PARTICIPANTS_CUSTODY,
                holders={
                    "authority": self.bureau.address,
                    "currency_issuer": self.bureau.address,
                    "guardian": self.guardian.address,
                },
                founded=False,
            )
            deployer.deploy(self.driver.chain, self.deployer, settings, self.folder)
            self._send("Participants", "setRegistrar", self.bureau, EVERYWHERE, True)
            for scheme in self.form.scheme:
                self._scheme(scheme)
            self._send(
                founding.MANAGER,
                "found",
                *founding.arguments(self.guardian.address, founding.DELAY_S),
            )
            self._join([(self.bureau, AUTHORITY, 1, "authority")])

    def _scheme(self, scheme: ReplayedScheme) -> None:
        pack = keccak(self.form.title.encode())
        head = (scheme.name, scheme.utc_offset_h * HOUR_S, NOTICE_DAYS, pack)
        self._send("Schemes", "createScheme", scheme.number, *head)
        key = keccak(_TOTALS_FROM.encode())
        values = [
            (key, _TOTALS_FROM, (date(year, 1, 1) - EPOCH).days, year, pack)
            for year in scheme.phases
        ]
        self._send("Schemes", "setParams", scheme.number, values)
        self.driver.send_all(
            self._call(
                "Schemes",
                "setPeriod",
                scheme.number,
                year,
                (year, year, year, reported, reported + 1, scheme.deadline(year)),
            )
            for year in scheme.years
            for reported in (scheme.report_moment(year),)
        )
        self._send("Schemes", "grantOffice", self.bureau, scheme.number, EVERYWHERE, ALL_POWERS)
        self._send("Schemes", "activate", scheme.number)

    def _join(self, who: Sequence[tuple[Any, int, int, str]]) -> list[int]:
        """Applications and approvals; the participants' numbers."""
        self.driver.chain.fund([account for account, *_ in who])
        filed = [(account, kind, home, text_hash(about)) for account, kind, home, about in who]
        chain = self.driver.chain
        self.driver.send_all(
            Call(account, chain["Participants"], "applyFor", rest) for account, *rest in filed
        )
        self._batches("Participants", "approve", filed, lambda part: (list(part),), MOST // 2)
        asked = [("Participants", "walletOf", (account,)) for account, *_ in who]
        return [number for number, *_ in chain.call_many(asked)]

    # Years

    def all_years(self) -> None:
        """Every act at its own time, those of several schemes among each other."""
        due: list[tuple[int, int, str, Callable[[], None]]] = []
        for scheme in self.form.scheme:
            for year in scheme.years:
                acts = self.plan.of(scheme, year)
                for moment, what, act in self._of(scheme, year, acts):
                    due.append((moment, len(due), f"{scheme.name} {year}: {what}", act))
        self.driver.display.expect([*((title, 1.0) for _, _, title, _ in due), (AUDIT, 1.0)])
        for moment, _, title, act in sorted(due, key=lambda one: one[:2]):
            with self.driver.step(title):
                self.driver.at(moment)
                act()

    def _of(
        self, scheme: ReplayedScheme, year: int, acts: YearActs
    ) -> list[tuple[int, str, Callable[[], None]]]:
        deadline = scheme.deadline(year)
        judged_before = max(scheme.allocation_moment(year), scheme.deadline(year - 1) + _COVER_S)
        reported = scheme.report_moment(year) + HOUR_S
        return [
            (
                scheme.allocation_moment(year),
                "entry, tables of allocation",
                lambda: self._allocate(scheme, year, acts),
            ),
            (judged_before, "coverage", lambda: self._cover(scheme, year, acts)),
            (
                reported,
                "verified figures, surrender, corrections",
                lambda: self._settle(scheme, year, acts),
            ),
            (deadline + HOUR_S, "verdicts", lambda: self._judge(scheme, year, acts)),
        ]

    def _allocate(self, scheme: ReplayedScheme, year: int, acts: YearActs) -> None:
        self._register(scheme, year)
        if not acts.free + acts.auctioned:
            return
        cap = (year, acts.free + acts.auctioned, acts.free, acts.auctioned)
        self._send("Schemes", "disclose", scheme.number, *cap)
        plants = self.plan.plants
        first = [row for row in acts.tables if plants[row[0]].first_year < year]
        fresh = [row for row in acts.tables if plants[row[0]].first_year == year]
        for rows, reason in ((first, TABLE), (fresh, NEW_ENTRANT), (acts.changes, CHANGE)):
            self._table(scheme, year, rows, reason)
        if acts.auctioned:
            share = (scheme.number, year, self.bureau, acts.auctioned)
            self._send("AuctionShare", "issue", *share)

    def _register(self, scheme: ReplayedScheme, year: int) -> None:
        """Operators and plants of which the file speaks for the first time."""
        fresh = [
            place
            for place, plant in enumerate(self.plan.plants)
            if plant.scheme is scheme and plant.first_year == year
        ]
        if not fresh:
            return
        plants = [self.plan.plants[place] for place in fresh]
        numbers = self._join(
            [
                (self.wallets[place], EMITTER, plant.jurisdiction, plant.key)
                for place, plant in zip(fresh, plants, strict=True)
            ]
        )
        rows = [
            (number, scheme.number, plant.jurisdiction, 0, 0, text_hash(plant.key))
            for number, plant in zip(numbers, plants, strict=True)
        ]
        before = self.driver.chain.call("Participants", "installationCount")
        self._batches(
            "Participants", "registerInstallations", rows, lambda p: (list(p),), MOST // 2
        )
        self.numbers.update({place: before + 1 + i for i, place in enumerate(fresh)})

    def _table(
        self, scheme: ReplayedScheme, year: int, rows: Sequence[tuple[int, int]], reason: int
    ) -> None:
        rising = sorted((self.numbers[plant], amount) for plant, amount in rows)
        paper = text_hash(f"{self.form.title}, {year}")
        self._batches(
            "Allocation",
            "allocate",
            rising,
            lambda p: (scheme.number, year, [n for n, _ in p], [t for _, t in p], reason, paper),
            MOST // 2,
        )

    def _cover(self, scheme: ReplayedScheme, year: int, acts: YearActs) -> None:
        paper = text_hash(f"coverage of {self.form.title}, {year}")
        for plants, covered in ((acts.entries, True), (acts.exits, False)):
            self._accounts("cover", scheme, year, plants, covered, paper)

    def _settle(self, scheme: ReplayedScheme, year: int, acts: YearActs) -> None:
        self._count(scheme, year, acts)
        chain = self.driver.chain
        unit = unit_id.allowance(SchemeId(scheme.number), year)
        self.driver.send_all(
            self._call(
                "Allowances",
                "safeTransferFrom",
                self.bureau,
                self.wallets[plant],
                unit,
                amount,
                b"",
            )
            for plant, amount in acts.bought
        )
        receipts = self.driver.send_all(
            Call(
                self.wallets[plant],
                chain["CumulativeCompliance"],
                "surrender",
                (
                    self.numbers[plant],
                    year,
                    [unit_id.allowance(SchemeId(scheme.number), vintage) for vintage, _ in given],
                    [amount for _, amount in given],
                ),
            )
            for plant, given in acts.surrenders
        )
        self._note("CumulativeCompliance.surrender", receipts, len(receipts))
        paper = text_hash(f"totals of {self.form.title}, {year}")
        rows = [(self.numbers[plant], *change, paper) for plant, *change in acts.corrections]
        args = (scheme.number, year)
        self._batches("CumulativeCompliance", "correct", rows, lambda p: (*args, list(p)))

    def _count(self, scheme: ReplayedScheme, year: int, acts: YearActs) -> None:
        """The authority's determination: the file has no signatures of operators and verifiers."""
        paper = text_hash(f"verified figures of {self.form.title}")
        by_year: dict[int, list[tuple[int, int]]] = defaultdict(list)
        for plant, of, tonnes in acts.figures:
            by_year[of].append((plant, tonnes))
        for of, figures in sorted(by_year.items()):
            self._count_year(scheme, year, of, figures, paper)

    def _count_year(
        self,
        scheme: ReplayedScheme,
        year: int,
        of: int,
        figures: Sequence[tuple[int, int]],
        paper: bytes,
    ) -> None:
        """Figures of the year `of`, counted in the period of `year`."""
        rows = [(self.numbers[plant], of, tonnes, 0, 0, paper) for plant, tonnes in figures]
        self._batches("EmissionsOracle", "determine", rows, lambda p: (scheme.number, of, list(p)))
        counted = [self.numbers[plant] for plant, _ in figures]
        self._batches(
            "CumulativeCompliance", "count", counted, lambda p: (scheme.number, year, of, list(p))
        )

    def _judge(self, scheme: ReplayedScheme, year: int, acts: YearActs) -> None:
        self._accounts("judge", scheme, year, acts.judged)

    def read_verdicts(self) -> None:
        """The contract's verdict on every row that has an account."""
        asked = list(self.plan.expectations())
        answers = self.driver.chain.call_many(
            ("CumulativeCompliance", "verdictOf", (self.numbers[one.plant], year))
            for _, year, one in asked
        )
        for (number, year, one), answer in zip(asked, answers, strict=True):
            self.result.verdicts[number, year, one.plant] = VERDICTS[answer]
        self.result.gas = {name: (gas, items) for name, (gas, items) in self._gas.items()}

    # Sending

    def _call(self, contract: str, function: str, *args: Any) -> Call:
        return self.driver.call(self.bureau, contract, function, *args)

    def _send(self, contract: str, function: str, *args: Any) -> None:
        self.driver.send(self.bureau, contract, function, *args)

    def _accounts(
        self, function: str, scheme: ReplayedScheme, year: int, plants: Sequence[int], *rest: Any
    ) -> None:
        """An act on accounts by its installations, in batches."""
        numbers = [self.numbers[plant] for plant in plants]
        head = (scheme.number, year)
        contract = "CumulativeCompliance"
        self._batches(contract, function, numbers, lambda p: (*head, list(p), *rest))

    def _batches(
        self,
        contract: str,
        function: str,
        items: Sequence[Any],
        args: Callable[[Sequence[Any]], tuple[Any, ...]],
        size: int = MOST,
    ) -> None:
        receipts = self.driver.in_batches(self.bureau, contract, function, items, args, size)
        self._note(f"{contract}.{function}", receipts, len(items))

    def _note(self, name: str, receipts: Sequence[Receipt], items: int) -> None:
        self._gas[name][0] += sum(receipt.gas_used for receipt in receipts)
        self._gas[name][1] += items
