"""What the campaign plays on: a chain with the small market and many plants, and a street of meters."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from tests.oracles.emissions.desk import Desk
from tests.oracles.meters import ground as meters_ground
from tonne import files
from tonne.chain.client import Chain
from tonne.crypto import keystore
from tonne.crypto.accounts import Account
from tonne.crypto.hashing import keccak
from tonne.deployment import deployer as deploying
from tonne.deployment import record, roles
from tonne.meters.simulated_fleet import MeterFleet
from tonne.rules import pack as rule_packs
from tonne.sandbox import seed_market

ROOT: Final = Path(__file__).resolve().parents[3]
PACK: Final = ROOT / "schemes" / "china-national.toml"
PERIOD: Final = "2019-20"
PASSPHRASE: Final = "a passphrase nobody prints"

#: Plants of one transaction.
ROWS: Final = 100

#: The first plant beside the named ones.
FIRST_PLANT: Final = 4

#: Meters of the street.
METERS: Final = 4

DAY_S: Final = 86_400


class Still:
    """The chain as it was at the start: what signing asks of it does not change, and is asked once."""

    def __init__(self, chain: Chain) -> None:
        self._chain = chain
        self._now = chain.now()
        self._kept: dict[Any, Any] = {}
        self.chain_id = chain.chain_id

    def __getitem__(self, name: str) -> Any:
        return self._chain[name]

    def now(self) -> int:
        return self._now

    def call(self, contract: str, function: str, *args: Any) -> Any:
        asked = (contract, function, args)
        if asked not in self._kept:
            self._kept[asked] = self._chain.call(contract, function, *args)
        return self._kept[asked]


@dataclass
class Market:
    """Plants and those who sign for them."""

    chain: Chain
    desk: Desk
    folder: Path

    @classmethod
    def found(cls, chain: Chain, folder: Path, plants: int) -> Market:
        pack = rule_packs.load(PACK)
        period = pack.period(PERIOD)
        who = seed_market.people()
        holders = {name: who[name].address for name in roles.HOLDERS}
        settings = deploying.Settings(who["administrator"].address, holders)
        deploying.deploy(
            chain, Account.from_seed("deployer"), replace(settings, founded=False), folder
        )
        year = seed_market._Seed(chain, pack, period, who)
        year.rules()
        year.parties()
        row = (year.numbers["north"], pack.scheme.number, pack.jurisdictions["Shanxi"], 1, 660_000)
        rows = [(*row, keccak(b"further %d" % place)) for place in range(plants)]
        for first in range(0, plants, ROWS):
            part = rows[first : first + ROWS]
            chain.send(who["authority"], "Participants", "registerInstallations", part)
        chain.set_time(period.report_deadline - 21 * DAY_S)
        record.attach(chain, folder)
        book = folder / f"{chain.chain_id}.json"
        body = year.numbers["verifier"]
        desk = Desk(Still(chain), who, body, folder, pack, period.last_year, book)
        keystore.write(folder / "oracle.json", who["oracle"], PASSPHRASE, keystore.WEAK)
        files.write(folder / "passphrase.txt", PASSPHRASE + "\n", files.PRIVATE)
        return cls(chain, desk, folder)

    @property
    def sender(self) -> Account:
        return self.desk.people["oracle"]

    def hand_in(self, plants: Iterable[int]) -> None:
        """Signed reports into the inbox, each by renaming."""
        for plant in plants:
            self._put(f"{plant:06d}.report.json", self.desk.single(self.desk.report(plant)))

    def hand_in_bad(self, plants: Iterable[int]) -> None:
        """Reports whose opinion nobody accredited signed."""
        for plant in plants:
            wrong = self.desk.single(self.desk.report(plant), lead="north")
            self._put(f"{plant:06d}-bad.report.json", wrong)

    def _put(self, name: str, file: Any) -> None:
        self.desk.inbox.mkdir(exist_ok=True)
        hidden = self.desk.inbox / f".{name}"
        hidden.write_text(file.model_dump_json())
        hidden.rename(self.desk.inbox / name)

    def done(self) -> int:
        place = self.desk.inbox / "done"
        return sum(1 for _ in place.iterdir()) if place.exists() else 0

    def rejected(self) -> dict[str, str]:
        """Code of each refused file."""
        place = self.desk.inbox / "rejected"
        found = {}
        for path in place.glob("*.reason*.json"):
            reason = json.loads(path.read_text("utf-8"))
            found[reason["file"]] = reason["code"]
        return found

    def reported(self) -> list[int]:
        """Plants of all reports on the chain, one entry a report."""
        logs = self.chain.logs("EmissionsOracle", "EmissionsReported")
        return sorted(event["installation"] for event in logs)


@dataclass
class Street:
    """Meters and the contracts they are posted to, beside the market on its chain."""

    chain: Chain
    fleet: MeterFleet
    folder: Path

    @classmethod
    def found(cls, url: str, folder: Path, count: int = METERS) -> Street:
        chain = Chain(url)
        meters_ground.deploy(chain)
        since = (chain.now() // meters_ground.QUARTER + 1) * meters_ground.QUARTER
        fleet = MeterFleet(1, 1, count, 7, since, meters_ground.QUARTER)
        meters_ground.register(chain, fleet)
        folder.mkdir()
        book = {name: contract.address for name, contract in chain.contracts.items()}
        (folder / "deployment.json").write_text(json.dumps(book))
        keystore.write(folder / "oracle.json", meters_ground.NOTARY, PASSPHRASE, keystore.WEAK)
        files.write(folder / "passphrase.txt", PASSPHRASE + "\n", files.PRIVATE)
        return cls(chain, fleet, folder)

    def runs(self) -> list[tuple[int, int, int]]:
        """(start, run, import in Wh) of every run on the chain, in order."""
        logs = self.chain.logs("MeterOracle", "IntervalPosted")
        return [(event["start"], event["run"], event["sums"] & (1 << 47) - 1) for event in logs]
