"""Sentences and remedies of refusals, and their values as people write them.

The texts are in `tonne/data/revert_messages.toml`; a contract's documentation says the others.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from importlib import resources
from typing import Any, Final

from tonne.constants import EPOCH, HOUR_S
from tonne.types.account_id import market_of, participant_of
from tonne.types.ids import AccountId, UnitId
from tonne.types.packing import has_bit
from tonne.types.unit_id import ALLOWANCE, ENERGY_CERTIFICATE, ENERGY_CREDIT, class_of, unit_name

_DATA: Final = tomllib.loads(
    resources.files("tonne").joinpath("data/revert_messages.toml").read_text(encoding="utf-8")
)

#: By error name.
SENTENCES: Final[dict[str, str]] = _DATA["sentences"]

#: By error name, or by the end of it.
REMEDIES: Final[dict[str, str]] = _DATA["remedies"]

#: As `REMEDIES`, for the page in a browser, where a remedy of the command line is a command.
PAGE_REMEDIES: Final[dict[str, str]] = _DATA["page_remedies"]

#: [s] The first second of the year 10000: from there on no time is written.
NO_TIME: Final = 253_402_300_800

#: [s] A time limit before this is a span alone: nothing has happened yet from which it is counted.
_EARLIEST: Final = 1_000_000_000
_MICRO: Final = 1_000_000
#: Greatest year, least number of an interval, and first day since 1970 without a date.
_YEARS: Final = 9_999
_INTERVALS: Final = 1_000_000
_LAST_DAY: Final = 2_932_897

_STATUSES: Final = ("unknown", "applied", "active", "suspended", "closed")
_PENALTIES: Final = ("not noticed", "noticed", "decided", "paid", "appealed", "annulled")
_OUTCOMES: Final = ("no outcome", "upheld", "reduced", "annulled")
_SIDES: Final = ("bids", "offers")
_RIGHTS: Final = ("nothing", "trade", "withdraw")
#: `BatchStatus` of IOffsetCredits.
_BATCHES: Final = ("unknown", "active", "locked", "invalidated", "ex ante")
#: Names of values that are ids of units, where they are of a class.
_UNITS: Final = ("id", "unit", "credit", "paidFrom", "tokenId")
_CLASSES: Final = range(ALLOWANCE, ENERGY_CERTIFICATE + 1)
#: `Powers` of ISchemes, by bit.
_POWERS: Final = (
    "disclose",
    "allocate",
    "determine",
    "penalise",
    "run markets",
    "freeze",
    "accredit",
    "issue credits",
    "register projects",
    "decide disputes",
    "set rules",
    "keep meters",
    "issue energy credits",
)

#: Numbers that are a choice, by error and value.
_WORDS: Final[dict[tuple[str, str], tuple[str, ...]]] = {
    ("ExchangeParticipantNotActive", "status"): _STATUSES,
    ("ParticipantsWrongStatus", "status"): _STATUSES,
    ("OffsetBatchStatus", "status"): _BATCHES,
    ("Article6BatchNotActive", "status"): _BATCHES,
    ("ExchangeRightMissing", "right"): _RIGHTS,
    ("ComplianceWrongState", "state"): ("not assessed yet", "open", "met", "closed"),
    ("CompliancePenaltyState", "state"): _PENALTIES,
    ("CompliancePartUnsettled", "state"): _PENALTIES,
    ("FalseReportsState", "state"): _PENALTIES,
    ("ComplianceFineAccepted", "outcome"): _OUTCOMES,
    ("ComplianceBadOutcome", "outcome"): _OUTCOMES,
    ("BlockTradesTicketSpent", "status"): ("open", "approved", "traded", "cancelled"),
    ("AuctionWrongStage", "stage"): (
        "unknown",
        "announced, its lots not in yet",
        "open",
        "cleared",
        "cancelled",
        "closed",
    ),
    ("AuctionWrongForm", "form"): ("sealed", "open"),
    ("PowerWrongStage", "stage"): (
        "open for bids",
        "being opened",
        "being cleared",
        "cleared",
        "lapsed",
    ),
    ("BidWrongState", "state"): (
        "not there",
        "committed, not opened yet",
        "opened already",
        "released already",
        "forfeited",
    ),
    ("ClearingOverLimit", "side"): _SIDES,
    ("ClearingOtherLimits", "side"): _SIDES,
    ("LimitsExceeded", "side"): _SIDES,
    ("AuctionBidStatus", "status"): (
        "unknown",
        "committed, not opened yet",
        "opened already",
        "refused",
        "replaced by a higher one",
        "settled",
    ),
}

#: Values in 0.0001 of the currency.
_MONEY: Final = {
    "BookInsufficientCash": ("free", "needed"),
    "LensPriceOffGrid": ("price", "basePrice", "tickSize"),
    "BlockTradesPriceOffGrid": ("price",),
    "AuctionDepositShort": ("deposit", "needed"),
}
#: Values in 0.01 of the currency.
_CENTS: Final = {
    "ERC20InsufficientBalance": ("balance", "needed"),
    "ERC20InsufficientAllowance": ("allowance", "needed"),
}
#: Values in micro-credits, and in micro-credits a kWh.
_CREDITS: Final = {
    "BidDepositTooSmall": ("amount", "needed"),
    "CreditPledgesTooMuch": ("amount", "pledged"),
    "EnergyCreditsBadCollateral": ("amount",),
    "EnergyCreditsOverLimit": ("outstanding", "limit"),
    "EnergyCreditsOverReceiverLimit": ("issued", "limit"),
    "EnergyCreditsRecordShort": ("amount", "left"),
    "EnergyCreditsUncovered": ("outstanding", "collateral"),
    "PowerBadReserve": ("debt",),
    "PowerInsufficientCredits": ("free", "needed"),
    "PowerNotBound": ("bound", "amount"),
    "SettlementBondTooSmall": ("bond", "least"),
    "SettlementMoneyOpen": ("open",),
    "SettlementOtherFees": ("fees", "least"),
    "SettlementOtherSum": ("sum", "most"),
    "TradesGridFee": ("fee", "maximum"),
}
#: Values in units of the id beside them, which are micro-credits where it is of energy credits.
_OF_UNIT: Final = ("amount", "balance", "needed", "unfrozen")
#: Values in price steps of a market.
_STEPS: Final = {
    "BookTickOutsideBand": ("tick", "low", "high"),
    "BookWouldTake": ("bestTick",),
}


def form_of(error: str, name: str) -> str | tuple[str, ...] | None:
    """How a value is written: words by number, "money", "cents", "credits", "steps",
    "hour" or "day"; None if plainly."""
    if words := _WORDS.get((error, name)):
        return words
    if name in _MONEY.get(error, ()):
        return "money"
    if name in _CENTS.get(error, ()):
        return "cents"
    if name in _CREDITS.get(error, ()):
        return "credits"
    if name in _STEPS.get(error, ()):
        return "steps"
    if error.startswith("Settlement") and name == "day":
        return "day"
    if error == "BlockTradesOutsideSession" and name in ("opens", "closes"):
        return "hour"
    return None


def readable(error: str, name: str, value: Any) -> str | None:
    """A value as people write it; None when it is plain already."""
    if isinstance(value, bytes) and name == "field":
        return value.rstrip(b"\0").decode("ascii", "replace")
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    if name in _UNITS and class_of(UnitId(value)) in _CLASSES:
        return unit_name(UnitId(value))
    form = form_of(error, name)
    if isinstance(form, tuple) and value < len(form):
        return form[value]
    if form == "money":
        return _money(value)
    if form == "cents":
        return _money(value * 100)
    if form == "credits":
        return credits_of(value)
    if form == "day":
        return str(EPOCH + timedelta(days=value))
    if form == "steps":
        return f"{value:,} price steps"
    if form == "hour":
        return f"{value // HOUR_S:02}:{value // 60 % 60:02}"
    if (error, name) == ("SchemesNoPower", "power"):
        return " and ".join(word for bit, word in enumerate(_POWERS) if has_bit(value, bit))
    if (error, name) == ("SchemesNoPower", "jurisdiction") and value == 0:
        return "all"
    if (error, name) == ("SettlementWindow", "until") and value < _EARLIEST:
        return "not known before the day's list of payments is posted"
    if (error, name) == ("ComplianceNotOperator", "operator"):
        return f"participant {value}" if value else "nobody"
    if error.startswith("Compliance") and name in ("firstMonth", "lastMonth"):
        return f"{value // 12}-{value % 12 + 1:02}"
    if (error, name) in (("AuctionNotNow", "from"), ("AuctionNotNow", "until")) and value == 0:
        return "the beginning"
    dated = ("since", "earliest", "time", "start", "deadline", "expiry")
    if error.startswith(("CreditPledges", "Grid", "Losses", "Trades")) and name in dated:
        return _moment(value)
    if error.startswith(("Bid", "LimitsPending", "LimitsNotFinal")) and name in (*dated, "until"):
        return _moment(value)
    if error.startswith("Reference") and name == "day":
        return str(EPOCH + timedelta(days=value))
    if error == "SchemesNoticeTooShort" and name in ("from", "earliest"):
        return _day_or_moment(value)
    if error.startswith(("Exchange", "Makers")) and name in ("day", "fromDay", "earliest"):
        return str(EPOCH + timedelta(days=value))
    return _account_or_order(error, name, AccountId(value))


def _moment(value: int) -> str:
    """A time in seconds; "never" of one that no calendar has, as contracts write for a wait that is over."""
    if value >= NO_TIME:
        return "never"
    return f"{datetime.fromtimestamp(value, UTC):%Y-%m-%d %H:%M:%S} UTC"


def _day_or_moment(value: int) -> str:
    """A local day since 1970, or a moment in seconds: nothing is set for the first days of 1970."""
    if value < 1_000_000:
        return str(EPOCH + timedelta(days=value))
    return _moment(value)


def beyond_horizon(values: Mapping[str, Any]) -> str:
    """The sentence of `HorizonExceeded`; the size of `latest` tells seconds, days, intervals or years."""
    date, latest = values["date"], values["latest"]
    if latest >= _EARLIEST:
        last = _moment(latest)
        given = _moment(date) if date < NO_TIME else f"The time {date:,} s"
    elif _YEARS < latest < _INTERVALS:
        last = str(EPOCH + timedelta(days=latest))
        given = str(EPOCH + timedelta(days=date)) if date < _LAST_DAY else f"Day {date:,}"
    else:
        last, given = str(latest), str(date)
    return f"{given} is further ahead than {last}, the latest possible date."


def _account_or_order(error: str, name: str, value: AccountId) -> str | None:
    if error == "LimitsNotOnePool":
        return f"of participant {participant_of(value)} in market {market_of(value)}"
    numbered = error.startswith("Clearing")  # within an interval
    return hex(value) if name == "order" and not numbered else None


def units_of(args: Mapping[str, Any]) -> dict[str, str]:
    """Amounts [micro-credit] of a refusal about energy credits, as people write them; of other units none."""
    found = args.get("tokenId", args.get("id"))
    if not isinstance(found, int) or class_of(UnitId(found)) != ENERGY_CREDIT:
        return {}
    return {name: f"{credits_of(args[name])} credits" for name in _OF_UNIT if name in args}


def credits_of(value: int) -> str:
    """[micro-credit] in credits, without zeros at the end."""
    whole, part = divmod(abs(value), _MICRO)
    fine = f"{part:06}".rstrip("0")
    return f"{'-' if value < 0 else ''}{whole:,}" + (f".{fine}" if fine else "")


def _money(value: int) -> str:
    """[0.0001 currency] with two decimals, or four where they are needed."""
    whole, fine = divmod(abs(value), 10_000)
    digits = f"{fine:04}"
    digits = digits[:2] if digits.endswith("00") else digits
    return f"{'-' if value < 0 else ''}{whole:,}.{digits}"


Reader = Callable[[str, str, Any], str | None]
