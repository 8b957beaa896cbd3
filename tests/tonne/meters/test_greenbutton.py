"""Green Button feeds: joined by links, one code for what is not clear, qualities as they settle."""

from __future__ import annotations

import time

import pytest

from tests.tonne.meters.records import SHARED, needs_shared
from tonne.errors import TonneError
from tonne.meters.greenbutton import MAX_FEED_BYTES, QUALITIES, parse
from tonne.meters.readings import Carrier, Quality

HOUR = 3600
AT = 1_780_264_800


def reading(start=AT, duration=HOUR, value="1500", quality="0", cost="") -> str:
    return (
        f"<IntervalReading>{cost}"
        + (f"<ReadingQuality><quality>{quality}</quality></ReadingQuality>" if quality else "")
        + f"<timePeriod><duration>{duration}</duration><start>{start}</start></timePeriod>"
        + f"<value>{value}</value></IntervalReading>"
    )


def feed(
    *readings,
    kind="0",
    type_="",
    up="P/MeterReading/1/IntervalBlock",
    updated="2026-06-02T00:00:00Z",
) -> bytes:
    type_ = type_ or (
        "<accumulationBehaviour>4</accumulationBehaviour><flowDirection>1</flowDirection>"
        "<powerOfTenMultiplier>0</powerOfTenMultiplier><uom>72</uom>"
    )

    def entry(content, own, up="", related=()):
        links = [f'<link rel="self" href="{own}"/>', f'<link rel="up" href="{up}"/>']
        links += [f'<link rel="related" href="{href}"/>' for href in related]
        content = content.replace(">", ' xmlns="http://naesb.org/espi">', 1)
        return f"<entry>{''.join(links)}<content>{content}</content></entry>"

    return (
        '<feed xmlns="http://www.w3.org/2005/Atom">'
        f"<updated>{updated}</updated>"
        + entry(
            f"<UsagePoint><ServiceCategory><kind>{kind}</kind></ServiceCategory></UsagePoint>", "P"
        )
        + entry(
            "<MeterReading></MeterReading>",
            "P/MeterReading/1",
            "P/MeterReading",
            ("P/MeterReading/1/IntervalBlock", "ReadingType/1"),
        )
        + entry(f"<IntervalBlock>{''.join(readings) or reading()}</IntervalBlock>", "B/1", up)
        + entry(f"<ReadingType>{type_}</ReadingType>", "ReadingType/1")
        + "</feed>"
    ).encode()


def kind(uom=72, power=0, direction=1, accumulation=4) -> str:
    return (
        f"<accumulationBehaviour>{accumulation}</accumulationBehaviour>"
        f"<flowDirection>{direction}</flowDirection>"
        f"<powerOfTenMultiplier>{power}</powerOfTenMultiplier><uom>{uom}</uom>"
    )


def test_intervals_come_in_order_of_time_with_what_they_say():
    found = parse(feed(reading(AT + HOUR, value="7", quality="8"), reading(cost="<cost>90</cost>")))
    assert (found.carrier, found.updated) == (Carrier.ELECTRICITY, 1_780_358_400)
    first, second = found.intervals
    assert (first.start, first.duration_s, first.energy_wh, first.cost) == (AT, HOUR, 1500, 90)
    assert (second.energy_wh, second.quality) == (7, Quality.SUBSTITUTED)


@pytest.mark.parametrize(
    "uom, power, wh",
    [(72, 0, 1500), (72, 3, 1_500_000), (72, -3, 2), (132, 0, 440), (169, 0, 43_960_661)],
)
def test_units_are_turned_into_whole_watt_hours(uom, power, wh):
    assert parse(feed(type_=kind(uom, power))).intervals[0].energy_wh == wh


@pytest.mark.parametrize(
    "service, commodity, good",
    [("0", 1, 1), ("0", 2, 1), ("0", 0, 1), ("0", 7, 0), ("0", 9, 0), ("1", 7, 1), ("1", 1, 0), ("4", 12, 1)],
)  # fmt: skip
def test_a_feed_whose_service_and_commodity_contradict_each_other_is_refused(
    service, commodity, good
):
    content = feed(kind=service, type_=kind() + f"<commodity>{commodity}</commodity>")
    if good:
        assert len(parse(content).intervals) == 1
        return
    with pytest.raises(TonneError) as refused:
        parse(content)
    assert (refused.value.code, refused.value.field) == ("METER_XML_FORM", "commodity")
    assert refused.value.value == str(commodity)


def test_energy_that_the_customer_gave_is_export():
    assert parse(feed(type_=kind(direction=19))).intervals[0].is_export


def test_qualities_settle_as_the_table_says():
    assert {q for q, good in QUALITIES.items() if good is Quality.SETTLED} == {0, 17, 18, 19}
    assert {q for q, good in QUALITIES.items() if good is Quality.SUBSTITUTED} == {7, 8, 9, 11}
    for quality, good in [("14", Quality.PROVISIONAL), ("10", Quality.HELD), ("99", Quality.HELD)]:
        assert parse(feed(reading(quality=quality))).intervals[0].quality is good
    assert parse(feed(reading(quality=""))).intervals[0].quality is Quality.PROVISIONAL


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<feed>",
        feed()[:-20],
        feed().replace(b"<feed", b'<!DOCTYPE a [<!ENTITY b "c">]><feed', 1),
        feed().replace(b"<feed", b'<?xml version="1.0" encoding="no-such"?><feed', 1),
        feed(kind=""),
        feed(kind="2"),  # water
        feed(type_="<uom>72</uom>"),
        feed(type_=kind(accumulation=3)),
        feed(type_=kind(direction=4)),
        feed(up="Q/MeterReading/1/IntervalBlock"),
        feed(reading(start="1721154384.66136")),
        feed(reading(duration=0)),
        feed(reading(value="-3")),
        feed(reading(value="")),
        feed(updated="2026-06-02T00:00:00"),
        feed(updated=""),
        feed()
        .replace(b"<IntervalReading>", b"<Other>")
        .replace(b"</IntervalReading>", b"</Other>"),
    ],
)
def test_what_is_not_clear_has_one_code(content):
    with pytest.raises(TonneError) as refused:
        parse(content)
    assert refused.value.code == "METER_XML_FORM"


@pytest.mark.parametrize(
    "bad, code",
    [
        ([reading(AT, value="2")], "METER_ROWS_DIFFER"),
        ([reading(AT + 1)], "METER_INTERVALS_OVERLAP"),
    ],
)
def test_of_two_that_contradict_each_other_neither_is_taken(bad, code):
    with pytest.raises(TonneError) as refused:
        parse(feed(reading(), *bad))
    assert refused.value.code == code
    found = parse(feed(reading(), *bad, reading(AT + 2 * HOUR, value="9")))
    assert [i.energy_wh for i in found.intervals] == [9]
    assert found.left_out.codes == {code: 2}


def test_of_a_year_with_two_ambiguous_hours_the_rest_is_taken():
    """A utility that writes its clock's time as if it were UTC tells one hour twice in autumn."""
    hours = [AT + n * HOUR for n in range(8_760)]
    hours[4000] = hours[4001]
    found = parse(feed(*(reading(at, value=str(n)) for n, at in enumerate(hours))))
    assert len(found.intervals) == 8_758
    assert [row for row, _ in found.left_out.named] == [4_001, 4_002]


@pytest.mark.parametrize(
    "bad, code, field",
    [
        (reading(AT + HOUR, value="-3"), "METER_XML_FORM", "value"),
        (reading(AT + HOUR, value=""), "METER_XML_FORM", "value"),
        (reading("1780268400.5"), "METER_XML_FORM", "start"),
        (reading(AT + HOUR, duration=0), "METER_XML_FORM", "duration"),
        (reading(AT + HOUR, value=str(2**62)), "METER_ENERGY_RANGE", "value"),
    ],
)
def test_a_bad_interval_is_named_and_the_rest_is_taken(bad, code, field):
    found = parse(feed(reading(), bad))
    assert [i.start for i in found.intervals] == [AT]
    ((row, error),) = found.left_out.named
    assert (row, error.code, error.field) == (2, code, field)


def points(*services: str, linked: bool = True) -> bytes:
    """A feed of several usage points, each with one interval of 100 Wh times its place."""
    parts = []
    for place, service in enumerate(services, 1):
        one = feed(reading(value=str(100 * place)), kind=service).decode()
        entries = one[one.index("<entry>") : -len("</feed>")]
        for name in ("P/MeterReading/1", "ReadingType/1"):
            entries = entries.replace(name, name.replace("/1", f"/{place}"))
        entries = entries.replace('href="P/', f'href="U/{place}/').replace(
            'href="P"', f'href="U/{place}"'
        )
        if not linked:
            entries = entries.replace(f'href="U/{place}/MeterReading"', 'href="X"')
        parts.append(entries)
    return feed().split(b"<entry>")[0] + "".join(parts).encode() + b"</feed>"


@pytest.mark.parametrize("name, wh", [("U/1", 100), ("1", 100), ("/2", 200), ("U/2", 200)])
def test_of_several_points_the_named_one_is_taken(name, wh):
    found = parse(points("0", "0"), name, Carrier.ELECTRICITY)
    assert [i.energy_wh for i in found.intervals] == [wh]


def test_of_several_points_the_only_one_of_the_meter_s_energy_is_taken():
    both = points("1", "0")
    assert [i.energy_wh for i in parse(both, None, Carrier.ELECTRICITY).intervals] == [200]
    assert [i.energy_wh for i in parse(both, None, Carrier.GAS).intervals] == [100]


@pytest.mark.parametrize(
    "services, name, carrier",
    [
        (("0", "0"), None, Carrier.ELECTRICITY),
        (("1", "1"), None, Carrier.ELECTRICITY),
        (("0", "1"), None, None),
        (("0", "0"), "U/3", Carrier.ELECTRICITY),
        (("0", "0"), "U", Carrier.ELECTRICITY),
    ],
)
def test_a_point_that_may_be_several_or_none_is_to_be_named(services, name, carrier):
    with pytest.raises(TonneError) as refused:
        parse(points(*services), name, carrier)
    assert (refused.value.code, refused.value.field) == ("METER_USAGE_POINT", "point")
    assert "'U/1'" in refused.value.message


def test_what_leads_to_no_point_is_not_taken_for_one():
    with pytest.raises(TonneError) as refused:
        parse(points("0", "1", linked=False), "U/1", Carrier.ELECTRICITY)
    assert refused.value.code == "METER_XML_FORM"


def test_gas_that_is_named_for_an_electricity_meter_is_told_as_gas():
    found = parse(points("0", "1"), "U/2", Carrier.ELECTRICITY)
    assert (found.carrier, found.intervals) == (Carrier.GAS, ())


def test_twenty_thousand_entries_are_read_in_time_that_grows_with_them():
    """A block is looked up, not looked for."""
    entry = "<entry><link rel='up' href='P/MeterReading/1/IntervalBlock'/><content>"
    entry += f"<IntervalBlock xmlns='http://naesb.org/espi'>{reading()}</IntervalBlock></content></entry>"
    took = {}
    for count in (4_000, 20_000):
        many = feed().replace(b"</feed>", (entry * count).encode() + b"</feed>")
        begun = time.process_time()
        assert len(parse(many).intervals) == 1
        took[count] = time.process_time() - begun
    assert took[20_000] < 12 * took[4_000]  # 5 times; 25 where each is looked for


def test_a_volume_is_no_energy():
    with pytest.raises(TonneError) as refused:
        parse(feed(type_=kind(uom=42)))
    assert refused.value.code == "METER_UNIT_UNSUPPORTED"


def beside(one: bytes, other: bytes) -> bytes:
    """The feed `one` with the readings of `other` as a second meter reading of its usage point."""
    entries = other.decode().split("<entry>")[2:]
    more = "".join(f"<entry>{entry}" for entry in entries)
    for name in ("MeterReading/1", "ReadingType/1", "B/1"):
        more = more.replace(name, name.replace("/1", "/0"))
    return one.replace(b"</feed>", more.encode())


DEMAND = "<kind>8</kind><accumulationBehaviour>{}</accumulationBehaviour><uom>{}</uom>"


@pytest.mark.parametrize(
    "uom, name", [(38, "W: demand"), (61, "VA: demand"), (73, "varh"), (99, "uom 99")]
)
@pytest.mark.parametrize("first", ["energy", "demand"])
def test_of_energy_and_demand_at_one_point_the_energy_is_taken_and_the_demand_told(
    uom, name, first
):
    energy = feed(reading(value="7"), reading(AT + HOUR, value="8"))
    demand = feed(reading(value="900"), reading(AT + HOUR, value=""), type_=DEMAND.format(6, uom))
    found = parse(beside(energy, demand) if first == "energy" else beside(demand, energy))
    assert [(i.start, i.energy_wh) for i in found.intervals] == [(AT, 7), (AT + HOUR, 8)]
    ((row, error),) = found.left_out.named
    assert row == (3 if first == "energy" else 1)
    assert (error.code, error.field, error.value) == ("METER_UNIT_UNSUPPORTED", "uom", uom)
    assert "2 of the feed's readings" in error.message
    assert name in error.message


def test_demand_alone_is_refused_for_its_unit():
    with pytest.raises(TonneError) as refused:
        parse(feed(type_=DEMAND.format(6, 38)))
    assert (refused.value.code, refused.value.value) == ("METER_UNIT_UNSUPPORTED", 38)


@pytest.mark.parametrize(
    "type_",
    [
        kind() + "<commodity>7</commodity>",
        kind(accumulation=3),
        DEMAND.format(6, 38) + "<commodity>7</commodity>",
        DEMAND.format(6, ""),
        DEMAND.format(6, "x"),
    ],
)
def test_a_type_that_is_not_clear_is_refused_beside_energy_too(type_):
    with pytest.raises(TonneError) as refused:
        parse(beside(feed(), feed(reading(AT + HOUR), type_=type_)))
    assert refused.value.code == "METER_XML_FORM"


def test_ten_megabytes_are_refused_unread():
    with pytest.raises(TonneError) as refused:
        parse(b" " * (MAX_FEED_BYTES + 1))
    assert refused.value.code == "METER_TOO_LARGE"


@needs_shared
def test_the_nist_sample_adds_up_to_its_own_summary():
    found = parse((SHARED / "energy" / "greenbutton_hourly_nine_days.xml").read_bytes())
    assert len(found.intervals) == 216
    assert sum(item.energy_wh for item in found.intervals) == 199_563


@needs_shared
def test_a_defective_gas_feed_is_refused_with_a_reason():
    with pytest.raises(TonneError) as refused:
        parse((SHARED / "energy" / "greenbutton_gas_defective.xml").read_bytes())
    assert refused.value.code == "METER_XML_FORM"
    assert "kind of service" in refused.value.message


@needs_shared
@pytest.mark.parametrize(
    "name, count, wh",
    [
        ("Electric.xml", 2, 5_965_053),
        ("15minLP_15Days.xml", 1_340, 1_397_734),
        ("hourlyForMonthJan.xml", 744, 2_301_649),
    ],
)
def test_other_samples_are_read_whole(name, count, wh):
    found = parse((SHARED / "greenbutton" / name).read_bytes())
    assert (len(found.intervals), sum(item.energy_wh for item in found.intervals)) == (count, wh)
