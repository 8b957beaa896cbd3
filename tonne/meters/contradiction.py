"""A leaf that a record of its meter contradicts, and that the record behind it upholds."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final, TypeVar

from tonne.chain.client import Chain
from tonne.errors import TonneError, refused
from tonne.meters import ocmf, readings
from tonne.meters.leaves import Leaf, OpenedLeaf
from tonne.meters.readings import Record, is_own_form, parse_own
from tonne.meters.signatures import Claim, PublicKey, check_all

K = TypeVar("K")

#: Events with a key of a meter.
KEY_EVENTS: Final = ("MeterRegistered", "MeterKeyRotated", "MeterExchanged")


def keys_at(chain: Chain, meter: int, at: int) -> list[tuple[int, PublicKey]]:
    """A meter's keys in use at `at` [unix s]; two at the moment in which one takes over."""
    events = [
        event
        for name in KEY_EVENTS
        for event in chain.logs("MeterOracle", name, topics=[f"0x{meter:064x}"])
    ]
    found: dict[int, tuple[int, PublicKey]] = {}  # since when, by number
    for event in sorted(events, key=lambda event: (event.block, event.log_index)):
        index = 0 if event.name == "MeterRegistered" else event["index"]
        x, y, since, curve = event["key"]
        found[index] = since, PublicKey.of_words(curve, x, y)  # one that was to come gives way
    return [
        (index, key)
        for index, (since, key) in found.items()
        if since <= at and (index + 1 not in found or found[index + 1][0] >= at)
    ]


def contradicting(
    chain: Chain, node: int, start: int, leaf: OpenedLeaf, raw: bytes
) -> tuple[Any, ...]:
    """Arguments of `contradict` of IMeterOracle, by a record in the market's own form."""
    if not is_own_form(raw):
        raise refused("METER_NOT_PROVABLE", raw=raw[:8].hex())
    record, _ = parse_own(raw)
    end = start + chain.call("MeterOracle", "node", node).intervalS
    if (record.meter, record.readAt) != (leaf.meter, end):
        raise refused(
            "METER_OTHER_RECORD",
            read_at=record.readAt,
            meter=record.meter,
            leaf_meter=leaf.meter,
            end=end,
        )
    if not leaf.has_record:
        raise refused(
            "METER_LEAF_NO_RECORD", quality=leaf.told["quality"], sequence=leaf.told["sequence"]
        )
    index, by = _by(keys_at(chain, leaf.meter, record.readAt), raw, leaf.salt, leaf.meter)
    place = leaf.place(node, start, index)
    return place, leaf.reading, leaf.digest, by, leaf.proof, record.on_chain


def upholding(leaf: Leaf, keys: Iterable[tuple[int, PublicKey]], raw: bytes) -> tuple[Any, ...]:
    """Arguments of `uphold` of IMeterOracle behind the number, by the record that a leaf rests on."""
    signed = readings.signed_bytes(raw) if is_own_form(raw) else ocmf.signed_bytes(raw)
    index, by = _by(keys, raw, leaf.record_salt, leaf.meter)
    return leaf.registers, leaf.digest, index, by, signed


def signer_of(keys: Iterable[tuple[K, PublicKey]], raw: bytes) -> tuple[K, PublicKey] | None:
    """Which of several keys signed a record."""
    said, known = _said(raw), list(keys)
    claims = [Claim(key, said.digest, said.signature) for _, key in known]
    checked = zip(known, check_all(claims), strict=True)
    return next((each for each, is_good in checked if is_good), None)


def _said(raw: bytes) -> Record:
    return parse_own(raw)[1] if is_own_form(raw) else ocmf.parse(raw)[0]


def _by(
    keys: Iterable[tuple[int, PublicKey]], raw: bytes, salt: bytes, meter: int
) -> tuple[int, tuple[bytes, ...]]:
    """(key's number, `MeterSignature`) of a record."""
    found = signer_of(keys, raw)
    if found is None:
        raise TonneError(
            "METER_NOT_SIGNED",
            f"No key of meter {meter} signed this record.",
            field="record",
            remedy="Show the record as the meter wrote it.",
        )
    index, key = found
    signature = _said(raw).signature
    r, s = (n.to_bytes(32, "big") for n in (signature.r, signature.s))
    return index, (salt, *key.words, r, s)
