"""The public register at the store's last block: plants, participants and what each has on record.

Every figure is that of an event and comes with its block and `place`, the log within it. Amounts in [t],
times in [s]. Nothing is here that is not on chain, but for tonnes of product out of lines that a reader was
given as files, which are proved against the root on chain.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol

from tonne.audit.store import queries, register_products, views
from tonne.audit.store.database import Store, damaged
from tonne.audit.store.queries import Query
from tonne.errors import TonneError, refused

if TYPE_CHECKING:
    from tonne.audit.store.report_lines import LinesFigures, PublishedReport, ReportKey

#: A row of an answer by column.
Line = dict[str, Any]
#: Scheme, period and plant.
PlantPeriod = tuple[int, int, int]

QUERIES: Final = {q.name: q.sql for q in queries.read(Path(__file__).with_suffix(".sql"))}
#: Contracts and events that a list of plants is made of, its views' own aside.
EVENTS: Final = frozenset(re.findall(r"'([A-Z]\w+)'", " ".join(QUERIES.values()))) | {
    "SchemeCreated"
}
#: Views that it reads.
VIEWS: Final = ("installations", "allocations", "reports", "obligations", "surrenders")
#: Figures of a line that come of an event each, by their columns.
SOURCED: Final = ("allocation", "verified", "surrendered", "owed")

#: Standings of a plant, in words.
COMPLIES, SHORT, NOT_JUDGED, CLOSED = "complies", "short", "not yet judged", "closed"
#: `Verdict` of ICumulativeCompliance.
VERDICTS: Final = ("", COMPLIES, SHORT, "unverified")
#: `AppealOutcome` of PenaltyTypes.
ANNULLED: Final = 3
#: States of a penalty that something is still to follow on.
OPEN_PENALTIES: Final = ("noticed", "decided", "appealed")
NO_PENALTY: Final[Line] = {"state": "none", "cents": 0, "paidCents": 0, "measures": 0, "units": 0}
#: Tables that the register is exported as.
EXPORTED: Final = (
    *("participants", "installations", "allocations", "reports", "obligations", "verdicts"),
    *("surrenders", "penalties", "disputes"),
)


class EventStore(Protocol):
    """Whatever answers in SQL on the tables and views of events."""

    def rows(self, query: str, parameters: Any = None) -> list[Line]: ...


class Moment(NamedTuple):
    """The block that an answer holds at."""

    block: int
    hash: str
    time: int  # [s]


class PublicRegister:
    """Answers from the events of the standing blocks; each query is asked once."""

    def __init__(
        self, store: EventStore, at: Moment, published: Sequence[PublishedReport] = ()
    ) -> None:
        self.store, self.at, self.published = store, at, published

    @classmethod
    def of(cls, store: Store, published: Sequence[PublishedReport] = ()) -> PublicRegister:
        """The register at the store's last block, of which there has to be one.

        `published`: reports whose lines are to be proved; one that does not fit is refused when products are
        asked for.
        """
        cursor = store.cursor()
        last = store.block(cursor.block) if cursor is not None else None
        if last is None:
            raise damaged(store.path, "its last block is missing")
        return cls(store, Moment(last.number, "0x" + last.hash.hex(), last.time), published)

    # Records

    @cached_property
    def plants(self) -> dict[int, Line]:
        """Master data of each plant as it is, by number."""
        return {int(row["plant"]): row for row in self._rows("plants")}

    @cached_property
    def participants(self) -> dict[int, Line]:
        """Participants as they are, by number."""
        asked = "SELECT id AS participant, * EXCLUDE id FROM participants ORDER BY id"
        return {int(row["participant"]): row for row in self.store.rows(asked)}

    @cached_property
    def periods(self) -> dict[tuple[int, int], Line]:
        """Years and deadline of each period, by scheme and number."""
        return {(int(p["scheme"]), int(p["period"])): p for p in self._rows("periods")}

    @cached_property
    def schemes(self) -> list[int]:
        asked = "SELECT DISTINCT num(args, 'scheme') AS scheme FROM events"
        found = self.store.rows(f"{asked} WHERE name = 'SchemeCreated' ORDER BY scheme")
        return [int(row["scheme"]) for row in found]

    @cached_property
    def verified(self) -> dict[tuple[int, int], Line]:
        """The figure on record for each plant and year, and how final it is."""
        found: dict[tuple[int, int], Line] = {}
        for step in self._rows("reported"):
            key = (int(step["plant"]), int(step["year"]))
            if step["emissionsT"] is not None:
                found[key] = {**step, "finality": self._finality(step)}
            elif key in found:
                found[key]["finality"] = self._finality(step)
        return found

    def _finality(self, step: Line) -> str:
        if step["act"] == "EmissionsReported":
            return "final" if step["finalAt"] <= self.at.time else "may be disputed"
        if step["act"] == "DisputeResolved":
            return "annulled" if step["upheld"] else "final"
        return "determined" if step["act"] == "EmissionsDetermined" else "disputed"

    @cached_property
    def products(self) -> dict[tuple[int, int], list[Line]]:
        """What each plant made in a year by product, each figure with where it stands."""
        scheme = {number: int(plant["scheme"]) for number, plant in self.plants.items()}
        return {
            (plant, year): register_products.of_year(step, self._by_lines, scheme[plant])
            for (plant, year), step in self.verified.items()
        }

    @cached_property
    def _by_lines(self) -> dict[ReportKey, LinesFigures]:
        """Products of reports by their lines, of those on chain before files; without any the lines' modules
        are not loaded."""
        rows, found = self._rows("lines"), {}
        if self.published:
            from tonne.audit.store import report_lines

            found = report_lines.proved(self.published, self.store.rows("FROM reports"))
        if rows:
            from tonne.audit.store import lines_on_chain

            found |= lines_on_chain.figures(rows)
        return found

    @cached_property
    def allocated(self) -> dict[PlantPeriod, int]:
        """Allocation of each plant and period, before debts are netted [t]."""
        return {key: int(row["amount"]) for key, row in self._allocations.items()}

    @cached_property
    def _allocations(self) -> dict[PlantPeriod, Line]:
        """The last step of each allocation."""
        steps = ("AllowancesPreAllocated", "AllowancesTabled", "AllocationTruedUp")
        rows = self.store.rows("FROM allocations ORDER BY block, place")
        return {_place(row, "installation"): row for row in rows if row["act"] in steps}

    @cached_property
    def _surrenders(self) -> dict[PlantPeriod, Line]:
        """The last surrender for each plant and period."""
        asked = (
            "SELECT scheme, period, installation, max(block) AS block,"
            " arg_max(place, (block, place)) AS place FROM surrenders GROUP BY ALL"
        )
        return {_place(row, "installation"): row for row in self.store.rows(asked)}

    @cached_property
    def penalties(self) -> dict[PlantPeriod, Line]:
        """State of each penalty: fine and the part of it that is paid [0.01 currency]."""
        found: dict[PlantPeriod, Line] = {}
        for step in self._rows("penalties"):
            key = _place(step)
            found[key] = _after(found.get(key, NO_PENALTY), step)
        return {key: one for key, one in found.items() if one["state"] != "none"}

    @cached_property
    def accounts(self) -> dict[PlantPeriod, Line]:
        """What each plant owes for a period, and its standing; obligations and running totals alike."""
        found: dict[PlantPeriod, Line] = {}
        for row in self._rows("obligations"):
            deadline = self.periods[int(row["scheme"]), int(row["period"])]["deadline"]
            found[_place(row)] = {
                **row,
                "cumulative": False,
                "deadline": deadline,
                "standing": self._standing(row, deadline),
            }
        for row in self._rows("totals"):
            found[_place(row)] = self._running(row)
        return found

    def _standing(self, row: Line, deadline: int) -> str:
        if row["closed"]:
            return CLOSED
        if row["owed"] == 0:
            return COMPLIES
        return SHORT if self.at.time > deadline else NOT_JUDGED

    def _running(self, row: Line) -> Line:
        """The account of a period that running totals judge, after an act."""
        kept = ("block", "place", "plant", "scheme", "period", "verified", "surrendered", "phase")
        return {
            **{name: row[name] for name in kept},
            "owed": max(row["verified"] - row["surrendered"], 0),
            "cumulative": True,
            "deadline": self.periods[int(row["scheme"]), int(row["period"])]["runningDeadline"],
            "standing": VERDICTS[row["verdict"]] if row["verdict"] else NOT_JUDGED,
        }

    # Answers

    def listed(
        self, scheme: int | None = None, period: int | None = None, year: int | None = None
    ) -> list[Line]:
        """A row a plant: of the named period, else of its latest; of the named year, else the latest."""
        self._require_known(scheme, period, year)
        latest = self._latest(period)
        years = self._years(year, period)
        return [
            self._line(plant, latest.get(number), years.get(number))
            for number, plant in self.plants.items()
            if scheme is None or plant["scheme"] == scheme
        ]

    def _line(self, plant: Line, place: PlantPeriod | None, report: Line | None) -> Line:
        account = self.accounts.get(place, {}) if place else {}
        number = int(plant["plant"])
        return {
            "plant": number,
            "operator": plant["operator"],
            "scheme": plant["scheme"],
            "class": plant["class"],
            "jurisdiction": plant["jurisdiction"],
            "closed": plant["closed"],
            "period": place[1] if place else None,
            "allocation": self.allocated.get(place) if place else None,
            "year": report["year"] if report else None,
            "verified": report["emissionsT"] if report else None,
            "finality": report["finality"] if report else None,
            "products": self.products[number, int(report["year"])] if report else [],
            "surrendered": account.get("surrendered"),
            "owed": account.get("owed"),
            "cumulative": account.get("cumulative", False),
            "standing": account.get("standing", NOT_JUDGED),
            "openPenalties": self._open_penalties[number],
            **self._sources(place, report, account),
        }

    def _sources(
        self, place: PlantPeriod | None, report: Line | None, account: Line
    ) -> dict[str, int | None]:
        """Block and log of the event that each figure of a line comes of; none where there is no figure."""
        figures = (self._allocations.get(place) if place else None, report)
        given = (self._surrenders.get(place) if place else None) or account
        found: dict[str, int | None] = {}
        for name, row in zip(SOURCED, (*figures, given, account), strict=True):
            found[f"{name}Block"] = int(row["block"]) if row else None
            found[f"{name}Log"] = int(row["place"]) if row else None
        return found

    @cached_property
    def _open_penalties(self) -> Counter[int]:
        """Penalties that something is still to follow on, by plant."""
        held = self.penalties.items()
        return Counter(key[2] for key, one in held if one["state"] in OPEN_PENALTIES)

    def _latest(self, period: int | None) -> dict[int, PlantPeriod]:
        """Of each plant the period of its last allocation or account, or the named one."""
        found: dict[int, PlantPeriod] = {}
        for place in sorted({*self.allocated, *self.accounts}):
            if period is None or place[1] == period:
                found[place[2]] = place
        return found

    def _years(self, year: int | None, period: int | None) -> dict[int, Line]:
        """The report of the named year, else of the latest one, of the period where one is named."""
        found: dict[int, Line] = {}
        for (plant, of), report in sorted(self.verified.items()):
            if year is not None and of != year:
                continue
            within = self.periods.get((int(self.plants[plant]["scheme"]), period or 0))
            if period is None or year is not None or _covers(within, of):
                found[plant] = report
        return found

    def plant(self, number: int) -> dict[str, Any]:
        """Everything on record about a plant, by section."""
        master = self._known_plant(number)
        latest, report = self._latest(None).get(number), self._years(None, None).get(number)
        own = [(key, one) for key, one in sorted(self.accounts.items()) if key[2] == number]
        return {
            "plant": {**master, **self._line(master, latest, report)},
            "changes": self._of("plant_acts", number),
            "allocation": self._view("allocations", number),
            "verified": [v for key, v in sorted(self.verified.items()) if key[0] == number],
            "products": [
                {"year": year, **one}
                for (plant, year), made in sorted(self.products.items())
                if plant == number
                for one in made
            ],
            "reports": self._of("reported", number),
            "surrenders": self._view("surrenders", number),
            "obligations": [one for _, one in own],
            "totals": self._of("totals", number),
            "penalties": self._of("penalties", number),
            "disputes": self._view("disputes", number),
        }

    def participant(self, number: int) -> dict[str, Any]:
        """Everything on record about a participant, and its plants."""
        if number not in self.participants:
            raise refused("REGISTER_PARTICIPANT_UNKNOWN", participant=number)
        wallets = "FROM wallets WHERE participant = $who ORDER BY block, place"
        own = [row for row in self.listed() if row["operator"] == number]
        return {
            "participant": self.participants[number],
            "acts": self._of("participant_acts", number, "participant"),
            "wallets": self.store.rows(wallets, {"who": number}),
            "plants": own,
        }

    @cached_property
    def wallets(self) -> dict[int, list[str]]:
        """Wallets that were ever a participant's, by number."""
        found: dict[int, list[str]] = defaultdict(list)
        for row in self.store.rows("FROM wallets ORDER BY block, place"):
            found[int(row["participant"])].append(row["wallet"])
        return found

    # Numbers that are asked for

    def _known_plant(self, number: int) -> Line:
        if number not in self.plants:
            raise refused("REGISTER_PLANT_UNKNOWN", plant=number)
        return self.plants[number]

    def _require_known(self, scheme: int | None, period: int | None, year: int | None) -> None:
        schemes = self.schemes
        periods = {p for s, p in self.periods if scheme in (None, s)}
        years = {
            of for plant, of in self.verified if scheme in (None, self.plants[plant]["scheme"])
        }
        for field, value, known in (
            ("scheme", scheme, schemes),
            ("period", period, periods),
            ("year", year, years),
        ):
            if value is not None and value not in known:
                told = ", ".join(map(str, sorted(known))) or "none"
                raise TonneError(
                    f"REGISTER_{field.upper()}_UNKNOWN",
                    f"The register has no {field} {value}; on chain: {told}.",
                    field=field,
                    value=value,
                    remedy="`tonne register list` shows the latest of every plant.",
                )

    def _rows(self, name: str) -> list[Line]:
        return self.store.rows(QUERIES[name])

    def _of(self, name: str, number: int, column: str = "plant") -> list[Line]:
        return [row for row in self._rows(name) if row[column] == number]

    def _view(self, name: str, plant: int) -> list[Line]:
        asked = f"FROM {name} WHERE installation = $plant ORDER BY block, place"
        return self.store.rows(asked, {"plant": plant})


def _place(row: Line, plant: str = "plant") -> PlantPeriod:
    return int(row["scheme"]), int(row["period"]), int(row[plant])


def _covers(period: Line | None, year: int) -> bool:
    return period is not None and period["firstYear"] <= year <= period["lastYear"]


def _after(before: Line, step: Line) -> Line:
    """A penalty after a step, as PenaltyState of the contracts has it."""
    now = dict(before)
    act = step["act"]
    if act == "ShortfallNoticed":
        now["state"] = "noticed"
    elif act == "UnitsOrdered":
        now["units"] = step["units"]
    elif act == "PenaltyAppealed":
        now["state"] = "appealed"
    elif act in ("PenaltyDecided", "PenaltyAppealDecided"):
        now |= {"cents": step["cents"], "measures": step["measures"] or before["measures"]}
        owed = now["cents"] or now["measures"] or now["units"]
        now["state"] = "decided" if owed else "paid"
        if step["outcome"] == ANNULLED:
            now |= {"state": "annulled", "measures": 0}
    elif act in ("PenaltyPaid", "PenaltyDebited"):
        now["paidCents"] = step["paidCents"]
        now["state"] = "paid" if now["paidCents"] == now["cents"] else now["state"]
    return now


def exported() -> list[Query]:
    """The register's tables, each row with the hash of its block."""
    about = {view.name: view.about for view in views.VIEWS}
    return [
        Query(
            name,
            about[name],
            f"SELECT v.*, b.hash AS blockHash FROM {name} v"
            " JOIN blocks b ON b.number = v.block AND NOT b.replaced ORDER BY ALL",
        )
        for name in EXPORTED
    ]
