"""Metadata of every class of units, read from a real chain as a wallet or a marketplace reads it."""

from __future__ import annotations

import base64
import json
from xml.etree import ElementTree

import pytest

from tests.tonne.power.story import credits_of
from tests.tonne.units import certified
from tests.tonne.units.retirements import VERRA, immobilise
from tonne.constants import HOUR_S
from tonne.evidence.project_sites import source_word
from tonne.types.ids import UnitId
from tonne.types.unit_id import vintage_of
from tonne.units import energy_certificates
from tonne.units.energy_credits import MICRO

JSON = "data:application/json;base64,"
SVG = "data:image/svg+xml;base64,"
NAMESPACE = "{http://www.w3.org/2000/svg}"
#: What a picture may be made of: no script, no link, nothing from elsewhere.
SHAPES = {NAMESPACE + name for name in ("svg", "rect", "text")}
#: Interfaces by ERC-165: ERC-1155 and its metadata.
INTERFACES = ("0xd9b67a26", "0x0e89341c")
MOST = 16_000  # characters


def decoded(uri: str, head: str) -> str:
    assert uri.startswith(head)
    return base64.b64decode(uri.removeprefix(head), validate=True).decode("utf-8")


def texts(image: str) -> list[str]:
    """Texts of a picture that a strict reader can draw."""
    root = ElementTree.fromstring(decoded(image, SVG))
    assert root.tag == f"{NAMESPACE}svg"
    assert {part.tag for part in root.iter()} <= SHAPES
    assert not [
        name for part in root.iter() for name in part.attrib if name.startswith(("on", "{"))
    ]
    width, height = (float(size) for size in root.attrib["viewBox"].split()[2:])
    lines = root.findall(f"{NAMESPACE}text")
    assert all(0 < float(line.attrib["x"]) < width for line in lines)
    assert all(0 < float(line.attrib["y"]) < height for line in lines)
    return ["".join(line.itertext()) for line in lines]


class Shown:
    """An id as a marketplace shows it: its page, and that of its collection."""

    def __init__(self, town, contract: str, unit: int) -> None:
        chain = town.chain
        for interface in INTERFACES:
            assert chain.call(contract, "supportsInterface", bytes.fromhex(interface[2:]))
        uri = chain.call(contract, "uri", unit)
        assert len(uri) < MOST
        assert "{id}" not in uri  # a client puts the number in its place
        self.page = json.loads(decoded(uri, JSON))
        assert set(self.page) == {"name", "description", "decimals", "image", "attributes"}
        assert self.page["decimals"] == 0
        self.traits: dict[str, str] = {}
        for attribute in self.page["attributes"]:
            assert set(attribute) == {"trait_type", "value"}
            assert attribute["value"] == attribute["value"].strip() != ""
            self.traits.setdefault(attribute["trait_type"], attribute["value"])
        self.lines = texts(self.page["image"])
        self.collection = json.loads(decoded(chain.call(contract, "contractURI"), JSON))
        assert set(self.collection) == {"name", "description", "image"}
        issued = chain.call(contract, "issuedOf", unit)
        assert self.traits["Issued"] == str(issued) != "0"
        assert self.traits["In circulation"] == str(chain.call(contract, "totalSupply", unit))
        assert self.traits["Vintage"] == str(vintage_of(UnitId(unit)))
        assert set(self.traits.values()) <= {*self.lines}  # each fact is in the picture too
        place = [chain[contract].address.lower(), str(chain.chain_id)]
        assert self.lines[-3::2] == place
        assert texts(self.collection["image"])[-3::2] == place


def test_an_allowance_is_named_by_its_vintage(town):
    found = Shown(town, "Allowances", town.market.allowance)
    assert found.page["name"] == "Emission allowance 2020"
    assert found.traits["Measure"] == "tCO2e"
    assert found.collection["name"] == "Emission allowances"


def test_a_credit_tells_its_batch_and_follows_it(town):
    chain, unit = town.chain, town.market.credit
    found = Shown(town, "OffsetCredits", unit)
    batch = chain.call("OffsetCredits", "batch", unit)
    (block,) = batch.blocks
    assert found.page["name"] == "Offset credit 2020, batch 1"
    assert (found.traits["Status"], found.traits["Project"]) == ("Active", "1")
    assert (found.traits["Project type"], found.traits["Mitigation"]) == ("Wind", "Reduction")
    assert found.traits["Host country"] == "156"
    serials = f"{block.registry}-{block.series}-{block.first}-{block.last}"
    assert found.traits["Serial numbers"] == serials
    chain.send(town.market.people["authority"], "BatchDesk", "setLocked", unit, True, b"\7" * 32)
    assert Shown(town, "OffsetCredits", unit).traits["Status"] == "Locked"


def test_a_credit_of_another_registry_tells_where_it_came_from(town):
    found = Shown(town, "OffsetCredits", immobilise(town))
    assert found.page["name"] == "Offset credit 2020, batch R1"
    origin = [found.traits[name] for name in ("Registry", "Project", "Methodology")]
    assert origin == ["VERRA", "2498", "VM0015"]
    blocks = [a["value"] for a in found.page["attributes"] if a["trait_type"] == "Serial numbers"]
    assert len(blocks) == len(VERRA)
    assert set(blocks) <= set(found.lines)


def test_an_energy_credit_tells_its_series(town):
    found = Shown(town, "EnergyCredits", credits_of(town))
    assert found.page["name"].endswith(", series 1")
    assert found.traits["Measure"] == "micro-credit"
    assert found.traits["Issued"] == str(2_000 * MICRO)
    assert found.collection["name"] == "Energy credits"


def test_an_energy_certificate_tells_its_device_and_hour(town, tmp_path):
    chain, people = town.chain, town.market.people
    first = certified.found(town, tmp_path)
    wind = energy_certificates.SOURCES.index("wind")
    device = (wind, first, source_word(certified.FARM), [1])
    chain.send(people["authority"], "EnergyCertificates", "registerDevice", *device)
    chain.set_time(chain.now() + 5 * HOUR_S)
    told = energy_certificates.device_of(chain, 1)
    shown = energy_certificates.shown(chain, told, first, 1, tmp_path)
    before = energy_certificates.hint(chain, told.source, first, 0)
    chain.send(people["trader"], "EnergyCertificates", "certify", 1, first, 1, shown, before)
    unit = chain.call("EnergyCertificates", "idOf", 1, first)
    found = Shown(town, "EnergyCertificates", unit)
    assert (found.traits["Device"], found.traits["Source"]) == ("1", "Wind")
    assert found.page["name"].endswith(f", hour until {found.traits['Hour until']}")
    assert found.traits["Issued"] == str(certified.DELIVERED[0])


@pytest.mark.parametrize(
    ("contract", "name"),
    [("Allowances", "Emission allowance 2031"), ("OffsetCredits", "Offset credit 2031, batch 9")],
)
def test_an_id_that_nothing_was_issued_of_says_what_the_id_says(town, contract, name):
    unit_class = {"Allowances": 1, "OffsetCredits": 2}[contract]
    unit = unit_class << 96 | 1 << 80 | 2031 << 64 | (9 if unit_class == 2 else 0)
    page = json.loads(decoded(town.chain.call(contract, "uri", unit), JSON))
    assert page["name"] == name
    assert {"trait_type": "Issued", "value": "0"} in page["attributes"]
