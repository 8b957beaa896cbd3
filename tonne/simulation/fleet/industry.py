"""Emitters of sectors beside power: drawn from what a scenario assumes of each, and marked as assumed.

[[assume_industry]]
sector = "steel"
emitters = 400
product_t = 1_000_000_000
intensity = 1.75
process = "limestone"
process_share = 0.1
why = "…"
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import Field

from tonne.constants import PPM
from tonne.errors import TonneError
from tonne.rules import engine
from tonne.rules.pack import RulePack
from tonne.rules.pack.document import Document
from tonne.rules.pack.model import Sector, Table, Text
from tonne.simulation.fleet.plants import Fleet, Industry, Plant

#: A plant makes up to so many times the mean of its sector, and as little as its inverse. Assumed.
SIZES: Final = 6
#: A plant emits up to this share more or less than its sector's mean for each tonne of product. Assumed.
AROUND: Final = 0.15
#: Tonnes of the years before, as a share of the year's. Assumed.
BEFORE: Final = (0.92, 1.08)

Share = Annotated[Decimal, Field(ge=0, le=1)]


class IndustryFacts(Table):
    """Assumptions of a scenario on a sector's emitters together."""

    sector: Text
    emitters: Annotated[int, Field(strict=True, ge=1, le=10_000)]
    product_t: Annotated[int, Field(strict=True, ge=1)]  # of all emitters
    intensity: Annotated[Decimal, Field(gt=0, le=100)]  # [t CO2e a t of product], the mean
    process: Text  # source of the process emissions
    process_share: Share  # of the emissions; the rest is of the fuel
    fuel: Literal["coal", "gas"] = "coal"
    cf4_g_per_t: Annotated[int, Field(strict=True, ge=0, le=10_000)] = 0  # [g a t of product]
    why: Text


def assumed(paths: Iterable[Path], pack: RulePack) -> list[IndustryFacts]:
    """What scenario files assume of sectors; refuses one that the pack has not, or not as a class."""
    found = []
    for path in paths:
        document = Document(path)
        for place, facts in enumerate(document.listed(IndustryFacts, "assume_industry")):
            sector = pack.sectors.get(facts.sector)
            if sector is None or sector.number is None:
                known = ", ".join(name for name, one in pack.sectors.items() if one.number)
                raise document.refuse(
                    "SCENARIO_SECTOR", ("assume_industry", place, "sector"),
                    f"{pack.scheme.name} has no sector {facts.sector} with a number.", facts.sector,
                    f"Known: {known or 'none'}.",
                )  # fmt: skip
            found.append(facts)
    return found


def shared_out(
    facts: Sequence[IndustryFacts], power: int, asked: int | None
) -> tuple[int, Fraction]:
    """(emitters of power, part of each sector) when `asked` emitters are drawn from all, `power` of them
    plants of power; each sector keeps one at least."""
    if asked is None or not facts:
        return asked or power, Fraction(1)
    part = Fraction(asked, power + sum(one.emitters for one in facts))
    left = asked - sum(_count(one, part) for one in facts)
    if not 0 < left <= power:
        raise TonneError(
            "FLEET_TOO_FEW",
            f"{asked} emitters do not go round {len(facts)} sectors and power.",
            field="emitters",
            value=asked,
            remedy=f"Ask for up to {power + sum(one.emitters for one in facts):,}.",
        )
    return left, part


def with_industry(
    fleet: Fleet, facts: Sequence[IndustryFacts], pack: RulePack, seed: int, part: Fraction
) -> Fleet:
    """The fleet with the emitters of each sector after its own."""
    if not facts:
        return fleet
    plants, notes = list(fleet.plants), []
    for one in facts:
        made = list(_drawn(one, pack.sectors[one.sector], sorted(pack.jurisdictions), seed, part))
        plants += made
        notes.append(
            f"{len(made):,} emitters of {one.sector} are drawn by the seed: {one.product_t * part // 1:,} t"
            f" of {pack.sectors[one.sector].product} together, {one.intensity} t CO2e each. {one.why}"
        )
    return replace(fleet, plants=tuple(plants), assumed=(*fleet.assumed, *notes))


def _count(facts: IndustryFacts, part: Fraction) -> int:
    return max(1, round(facts.emitters * part))


def _drawn(
    facts: IndustryFacts, sector: Sector, places: Sequence[str], seed: int, part: Fraction
) -> Iterator[Plant]:
    """Plants whose tonnes of product add up to the sector's part, to the tonne."""
    rng = random.Random(f"industry/{seed}/{facts.sector}")
    count, total = _count(facts, part), int(facts.product_t * part)
    weights = [SIZES ** rng.uniform(-1, 1) for _ in range(count)]
    scale = sum(weights)
    made = [int(total * weight / scale) for weight in weights]
    made[0] += total - sum(made)
    for number, product_t in enumerate(made, start=1):
        intensity = float(facts.intensity) * rng.uniform(1 - AROUND, 1 + AROUND)
        assert sector.number is not None and sector.product is not None
        yield Plant(
            key=f"{facts.sector}-{number:04d}",
            class_name=facts.sector,
            capacity_kw=0,
            power_mwh=0,
            heat_gj=0,
            emissions_t=round(product_t * intensity),
            prior_power_mwh=0,
            prior_heat_gj=0,
            province=rng.choice(places) if places else "",
            industry=Industry(
                number=sector.number,
                product=sector.product,
                product_t=product_t,
                prior_product_t=int(product_t * rng.uniform(*BEFORE)),
                process=facts.process,
                process_ppm=int(facts.process_share * PPM),
                fuel=facts.fuel,
                cf4_g_per_t=facts.cf4_g_per_t,
            ),
        )


# Rules of a plant of a sector


def figures_of(pack: RulePack, plant: Plant, emissions: int, year: int) -> engine.SectorFigures:
    """Figures that a plant's allocation is worked out from; `emissions` [t]: verified, or expected."""
    industry = plant.industry
    assert industry is not None
    last = emissions * industry.prior_product_t // max(industry.product_t, 1)
    base, *made = industry.made_t or (industry.prior_product_t,)
    level = engine.activity_level(pack, plant.class_name, base, made, year)
    return engine.SectorFigures(emissions, industry.product_t, last, level)


def early(pack: RulePack, plant: Plant, year: int) -> int:
    """Free allowances of a plant allocated by table when the year begins [t]."""
    if plant.tabled_t is not None:
        return plant.tabled_t
    return engine.sector_early(
        pack, plant.class_name, figures_of(pack, plant, plant.emissions_t, year), year
    )


def final(pack: RulePack, plant: Plant, emissions: int, year: int) -> int:
    """Free allowances of a plant allocated by table in the end [t]."""
    if plant.tabled_t is not None:
        return plant.tabled_t
    figures = figures_of(pack, plant, emissions, year)
    return engine.sector_final(pack, plant.class_name, figures, year)


def check(fleet: Fleet, pack: RulePack, year: int) -> None:
    """Refuses a fleet with a plant whose emissions do not fit its product, by the bounds of its sector, or
    whose allocation of the year cannot be worked out."""
    for plant in fleet.plants:
        if plant.industry is None:
            continue
        final(pack, plant, plant.emissions_t, year)
        if problem := _implausible(plant, pack, year):
            raise TonneError(
                "FLEET_IMPLAUSIBLE",
                f"{plant.key} {problem}.",
                field="fleet",
                value=plant.key,
                remedy="Correct [[assume_industry]], or widen the bounds of [mrv] in a pack of your own.",
            )


def _implausible(plant: Plant, pack: RulePack, year: int) -> str | None:
    industry, day = plant.industry, engine.reporting_day(year)
    if industry is None or not pack.has(f"mrv.{plant.class_name}.max_product", day):
        return None
    low, high = (
        Fraction(Decimal(str(pack.param(f"mrv.{plant.class_name}.{key}_product", day))))
        for key in ("min", "max")
    )
    if low * industry.product_t <= plant.emissions_t <= high * industry.product_t:
        return None
    return (
        f"emits {plant.emissions_t:,} t; plausible for {industry.product_t:,} t of {industry.product} are"
        f" {-(-low * industry.product_t // 1):,} to {high * industry.product_t // 1:,}"
    )
