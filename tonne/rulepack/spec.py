"""Which keys a rule pack may use: unit, and the integer the contracts keep for each."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

#: `NO_VALUE` of ISchemes.sol: from that day on a parameter has none.
NO_VALUE: Final = 2**192 - 1

#: Products with a benchmark, and the unit of each.
PRODUCTS: Final = {"power": "MWh", "heat": "GJ"}

#: Tables of a pack that hold dated values, in the order they are read.
SECTIONS: Final = (
    "benchmark", "allocation", "obligation", "offset", "penalty", "mrv", "market", "auction",
    "installation",
)  # fmt: skip

SESSION = re.compile(r"([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d")


@dataclass(frozen=True, slots=True)
class Spec:
    """One key. `unit` may name the scheme's {measure} and {currency}."""

    unit: str
    scale: int = 1  # the chain's integer is value x scale, which must be whole
    chain_key: str | None = None  # the text of the key in Schemes; None: not kept there
    # unit "rule": the words allowed, numbered from 1 on chain; unit "set": those, each a bit
    words: tuple[str, ...] = ()
    most: int | None = None  # highest value allowed; of sessions, the highest number of them
    built: object = None  # the one value that the contracts can do; None: any

    def problem(self, value: object) -> str | None:
        """Why a value cannot be, as a sentence; None when it can."""
        return self._misfit(value) or self._unbuilt(value)

    def _unbuilt(self, value: object) -> str | None:
        if self.built is None or value == self.built:
            return None
        return f"is {_written(value)}; the contracts can do {_written(self.built)} only."

    def _misfit(self, value: object) -> str | None:
        if self.unit == "flag":
            return None if isinstance(value, bool) else "is not true or false."
        if self.unit == "rule":
            known = ", ".join(self.words)
            return None if value in self.words else f"is {value!r}; known: {known}."
        if self.unit == "set":
            known = isinstance(value, tuple) and value and all(one in self.words for one in value)
            return None if known else f"is {value!r}; it lists some of: {', '.join(self.words)}."
        if self.unit == "local time":
            return _session_problem(value, self.most)
        if isinstance(value, bool) or not isinstance(value, int | Decimal):
            return "is not a number."
        number = Decimal(value)
        if not number.is_finite() or number < 0:
            return f"is {value}; it cannot be below 0."
        if self.most is not None and number > self.most:
            return f"is {value}; it cannot be above {self.most}."
        if number * self.scale != int(number * self.scale):
            return f"is {value}, finer than the 1/{self.scale} that contracts keep."
        return None

    def to_chain(self, value: object) -> int:
        """The integer the contracts keep."""
        if isinstance(value, bool):
            return int(value)
        if isinstance(value, str):
            return self.words.index(value) + 1
        if isinstance(value, tuple) and self.unit == "set":
            return sum(1 << self.words.index(one) + 1 for one in set(value))
        if isinstance(value, int | Decimal):
            return int(Decimal(value) * self.scale)
        raise TypeError(f"{value!r} has no integer")


def _written(value: object) -> str:
    """A value as a pack has it."""
    return str(value).lower() if isinstance(value, bool) else repr(value)


def _session_problem(value: object, most: int | None) -> str | None:
    if not isinstance(value, tuple):
        return "is not a list of sessions like 09:30-11:30."
    if most is not None and len(value) > most:
        return f"holds {len(value)} sessions; the contracts know {most} a day."
    end = ""
    for session in value:
        if not SESSION.fullmatch(session):
            return f"holds {session!r}, which is not a session like 09:30-11:30."
        start, stop = session.split("-")
        if int(start[3:]) % 15 or int(stop[3:]) % 15:
            return f"holds {session!r}; the contracts know quarter hours only."
        if not end <= start < stop:
            return f"holds {session!r}, which does not follow the one before it."
        end = stop
    return None


def _share(chain_key: str | None, most: int | None = 1) -> Spec:
    return Spec("share", 10**6, chain_key, most=most)


_BENCHMARK: Final[dict[str, Callable[[str], Spec]]] = {
    product: (
        lambda name, product=product, unit=unit: Spec(  # type: ignore[misc]
            f"{{measure}}/{unit}", 10**4, f"benchmark.{product}.{name}"
        )
    )
    for product, unit in PRODUCTS.items()
}

_KEYS: Final[dict[str, Spec]] = {
    "allocation.preallocation": _share("allocation.preallocation_ppm"),
    "obligation.cap_over_free": _share("obligation.cap_over_free_ppm"),
    "obligation.gas_deficit_exempt": Spec("flag", 1, "obligation.gas_deficit_exempt"),
    "offset.limit": _share("offset.limit_ppm"),
    "offset.credit_scheme": Spec("scheme", 1, "offset.credit_scheme", most=65_535),
    "offset.oldest_vintage": Spec("year", 1, "offset.oldest_vintage", most=65_535),
    "offset.newest_vintage": Spec("year", 1, "offset.newest_vintage", most=65_535),
    "offset.host_country": Spec("ISO 3166-1 numeric", 1, "offset.host_country", most=999),
    "offset.activities": Spec("set", 1, "offset.activities", words=("reduction", "removal")),
    "offset.kinds": Spec("set", 1, "offset.kinds", words=("forest", "wind", "efficiency")),
    "offset.methodologies": Spec(
        "set", 1, "offset.methodologies", words=tuple(str(number) for number in range(1, 191))
    ),
    "offset.share_of_proceeds": _share("offset.share_of_proceeds_ppm"),
    "offset.overall_mitigation": _share("offset.overall_mitigation_ppm"),
    "penalty.min": Spec("{currency}", 100, "penalty.min_cents"),
    "penalty.max": Spec("{currency}", 100, "penalty.max_cents"),
    "penalty.deduction": _share("penalty.deduction_ppm", most=None),
    "penalty.hearing": Spec("days", 1, "penalty.hearing_days"),
    "penalty.payment": Spec("days", 1, "penalty.payment_days"),
    "penalty.closing": Spec("days", 1, "penalty.closing_days"),
    "mrv.report_days": Spec("days"),
    "mrv.dispute_window": Spec("days", 86_400, "mrv.dispute_window_s"),
    "mrv.min_bodies": Spec("bodies", most=8),
    "mrv.min_assurance": Spec("rule", words=("limited", "reasonable")),
    "mrv.max_materiality": _share(None),
    "mrv.max_signature_age": Spec("days", 86_400),
    "mrv.max_clock_skew": Spec("s"),
    "mrv.base": Spec("{measure}"),
    "mrv.max_load": _share(None, most=None),
    "mrv.max_heat_load": Spec("GJ/MWh", 10**4),
    "market.reference_price": Spec("{currency}/{measure}", 100),
    "market.lot": Spec("{measure}"),
    "market.tick": Spec("{currency}/{measure}", 100),
    "market.band": _share(None),
    "market.band_rounding": Spec("rule", words=("nearest", "inward"), built="nearest"),
    "market.listed_max": Spec("{measure}"),
    "market.block_min": Spec("{measure}"),
    "market.block_band": _share(None),
    "market.sessions": Spec("local time", most=2),
    "market.block_sessions": Spec("local time", most=1),
    "market.taker_levels": Spec("levels", most=255),
    "market.close_rule": Spec("rule", words=("volume_weighted", "last_price")),
    "market.same_day_resale": Spec("flag", built=False),
    "market.order_life": Spec("rule", words=("day", "until_cancelled")),
    "market.custody": Spec("rule", words=("own_wallets", "participants", "free")),
    "market.holding_limit": Spec("{measure}"),
    "market.holding_limit_over_allocation": Spec("flag"),
    "market.holding_limit_base": Spec("{measure}"),
    "market.holding_limit_base_share": _share(None),
    "market.holding_limit_rest_share": _share(None),
    "auction.form": Spec("rule", words=("sealed", "open")),
    "auction.tie": Spec("rule", words=("pro_rata", "random", "time")),
    "auction.pricing": Spec("rule", words=("uniform", "as_bid")),
    "auction.short": Spec("rule", words=("cancel", "sell")),
    "auction.multiple": Spec("{measure}"),
    "auction.reserve_price": Spec("{currency}/{measure}", 100),
    "auction.bidder_limit": _share(None),
    "auction.deposit": _share(None),
    "auction.floor": _share(None),
    "auction.spread": Spec("auctions", most=4),
    "installation.sale_consent": Spec("flag"),
}

#: Keys every pack must have; beside these, a benchmark and its bounds for each class.
REQUIRED: Final = (
    "allocation.preallocation", "obligation.cap_over_free", "obligation.gas_deficit_exempt",
    "offset.limit", "penalty.min", "penalty.max", "penalty.deduction",
    "mrv.report_days", "mrv.dispute_window", "mrv.min_bodies", "mrv.min_assurance",
    "mrv.max_materiality", "mrv.max_signature_age", "mrv.max_clock_skew", "mrv.base",
    "mrv.max_load", "mrv.max_heat_load",
    "market.lot", "market.tick", "market.band", "market.band_rounding", "market.sessions",
    "market.same_day_resale", "installation.sale_consent",
)  # fmt: skip

#: Keys the contracts take as 0 where a pack has none: what a run then could not apply.
ZERO_WHERE_ABSENT: Final = {
    "penalty.hearing": "Days for a hearing before a fine is decided",
    "penalty.payment": "Days to pay a fine before it is debited",
    "penalty.closing": "Days from the deadline until a shortfall is deducted",
}

#: The first of each pair never exceeds the second on the same day.
CONSISTENT_RANGES: Final = (
    ("penalty.min", "penalty.max"),
    ("market.listed_max", "market.block_min"),
    ("market.lot", "market.listed_max"),
)

_BOUND = re.compile(r"mrv\.(?:min|max)_(power|heat)\.[\w-]+")


def spec_of(key: str) -> Spec:
    """The spec of a key; KeyError carries the last parts of the keys that exist beside it."""
    if key in _KEYS:
        return _KEYS[key]
    section, _, rest = key.partition(".")
    product, _, name = rest.partition(".")
    if section == "benchmark" and product in _BENCHMARK and name:
        return _BENCHMARK[product](name)
    if match := _BOUND.fullmatch(key):
        return Spec(f"{{measure}}/{PRODUCTS[match[1]]}", 10**4)
    raise KeyError({k.rpartition(".")[2] for k in _KEYS if k.startswith(f"{section}.")})
