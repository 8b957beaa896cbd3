"""Deploys a market: contracts, wiring, roles; then the deployer gives up every power it had.

`tonne deploy`, `brownie run deploy`, `tonne up` and the compliance period all call `deploy`. It may
be repeated at any time: each transaction is written into a journal before it is sent, so that a
repetition looks it up instead of sending another, and what already stands is left alone.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from tonne.chain.client import Chain
from tonne.chain.contract import Contract, address_bytes
from tonne.chain.sender import Pending, Receipt
from tonne.constants import DAY_S, HOUR_S
from tonne.crypto.accounts import Account, Signed, checksum, contract_address
from tonne.crypto.hashing import keccak
from tonne.deployment import compiler, founding, record, roles
from tonne.deployment.artifacts import Artifact
from tonne.deployment.plan import (
    CURRENCY,
    EVERYWHERE,
    OWN_WALLETS,
    WIRING,
    Ref,
    plan_for,
    source_of,
)
from tonne.deployment.record import Deployed, Deployment
from tonne.errors import TonneError, refused

#: Creation code that is sent at once [B]: nodes take requests of 5 MB, in hexadecimal.
MOST_BYTES: Final = 400_000
#: [gas] of a byte of code that stays, of one that is sent, and of what a creation does beside.
CODE_GAS: Final = 200
DATA_GAS: Final = 20
CREATION_GAS: Final = 2_000_000

#: `progress(done, total, what)`
Progress = Callable[[int, int, str], None]


@dataclass(frozen=True, slots=True)
class Settings:
    """Choices of a deployment."""

    administrator: str  # gets the administrator's role of the FoundedManager
    holders: Mapping[str, str] = field(default_factory=dict)  # of roles, else the administrator
    founded: bool = True  # else its acts do not wait yet: see `founding.found`
    delay: int = founding.DELAY_S  # [s] of acts that wait
    currency_name: str = "Renminbi settlement token"
    currency_symbol: str = "CNYX"
    currencies: tuple[str, ...] = ()  # codes of further ones, each a token of its own: EUR
    custody: int = OWN_WALLETS  # who may hold allowances outside the Exchange; China: own wallets
    meter_slash: int = 1_000_00  # least bond of a meters' oracle, its loss for a failed interval
    meter_fee: int = 5_00  # for asking for a leaf; both in the currency's cents
    reservation_bond: int = 500_00  # of a request to immobilise a block, in the currency's cents
    grid_notice: int = HOUR_S  # [s] from a change of the power grid to its effect
    grid_share: int = 32  # nodes of the power grid that a scheme may add, of 64
    power_interval: int = 900  # [s] that power is traded in
    power_gate_lead: int = 600  # [s] from gate closure to an interval's start
    power_opening: int = 30  # [s] from gate closure, at most, for curves to be opened in
    power_window: int = 300  # [s] from gate closure, for clearings to be proposed in
    power_hold: int = 2 * DAY_S  # [s] from an interval's start until what bids hold is free
    power_price_cap: int = 10_000_000  # [micro-credit/kWh] highest price of a step
    power_guarantee: int = 50_000  # [micro-credit/kWh] that an offer is backed with
    power_step_fee: int = 100  # [micro-credit] of a step, to who proposes the clearing that stands
    power_grace: int = 14 * DAY_S  # [s] after an interval for the readings of its contracts
    certificate_lifetime: int = 365 * DAY_S  # [s] from the end of a certified hour
    certificate_margin: int = 1_100_000  # [ppm] of a device's nameplate, most that is believed
    settlement_window: int = DAY_S  # [s] in which a day's list can be shown to be false
    settlement_late: int = 2 * DAY_S  # [s] after a day, when readings and losses are due
    settlement_bond: int = 1_000_000_000  # [micro-credit] that who settles loses by a false line


def settings_for(
    chain: Chain,
    deployer: Account | None,
    administrator: str | None,
    holders: Mapping[str, str] | None = None,
) -> tuple[Account, Settings]:
    """Who deploys and who holds the roles.

    On a test chain, where no person is named, each is made from a name, whose key is everybody's; elsewhere
    a key and an administrator are needed. An administrator holds the roles that no holder is named for.
    """
    named = dict(holders or {})
    if chain.kind != "other" and not (deployer or administrator or named):
        people = {name: Account.from_seed("tonne", name).address for name in roles.HOLDERS}
        settings = Settings(Account.from_seed("tonne", "administrator").address, people)
        return Account.from_seed("tonne", "deployer"), settings
    if deployer is None and chain.kind != "other":
        deployer = Account.from_seed("tonne", "deployer")  # it keeps no role
    if deployer is None or administrator is None:
        raise TonneError(
            "DEPLOY_NEEDS_KEYS",
            "A deployment with people of its own, and each outside test chains, needs a key and an"
            " administrator.",
            field="keystore" if deployer is None else "administrator",
            remedy="Give --keystore FILE and --administrator ADDRESS.",
        )
    return deployer, Settings(administrator, named)


def deploy(
    chain: Chain,
    deployer: Account,
    settings: Settings,
    folder: Path = record.FOLDER,
    progress: Progress | None = None,
) -> Deployment:
    """Brings the market into being on `chain`, or completes what an interrupted run began."""
    return _Run(chain, deployer, settings, folder, progress).run()


class DeploymentJournal:
    """What was signed, line by line, before it was sent; gone once the deployment is whole."""

    def __init__(self, path: Path, head: Mapping[str, Any]) -> None:
        self.path = path
        self._attempts: dict[str, dict[str, Any]] = {}
        lines = self._read()
        if lines and lines[0] == dict(head):
            for line in lines[1:]:
                self._attempts[line["step"]] = line
        else:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self.path.write_text("", encoding="utf-8")
            self._append([dict(head)])

    def attempt(self, step: str) -> dict[str, Any] | None:
        """The last transaction signed for a step."""
        return self._attempts.get(step)

    def attempts(self) -> list[dict[str, Any]]:
        return sorted(self._attempts.values(), key=lambda attempt: attempt["nonce"])

    def write(self, steps: Iterable[tuple[str, Pending]]) -> None:
        lines = [
            {"step": step, "hash": p.signed.hash, "raw": p.signed.raw, "nonce": p.nonce}
            for step, p in steps
        ]
        self._append(lines)
        self._attempts.update((str(line["step"]), line) for line in lines)

    def close(self) -> None:
        self.path.unlink(missing_ok=True)

    def _append(self, lines: Sequence[Mapping[str, Any]]) -> None:
        with self.path.open("a", encoding="utf-8") as file:
            file.writelines(json.dumps(line) + "\n" for line in lines)
            file.flush()
            os.fsync(file.fileno())

    def _read(self) -> list[dict[str, Any]]:
        """All whole lines: a kill may have cut the last one, whose transaction was not sent yet."""
        try:
            text = self.path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return []
        lines = []
        for line in text.splitlines():
            try:
                lines.append(json.loads(line))
            except ValueError:
                break
        return lines


@dataclass(frozen=True, slots=True)
class _Creation:
    """A contract on its way, and where it will stand."""

    name: str
    artifact: Artifact
    args: list[Any]
    pending: Pending
    address: str


def _creation_gas(data: bytes) -> int:
    """[gas] that no creation exceeds: all of its data as code that is kept, and the constructor."""
    return CREATION_GAS + (CODE_GAS + DATA_GAS) * len(data)


class _Run:
    def __init__(
        self,
        chain: Chain,
        deployer: Account,
        settings: Settings,
        folder: Path,
        progress: Progress | None,
    ) -> None:
        self.chain, self.deployer, self.settings = chain, deployer, settings
        self.folder, self.progress = folder, progress
        self.genesis = record.genesis(chain)
        self.known = self._standing()
        self.records: dict[str, Deployed] = dict(self.known.contracts) if self.known else {}
        self._waiting: list[_Creation] = []
        self.journal = DeploymentJournal(
            folder / f"{chain.chain_id}.journal.jsonl",
            {"chainId": chain.chain_id, "genesis": self.genesis, "deployer": deployer.address},
        )

    def run(self) -> Deployment:
        if self.settings.founded:
            self._check_founding()
        self.chain.fund([self.deployer])
        self._land()
        codes = [name.partition(".")[2] for name in self.records if "." in name]
        plan = plan_for(dict.fromkeys((*codes, *self.settings.currencies)))
        compiled = compiler.contracts(dict.fromkeys(map(source_of, plan)))
        artifacts = {name: compiled[source_of(name)] for name in plan}
        wanted = {name: self._record_needed(name, artifacts[name]) for name in plan}
        total = len(plan) + 2
        for position, (name, args) in enumerate(plan.items()):
            self._tell(position, total, name)
            if wanted[name]:
                self._deploy(name, artifacts[name], [self._resolve(value) for value in args])
            else:
                contract = Contract(name, self.records[name].address, artifacts[name].abi)
                self.chain.add(contract)
        self._deploy_waiting()
        self._tell(len(plan), total, "wiring")
        self._send_all(self._missing_wires())
        self._tell(len(plan) + 1, total, "roles")
        self._send_all(self._missing_roles())
        self._send_all(self._hand_over())
        deployment = Deployment(
            chain_id=self.chain.chain_id,
            genesis=self.genesis,
            deployer=self.deployer.address if self.known is None else self.known.deployer,
            administrator=checksum(self.settings.administrator),
            holders={name: checksum(self._holder(name)) for name in roles.HOLDERS},
            first_block=min(entry.block for entry in self.records.values()),
            contracts=self.records,
            compiler_input=record.keep_compiler_input(self.folder),
            certificates="" if self.known is None else self.known.certificates,
        )
        if self.known is None:
            record.keep_former(self.chain.chain_id, self.folder)
        record.save(deployment, self.folder)
        self.journal.close()
        self._tell(total, total, "done")
        return deployment

    # State found on chain

    def _standing(self) -> Deployment | None:
        """The recorded deployment, if it is on this very chain."""
        path = record.path_for(self.chain.chain_id, self.folder)
        try:
            deployment = record.load(path)
        except TonneError:
            return None
        return deployment if record.stands(self.chain, deployment) else None

    def _record_needed(self, name: str, artifact: Artifact) -> bool:
        """Whether the contract must be deployed: it is not there, or not from these sources."""
        entry = self.records.get(name)
        if entry is None:
            return True
        if entry.source_hash != artifact.digest:
            raise refused(
                "DEPLOY_OTHER_VERSION",
                entry_address=entry.address,
                contract=name,
                chain_id=self.chain.chain_id,
            )
        return False

    def _resolve(self, value: Any) -> Any:
        if isinstance(value, tuple):
            return [self._resolve(item) for item in value]
        if not isinstance(value, Ref):
            return value
        if value.name in self.records:
            return self.records[value.name].address
        for creation in self._waiting:
            if creation.name == value.name:
                return creation.address
        if value.name == "deployer":
            return self.deployer.address
        if value.name in roles.HOLDERS:
            return checksum(self._holder(value.name))
        return getattr(self.settings, value.name)

    def _holder(self, name: str) -> str:
        return self.settings.holders.get(name, self.settings.administrator)

    def _check_founding(self) -> None:
        founding.check_delay(self.settings.delay)
        if address_bytes(self._holder("guardian")) == address_bytes(self.settings.administrator):
            raise refused("DEPLOY_NEEDS_GUARDIAN", holder=self._holder("guardian"))

    # Transactions to send

    def _deploy(self, name: str, artifact: Artifact, args: list[Any]) -> None:
        """Has a contract wait for its deployment: with others, at an address that is known before."""
        pending = self.chain.pending_deployment(
            self.deployer, name, artifact.abi, artifact.bytecode, args
        )
        receipt = self._landed(f"deploy {name}", pending)
        if sum(len(c.pending.data) for c in self._waiting) + len(pending.data) > MOST_BYTES:
            self._deploy_waiting()
        if receipt is not None:
            self._keep(_Creation(name, artifact, args, pending, ""), receipt)
            return
        if self.chain.kind == "other":
            pending.gas = _creation_gas(pending.data)
        nonce = self.chain.sender.next_nonce(self.deployer) + len(self._waiting)
        address = contract_address(self.deployer.address_bytes, nonce)
        self._waiting.append(_Creation(name, artifact, args, pending, address))

    def _deploy_waiting(self) -> None:
        """Sends all that wait. One that fails ends the run; the next makes anew what has its address."""
        creations, self._waiting = self._waiting, []
        if not creations:
            return
        receipts = self._settle([(f"deploy {c.name}", c.pending) for c in creations])
        for creation, receipt in zip(creations, receipts, strict=True):
            self._keep(creation, receipt)

    def _keep(self, creation: _Creation, receipt: Receipt) -> None:
        artifact = creation.artifact
        contract = self.chain.deployed(creation.name, artifact.abi, receipt)
        self.records[creation.name] = Deployed(
            name=creation.name,
            address=contract.address,
            tx_hash=receipt.hash,
            block=receipt.block,
            args=creation.args,
            abi_hash=record.abi_hash(artifact.abi),
            source_hash=artifact.digest,
            code_hash=self._code_hash(contract.address),
            extension_hash=self._code_hash(contract_address(contract.address_bytes, 1)),
        )

    def _code_hash(self, address: str) -> str:
        """Keccak-256 of the code at an address; empty where there is none."""
        code = bytes.fromhex(self.chain.code(address)[2:])
        return keccak(code).hex() if code else ""

    def _missing_wires(self) -> list[tuple[str, str, tuple[Any, ...]]]:
        standing = self._wires_standing()
        missing = []
        for wire in WIRING:
            args = tuple(self._resolve(arg) for arg in wire.args)
            if standing.get((wire.contract, wire.function, args[0])) != args:
                missing.append((wire.contract, wire.function, args))
        return missing

    def _wires_standing(self) -> dict[tuple[str, str, str], tuple[Any, ...]]:
        """Latest calls by the events, by contract, function and first argument."""
        found: dict[tuple[str, str, str], tuple[Any, ...]] = {}
        for name in {wire.contract for wire in WIRING}:
            for event in self.chain.logs(name, first=self.records[name].block):
                called: tuple[str, tuple[Any, ...]]
                if event.name.endswith("ControllerSet"):
                    called = "setController", (event["controller"], event["rights"])
                elif event.name == "RegistrarSet":
                    allowed = (event["registrar"], event["jurisdiction"], event["allowed"])
                    if event["jurisdiction"] != EVERYWHERE:
                        continue
                    called = "setRegistrar", allowed
                elif event.name == "VenueSet":
                    called = "setVenue", (event["venue"],)
                elif event.name == "ClaimantSet":
                    called = "setClaimant", (event["claimant"], event["allowed"])
                elif event.name == "MirrorSet":
                    found.pop((name, "setMirror", event["old"]), None)
                    called = "setMirror", (event["mirror"],)
                elif event.name == "CounterSet":
                    found.pop((name, "setCounter", event["before"]), None)
                    called = "setCounter", (event["counter"],)
                elif event.name == "IssuersSet":
                    issuers = (event["issuance"], event["immobilisation"], event["desk"])
                    called = "setIssuers", issuers
                elif event.name == "DeskSet":
                    called = "setDesk", (event["desk"],)
                else:
                    continue
                function, args = called
                found[name, function, args[0]] = args
        return found

    def _missing_roles(self) -> list[tuple[str, str, tuple[Any, ...]]]:
        """Functions not yet in their role, and roles not yet with their holder."""
        manager = self.chain["FoundedManager"]
        further = [name for name in self.records if name.startswith(f"{CURRENCY}.")]
        alike = [row for row in roles.MATRIX if row.contract == CURRENCY]
        grants = [*roles.MATRIX, *(row._replace(contract=n) for n in further for row in alike)]
        functions = [
            (row, function.selector)
            for row in grants
            for function in self.chain[row.contract].overloads(row.function)
        ]
        members = sorted({(row.role, row.name, row.holder) for row in grants})
        answers = self.chain.call_many(
            [
                (manager, "getTargetFunctionRole", (self.chain[row.contract], selector))
                for row, selector in functions
            ]
            + [(manager, "hasRole", (role, self._holder(holder))) for role, _, holder in members]
        )
        missing: list[tuple[str, str, tuple[Any, ...]]] = []
        grouped: dict[tuple[str, int], list[bytes]] = {}
        for (row, selector), role in zip(functions, answers, strict=False):
            if role != row.role:
                grouped.setdefault((row.contract, row.role), []).append(selector)
        for (name, role), chosen in grouped.items():
            target = self.chain[name].address
            missing.append(("FoundedManager", "setTargetFunctionRole", (target, chosen, role)))
        for (role, name, holder), has in zip(members, answers[len(functions) :], strict=True):
            if not has[0] and role != roles.GUARDIAN:  # the founding appoints it
                missing.append(("FoundedManager", "labelRole", (role, name)))
                missing.append(("FoundedManager", "grantRole", (role, self._holder(holder), 0)))
        return missing

    def _hand_over(self) -> list[tuple[str, str, tuple[Any, ...]]]:
        """The administrator's role to the administrator, the founding; the deployer keeps nothing."""
        administrator = self.settings.administrator
        manager = self.chain["FoundedManager"]
        (theirs, _), (ours, _) = self.chain.call_many(
            [
                (manager, "hasRole", (roles.ADMIN, administrator)),
                (manager, "hasRole", (roles.ADMIN, self.deployer)),
            ]
        )
        steps: list[tuple[str, str, tuple[Any, ...]]] = []
        if not theirs:
            steps.append(("FoundedManager", "grantRole", (roles.ADMIN, administrator, 0)))
        if self.settings.founded and not founding.delay_of(self.chain):
            appointed = founding.arguments(self._holder("guardian"), self.settings.delay)
            steps.append((founding.MANAGER, "found", appointed))
        if ours and address_bytes(administrator) != self.deployer.address_bytes:
            steps.append(("FoundedManager", "renounceRole", (roles.ADMIN, self.deployer.address)))
        return steps

    # Sending

    def _send_all(self, calls: Sequence[tuple[str, str, tuple[Any, ...]]]) -> None:
        if not calls:
            return
        if self.known is not None and not self._is_administrator():
            listed = ", ".join(sorted({_asked(*call) for call in calls}))
            raise refused(
                "DEPLOY_NOT_ADMINISTRATOR",
                deployer_address=self.deployer.address,
                chain_id=self.chain.chain_id,
                deployer=self.known.deployer,
                administrator=self.known.administrator,
                calls_count=len(calls),
                listed=listed,
            )
        steps = []
        for name, function, args in self._in_time(calls):
            contract = self.chain[name]
            data = contract.encode(function, *args)
            what = f"{name}.{function}"
            pending = Pending(what, self.deployer, contract.address_bytes, data)
            steps.append((f"{what} 0x{data.hex()}", pending))
        for receipt in self._settle(steps):
            if receipt.error is not None:
                raise receipt.error

    def _in_time(
        self, calls: Sequence[tuple[str, str, tuple[Any, ...]]]
    ) -> list[tuple[str, str, tuple[Any, ...]]]:
        """The calls; of a founded market the scheduling of those that wait and are not scheduled yet."""
        if self.known is None or not founding.delay_of(self.chain):
            return list(calls)
        found = []
        for name, function, args in calls:
            target = self.chain[name]
            data = target.encode(function, *args)
            waits = founding.wait_of(self.chain, self.deployer.address, target, data)
            _, ready = founding.operation_of(self.chain, self.deployer.address, target, data)
            if not waits or 0 < ready <= self.chain.now():
                found.append((name, function, args))
            elif not ready:
                found.append((founding.MANAGER, "schedule", (target, data, 0)))
        return found

    def _settle(self, steps: Sequence[tuple[str, Pending]]) -> list[Receipt]:
        """Signs, writes down, sends, awaits."""
        self.chain.sender.sign([pending for _, pending in steps])
        self.journal.write(steps)
        return self.chain.sender.dispatch([pending for _, pending in steps])

    def _land(self) -> None:
        """Brings what an interrupted run may have sent to an end, whatever that end is.

        What was mined stays; what can still be mined is sent again as it was signed. Only then is
        it safe to look at the chain and find the missing steps.
        """
        attempts = self.journal.attempts()
        mined = self.chain.rpc.batch_or_raise(
            ("eth_getTransactionReceipt", [attempt["hash"]]) for attempt in attempts
        )
        used = int(
            self.chain.rpc.call("eth_getTransactionCount", self.deployer.address, "latest"), 16
        )
        open_ = [
            Pending(a["step"], self.deployer, b"", b"", signed=Signed(a["raw"], a["hash"]))
            for a, receipt in zip(attempts, mined, strict=True)
            if receipt is None and a["nonce"] >= used
        ]
        if open_:
            self.chain.sender.dispatch(open_)

    def _landed(self, step: str, pending: Pending) -> Receipt | None:
        """The receipt of an earlier run's step, if it succeeded and did the same."""
        attempt = self.journal.attempt(step)
        if attempt is None or pending.data.hex() not in attempt["raw"]:
            return None
        receipt = self.chain.receipt(attempt["hash"])
        return receipt if receipt is not None and receipt.ok else None

    def _is_administrator(self) -> bool:
        manager = self.chain["FoundedManager"]
        found: bool = self.chain.call(manager, "hasRole", roles.ADMIN, self.deployer)[0]
        return found

    def _tell(self, done: int, total: int, what: str) -> None:
        if self.progress is not None:
            self.progress(done, total, what)


def _asked(contract: str, function: str, args: tuple[Any, ...]) -> str:
    """A setting that is asked for: a role with its holder, else the function that would set it."""
    if function != "grantRole":
        return f"{contract}.{function}"
    names = {row.role: row.name for row in roles.MATRIX} | {roles.ADMIN: "administrator"}
    return f"role {names[args[0]]} for {checksum(args[1])}"
