"""Refusals in the words of the market: sentences, remedies, and values as people write them.

A contract's documentation says when it refuses; where that is no sentence of its own, or the contract is
another's, the sentence stands here. `{name}` is a value of the refusal, `` `name` `` the same with its name.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from tonne.constants import EPOCH, HOUR_S
from tonne.types.account_id import market_of, participant_of
from tonne.types.packing import has_bit

_ROLE: Final = "Ask the administrator for the role, or use the right key."
_REGISTER: Final = "Use a wallet of an active participant, with the right it needs."

#: By error name.
SENTENCES: Final[dict[str, str]] = {
    # Others' contracts
    "AccessManagedUnauthorized": "`caller` does not hold the role this function needs",
    "AccessManagerUnauthorizedAccount": "`msgsender` does not hold the role `roleId`",
    "ERC1155InsufficientBalance": "`sender` holds `balance` of the unit, `needed` are needed",
    "ERC1155MissingApprovalForAll": "`operator` may not move the units of `owner`",
    "ERC20InsufficientAllowance": "`spender` may take `allowance`, `needed` are needed",
    "ERC20InsufficientBalance": "`sender` holds `balance`, `needed` are needed",
    "ERC2612ExpiredSignature": "the permit has expired",
    # Offices
    "SchemesNoPower": "{officer} is no officer with the power to {power} in scheme {scheme}"
    " (jurisdiction {jurisdiction})",
    "ComplianceNotOperator": "{wallet} may not surrender for plant {installation}, which {operator}"
    " operates",
    "SchemesNoticeTooShort": "a change would hold from {from}, before the notice has passed: the earliest is"
    " {earliest}",
    # Penalties
    "ComplianceMonthsNotOver": "the months whose trades make the price are not over; the last is {lastMonth}",
    "ComplianceNothingTraded": "nothing was traded in the months of the price, {firstMonth} to {lastMonth}",
    # Orders
    "BookInsufficientCash": "{free} of cash is free in the account, {needed} is needed; what open buy"
    " orders reserve is not free",
    "BookInsufficientLots": "{free} lots are free in the account, {needed} are needed; what was bought"
    " today and what open sell orders reserve is not free",
    "BookHoldingLimitExceeded": "under the holding limit {room} lots more may be bought, not {lots}",
    "BookLotsOutsideLimits": "{lots} lots are not between the least, {minimum}, and the most, {maximum}, of"
    " one order in this market",
    "BookNotFilled": "only {filled} lots could be filled at once, at least {minimum} were asked for",
    "BookExpiryPassed": "the day an order ends must not be over",
    "BookOrderOutlivesDay": "orders of this market end with the day; only a market made without a band"
    " keeps them longer",
    "BookOrderNotYours": "order {order} belongs to participant {owner}",
    "BookOrderNotOpen": "order {order} is not open: filled, cancelled, of a day that is over, or never"
    " placed",
    "LensMarketUnknown": "there is no market {id}",
    "ExchangeMarketUnknown": "there is no market {market}",
    "LensPriceOffGrid": "a price of {price} is not on the market's grid, which has a price every {tickSize}"
    " from {basePrice} on",
    "LensTooManyLevels": "{levels} prices are more than one call gives, {maximum}",
    "LensValueTooWide": "{field} of {value} is more than an order can say",
    # Monthly evidence
    "MonthsBadCount": "{count} packages are none, or more than the 120 one call takes",
    "MonthsNoChange": "this very package of plant {installation} for month {month} of {year} is on record"
    " already",
    "MonthsNotOver": "month {month} of {year} is not over, or is none",
    "MonthsNotReporter": "{wallet} may not report for plant {installation}",
    # Accounts
    "ExchangeAccountFrozen": "the account of participant {participant} in market {market} is frozen",
    "ExchangeForeignUnit": "unit {id} has no market here",
    "ExchangeForeignWallet": "wallet {wallet} does not belong to participant {participant}",
    "ExchangeLedgerFull": "{total} is more than a market can hold, {maximum}",
    "ExchangeMarketHalted": "market {market} is halted",
    "ExchangeNotWholeLots": "{units} units are not whole lots of {lotSize}",
    "ExchangeParticipantNotActive": "participant {participant} is {status}, not active",
    "ExchangeRightMissing": "wallet {wallet} has not the right to {right}",
    "ExchangeTooManyItems": "{items} are more than one call takes, {maximum}",
    "ExchangeWalletUnknown": "wallet {wallet} belongs to no participant",
    "ExchangeMarketExists": "unit {unit} is traded in market {market} already",
    "ExchangeZeroAmount": "an amount of 0 moves nothing",
    "ExchangeBadConfig": "the market cannot be set like this: {field} is out of its bounds",
    "ExchangeDayAlreadyOpened": "{day} is open already in market {market}",
    "ExchangeNotController": "{caller} is no controller of the exchange with right {right}",
    # Blocks
    "BlockTradesBadMonth": "month {month} of {year} does not exist",
    "BlockTradesBadSignature": "the signature of wallet {wallet} does not fit the ticket",
    "BlockTradesMarketHalted": "market {market} is halted",
    "BlockTradesNoFeeAccount": "market {market} has no account that fees could be paid to",
    "BlockTradesNoReason": "an officer's act needs a reason",
    "BlockTradesNoTradeInMonth": "market {market} had no trade in month {month} of {year}, so that the"
    " month has no reference price",
    "BlockTradesOutsideBand": "the price is outside the day's band for blocks (tick {tick}, the band goes"
    " from {low} to {high})",
    "BlockTradesOutsideSession": "blocks are traded from {opens} to {closes} of local time only",
    "BlockTradesPriceOffGrid": "a price of {price} is not on the market's grid",
    "BlockTradesSelfTrade": "participant {participant} is on both sides",
    "BlockTradesTicketExpired": "the ticket ended {deadline}",
    "BlockTradesTicketSpent": "the ticket is {status} already",
    "BlockTradesTooFewLots": "{lots} lots are fewer than a block has here, {minimum}",
    # Holding limits
    "LimitsForeignWallet": "wallet {wallet} may not trade for an active participant",
    "LimitsNotEnoughRoom": "the account has room for {room} lots, not {lots}",
    "LimitsNotOnePool": "accounts {from} and {to} share no holding limit, or are one account",
    "LimitsNotWholeLots": "{units} units are not whole lots of {lotSize} in the other market",
    "LimitsNotExchange": "only the exchange may do this, not {caller}",
    "LimitsTooManyMarkets": "{markets} markets share this limit, more than can be reckoned, {maximum}",
    "LimitsZeroLots": "room for 0 lots moves nothing",
    # Market makers
    "MakersBadDuties": "the duties cannot hold: {field} is out of its bounds",
    "MakersDayNotOpened": "{day} has not been opened in market {market}",
    "MakersForeignOrder": "order {order} is not an open order of yours on that side of this market",
    "MakersNoDuty": "participant {participant} is no market maker of market {market} on {day}",
    "MakersOrderTooSmall": "order {order} has {lots} lots left; the duties ask for {minimum}",
    "MakersSpreadTooWide": "the orders are {spread} price steps apart; the duties allow {maximum}",
    "MakersTooEarly": "duties can begin {earliest} at the earliest, not {fromDay}",
    "MakersWalletCannotTrade": "wallet {wallet} may not trade for an active participant",
    # Pledges
    "PledgesNoReason": "an officer's order needs a reason",
    "PledgesNothingProposed": "you have proposed nothing for pledge {pledge}",
    "PledgesTooManyLots": "only {pledged} lots are pledged, not {lots}",
    "PledgesUnknown": "there is no pledge {pledge}",
    "PledgesZeroLots": "a pledge or a release is of 1 lot or more",
    # Pledges of energy credits
    "CreditPledgesNoReason": "an officer's order about pledge {pledge} needs a reason",
    "CreditPledgesNothingProposed": "you have proposed nothing for pledge {pledge}",
    "CreditPledgesTooMuch": "only {pledged} micro-credits are left of pledge {pledge}, not {amount}",
    "CreditPledgesUnchanged": "pledge {pledge} is so already",
    "CreditPledgesUnknown": "there is no pledge {pledge} of energy credits",
    "CreditPledgesZeroAmount": "nothing would become of pledge {pledge}: the amount is 0",
    # Signed orders
    "GatewayBadSignature": "the signature of wallet {wallet} does not fit the order",
    "GatewayDeadlinePassed": "the order could be sent until {deadline}; it is {time}",
    "GatewayNonceUsed": "this order of wallet {wallet} was sent or cancelled before",
    # Auctions
    "AuctionNotNow": "auction {id} allows this from {from} until {until} only",
    "AuctionWrongStage": "auction {id} is {stage}, and does not allow this",
    "AuctionWrongForm": "auction {id} takes {form} bids",
    "AuctionBidStatus": "bid {bid} of auction {id} is {status}",
    "AuctionBadTerms": "an auction cannot have these terms: {field} is out of its bounds or does not fit"
    " the others",
    "AuctionConsentShort": "participant {seller} has consented to {consented} lots, the auction offers"
    " {lots}",
    "AuctionDepositShort": "a deposit of {deposit} is less than the {needed} this bid needs",
    # Power: the grid
    "GridUnknownNode": "the grid has no node {node}",
    "GridUnknownArc": "the grid has no arc {arc}",
    "GridNodeExists": "scheme {scheme} has a node of carrier {carrier} in region {region} already",
    "GridBadArc": "an arc from node {from} to node {to} with an efficiency of {efficiencyPpm} ppm cannot be:"
    " its ends differ, something arrives, a line gains nothing and a converter no more than the limit",
    "GridTooSoon": "what is set for {since} could hold from {earliest} on at the earliest",
    "GridOtherArcs": "the arcs shown are not those of the grid at {time}",
    "GridFull": "the grid has its {limit} already",
    # Power: the market
    "PowerForeignCredits": "the market is not paid in unit {id} of {token}",
    "PowerNotAllowed": "wallet {wallet} belongs to no active participant, or has not the right",
    "PowerForeignWallet": "wallet {wallet} does not belong to participant {participant}",
    "PowerInsufficientCredits": "account {account} has {free} micro-credits free, {needed} are needed; what"
    " orders and trades bind is not free",
    "PowerNotSponsor": "account {account} is no pseudonym of participant {participant}",
    "PowerSignerTaken": "{signer} stands for an account already, or is no key",
    "PowerTooMany": "{count} items are not what one call takes here, {limit} at the most",
    "PowerWrongStage": "interval {interval} is {stage}",
    "PowerTooFarAhead": "interval {interval} is too far ahead; the last that is traded is {latest}",
    "PowerIntervalFull": "interval {interval} has its {limit} orders already",
    "PowerNotInstructed": "what is placed is not what {signer} instructed: another interval, price, energy or"
    " aggregator",
    "PowerBadSignature": "the signature does not fit the instruction of {signer}",
    "PowerInstructionUsed": "the instruction of {signer} was used {interval}",
    "PowerOtherOrders": "the clearing is not of all orders of interval {interval}, in their order",
    "PowerNoOrders": "interval {interval} has no orders to clear",
    "PowerNotBetter": "interval {interval} has a clearing of welfare {standing}; {offered} is not better",
    "PowerNotTheNext": "what is shown of interval {interval} is not what is released next: its last orders"
    " that are still bound, and what was accepted of them",
    "PowerNoPrice": "no price is known for node {node} in interval {interval}",
    "PowerNotController": "{caller} is not one of the contracts that may move credits of others",
    "PowerBadReserve": "account {account} cannot be the reserve: it is no participant's, or owes {debt}"
    " micro-credits",
    "PowerNotBound": "account {account} has {bound} micro-credits bound, {amount} are to be freed",
    # Power: contracts
    "TradesAgreedBefore": "exactly this is contract {id} already",
    "TradesBadSignature": "the signature of {signer} is not its own over these terms, or was taken back (hash"
    " {digest})",
    "TradesBadTerms": "the terms contradict themselves, first in {field}",
    "TradesGridFee": "the grid charges {fee} micro-credits/kWh, {maximum} were signed for",
    "TradesNotAllowed": "{signer} stands for no account that may trade",
    "TradesNotFinal": "what meter {meter} shows of interval {interval} can still change, or still come",
    "TradesOtherMeter": "a leaf of interval {interval} is not of meter {meter}",
    "TradesTooLate": "the deadline {deadline} has passed, or the gate of interval {fromInterval} is closed",
    "TradesWrongInterval": "interval {interval} is not one of contract {id}, or not in the state this needs",
    "ClearingOverLimit": "order {order} would get {accepted} Wh of the {limit} it asked for",
    "ClearingInTheMoney": "order {order} is better than the price of {price} and gets {accepted} Wh, not all",
    "ClearingOutOfTheMoney": "order {order} is worse than the price of {price} and gets {accepted} Wh",
    "ClearingNotProRata": "order {order} stands at the price and gets {accepted} Wh; {due} are its part",
    "ClearingOverCapacity": "arc {arc} would carry {flow} Wh of the {capacity} it can",
    "ClearingArcNotFull": "arc {arc} gains {gain} a kWh by the prices, and carries {flow} Wh only",
    "ClearingArcLoses": "arc {arc} loses by the prices ({gain} a kWh), and carries {flow} Wh",
    "ClearingUnbalanced": "node {node} has {balance} Wh more injected than withdrawn; rounding explains"
    " {slack}",
    "ClearingNotTheMiddle": "the price {price} of node {node}, which no arc touches, is not the middle of"
    " what fits, {due}",
    # Power: settlement
    "SettlementBadStep": "a day is no whole number of intervals of {intervalS} s",
    "SettlementNoTerms": "nothing says how node {node} is settled in interval {interval}",
    "SettlementNotOperator": "{caller} is no wallet of participant {operator} that may do this",
    "SettlementBondTooSmall": "the bond of participant {operator} is {bond} micro-credits, less than {least}",
    "SettlementBondBound": "the bond of participant {operator} is bound until {until}",
    "SettlementBadRun": "run {run} of interval {interval} is not the next one, which is {expected}",
    "SettlementFinal": "run {run} of node {node} for interval {interval} is final",
    "SettlementOtherLoss": "accounts would bear {chargedWh} Wh of loss; {bookedWh} are booked",
    "SettlementNotScheduled": "{residueWh} Wh more are sold than bought and scheduled to leave node {node};"
    " rounding explains {mostWh}",
    "SettlementEnergyOpen": "energy of node {node} in interval {interval} does not close",
    "SettlementMoneyOpen": "money of node {node} in interval {interval} is open by {open} micro-credits",
    "SettlementDayOpen": "{intervals} of {needed} intervals of the day are settled",
    "SettlementOtherSum": "the amounts come to {sum} micro-credits, not {expected}",
    "SettlementPaid": "chunk {index} was paid before",
    "SettlementNothingFalse": "what is shown agrees with what it should contradict",
    # Power: losses
    "LossesNoLine": "line {id} is not there, or not counted at {start}",
    "LossesNotFinal": "the run {run} of node {node} for {start} can still change",
    "LossesHeldReading": "the reading of meter {meter} at line {id} is held",
    "LossesLinesMissing": "{booked} of the {lines} lines of area {area} are booked for {start}",
    "LossesBadCharge": "{chargedWh} Wh are more than what was injected into area {area}, {mostWh}",
}

#: What to do about it. By error name; the longest matching suffix otherwise.
REMEDIES: Final[dict[str, str]] = {
    "AccessManagedUnauthorized": _ROLE,
    "AccessManagerUnauthorizedAccount": _ROLE,
    "AuctionBadTerms": "`tonne auction announce --help` tells the terms.",
    "AuctionConsentShort": "The seller opens it itself, or consents: `tonne auction consent`.",
    "AuctionNotNow": "`tonne auction show` tells the hours; on a test chain: `tonne clock advance`.",
    "AuctionShareExceeded": "Disclose a larger auctioned share first: `tonne authority plan`.",
    "AuctionShareNoSeller": "Name a wallet of a participant that is approved.",
    "AuctionWrongStage": "`tonne auction show` tells how it stands.",
    "BankingBadCount": "Split the call.",
    "BankingLedgerShort": "Bank less, or bring the rest: `tonne market deposit units`.",
    "BankingLimitExceeded": "Bank at most what there is room for.",
    "BankingNotAllowed": "`tonne scheme explain NAME banking.allowed` tells the days.",
    "BankingNotExpired": "`tonne scheme explain NAME banking.expired_vintage` tells the day.",
    "BankingNotWholeLots": "Give a multiple of the lot.",
    "BankingRightMissing": _REGISTER,
    "BankingUnitRefused": "Choose a vintage between the two.",
    "BlockTradesBadMonth": "Write it like 2021-07.",
    "BlockTradesBadSignature": "Have the ticket signed again: `tonne market block sign`.",
    "BlockTradesNoTradeInMonth": "Choose a month with trades.",
    "BlockTradesOutsideBand": "Change the price, or ask a market officer: `tonne market block approve`.",
    "BlockTradesOutsideSession": "Wait until then; on a test chain: `tonne clock set`.",
    "BlockTradesTicketExpired": "Make a new ticket: `tonne market block ticket`.",
    "BlockTradesTicketSpent": "Make a new ticket: `tonne market block ticket`.",
    "BlockTradesTooFewLots": "Trade on the book, or ask a market officer: `tonne market block approve`.",
    "BookExpiryPassed": "Give --until today or a later day.",
    "BookHoldingLimitExceeded": "Lower the lots; `tonne market limits` tells what there is room for.",
    "BookNotFilled": "Lower --min, leave --all-or-nothing out, or give a better price.",
    "BookOrderOutlivesDay": "Leave --gtc and --until out.",
    "BookTickOutsideBand": "Choose a price inside it; `tonne market watch` shows it.",
    "BookWouldTake": "Give a price that only rests, or leave --post-only out.",
    "ComplianceBorrowLimit": "Surrender allowances of the period's own vintage, or older ones, for the rest.",
    "ComplianceMonthsNotOver": "Wait until they are.",
    "ComplianceNotOperator": "`tonne position` lists your plants.",
    "ComplianceNothingTraded": "State it: `tonne authority penalty price --state PRICE --reason TEXT`.",
    "CompliancePartUnsettled": "Give notice and decide: `tonne authority penalty notify`, `… decide`.",
    "CompliancePriceOpen": "Anybody may fix it: `tonne authority penalty price`.",
    "CompliancePriceRuleUnknown": "State it: `tonne authority penalty price --state PRICE --reason TEXT`.",
    "CreditPledgesFrozen": "Ask the authority that ordered the freeze; an officer may order the release.",
    "CreditPledgesNotParty": _REGISTER,
    "CreditPledgesPledgeFrozen": "Ask the authority that ordered the freeze; it may order the release.",
    "CreditPledgesStillGood": "Wait until then, or agree on a release: `tonne credit release`.",
    "CreditPledgesUnchanged": "Nothing is to be done.",
    "CreditPledgesUnknown": "`tonne credit pledged` lists yours.",
    "DayNotOpened": "Anybody may open it: `tonne market open`.",
    "ERC1155InsufficientBalance": "Lower the amount, or withdraw units from the exchange first.",
    "ERC20InsufficientAllowance": "Approve the amount first, or send a permit.",
    "ERC20InsufficientBalance": "Get more of the currency first.",
    "ExchangeAccountFrozen": "Ask the authority that ordered it.",
    "ExchangeBadConfig": "Ask for a value inside the bounds; the interface documents them.",
    "ExchangeDayAlreadyOpened": "Nothing is to be done.",
    "ExchangeNotWholeLots": "Give a multiple of the lot.",
    "GatewayDeadlinePassed": "Have it signed again: `tonne market sign`.",
    "GatewayNonceUsed": "Sign a new one: `tonne market sign`.",
    "GridOtherArcs": "Read them anew: `gridAt` of the interval's start.",
    "GridTooSoon": "Give a later moment.",
    "InsufficientCash": "Deposit more first: `tonne market deposit cash`, or `--deposit`.",
    "InsufficientLots": "Deposit more first: `tonne market deposit units`, or `--deposit`.",
    "LensPriceOffGrid": "Round the price to the grid.",
    "LimitsNotEnoughRoom": "`tonne market limits` tells the room of each account.",
    "LimitsNotOnePool": "`tonne market limits` tells which accounts share a limit.",
    "LinksLimitExceeded": "Give at most what there is room for, and surrender own allowances for the rest.",
    "LinksNotOperator": "`tonne position` lists your plants.",
    "LinksTooFew": "Give more units at once.",
    "LinksUnitRefused": "`tonne scheme explain NAME link.scheme` tells whose allowances are recognised.",
    "LotsOutsideLimits": "Split the order, or change its lots.",
    "MonthsNoChange": "Nothing is to be done.",
    "MonthsNotOver": "Submit it once the month has ended.",
    "MonthsNotReporter": "Use a wallet of its operator with the right to report.",
    "MakersForeignOrder": "`tonne market orders` lists yours; name the buy order first.",
    "MakersNoDuty": "A market officer appoints one: `tonne market maker appoint`.",
    "MakersTooEarly": "Give a later day.",
    "MarketClosed": "Wait until then; on a test chain: `tonne clock next-session`.",
    "MarketHalted": "Wait until a market officer resumes it.",
    "MarketUnknown": "`tonne status` lists the markets.",
    "SchemesNoReason": "Change it by `tonne authority`, with --reason.",
    "SchemesNoticeTooShort": "Choose a later day; the scheme's notice is counted from today.",
    "NoPower": "Ask the authority for the office, or use an officer's key.",
    "NotYours": "`tonne market orders` lists yours.",
    "OrderNotOpen": "`tonne market orders` lists yours.",
    "ParticipantNotActive": "Ask the authority to approve or reinstate the participant.",
    "PledgesUnknown": "`tonne market pledges` lists yours.",
    "PowerInsufficientCredits": "Move credits into the account first, or lower energy or price.",
    "PowerNotAllowed": _REGISTER,
    "PowerNotBetter": "Nothing is to be done: a better clearing stands.",
    "PowerWrongStage": "Choose an interval whose gate is still to close, or wait until its window ends.",
    "RightMissing": _REGISTER,
    "TradesAgreedBefore": "`tonne energy trade show` tells what became of it.",
    "TradesBadSignature": "Let that side sign anew: `tonne energy trade sign`; once taken back, a new offer.",
    "TradesBadTerms": "It needs energy or a profile; a carrier where the nodes differ, and no fee for one"
    " where they do not; a penalty where it names a meter, and that meter at the node.",
    "TradesGridFee": "Make a new one that allows as much: `tonne energy trade offer`.",
    "TradesNotAllowed": _REGISTER,
    "TradesNotFinal": "Wait for it; `tonne meters status` tells what has come.",
    "TradesTooLate": "Make a new one for later intervals: `tonne energy trade offer`.",
    "TradesWrongInterval": "`tonne energy trade show` tells where each interval stands.",
    "Unknown": "Check the number; `tonne status` lists what there is.",
    "WalletUnknown": _REGISTER,
    "ZeroAmount": "Give an amount above 0.",
}

_STATUSES: Final = ("unknown", "applied", "active", "suspended", "closed")
_PENALTIES: Final = ("not noticed", "noticed", "decided", "paid", "appealed", "annulled")
_OUTCOMES: Final = ("no outcome", "upheld", "reduced", "annulled")
_RIGHTS: Final = {1: "trade", 2: "withdraw"}
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
    ("PowerWrongStage", "stage"): ("open for orders", "being cleared", "cleared", "lapsed"),
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


def readable(error: str, name: str, value: Any) -> str | None:
    """A value as people write it; None when it is plain already."""
    if isinstance(value, bytes) and name == "field":
        return value.rstrip(b"\0").decode("ascii", "replace")
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    choices = _WORDS.get((error, name))
    if choices and value < len(choices):
        return choices[value]
    if (error, name) == ("ExchangeRightMissing", "right"):
        return _RIGHTS.get(value)
    if (error, name) == ("SchemesNoPower", "power"):
        return " and ".join(word for bit, word in enumerate(_POWERS) if has_bit(value, bit))
    if (error, name) == ("SchemesNoPower", "jurisdiction") and value == 0:
        return "all"
    if (error, name) == ("ComplianceNotOperator", "operator"):
        return f"participant {value}" if value else "nobody"
    if error.startswith("Compliance") and name in ("firstMonth", "lastMonth"):
        return f"{value // 12}-{value % 12 + 1:02}"
    if name in _MONEY.get(error, ()):
        return _money(value)
    if (error, name) == ("PowerInstructionUsed", "interval"):
        return "up, or revoked" if value == 2**32 - 1 else f"for interval {value}"
    if (error, name) in (("AuctionNotNow", "from"), ("AuctionNotNow", "until")) and value == 0:
        return "the beginning"
    if error == "BlockTradesOutsideSession" and name in ("opens", "closes"):
        return f"{value // HOUR_S:02}:{value // 60 % 60:02}"
    dated = ("since", "earliest", "time", "start", "deadline", "expiry")
    if error.startswith(("CreditPledges", "Grid", "Losses", "Trades")) and name in dated:
        return f"{datetime.fromtimestamp(value, UTC):%Y-%m-%d %H:%M:%S} UTC"
    if error == "SchemesNoticeTooShort" and name in ("from", "earliest"):
        return _day_or_moment(value)
    if error.startswith(("Exchange", "Makers")) and name in ("day", "fromDay", "earliest"):
        return str(EPOCH + timedelta(days=value))
    return _account_or_order(error, name, value)


def _day_or_moment(value: int) -> str:
    """A local day since 1970, or a moment in seconds: nothing is set for the first days of 1970."""
    if value < 1_000_000:
        return str(EPOCH + timedelta(days=value))
    return f"{datetime.fromtimestamp(value, UTC):%Y-%m-%d %H:%M:%S} UTC"


def _account_or_order(error: str, name: str, value: int) -> str | None:
    if error == "LimitsNotOnePool":
        return f"of participant {participant_of(value)} in market {market_of(value)}"
    numbered = error.startswith("Clearing")  # within an interval
    return hex(value) if name == "order" and not numbered else None


def _money(value: int) -> str:
    """[0.0001 currency] with two decimals, or four where they are needed."""
    whole, fine = divmod(abs(value), 10_000)
    digits = f"{fine:04}"
    digits = digits[:2] if digits.endswith("00") else digits
    return f"{'-' if value < 0 else ''}{whole:,}.{digits}"


Reader = Callable[[str, str, Any], str | None]
