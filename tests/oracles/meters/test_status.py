"""What is wrong in what a street sends is seen in `tonne meters status` by its code, and does not count."""

from __future__ import annotations

import json
import time

import pytest

from oracles.meters import cycle, status
from oracles.meters.intake import AHEAD_S
from tests.oracles.meters.ground import OFFICER, QUARTER, T0
from tests.tonne.meters import records
from tests.tonne.meters.test_greenbutton import feed, reading
from tonne.cli import main
from tonne.meters.mqtt import topic_of
from tonne.meters.readings import Carrier
from tonne.meters.signatures import Curve

#: Everything below, by what it is.
SHOWN = {
    "tampered with": "METER_NOT_SIGNED",
    "written anew": "METER_NOT_SIGNED",
    "the same again": "METER_REPEATED",
    "replayed": "METER_REPLAYED",
    "skipped": "METER_SKIPPED",
    "of no meter": "METER_UNKNOWN",
    "of another carrier": "METER_WRONG_CARRIER",
    "a negative step": "METER_NEGATIVE_STEP",
    "a clock ten minutes ahead": "METER_CLOCK_AHEAD",
    "of a future interval": "METER_FUTURE_INTERVAL",
    "a key that no chain checks": "METER_NOT_PROVABLE",
    "malformed XML": "METER_XML_FORM",
    "malformed JSON": "METER_JSON_FORM",
    "ten megabytes": "METER_TOO_LARGE",
    "a broker that is away": "METER_BROKER_DOWN",
}


def _registered(desk, curve: Curve) -> int:
    key = records.public(curve)
    meter = (1, 1, 5000, T0, 0, 1000, 9, 0, 0)
    desk.chain.send(OFFICER, "MeterOracle", "registerMeter", meter, (*key.words, T0, key.curve))
    return desk.chain.call("MeterOracle", "meterCount")


def _send_everything(desk) -> None:
    provable, other = (_registered(desk, c) for c in (Curve.P256, Curve.BRAINPOOL_P256))
    desk.at(3 * QUARTER)
    desk.send(0, [0, 1])
    desk.run(1)
    changed = bytearray(desk.meters[0].record(1))
    changed[42] ^= 1
    head, body, signature = records.ocmf([records.reading()]).split(b"|")
    again = json.dumps(json.loads(body), separators=(",", ":")).encode()
    own, beyond = desk.topic(0), records.ocmf([records.reading()], curve=Curve.BRAINPOOL_P256)

    def signed(place, quarter, wh, number, **more):
        at = int(T0 + quarter * QUARTER)
        return desk.signed(place, readAt=at, importWh=wh, sequence=number, **more)

    for topic, payload in (
        (own, bytes(changed)),
        (topic_of(Carrier.ELECTRICITY, provable), b"|".join((head, again, signature))),
        (own, desk.meters[0].record(0)),
        (own, desk.signed(0, readAt=T0 + 60, importWh=9, sequence=1)),
        (own, desk.meters[0].record(3)),
        (topic_of(Carrier.ELECTRICITY, 99), desk.meters[0].record(1)),
        (desk.topic(0, Carrier.GAS), desk.meters[0].record(1)),
        (desk.topic(2), signed(2, 1, 500, 1)),
        (desk.topic(2), signed(2, 2, 499, 2)),
        (desk.topic(3), signed(3, 3 + 600 / QUARTER, 1, 1)),
        (desk.topic(3), signed(3, 9, 1, 2)),
        (topic_of(Carrier.ELECTRICITY, other), beyond),
        (own, b"OCMF|{"),
        (own, b"\0" * 10_000_000),
    ):
        desk.wire.put(topic, payload)
    (desk.folder / "inbox" / "2-june.xml").write_bytes(b"<feed>\n")
    (desk.folder / "inbox" / "4-june.xml").write_bytes(feed(reading(T0, QUARTER, "100")))
    desk.wire.down_since = time.time() - 3_600


@pytest.fixture
def told(desk, monkeypatch, capsys):
    """What the daemon knows after it all, and what the command shows of it."""
    monkeypatch.setattr("tonne.cli.core.output.console.width", 200)
    monkeypatch.setattr(cycle, "ASK_AGAIN_S", 0.0)
    _send_everything(desk)
    desk.run(2)
    desk.at(3 * QUARTER + AHEAD_S + 5)  # the chain's clock moves on: what was ahead of it still is
    desk.run(2)
    now = desk.chain.now()
    status.write(desk.folder / "status.json", desk.cycle, desk.journal, desk.wire, now, force=True)
    with pytest.raises(SystemExit) as ended:
        main(["meters", "status", "--folder", str(desk.folder)])
    assert not ended.value.code
    return desk, capsys.readouterr().out


def test_every_bad_input_is_seen_by_its_code(told):
    _, shown = told
    assert [what for what, code in SHOWN.items() if code not in shown] == []


def test_none_of_it_counts(told):
    desk, _ = told
    refused = {code for code, _ in desk.incidents()}
    assert refused == set(SHOWN.values()) - {"METER_BROKER_DOWN"}
    # Two of the first meter, one each of the second and the third, one signed on brainpool.
    assert desk.journal.counts()["records"] == 5
    assert desk.wire.waiting == []
    assert len(desk.wire.acknowledged) == desk.wire.number
