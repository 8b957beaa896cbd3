"""Checks between the tables of a rule pack; each refuses with file, line and remedy."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from itertools import combinations, pairwise

from tonne.rules.pack.constraints import CONSISTENT_RANGES
from tonne.rules.pack.document import Document
from tonne.rules.pack.key_spec import PRODUCTS
from tonne.rules.pack.keys import spec_of
from tonne.rules.pack.model import (
    Calendar,
    ClassInfo,
    DatedValue,
    PeriodRule,
    Scheme,
    Sector,
    Unapplied,
)
from tonne.rules.pack.pack import FOREVER
from tonne.rules.pack.toml_lines import TomlPath

Values = Mapping[str, Sequence[DatedValue]]


def class_numbers(
    document: Document, classes: Mapping[str, ClassInfo], sectors: Mapping[str, Sector]
) -> None:
    """Classes, and sectors that are one in the contracts, have a number each; such sectors a product."""
    seen: dict[int, str] = {}
    numbered = [("class", name, info.number) for name, info in classes.items()]
    numbered += [("sector", name, one.number) for name, one in sectors.items() if one.number]
    for table, name, number in numbered:
        if number in seen:
            raise document.refuse(
                "PACK_CLASS", (table, name, "number"),
                f"{seen[number]} has this number already.", number,
                "Give each class and each sector its own number.",
            )  # fmt: skip
        seen[number] = f"{table} {name}"
    for name, sector in sectors.items():
        if (sector.number is None) != (sector.product is None):
            raise document.refuse(
                "PACK_SECTOR_PRODUCT", ("sector", name), "has a number or a product, and not both.",
                name, "Give both, or neither: plants of a class report its product in tonnes.",
            )  # fmt: skip


def required(
    document: Document, scheme: Scheme, classes: Mapping[str, ClassInfo], values: Values
) -> None:
    """What the pack itself lists, and each class's benchmarks and bounds, must have a value."""
    where: TomlPath = ("scheme", "required")
    if not any(key.startswith("penalty.") for key in scheme.required):
        raise document.refuse(
            "PACK_REQUIRED", where, "lists no penalty.", ", ".join(scheme.required),
            "List the keys that say what a shortfall brings.",
        )  # fmt: skip
    for key in scheme.required:
        try:
            spec_of(key)
        except KeyError as error:
            raise document.refuse(
                "PACK_REQUIRED", where, f"lists {key}, which is no key.", key,
                f"Known beside it: {', '.join(sorted(error.args[0])) or 'none'}.",
            ) from None  # fmt: skip
    needed = [*scheme.required]
    for info in classes.values():
        needed += [f"benchmark.{p}.{getattr(info, p)}" for p in PRODUCTS]
        for bound in ("min", "max"):
            needed += [f"mrv.{bound}_{p}.{getattr(info, p)}" for p in PRODUCTS]
    for key in needed:
        if key not in values:
            raise document.refuse(
                "PACK_MISSING", tuple(key.split(".")), "is missing.", None,
                "The pack requires it: give at least one dated value.",
            )  # fmt: skip


def ranges(document: Document, classes: Mapping[str, ClassInfo], values: Values) -> None:
    """Pairs of keys of which the first must never exceed the second on the same day."""
    pairs = list(CONSISTENT_RANGES)
    for product in PRODUCTS:
        names = {getattr(c, product) for c in classes.values()}
        pairs += [(f"mrv.min_{product}.{n}", f"mrv.max_{product}.{n}") for n in sorted(names)]
    for low_key, high_key in pairs:
        for i, low in enumerate(values.get(low_key, ())):
            for high in values.get(high_key, ()):
                if _together(low, high) and low.value > high.value:
                    raise document.refuse(
                        "PACK_RANGE", (*low_key.split("."), i, "value"),
                        f"is {low.value}, above {high_key} = {high.value}: "
                        "the range is upside down.",
                        str(low.value), "Swap the two figures.",
                    )  # fmt: skip


#: Forms a fine can have; on one day a pack has one of them.
FORMS_OF_FINES = ("penalty.max", "penalty.max_per_unit", "penalty.multiple_max")


def one_form_of_fine(document: Document, values: Values) -> None:
    """A fine is a sum, a sum for each missing unit, or a multiple of a price: never two on one day."""
    for first, second in combinations(FORMS_OF_FINES, 2):
        for one in values.get(first, ()):
            for i, other in enumerate(values.get(second, ())):
                if _together(one, other):
                    raise document.refuse(
                        "PACK_PENALTY", (*second.split("."), i),
                        f"holds on days on which {first} holds: a fine has one form.",
                        second, f"End one of them before the other, or leave it out ({first}).",
                    )  # fmt: skip


def borrowing(document: Document, values: Values) -> None:
    """Later vintages are admitted on no day on which borrowing is not allowed."""
    for i, reach in enumerate(values.get("obligation.borrow_vintages", ())):
        for allowed in values.get("borrowing.allowed", ()):
            if reach.value and not allowed.value and _together(reach, allowed):
                raise document.refuse(
                    "PACK_BORROWING", ("obligation", "borrow_vintages", i, "value"),
                    f"is {reach.value} while borrowing.allowed is false.", str(reach.value),
                    "End one of them before the other, or write 0.",
                )  # fmt: skip


def running_totals(document: Document, values: Values) -> None:
    """Where totals run on, missing units stay due themselves: none are ordered beside them."""
    for i, units in enumerate(values.get("penalty.units_for_each", ())):
        for since in values.get("obligation.cumulative_from", ()):
            if units.value > 1 and _together(units, since):
                raise document.refuse(
                    "PACK_RUNNING_TOTALS", ("penalty", "units_for_each", i, "value"),
                    f"is {units.value} while obligation.cumulative_from is {since.value}.", str(units.value),
                    "End one of them before the other, or leave penalty.units_for_each out.",
                )  # fmt: skip


def order_life(document: Document, values: Values) -> None:
    """The Exchange knows one life of orders for each kind of market: with a band they end with the
    day, so that none is left outside the next day's; without one they last."""
    for i, life in enumerate(values.get("market.order_life", ())):
        for band in values.get("market.band", ()):
            kept = "day" if band.value else "until_cancelled"
            if _together(life, band) and life.value != kept:
                raise document.refuse(
                    "PACK_ORDER_LIFE", ("market", "order_life", i, "value"),
                    f"is {life.value!r} while market.band is {band.value}: on the exchange orders"
                    f" then live {kept!r}.", str(life.value),
                    f"Write {kept!r}, or {'band = 0' if band.value else 'a band'}.",
                )  # fmt: skip


def _together(one: DatedValue, other: DatedValue) -> bool:
    return one.from_ <= (other.to or FOREVER) and other.from_ <= (one.to or FOREVER)


def periods(
    document: Document,
    found: Mapping[str, PeriodRule],
    check_source: Callable[[str, TomlPath], None],
) -> None:
    numbers: dict[int, str] = {}
    for name, period in found.items():
        path: TomlPath = ("period", name)
        check_source(period.source, path)
        if period.number in numbers:
            raise document.refuse(
                "PACK_PERIOD", (*path, "number"), f"period {numbers[period.number]} has it already.",
                period.number, "Give each period its own number.",
            )  # fmt: skip
        numbers[period.number] = name
        if period.first_year > period.last_year:
            raise document.refuse(
                "PACK_PERIOD", (*path, "first_year"), f"is after last_year {period.last_year}.",
                period.first_year, "Swap the years.",
            )  # fmt: skip
        _dates_rise(document, period, path)
        _parts(document, period, path)
    for period in found.values():
        for year in range(period.first_year, period.first_year + len(period.part_deadlines)):
            if year in numbers:
                raise document.refuse(
                    "PACK_PERIOD", ("period", numbers[year], "number"),
                    f"is the number of the part that is due for {year}.", year,
                    "A part has its year for a number: give the period another.",
                )  # fmt: skip
    for (name, period), (other, later) in combinations(found.items(), 2):
        if period.first_year <= later.last_year and later.first_year <= period.last_year:
            raise document.refuse(
                "PACK_PERIOD", ("period", other, "first_year"),
                f"its years are also those of period {name}.", later.first_year,
                "Let each reporting year belong to one period.",
            )  # fmt: skip


def _parts(document: Document, period: PeriodRule, path: TomlPath) -> None:
    """One deadline for each year but the last, after the end of the year; or none."""
    years = range(period.first_year, period.last_year)
    if period.part_deadlines and len(period.part_deadlines) != len(years):
        raise document.refuse(
            "PACK_PERIOD", (*path, "part_deadlines"), f"are not {len(years)}.",
            len(period.part_deadlines), "Give one for each year but the last, or none.",
        )  # fmt: skip
    for year, deadline in zip(years, period.part_deadlines, strict=False):
        if deadline.year <= year:
            raise document.refuse(
                "PACK_PERIOD", (*path, "part_deadlines"), f"{deadline} is not after {year}.",
                str(deadline), "A part is due after its year.",
            )  # fmt: skip


def _dates_rise(document: Document, period: PeriodRule, path: TomlPath) -> None:
    order = (
        "operator_deadline", "report_deadline", "determination_from", "true_up_by",
        "surrender_deadline",
    )  # fmt: skip
    known = [name for name in order if getattr(period, name) is not None]
    for earlier, later in pairwise(known):
        if getattr(period, earlier) > getattr(period, later):
            raise document.refuse(
                "PACK_PERIOD", (*path, later),
                f"is before {earlier} {getattr(period, earlier)}.",
                str(getattr(period, later)), f"Dates rise: {', '.join(order)}.",
            )  # fmt: skip
    last = () if period.surrender_deadline is None else (period.surrender_deadline,)
    for earlier, later in pairwise((*period.part_deadlines, *last)):
        if earlier >= later:
            raise document.refuse(
                "PACK_PERIOD", (*path, "part_deadlines"), f"{earlier} is not before {later}.",
                str(earlier), "Part deadlines rise and come before surrender_deadline.",
            )  # fmt: skip


def unapplied(document: Document, found: Sequence[Unapplied]) -> None:
    """What would fill a rule is a key, or `period` for its dates; its years do not run backwards."""
    for i, rule in enumerate(found):
        named = [("keys", key) for key in rule.keys]
        for field, key in (*named, *(("undisclosed", key) for key in rule.undisclosed)):
            try:
                if key != "period":
                    spec_of(key)
            except KeyError as error:
                raise document.refuse(
                    "PACK_UNKNOWN_KEY", ("unapplied", i, field), f"names {key}, which is no key.",
                    key, f"Known beside it: {', '.join(sorted(error.args[0])) or 'none'}.",
                ) from None  # fmt: skip
        if rule.first_year and rule.last_year and rule.last_year < rule.first_year:
            raise document.refuse(
                "PACK_DATES", ("unapplied", i, "last_year"), f"is before {rule.first_year}.",
                rule.last_year, "Swap the two years.",
            )  # fmt: skip


def calendar(document: Document, name: str, found: Calendar) -> None:
    """Every day of a calendar is one of its year."""
    path: TomlPath = ("calendar", name)
    if not re.fullmatch(r"\d{4}", name):
        raise document.refuse(
            "PACK_CALENDAR", path, "is not a year.", name, "Write [calendar.YYYY]."
        )
    year = int(name)
    days = [("from", -1, found.from_)]
    for i, h in enumerate(found.holidays):
        days += [("holidays", i, h.from_), ("holidays", i, h.to)]
        if h.to < h.from_:
            raise document.refuse(
                "PACK_DATES", (*path, "holidays", i), f"{h.name} ends before it starts.",
                str(h.to), "Swap from and to.",
            )  # fmt: skip
    days += [("working_weekends", -1, d) for d in found.working_weekends]
    for field, i, day in days:
        if day.year != year:
            where = (*path, field) if i < 0 else (*path, field, i)
            raise document.refuse(
                "PACK_HOLIDAY", where, f"{day} is on no calendar: this one is of {year}.",
                str(day), f"Move it to [calendar.{day.year}].",
            )  # fmt: skip
    for day in found.working_weekends:
        if day.weekday() < 5:
            raise document.refuse(
                "PACK_HOLIDAY", (*path, "working_weekends"), f"{day} is not a weekend day.",
                str(day), "List Saturdays and Sundays that are worked.",
            )  # fmt: skip
