"""Judges new records: the signer, repetition, and agreement with known values.

Accepted records are in the journal when `take` returns, so that they may be acknowledged then.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace
from typing import Final

import structlog

from oracles.meters.journal import Accepted, MeterJournal
from oracles.meters.registry import Key, Meter, MeterRegistry, RegistryBehind
from oracles.runtime.refusal import refusing
from tonne.chain.rpc import RpcUnreachable
from tonne.constants import DAY_S
from tonne.errors import TonneError
from tonne.meters import ocmf
from tonne.meters.contradiction import signer_of
from tonne.meters.deltas import Delta, DeltaSeries
from tonne.meters.feed import Feed, IntervalEnergy, LeftOut, RegisterRow, none_taken
from tonne.meters.mqtt import TOPIC_ROOT, meter_of
from tonne.meters.readings import (
    MAX_RECORD_BYTES,
    Carrier,
    Quality,
    Reading,
    Record,
    is_own_form,
    parse_own,
)
from tonne.meters.record_counter import Counter
from tonne.meters.registers import Point, RegisterSeries
from tonne.meters.series import NO_NUMBER, NO_RECORD, Flow
from tonne.meters.signatures import Claim, check_all

log = structlog.get_logger()

#: [s] A clock may be ahead of the chain's by this much: blocks are late, too.
CLOCK_TOLERANCE_S: Final = 120

#: What a record is refused for that is ahead of the chain's clock.
AHEAD: Final = ("METER_CLOCK_AHEAD", "METER_FUTURE_INTERVAL")
#: [s] of chain time for which an early record is put off: the chain's clock may stop, or its nodes may be
#: late. And the most records of one meter that wait.
AHEAD_S: Final = 60
MOST_AHEAD: Final = 8

#: [s] Interval between two log lines about the same refusal; the journal has its count.
WARN_AGAIN_S: Final = 60.0

#: [bytes] Room for a meter's records in each interval; for late records, room for each interval of a
#: month.
KEPT_BYTES: Final = 2**13
LATE_BYTES: Final = 2**11
LATE_S: Final = 31 * DAY_S

AS_WRITTEN: Final = "Send the record as the meter wrote it."

#: What may become right when the meter's entry changes.
MAY_HEAL: Final = (
    "METER_NOT_SIGNED",
    "METER_NEGATIVE_STEP",
    "METER_REGISTER_RANGE",
)


@dataclass(frozen=True, slots=True)
class Arrival:
    """A record as it came; of one that is far too large only the beginning, and its size."""

    topic: str
    payload: bytes
    size: int = 0


@dataclass(slots=True)
class MeterState:
    """Known facts about one meter."""

    series: RegisterSeries | DeltaSeries
    counters: dict[tuple[int, str], Counter] = field(default_factory=dict)
    exchanges: int = 0  # taken into the series
    room: tuple[int, int] | None = None  # [bytes] that further records may have, as of [unix s]

    @property
    def source(self) -> str:
        """The meter's source: "records" with signatures, "intervals" or "registers" of files; "" for none."""
        if isinstance(self.series, DeltaSeries):
            return "intervals" if self.series.latest is not None else ""
        if any(counter.highest is not None for counter in self.counters.values()):
            return "records"
        told = any(p.digest != NO_RECORD for p in self.series.points) or bool(self.series.held)
        return "registers" if told else ""

    def may_take(self, source: str) -> bool:
        """Whether a file's values fit the known ones; an exchange is one of registers."""
        shows = isinstance(self.series, RegisterSeries) and bool(self.series.points)
        return self.source in ("", source) and not (source == "intervals" and shows)


@dataclass(slots=True)
class Taken:
    """Result of a batch. `touched` is (meter, from, to) in time: intervals there may change."""

    accepted: int = 0
    repeated: int = 0
    refused: int = 0
    #: No node can confirm a refusal, or the chain's clock may be behind the record.
    unjudged: list[Arrival] = field(default_factory=list)
    gaps: list[tuple[int, int, int]] = field(default_factory=list)  # (meter, first, last)
    touched: list[tuple[int, int, int]] = field(default_factory=list)
    left_out: LeftOut = field(default_factory=LeftOut)  # rows of a file


@dataclass(slots=True)
class _Candidate:
    arrival: Arrival
    meter: Meter
    record: Record
    keys: list[Key]
    signer: Key | None = None


class Intake:
    """Keeps what every meter has shown. Rebuilt from the journal when it is made."""

    def __init__(
        self, registry: MeterRegistry, journal: MeterJournal, pool: Executor | None = None
    ) -> None:
        self._registry = registry
        self._journal = journal
        self._pool = pool
        self.meters: dict[int, MeterState] = {}
        self._ahead: dict[int, dict[bytes, int]] = {}  # by meter: records put off, and since when
        self._coming: set[int] = set()  # meters with an exchange that has not begun
        self._warned: dict[tuple[int, str], float] = {}  # by meter and code [s]
        self._load()

    def _load(self) -> None:
        self._journal.recount()
        for number, point in self._journal.points():
            series = self._meter_state(number, RegisterSeries).series
            assert isinstance(series, RegisterSeries)
            series.put(point)
        for number, delta in self._journal.deltas():
            series = self._meter_state(number, DeltaSeries).series
            assert isinstance(series, DeltaSeries)
            series.put(delta)
        for number, device, counter, sequence in self._journal.sequences():
            state = self._meter_state(number, RegisterSeries)
            state.counters.setdefault((device, counter), Counter()).take(sequence)

    def _meter_state(self, number: int, kind: type) -> MeterState:
        state = self.meters.get(number)
        if state is None:
            terms = self._meter(number).terms
            series = RegisterSeries(terms) if kind is RegisterSeries else DeltaSeries()
            state = self.meters[number] = MeterState(series)
        return state

    # Signed records

    def take(self, arrivals: Sequence[Arrival], now: int) -> Taken:
        """Judges a batch and stores the valid records; a fault in one does not touch another. `unjudged`
        records come again: from their file, or by `put_off`."""
        taken = Taken()
        with self._journal.transaction():
            candidates = []
            for arrival in arrivals:
                try:
                    begins = arrival.payload[:8].hex()
                    with refusing("METER_RECORD_FORM", "payload", begins, AS_WRITTEN):
                        candidates.append(self._candidate(arrival))
                except TonneError as error:
                    self._refuse(taken, arrival, meter_of(arrival.topic), error, now)
            self._find_signers(candidates)
            for candidate in candidates:
                try:
                    self._accept(taken, candidate, now)
                except TonneError as error:
                    self._refuse(taken, candidate.arrival, candidate.meter.id, error, now)
        return taken

    def put_off(self, arrivals: Sequence[Arrival]) -> None:
        """Keeps records for `take_again`: at the broker others would wait behind them."""
        if arrivals:
            with self._journal.transaction():
                self._journal.put_off([(a.topic, a.payload) for a in arrivals])

    def take_again(self, now: int, most: int) -> Taken:
        """Judges the first of the records that were put off again."""
        waiting = self._journal.put_off_first(most)
        if not waiting:
            return Taken()
        taken = self.take([Arrival(topic, raw) for _, topic, raw in waiting], now)
        with self._journal.transaction():
            self.put_off(taken.unjudged)
            self._journal.forget_put_off(waiting[-1][0])
        return taken

    def _candidate(self, arrival: Arrival) -> _Candidate:
        size = max(arrival.size, len(arrival.payload))
        if size > MAX_RECORD_BYTES:
            raise ocmf.too_large(size)
        carrier, number = _place(arrival.topic)
        meter = self._meter(number)
        curve = None
        if is_own_form(arrival.payload):
            said, record = parse_own(arrival.payload)
            if said.meter != number:
                raise _wrong_topic(arrival.topic)
        elif ocmf.is_ocmf(arrival.payload):
            record, curve = ocmf.parse(arrival.payload, meter.multiplier_milli)
        else:
            raise TonneError(
                "METER_RECORD_FORM",
                "The payload is neither a record of the market's own form nor OCMF.",
                field="payload",
                value=arrival.payload[:8].hex(),
                remedy="Send one signed record in each message.",
            )
        self._check_carrier(meter, carrier, record.carrier)
        # A key signs for its own time alone, and a meter for the time in which it counts.
        first, last = record.readings[0].at, record.readings[-1].at
        _check_valid(meter, first)
        _check_valid(meter, last)
        keys = [key for key in meter.keys_at(last) if key in meter.keys_at(first)]
        if curve is not None:
            keys = [key for key in keys if key.key.curve is curve]
        return _Candidate(arrival, meter, record, keys)

    def _meter(self, number: int) -> Meter:
        meter = self._registry.meters.get(number)
        if meter is None:
            raise TonneError.of("METER_UNKNOWN", meter=number)
        return meter

    def _check_carrier(self, meter: Meter, *said: Carrier | None) -> None:
        right = self._registry.nodes[meter.node].carrier
        for carrier in said:
            if carrier is not None and carrier is not right:
                raise TonneError.of(
                    "METER_WRONG_CARRIER",
                    carrier_name=carrier.name.lower(),
                    meter_id=meter.id,
                    right_name=right.name.lower(),
                )

    def _check_time(self, meter: Meter, at: int, now: int) -> None:
        self._check_ahead(meter, at, now)
        _check_valid(meter, at)

    def _check_ahead(self, meter: Meter, at: int, now: int) -> None:
        if at > now + CLOCK_TOLERANCE_S:
            begun = at - self._registry.nodes[meter.node].interval_s < now
            raise TonneError(
                "METER_CLOCK_AHEAD" if begun else "METER_FUTURE_INTERVAL",
                f"The reading is of {at}; it is {now}.",
                field="readAt",
                value=at,
                remedy="Set the meter's clock.",
            )

    def _find_signers(self, candidates: list[_Candidate]) -> None:
        """All signatures at once, in as many processes as there are."""
        asked = [(c, key) for c in candidates for key in c.keys]
        claims = [Claim(key.key, c.record.digest, c.record.signature) for c, key in asked]
        for (candidate, key), good in zip(asked, check_all(claims, self._pool), strict=True):
            if good and candidate.signer is None:
                candidate.signer = key

    def _accept(self, taken: Taken, candidate: _Candidate, now: int) -> None:
        meter, record, signer = candidate.meter, candidate.record, candidate.signer
        if signer is None:
            raise TonneError(
                "METER_NOT_SIGNED",
                f"No key of meter {meter.id} signed these bytes.",
                field="signature",
                remedy="Send the record as the meter wrote it; have a new key recorded before it signs.",
            )
        at = record.readings[-1].at
        self._check_ahead(meter, at, now)
        if meter.id in self._ahead:
            self._ahead[meter.id].pop(hashlib.sha256(candidate.arrival.payload).digest(), None)
        state = self._meter_state(meter.id, RegisterSeries)
        series = state.series
        if not isinstance(series, RegisterSeries) or state.source == "registers":
            raise _other_source(meter.id)
        self._heed_exchanges(taken, meter, max(at, now), now)
        counter = state.counters.setdefault((signer.device, record.counter), Counter())
        if self._journal.has_record(meter.id, record.digest):
            taken.repeated += 1
            self._journal.incident("METER_REPEATED", meter.id, now, "A record came again.")
            return
        counter.check(record.sequence)
        room = self._room(state, meter, len(candidate.arrival.payload), now)
        _check_handover(series, record.readings[0], signer)
        in_use = [key for each in record.readings for key in meter.keys_at(each.at)]
        number = record.leaf_sequence if _may_uphold(signer, in_use) else NO_NUMBER
        points = self._planned(
            series, record.readings, signer.device, number, record.digest, meter.id, now
        )
        begun = counter.highest is not None
        gap = counter.take(record.sequence)
        self._journal.add_record(
            Accepted(
                record.digest,
                meter.id,
                signer.device,
                record.counter,
                record.sequence,
                candidate.arrival.payload,
                now,
            )
        )
        self._put(taken, meter.id, series, points)
        state.room = room, now
        taken.accepted += 1
        if gap is not None:
            taken.gaps.append((meter.id, *gap))
            said = f"Records {gap[0]} to {gap[1]} are missing."
            self._journal.incident("METER_SKIPPED", meter.id, now, said)
        elif not begun and record.readings[0].at > meter.since and record.sequence > 1:
            # It counts already, and no record of it came: the oracle requests all of them.
            taken.gaps.append((meter.id, 1, record.sequence - 1))
        self._note_key(record, signer, meter.id, now)

    def _note_key(self, record: Record, signer: Key, meter: int, now: int) -> None:
        """Weaknesses of the key of an accepted record."""
        if not record.by_gateway and self._registry.is_shared(signer.key):
            said = "Its key is registered for other meters, too; it does not identify one gateway."
            self._journal.incident("METER_GATEWAY_UNSAID", meter, now, said)
        if not signer.key.curve.on_chain:
            said = f"Signed on {signer.key.curve.name}: checked here, and not provable on a chain."
            self._journal.incident("METER_NOT_PROVABLE", meter, now, said)

    def _room(self, state: MeterState, meter: Meter, size: int, now: int) -> int:
        """[bytes] Room for a meter's further records. It grows with the chain's time, so that a stream of
        signed records does not fill the disk."""
        step = self._registry.nodes[meter.node].interval_s
        most = KEPT_BYTES + LATE_S // step * LATE_BYTES
        room, since = state.room or (most, now)
        room = min(most, room + (now - since) * KEPT_BYTES // step)
        if size > room:
            raise TonneError.of(
                "METER_TOO_MUCH", size=size, meter_id=meter.id, room=room, kept_bytes=KEPT_BYTES
            )
        return room - size

    def _planned(
        self,
        series: RegisterSeries,
        readings: Sequence[Reading],
        device: int,
        sequence: int,
        digest: bytes,
        meter: int,
        now: int,
    ) -> list[Point]:
        """The points of a record or row. A step that is too large is kept, and held."""
        try:
            return series.plan(readings, device, sequence, digest)
        except TonneError as error:
            if error.code != "METER_IMPLAUSIBLE_STEP":
                raise
            self._journal.incident(error.code, meter, now, error.message)
            held = [replace(reading, quality=Quality.HELD) for reading in readings]
            return series.plan(held, device, sequence, digest)

    def _put(self, taken: Taken, meter: int, series: RegisterSeries, points: list[Point]) -> None:
        for point in points:
            taken.touched.append((meter, *series.reach(point.at)))
            series.put(point)
        self._journal.put_points(meter, points)

    def _refuse(
        self, taken: Taken, arrival: Arrival, number: int, error: TonneError, now: int
    ) -> None:
        # Anybody can write an unknown number: it is counted under no meter.
        known = number if number in self._registry.meters else 0
        try:
            self._registry.confirm(number, error.code)
        except RegistryBehind:
            raise
        except RpcUnreachable as silence:
            self._leave(taken, arrival, known, silence.code)
            return
        if error.code in AHEAD and self._may_come(arrival, number, now):
            self._leave(taken, arrival, known, error.code)
            return
        taken.refused += 1
        self._journal.incident(error.code, known, now, error.message)
        if error.code in MAY_HEAL and known:
            self._set_aside(arrival, known)
        self._warn("refused", arrival, known, error.code, error.message)

    def _warn(self, event: str, arrival: Arrival, meter: int, code: str, reason: str = "") -> None:
        """Once a minute for each meter: a busy sender must not fill the log."""
        now = time.monotonic()
        if now - self._warned.get((meter, code), -WARN_AGAIN_S) < WARN_AGAIN_S:
            return
        self._warned[meter, code] = now
        log.warning(event, topic=arrival.topic[:100], code=code, reason=reason)

    def _leave(self, taken: Taken, arrival: Arrival, number: int, code: str) -> None:
        self._warn("put_off", arrival, number, code)
        taken.unjudged.append(arrival)

    def _may_come(self, arrival: Arrival, number: int, now: int) -> bool:
        """Whether a record is ahead of a clock that has hardly moved since it came: the chain has stopped,
        or its nodes are late. That is no fault of the meter."""
        waiting = self._ahead.setdefault(number, {})
        digest = hashlib.sha256(arrival.payload).digest()
        if digest not in waiting and len(waiting) >= MOST_AHEAD:
            return False
        if now - waiting.setdefault(digest, now) < AHEAD_S:
            return True
        del waiting[digest]
        return False

    def _set_aside(self, arrival: Arrival, number: int) -> None:
        digest = hashlib.sha256(arrival.payload).digest()
        self._journal.set_aside(digest, number, arrival.topic, arrival.payload)

    # Files that no meter signed

    def take_feed(self, number: int, feed: Feed, now: int) -> Taken:
        """Stores the new values of a meter's file: each valid row. Without a valid row, TonneError for
        the first."""
        meter = self._meter(number)
        self._check_carrier(meter, feed.carrier)
        source = "registers" if feed.registers else "intervals"
        known = self.meters.get(number)
        if known is not None and not known.may_take(source):
            raise _other_source(number)
        taken = Taken(left_out=feed.left_out)
        with self._journal.transaction():
            if feed.registers:
                self._take_registers(taken, meter, feed, now)
            else:
                self._take_intervals(taken, meter, feed, now)
            if not taken.accepted and not taken.repeated:
                raise none_taken(taken.left_out)
            for code, count in sorted(taken.left_out.codes.items()):
                said = taken.left_out.first[code].message
                self._journal.incident(code, number, now, said, count)
            if not taken.accepted:
                self._journal.incident("METER_REPEATED", number, now, "A file had no new value.")
        return taken

    def _take_intervals(self, taken: Taken, meter: Meter, feed: Feed, now: int) -> None:
        known = self.meters.get(meter.id)
        is_fed = known is not None and isinstance(known.series, DeltaSeries)
        series = known.series if known is not None and is_fed else DeltaSeries()
        assert isinstance(series, DeltaSeries)
        # A file that does not say when it was written was written after those that were taken before it.
        updated = max(now, series.updated + 1) if feed.updated is None else feed.updated
        fresh: list[Delta] = []
        for item in feed.intervals:
            try:
                self._check_time(meter, item.start, now)
                self._check_time(meter, item.end, now)
                item = self._plausible(meter, item, now)
                planned = series.plan([Delta.of(item, updated, feed.digest)])
            except TonneError as error:
                taken.left_out.add(item.row, error)
                continue
            fresh += planned
            taken.repeated += 1 - len(planned)
        taken.accepted = len(fresh)
        if not fresh:
            return
        if known is None or not is_fed:
            self.meters[meter.id] = MeterState(series)
        self._journal.put_deltas(meter.id, fresh)
        for delta in fresh:
            series.put(delta)
        taken.touched.append((meter.id, min(d.start for d in fresh), max(d.end for d in fresh)))

    def _plausible(self, meter: Meter, item: IntervalEnergy, now: int) -> IntervalEnergy:
        """Held where it is more than the meter can measure."""
        most = meter.terms.most_wh(item.duration_s)
        if item.energy_wh <= most or item.quality is Quality.HELD:
            return item
        said = f"{item.energy_wh} Wh in {item.duration_s} s is more than the meter can measure ({most} Wh)."
        self._journal.incident("METER_IMPLAUSIBLE_STEP", meter.id, now, said)
        return replace(item, quality=Quality.HELD)

    def _take_registers(self, taken: Taken, meter: Meter, feed: Feed, now: int) -> None:
        series = self._meter_state(meter.id, RegisterSeries).series
        assert isinstance(series, RegisterSeries)
        kept: list[Point] = []
        names = self._journal.device_names(meter.id)
        for row in feed.registers:
            at = row.reading.at
            try:
                self._check_time(meter, at, now)
                device = meter.device_at(at)
                if not feed.device_named:
                    _check_device(names.get(device, ""), row)
                points = self._planned(
                    series, [row.reading], device, NO_NUMBER, row.digest, meter.id, now
                )
            except TonneError as error:
                taken.left_out.add(row.row, error)
                continue
            taken.repeated += not points
            for point in points:
                taken.touched.append((meter.id, *series.reach(point.at)))
                series.put(point)
            kept += points
            sure = all(point.quality is not Quality.HELD for point in points)
            if sure and row.device and names.get(device) != row.device:
                names[device] = row.device
                self._journal.name_device(meter.id, device, row.device)
        taken.accepted = len(kept)
        taken.touched = _joined(taken.touched)
        self._journal.put_points(meter.id, kept)

    # Entries that changed

    def heed(self, changed: Iterable[int], now: int) -> Taken:
        """Takes recorded exchanges into the series, and judges the records that were set aside again."""
        taken = Taken()
        for number in sorted(changed):
            meter = self._registry.meters[number]
            with self._journal.transaction():
                self._heed_exchanges(taken, meter, now, now)
                self._heed_key(taken, meter)
                waiting = self._journal.set_aside_of(number)
                self._journal.forget_set_aside(number)
                again = self.take([Arrival(*item) for item in waiting], now)
                for arrival in again.unjudged:
                    self._set_aside(arrival, number)
            taken.accepted += again.accepted
            taken.gaps += again.gaps
            taken.touched += again.touched
        return taken

    def _heed_key(self, taken: Taken, meter: Meter) -> None:
        """Records may be a little ahead of the clock: a record of a replaced key from before its moment
        upholds no leaf, so a record of the new key must not contradict it."""
        newest, state = meter.keys[-1], self.meters.get(meter.id)
        if not newest.index or state is None or not isinstance(state.series, RegisterSeries):
            return
        until = newest.since + CLOCK_TOLERANCE_S
        for point in [p for p in state.series.points if newest.since <= p.at <= until]:
            raw = self._journal.record(meter.id, point.digest)
            if raw is None or point.sequence == NO_NUMBER:
                continue
            signer = signer_of(((key, key.key) for key in meter.keys_at(point.at)), raw)
            if signer is None or not _may_uphold(signer[0], meter.keys_at(point.at)):
                self._put(taken, meter.id, state.series, [replace(point, sequence=NO_NUMBER)])

    def begin_exchanges(self, now: int) -> Taken:
        """Takes recorded exchanges into the series after their moment."""
        taken = Taken()
        for number in sorted(self._coming):
            with self._journal.transaction():
                self._heed_exchanges(taken, self._registry.meters[number], now, now)
        return taken

    def _heed_exchanges(self, taken: Taken, meter: Meter, until: int, now: int) -> None:
        """Those that have begun: until then another entry may replace one."""
        begun = [exchange for exchange in meter.exchanges if exchange.at <= until]
        if len(begun) < len(meter.exchanges):
            self._coming.add(meter.id)
        else:
            self._coming.discard(meter.id)
        if not begun:
            return
        state = self._meter_state(meter.id, RegisterSeries)
        series = state.series
        if not isinstance(series, RegisterSeries):
            return
        for exchange in begun[state.exchanges :]:
            state.exchanges += 1
            if series.points and exchange.at < series.points[0].at:
                continue  # before all that is still counted
            try:
                points = series.exchange(
                    exchange.at, exchange.device, exchange.last, exchange.first
                )
            except TonneError as error:
                self._journal.incident("METER_EXCHANGE_CONFLICT", meter.id, now, error.message)
                continue
            self._put(taken, meter.id, series, points)


def _may_uphold(signer: Key, keys: Sequence[Key]) -> bool:
    """Whether a chain that takes a record of one of these keys takes the signer's."""
    return signer.key.curve.on_chain or not any(key.key.curve.on_chain for key in keys)


def _check_handover(series: RegisterSeries, first: Reading, signer: Key) -> None:
    """Either key may sign at the moment of an exchange. The earlier key's value of that moment ends the
    intervals before it and stays valid."""
    known = series.shown(first.at, signer.device) if first.at == signer.since else None
    if signer.index and known not in (None, Flow(first.import_wh, first.export_wh)):
        raise TonneError(
            "METER_STAMP_CONFLICT",
            f"Another key of the meter has told otherwise of {first.at}, when this one took over.",
            field="readAt",
            value=first.at,
            remedy="Send what the meter shows afterwards.",
        )


def _check_device(known: str, row: RegisterRow) -> None:
    """Refuses a row of another device than the one that the meter's files were of before."""
    if known and row.device and row.device != known:
        raise TonneError.of("METER_OTHER_DEVICE", device=row.device[:40], known_device=known[:40])


def _joined(touched: list[tuple[int, int, int]]) -> list[tuple[int, int, int]]:
    """One stretch in place of many of one meter."""
    if not touched:
        return []
    return [(touched[0][0], min(t[1] for t in touched), max(t[2] for t in touched))]


_CARRIERS: Final = {carrier.name.lower(): carrier for carrier in Carrier}


def _place(topic: str) -> tuple[Carrier, int]:
    parts = topic.split("/")
    number = meter_of(topic)
    if len(parts) != 3 or parts[0] != TOPIC_ROOT or parts[1] not in _CARRIERS or not number:
        raise _wrong_topic(topic)
    return _CARRIERS[parts[1]], number


def _check_valid(meter: Meter, at: int) -> None:
    if at < meter.since or (meter.until and at > meter.until):
        raise TonneError.of("METER_NOT_VALID", time=at, meter_id=meter.id)


def _wrong_topic(topic: str) -> TonneError:
    return TonneError.of("METER_WRONG_TOPIC", topic=topic[:100], topic_root=TOPIC_ROOT)


def _other_source(number: int) -> TonneError:
    return TonneError.of("METER_OTHER_SOURCE", meter=number)
