"""A rule pack in memory: look-ups by local day, and what the contracts are set up with."""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Final

from tonne.constants import EPOCH
from tonne.errors import TonneError, refused
from tonne.rules.pack.constraints import FORMS_OF_PENALTY, REQUIRED_TO_RUN, ZERO_WHERE_ABSENT
from tonne.rules.pack.indexed_fines import indexed
from tonne.rules.pack.key_spec import NO_VALUE, OF_YEARS
from tonne.rules.pack.keys import spec_of
from tonne.rules.pack.model import (
    ASSUMED,
    AssumedPeriod,
    Calendar,
    ClassInfo,
    DatedValue,
    Example,
    Jurisdictions,
    PeriodRule,
    Scheme,
    Sector,
    Source,
    Supplied,
    Unapplied,
    Value,
)
from tonne.rules.pack.recording import ReadKeys
from tonne.rules.pack.toml_lines import LineIndex
from tonne.rules.pack.values import (
    Market,
    Mrv,
    MrvBounds,
    OnchainParam,
    Period,
    day_number,
    parse_session,
)
from tonne.types.packing import bit_set

FOREVER: Final = date.max


class RulePack:
    """One scheme's rules. Made by `load`; nothing here changes afterwards."""

    def __init__(
        self,
        path: Path,
        digest: bytes,
        scheme: Scheme,
        sources: Mapping[str, Source],
        classes: Mapping[str, ClassInfo],
        sectors: Mapping[str, Sector],
        values: Mapping[str, Sequence[DatedValue]],
        periods: Mapping[str, PeriodRule],
        calendars: Mapping[int, Calendar],
        jurisdictions: Jurisdictions | None,
        first_day: date | None,
        examples: Sequence[Example],
        unapplied: Sequence[Unapplied],
        lines: LineIndex,
    ) -> None:
        self.path = path
        self.digest = digest  # SHA-256 of the file
        self.scheme = scheme
        self.sources = sources
        self.classes = classes
        self.sectors = sectors
        self.values = values
        self.periods = periods
        self.calendars = calendars
        self.first_day = first_day  # of the market; None: not known
        self.examples = tuple(examples)
        self.assumed_periods: Mapping[str, AssumedPeriod] = {}
        self.assumed_tables: tuple[tuple[str, str], ...] = ()  # in words, and why
        self.jurisdictions: Mapping[str, int] = jurisdictions.codes if jurisdictions else {}
        self._unapplied = tuple(unapplied)
        self._lines = lines
        self._zone = timezone(timedelta(seconds=scheme.utc_offset_s))

    def __repr__(self) -> str:
        return f"RulePack({self.scheme.name!r}, {len(self.values)} keys)"

    # values

    def entry(self, key: str, on: date) -> DatedValue | None:
        """The dated value that holds on a local day, or None."""
        return _held(self.values.get(key, ()), on)

    def param(self, key: str, on: date) -> Value:
        """The value that holds on a local day, as the pack writes it; an error without one."""
        entry = self.entry(key, on)
        if entry is None:
            raise TonneError(
                "PACK_NO_VALUE",
                f"{self.scheme.name} has no value for {key} on {on}.",
                field=key,
                value=str(on),
                remedy="See the dates in the pack, or supply an assumed value in a scenario file.",
            )
        found: Value = entry.value
        return found

    def onchain(self, key: str, on: date) -> int:
        """The integer the contracts keep for a key on a local day."""
        self.param(key, on)
        entry = _held(indexed(self.values, key), on)
        assert entry is not None
        return spec_of(key).to_chain(entry.value)

    def assuming(
        self,
        values: Mapping[str, Sequence[DatedValue]],
        sources: Mapping[str, Source],
        periods: Mapping[str, AssumedPeriod] | None = None,
        tables: Supplied | None = None,
    ) -> RulePack:
        """This pack with values, dates of periods and tables that a user supplies, and their purpose."""
        other = copy.copy(self)
        tables = tables or Supplied()
        other.classes = {**self.classes, **tables.classes}
        other.calendars = {**self.calendars, **tables.calendars}
        other.first_day = self.first_day or tables.first_day
        if tables.notice_days is not None:
            other.scheme = self.scheme.model_copy(update={"notice_days": tables.notice_days})
        other.assumed_tables = (*self.assumed_tables, *tables.said)
        other.assumed_periods = {**self.assumed_periods, **(periods or {})}
        other.periods = {
            **self.periods,
            **{name: assumed.rule for name, assumed in (periods or {}).items()},
        }
        other.sources = {**self.sources, **sources}
        other.values = {
            **self.values,
            **{
                key: tuple(sorted((*self.values.get(key, ()), *more), key=lambda v: v.from_))
                for key, more in values.items()
            },
        }
        return other

    def recorded(self) -> RulePack:
        """This pack with a record of the keys that are read: see `read_keys`."""
        other = copy.copy(self)
        other.values = ReadKeys(self.values)
        return other

    def read_keys(self) -> frozenset[str]:
        """Keys read since `recorded`, whose record ends here; none of a pack without a record."""
        return self.values.close() if isinstance(self.values, ReadKeys) else frozenset()

    def holds_between(self, key: str, first: date, last: date) -> bool:
        """Whether a key has a value on one of the days from `first` to `last`."""
        entries: Mapping[str, Sequence[DatedValue]] = dict(self.values.items())
        return any(e.from_ <= last and first <= (e.to or FOREVER) for e in entries.get(key, ()))

    def assumed_in(self, first: date, last: date) -> list[tuple[str, str]]:
        """What a scenario supplied that holds between two days, in words, and why."""
        found = [
            (f"{key} = {_said(value.value)} {value.unit}", self.sources[value.source].text)
            for key, values in self.values.items()
            for value in values
            if value.confidence == ASSUMED
            and value.from_ <= last
            and first <= (value.to or FOREVER)
        ]
        found += [
            (f"period {name}: {', '.join(assumed.fields)}", f"Assumed: {assumed.why}")
            for name, assumed in self.assumed_periods.items()
            if first.year <= assumed.rule.last_year and assumed.rule.first_year <= last.year
        ]
        return [*found, *((what, f"Assumed: {reason}") for what, reason in self.assumed_tables)]

    def has(self, key: str, on: date) -> bool:
        return self.entry(key, on) is not None

    def where(self, key: str, on: date) -> str:
        """File and line of the value that holds on a local day, and its source; empty without one."""
        for place, value in enumerate(self.values.get(key, ())):
            if value.from_ <= on <= (value.to or FOREVER):
                return f"{self.place(key, place)}, {value.source}"
        return ""

    def place(self, key: str, number: int) -> str:
        """File and line of a value, counted from 0; of `example`, of an example."""
        return f"{self.path.name}:{self._lines.find((*key.split('.'), number))}"

    def onchain_params(self) -> list[OnchainParam]:
        """What `Schemes` has to hold, in an order it accepts: a key's dates rise; a gap ends it."""
        params: list[OnchainParam] = []
        for key in self.values:
            spec = spec_of(key)
            if spec.chain_key is None:
                continue
            values = indexed(self.values, key)
            for i, value in enumerate(values):
                chain_value = spec.to_chain(value.value)
                params.append(
                    OnchainParam(
                        spec.chain_key,
                        day_number(value.from_),
                        chain_value,
                        self.source_hash(value.source),
                    )
                )
                ends = None if value.to is None else value.to + timedelta(days=1)
                follows = values[i + 1].from_ if i + 1 < len(values) else None
                if ends is not None and ends != follows:
                    params.append(
                        OnchainParam(
                            spec.chain_key,
                            day_number(ends),
                            NO_VALUE,
                            self.source_hash(value.source),
                        )
                    )
        return params

    def source_hash(self, source: str) -> bytes:
        """SHA-256 of the source's text."""
        return hashlib.sha256(self.sources[source].text.encode()).digest()

    # classes

    def class_by_number(self, number: int) -> ClassInfo:
        for info in self.classes.values():
            if info.number == number:
                return info
        raise TonneError(
            "PACK_NO_CLASS",
            f"{self.scheme.name} has no class of plant with number {number}.",
            field="class",
            value=number,
            remedy=f"Known: {', '.join(f'{c.number} {n}' for n, c in self.classes.items())}.",
        )

    def benchmark(self, class_name: str, product: str, on: date) -> Decimal:
        """Benchmark of a class for `power` [t/MWh] or `heat` [t/GJ]."""
        name = getattr(self.classes[class_name], product)
        value = self.param(f"benchmark.{product}.{name}", on)
        assert isinstance(value, Decimal | int)
        return Decimal(value)

    # time

    def local_day(self, timestamp: int) -> date:
        """The scheme's local day of a unix time [s]."""
        return datetime.fromtimestamp(timestamp, UTC).astimezone(self._zone).date()

    def start_of(self, day: date) -> int:
        """First second of a local day [s unix]."""
        return int(datetime.combine(day, time(), self._zone).timestamp())

    def end_of(self, day: date) -> int:
        """Last second of a local day [s unix]."""
        return self.start_of(day) + 86_399

    def at(self, day: date, clock: time) -> int:
        """A local wall-clock moment [s unix]."""
        return int(datetime.combine(day, clock, self._zone).timestamp())

    def period(self, name: str) -> Period:
        if name not in self.periods:
            raise refused(
                "PACK_NO_PERIOD",
                period=name,
                scheme_name=self.scheme.name,
                periods=", ".join(self.periods),
            )
        rule = self.periods[name]
        if rule.missing:
            raise refused(
                "PACK_PERIOD_OPEN",
                period=name,
                scheme_name=self.scheme.name,
                missing=", ".join(rule.missing),
                complete_periods=", ".join(self.complete_periods()) or "none",
            )
        assert rule.vintage and rule.operator_deadline and rule.report_deadline
        assert rule.determination_from and rule.true_up_by and rule.surrender_deadline
        return Period(
            name=name,
            number=rule.number,
            first_year=rule.first_year,
            last_year=rule.last_year,
            vintage=rule.vintage,
            operator_deadline=self.end_of(rule.operator_deadline),
            report_deadline=self.end_of(rule.report_deadline),
            determination_from=self.start_of(rule.determination_from),
            true_up_by=self.end_of(rule.true_up_by),
            surrender_deadline=self.end_of(rule.surrender_deadline),
        )

    def complete_periods(self) -> list[str]:
        """The periods of which all dates are known, so that they can be run."""
        return [name for name, rule in self.periods.items() if not rule.missing]

    def lacks(self) -> list[str]:
        """What is missing before the scheme can be set up on a chain; empty when it can."""
        missing = [key for key in REQUIRED_TO_RUN if key not in self.values]
        if not any(form in self.values for form in FORMS_OF_PENALTY):
            missing.append(FORMS_OF_PENALTY[0])
        tables = {
            "class": bool(self.classes),
            "period": bool(self.complete_periods()),
            "calendar": bool(self.calendars),
            "market.first_day": self.first_day is not None,
            "scheme.notice_days": self.scheme.notice_days is not None,
        }
        return missing + [name for name, there in tables.items() if not there]

    def check_runs(self) -> None:
        """Refuses a pack that describes a scheme but cannot be set up on a chain."""
        if missing := self.lacks():
            raise refused(
                "PACK_DESCRIBES_ONLY", scheme_name=self.scheme.name, missing=", ".join(missing)
            )

    # trading days

    @property
    def first_trading_day(self) -> date:
        """The market's first day; an error where it is not known."""
        if self.first_day is None:
            raise TonneError(
                "PACK_NO_VALUE",
                f"{self.scheme.name} does not know the first day of its market.",
                field="market.first_day",
                remedy="Add first_day = YYYY-MM-DD to [market].",
            )
        return self.first_day

    def is_trading_day(self, day: date) -> bool:
        """Whether the market opens; a day of a year without a calendar is closed."""
        calendar = self.calendars.get(day.year)
        if calendar is None or day < max(calendar.from_, self.first_day or date.max):
            return False
        return day.weekday() < 5 and not any(h.from_ <= day <= h.to for h in calendar.holidays)

    def trading_days(self, year: int) -> list[date]:
        first = date(year, 1, 1)
        days = (first + timedelta(days=i) for i in range(366))
        return [d for d in days if d.year == year and self.is_trading_day(d)]

    def trading_day_words(self, year: int) -> tuple[int, list[int]]:
        """First word, and the words of `Schemes.setTradingDays` that cover a year."""
        first = day_number(date(year, 1, 1)) // 256
        last = day_number(date(year, 12, 31)) // 256
        words = [
            bit_set(
                bit
                for bit in range(256)
                if self.is_trading_day(EPOCH + timedelta(days=word * 256 + bit))
            )
            for word in range(first, last + 1)
        ]
        return first, words

    # market and reports

    @property
    def market(self) -> Market:
        """The market on its first day."""
        return self.market_on(self.first_trading_day)

    def market_on(self, day: date) -> Market:
        def chain(key: str) -> int | None:
            return self.onchain(f"market.{key}", day) if self.has(f"market.{key}", day) else None

        def needed(key: str) -> int:
            return self.onchain(f"market.{key}", day)

        close = self.entry("market.close_rule", day)
        sessions = self.param("market.sessions", day)
        assert isinstance(sessions, tuple)
        blocks = self.entry("market.block_sessions", day)
        return Market(
            first_day=self.first_trading_day,
            reference_price_cents=chain("reference_price"),
            tick_cents=needed("tick"),
            lot=needed("lot"),
            band_ppm=chain("band") or 0,
            listed_max=chain("listed_max"),
            block_min=chain("block_min"),
            block_band_ppm=chain("block_band"),
            block_session=None if blocks is None else parse_session(blocks.value[0]),
            sessions=tuple(parse_session(s) for s in sessions),
            taker_levels=chain("taker_levels"),
            close_rule=None if close is None else str(close.value),
        )

    def mrv_on(self, day: date) -> Mrv:
        """The emissions oracle's configuration on a local day."""

        def value(key: str) -> int:
            return self.onchain(f"mrv.{key}", day)

        bounds = [
            MrvBounds(
                number=info.number,
                min_power=value(f"min_power.{info.power}"),
                max_power=value(f"max_power.{info.power}"),
                min_heat=value(f"min_heat.{info.heat}"),
                max_heat=value(f"max_heat.{info.heat}"),
                max_load_ppm=value("max_load"),
                max_heat_load=value("max_heat_load"),
                base_t=value("base"),
            )
            for info in self.classes.values()
        ]
        bounds += [
            MrvBounds(
                number=sector.number,
                min_power=0,
                max_power=0,
                min_heat=0,
                max_heat=0,
                max_load_ppm=value("max_load"),
                max_heat_load=value("max_heat_load"),
                base_t=value(f"{name}.base"),
            )
            for name, sector in self.sectors.items()
            if sector.number is not None and self.has(f"mrv.{name}.base", day)
        ]
        return Mrv(
            report_days=value("report_days"),
            dispute_window_s=value("dispute_window"),
            min_bodies=value("min_bodies"),
            min_assurance=value("min_assurance"),
            max_materiality_ppm=value("max_materiality"),
            max_age_s=value("max_signature_age"),
            max_skew_s=value("max_clock_skew"),
            bounds=tuple(sorted(bounds, key=lambda b: b.number)),
        )

    def unapplied(self, period: Period | None = None) -> tuple[Unapplied, ...]:
        """Rules of the scheme that are not applied, each with the reason; of a period, those that concern
        its years and that no figure fills."""
        unknown = (
            Unapplied(rule=rule, reason="Not known; the contracts take it as none.", keys=(key,))
            for key, rule in ZERO_WHERE_ABSENT.items()
            if key not in self.values
        )
        found = (*self._unapplied, *unknown)
        if period is None:
            return found
        return tuple(rule for rule in found if self._concerns(rule, period))

    def undisclosed(self, key: str, day: date) -> bool:
        """Whether the pack says that the scheme itself does not disclose a key for a day's year."""
        return any(
            key in rule.undisclosed and rule.of_years(day.year, day.year)
            for rule in self._unapplied
        )

    def _concerns(self, rule: Unapplied, period: Period) -> bool:
        if not rule.of_years(period.first_year, period.last_year):
            return False
        return not rule.keys or not all(self._filled(key, period) for key in rule.keys)

    def _filled(self, key: str, period: Period) -> bool:
        """Whether a key has a value for a period that is run; its dates are then all known."""
        if key == "period":
            return True
        of_years = key.partition(".")[0] in OF_YEARS
        last = date(period.last_year, 12, 31)
        return self.has(key, last if of_years else self.local_day(period.surrender_deadline))


def _said(value: Value) -> str:
    """A value in a sentence, as a pack writes it."""
    if isinstance(value, bool):
        return str(value).lower()
    return ", ".join(value) if isinstance(value, tuple) else str(value)


def _held(values: Sequence[DatedValue], on: date) -> DatedValue | None:
    for value in values:
        if value.from_ <= on <= (value.to or FOREVER):
            return value
    return None
