"""`tonne authority cap`, `plan`, `value`, `deadline`, `calendar`, `office`, `registrar`.

Rules, and who holds an office. In an active scheme each change waits for the notice and is made in an
amendment, which says why.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any, Final

import typer

from tonne.chain.reverts import ChainError
from tonne.cli.core.officer_act import Act, Change, Hand, acting
from tonne.cli.core.session import Desk, SchemeNumber, many, parse_day
from tonne.crypto.accounts import checksum, keccak
from tonne.deployment.granted_roles import OFFICE_POWERS
from tonne.errors import TonneError
from tonne.rules.disclosure import NOT_DISCLOSED
from tonne.rules.pack.key_spec import NO_VALUE, Spec
from tonne.rules.pack.keys import CHAIN_BENCHMARKS, spec_of

EPOCH: Final = date(1970, 1, 1)
DAY_S: Final = 86_400
EVERYWHERE: Final = 0

Reason = Annotated[
    str | None, typer.Option(help="Why the rule changes; asked for once the scheme is active.")
]
Address = Annotated[str, typer.Argument(help="Address of the officer.")]
Jurisdiction = Annotated[int, typer.Option(help="Number of the jurisdiction; 0 = all.", min=0)]


def cap(
    hand: Hand,
    first: Annotated[int, typer.Argument(help="First year.", min=1970, max=65_535)],
    caps: Annotated[
        list[int], typer.Argument(help="Caps of it and the years after it [t]; 0 takes one away.")
    ],
    reason: Reason = None,
    scheme: SchemeNumber = 1,
) -> None:
    """Publish the caps of coming years, or change them while their year is beyond the notice."""
    years = range(first, first + len(caps))
    planned = hand.desk.chain.call_many(("Schemes", "plannedCap", (scheme, y)) for y in years)
    changes = [
        Change(f"cap of {year}", _t(old.capT), _t(new))
        for year, old, new in zip(years, planned, caps, strict=True)
        if old.capT != new
    ]
    act = Act("Schemes", "planCaps", (scheme, first, caps), changes)
    hand.do(f"Plan the caps of scheme {scheme}", _lawful(hand.desk, scheme, reason, [act]))


def plan(
    hand: Hand,
    vintage: Annotated[int, typer.Argument(help="Year of the vintage.", min=1970, max=65_535)],
    cap_t: Annotated[int, typer.Option("--cap", help="Cap [t].", min=1)],
    free: Annotated[int, typer.Option(help="Given for free [t].", min=0)],
    auctioned: Annotated[int, typer.Option(help="Auctioned [t].", min=0)] = 0,
    reason: Reason = None,
    scheme: SchemeNumber = 1,
) -> None:
    """Disclose a vintage's cap, free and auctioned share; before that nothing of it is issued or listed."""
    held = hand.desk.chain.call("Schemes", "disclosure", scheme, vintage)
    known = bool(held.disclosedAt)
    names = (("cap", "capT", cap_t), ("free", "freeT", free), ("auctioned", "auctionT", auctioned))
    changes = [
        Change(
            f"{name}, vintage {vintage}",
            f"{getattr(held, key):,} t" if known else NOT_DISCLOSED,
            f"{new:,} t",
        )
        for name, key, new in names
    ]
    act = Act("Schemes", "disclose", (scheme, vintage, cap_t, free, auctioned), changes)
    acts = _lawful(hand.desk, scheme, reason, [act]) if known else [act]
    lines = (
        [f"  holds from {_notice_ends(hand.desk, scheme)} on"] if known and acts != [act] else []
    )
    hand.do(
        f"{'Revise' if known else 'Disclose'} vintage {vintage} of scheme {scheme}", acts, {}, lines
    )


def value(
    hand: Hand,
    rule: Annotated[str, typer.Argument(metavar="KEY", help="As rule packs have it.")],
    new: Annotated[
        str, typer.Argument(metavar="VALUE", help="As rule packs have it; none ends it.")
    ],
    from_: Annotated[str, typer.Option("--day", help="First day it holds, e.g. 2026-01-01.")],
    source: Annotated[str, typer.Option(help="Where it is from; its hash goes on record.")],
    reason: Reason = None,
    withdraw: Annotated[
        bool, typer.Option("--withdraw", help="Take back what is set from a later day on, first.")
    ] = False,
    scheme: SchemeNumber = 1,
) -> None:
    """Set a number of the rules from a day on."""
    spec, key = _spec(rule)
    integer = NO_VALUE if new == "none" else spec.to_chain(_parsed(spec, rule, new))
    day = parse_day(from_, "day")
    chain = hand.desk.chain
    start = day * DAY_S - chain.call("Schemes", "schemeInfo", scheme).utcOffset
    taken = _later(hand.desk, scheme, rule, start)
    if taken and not withdraw:
        raise TonneError(
            "RULES_LATER_VALUES",
            f"{rule} has {many(len(taken), 'value')} from a later day on, the first from"
            f" {taken[-1][0]}; dates of a key only rise.",
            field="day",
            value=from_,
            remedy="Give a later day; or --withdraw, which takes them back first.",
        )
    old = chain.call("Schemes", "paramOr", scheme, keccak(key.encode()), start, NO_VALUE)
    change = Change(f"{rule} from {from_} on", _number(spec, old), _number(spec, integer))
    args = (scheme, keccak(key.encode()), key, day, integer, keccak(source.encode()))
    acts = [*(act for _, act in taken), Act("Schemes", "setParam", args, [change])]
    hand.do(f"Set {rule} of scheme {scheme}", _lawful(hand.desk, scheme, reason, acts))


def _later(desk: Desk, scheme: int, rule: str, start: int) -> list[tuple[date, Act]]:
    """What takes back the values of a key that hold from after a time [s] on, the latest first."""
    spec, text = _spec(rule)
    chain, key = desk.chain, keccak(text.encode())
    offset = chain.call("Schemes", "schemeInfo", scheme).utcOffset
    try:
        count, _, _ = chain.call("Schemes", "paramHistory", scheme, key, 0)
    except ChainError:
        return []  # it never had a value
    found: list[tuple[date, Act]] = []
    for index in reversed(range(count)):
        _, time, held = chain.call("Schemes", "paramHistory", scheme, key, index)
        if time <= start:
            break
        day = EPOCH + timedelta(days=(time + offset) // DAY_S)
        change = Change(f"{rule} from {day} on", _number(spec, held), "withdrawn")
        found.append((day, Act("Schemes", "withdrawParam", (scheme, key), [change])))
    return found


def deadline(
    hand: Hand,
    period: Annotated[int, typer.Argument(help="Number of the period.", min=1)],
    reports: Annotated[str | None, typer.Option(help="Last day for reports.")] = None,
    determination: Annotated[
        str | None, typer.Option(help="Day from which silence is determined.")
    ] = None,
    surrender: Annotated[str | None, typer.Option(help="Last day to surrender.")] = None,
    reason: Reason = None,
    scheme: SchemeNumber = 1,
) -> None:
    """Move dates of a period that are still to come."""
    chain = hand.desk.chain
    old = chain.call("Schemes", "period", scheme, period)
    offset = chain.call("Schemes", "schemeInfo", scheme).utcOffset
    moved = dict(zip(old._fields, old, strict=True))
    given = (
        ("reportDeadline", reports, DAY_S - 1),
        ("determinationFrom", determination, 0),
        ("surrenderDeadline", surrender, DAY_S - 1),
    )
    changes = []
    for field, text, second in given:
        if text is None:
            continue
        moved[field] = parse_day(text, field) * DAY_S - offset + second
        changes.append(
            Change(
                _SPOKEN[field], hand.desk.when(getattr(old, field)), hand.desk.when(moved[field])
            )
        )
    act = Act("Schemes", "setPeriod", (scheme, period, tuple(moved.values())), changes)
    title = f"Move dates of period {period} of scheme {scheme}"
    hand.do(title, _lawful(hand.desk, scheme, reason, [act]))


_SPOKEN: Final = {
    "reportDeadline": "reports until",
    "determinationFrom": "determination from",
    "surrenderDeadline": "surrender until",
}


def calendar(
    hand: Hand,
    closed: Annotated[list[str] | None, typer.Option(help="A day that becomes a holiday.")] = None,
    opened: Annotated[list[str] | None, typer.Option("--open", help="A day that trades.")] = None,
    reason: Reason = None,
    scheme: SchemeNumber = 1,
) -> None:
    """Open and close trading days."""
    wanted = {parse_day(text, "closed"): False for text in closed or ()}
    wanted |= {parse_day(text, "open"): True for text in opened or ()}
    by_word: dict[int, dict[int, bool]] = defaultdict(dict)
    for day, trades in sorted(wanted.items()):
        by_word[day >> 8][day] = trades
    held = dict(
        zip(
            by_word,
            hand.desk.chain.call_many(("Schemes", "tradingDayWord", (scheme, w)) for w in by_word),
            strict=True,
        )
    )
    acts = []
    for word, days in by_word.items():
        bits = held[word]
        changes = []
        for day, trades in days.items():
            before = bool(bits >> (day & 255) & 1)
            bits = bits & ~(1 << (day & 255)) | trades << (day & 255)
            changes.append(
                Change(str(EPOCH + timedelta(days=day)), _trades(before), _trades(trades))
            )
        acts.append(Act("Schemes", "setTradingDays", (scheme, word, [bits]), changes))
    same = [change.what for act in acts for change in act.changes if change.before == change.after]
    if same:
        raise TonneError(
            "RULES_NO_CHANGE",
            f"{', '.join(same)}: nothing changes.",
            field="closed, open",
            value=", ".join(same),
            remedy="Leave it out. Weekends, and days of a year that no calendar has, are closed already.",
        )
    title = f"Change {many(len(wanted), 'trading day')} of scheme {scheme}"
    hand.do(title, _lawful(hand.desk, scheme, reason, acts))


def office(
    hand: Hand,
    officer: Address,
    powers: Annotated[str, typer.Argument(help=f"Of {', '.join(OFFICE_POWERS)}; none dismisses.")],
    jurisdiction: Jurisdiction = EVERYWHERE,
    scheme: SchemeNumber = 1,
) -> None:
    """Give somebody powers in a scheme and jurisdiction, in the place of those held there."""
    names = [] if powers == "none" else powers.split(",")
    for name in names:
        if name not in OFFICE_POWERS:
            raise TonneError(
                "OFFICE_POWER",
                f"{name} is no power.",
                field="powers",
                value=name,
                remedy=f"Known: {', '.join(OFFICE_POWERS)}.",
            )
    bits = sum(1 << OFFICE_POWERS.index(name) for name in set(names))
    who = checksum(officer)
    held = hand.desk.chain.call("Schemes", "officeOf", who, scheme, jurisdiction)
    where = f"scheme {scheme}, " + (f"jurisdiction {jurisdiction}" if jurisdiction else "all of it")
    change = Change(f"{who} in {where}", _powers(held), _powers(bits))
    act = Act("Schemes", "grantOffice", (who, scheme, jurisdiction, bits), [change])
    hand.do(f"Set the office of {who}", [act])


def registrar(
    hand: Hand,
    officer: Address,
    jurisdiction: Jurisdiction = EVERYWHERE,
    dismiss: Annotated[bool, typer.Option("--dismiss", help="Take it away.")] = False,
) -> None:
    """Make somebody registrar of participants and plants in a jurisdiction."""
    who = checksum(officer)
    held = hand.desk.chain.call("Participants", "isRegistrar", who, jurisdiction)
    where = f"jurisdiction {jurisdiction}" if jurisdiction else "all jurisdictions"
    change = Change(f"{who} in {where}", _registrar(held), _registrar(not dismiss))
    act = Act("Participants", "setRegistrar", (who, jurisdiction, not dismiss), [change])
    hand.do(f"Set the registrar of {where}", [act])


def _lawful(desk: Desk, scheme: int, reason: str | None, acts: Sequence[Act]) -> list[Act]:
    """Calls as they are while a scheme is set up; one amendment with its reason from then on."""
    chain = desk.chain
    if not chain.call("Schemes", "schemeInfo", scheme).activatedAt:
        return list(acts)
    if not reason:
        raise TonneError(
            "RULES_NO_REASON",
            f"Scheme {scheme} is active: whoever changes a rule says why.",
            field="reason",
            remedy="Give --reason.",
        )
    encoded = [chain[act.contract].encode(act.function, *act.args) for act in acts]
    changes = [change for act in acts for change in act.changes]
    return [Act("Schemes", "amend", (scheme, reason, encoded), changes)]


def _notice_ends(desk: Desk, scheme: int) -> date:
    info = desk.chain.call("Schemes", "schemeInfo", scheme)
    today = desk.chain.call("Schemes", "localDay", scheme, desk.chain.now())
    return EPOCH + timedelta(days=today + info.noticeDays)


def _spec(name: str) -> tuple[Spec, str]:
    try:
        spec = spec_of(name)
    except KeyError:
        raise TonneError(
            "RULES_UNKNOWN_KEY",
            f"There is no rule {name}.",
            field="key",
            value=name,
            remedy="`tonne scheme explain` tells the keys.",
        ) from None
    if name.startswith("benchmark.") and name not in CHAIN_BENCHMARKS:
        raise TonneError(
            "RULES_PRODUCT",
            f"{name} is a benchmark of no class of plant that the contracts know.",
            field="key",
            value=name,
            remedy=f"Known: {', '.join(CHAIN_BENCHMARKS)}.",
        )
    if spec.chain_key is None:
        raise TonneError(
            "RULES_NOT_ON_CHAIN",
            f"{name} is not kept on chain.",
            field="key",
            value=name,
            remedy="Change it in the rule pack.",
        )
    return spec, spec.chain_key


def _parsed(spec: Spec, name: str, text: str) -> Any:
    found: Any = text
    if spec.unit == "flag":
        found = {"true": True, "false": False}.get(text, text)
    elif spec.unit == "set":
        found = tuple(text.split(","))
    elif not spec.words:
        try:
            found = Decimal(text.replace(",", ""))
        except InvalidOperation:
            found = text
    problem = spec.problem(found)
    if problem:
        raise TonneError(
            "RULES_VALUE",
            f"{name} {problem}",
            field="value",
            value=text,
            remedy=spec.says,
        )
    return found


def _number(spec: Spec, integer: int) -> str:
    if integer == NO_VALUE:
        return "none"
    if spec.unit == "flag":
        return "true" if integer else "false"
    if spec.unit == "set":
        return ",".join(word for bit, word in enumerate(spec.words, 1) if integer >> bit & 1)
    return f"{Decimal(integer) / spec.scale:f}"


def _t(amount: int) -> str:
    return f"{amount:,} t" if amount else "none"


def _trades(trades: bool) -> str:
    return "trades" if trades else "closed"


def _powers(bits: int) -> str:
    return ", ".join(name for bit, name in enumerate(OFFICE_POWERS) if bits >> bit & 1) or "none"


def _registrar(held: bool) -> str:
    return "registrar" if held else "no registrar"


def enter(app: typer.Typer) -> None:
    for command in (cap, plan, value, deadline, calendar, office, registrar):
        acting(app)(command)
