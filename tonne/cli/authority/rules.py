"""`tonne authority cap`, `plan`, `value`, `deadline` and `calendar`: rules of a scheme.

In an active scheme a change takes effect after the notice period, as an
amendment with its reason.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Annotated, Final

import typer

from tonne.cli.core.command import command
from tonne.cli.core.officer_act import Effect, OfficerAct, OfficerCall
from tonne.cli.core.options import ON_RECORD
from tonne.cli.core.output import many, parse_day
from tonne.cli.core.session import Session, text_hash
from tonne.constants import DAY_S, EPOCH
from tonne.errors import refused
from tonne.types.packing import has_bit, with_bit

AmendmentReason = Annotated[
    str | None, typer.Option("--reason", help="Reason; required once the scheme is active.")
]


@command(needs=OfficerAct, scheme=1)
def cap(
    act: OfficerAct,
    first: Annotated[int, typer.Argument(help="First year.", min=1970, max=65_535)],
    caps: Annotated[
        list[int], typer.Argument(help="Caps of this and the following years [t]; 0 removes one.")
    ],
    reason: AmendmentReason = None,
) -> None:
    """Publish caps of coming years, or change those whose year is beyond the notice period."""
    years = range(first, first + len(caps))
    planned = act.chain.call_many(("Schemes", "plannedCap", (act.scheme, y)) for y in years)
    changes = [
        Effect(f"cap of {year}", _t(old.capT), _t(new))
        for year, old, new in zip(years, planned, caps, strict=True)
        if old.capT != new
    ]
    call = OfficerCall("Schemes", "planCaps", (act.scheme, first, caps), changes)
    act.do(f"Plan the caps of scheme {act.scheme}", _lawful(act, act.scheme, reason, [call]))


@command(needs=OfficerAct, scheme=1)
def plan(
    act: OfficerAct,
    vintage: Annotated[int, typer.Argument(help="Vintage (year).", min=1970, max=65_535)],
    cap_t: Annotated[int, typer.Option("--cap", help="Cap [t].", min=1)],
    free: Annotated[int, typer.Option(help="Free allocation [t].", min=0)],
    auctioned: Annotated[int, typer.Option(help="Auctioned share [t].", min=0)] = 0,
    reason: AmendmentReason = None,
) -> None:
    """Disclose cap, free and auctioned share of a vintage; required before its issue or listing."""
    held = act.chain.call("Schemes", "disclosure", act.scheme, vintage)
    known = bool(held.disclosedAt)
    names = (("cap", "capT", cap_t), ("free", "freeT", free), ("auctioned", "auctionT", auctioned))
    changes = [
        Effect(
            f"{name}, vintage {vintage}",
            f"{getattr(held, key):,} t" if known else "not disclosed",
            f"{new:,} t",
        )
        for name, key, new in names
    ]
    call = OfficerCall(
        "Schemes", "disclose", (act.scheme, vintage, cap_t, free, auctioned), changes
    )
    calls = _lawful(act, act.scheme, reason, [call]) if known else [call]
    lines = (
        [f"  holds from {_notice_ends(act, act.scheme)} on"] if known and calls != [call] else []
    )
    act.do(
        f"{'Revise' if known else 'Disclose'} vintage {vintage} of scheme {act.scheme}",
        calls,
        {},
        lines,
    )


@command(needs=OfficerAct, scheme=1)
def value(
    act: OfficerAct,
    rule: Annotated[str, typer.Argument(metavar="KEY", help="Rule key of rule packs.")],
    new: Annotated[
        str, typer.Argument(metavar="VALUE", help="Value as in rule packs; `none` ends the rule.")
    ],
    from_: Annotated[str, typer.Option("--day", help="First day in force, e.g. 2026-01-01.")],
    source: Annotated[str, typer.Option(help=f"Source of the value. {ON_RECORD}")],
    reason: AmendmentReason = None,
    withdraw: Annotated[
        bool, typer.Option("--withdraw", help="First withdraw values set for later days.")
    ] = False,
) -> None:
    """Set the value of a rule from a day on."""
    from tonne.cli.authority import rule_values
    from tonne.rules.pack.key_spec import NO_VALUE

    spec, key = rule_values.spec_and_key(rule)
    integer = NO_VALUE if new == "none" else spec.to_chain(rule_values.parsed(spec, rule, new))
    day = parse_day(from_, "day")
    chain = act.chain
    start = day * DAY_S - chain.call("Schemes", "schemeInfo", act.scheme).utcOffset
    taken = rule_values.later(act, act.scheme, rule, start)
    if taken and not withdraw:
        raise refused(
            "RULES_LATER_VALUES",
            from_=from_,
            rule=rule,
            values=many(len(taken), "value"),
            taken=taken[-1][0],
        )
    old = chain.call("Schemes", "paramOr", act.scheme, text_hash(key), start, NO_VALUE)
    change = Effect(
        f"{rule} from {from_} on",
        rule_values.written(spec, old),
        rule_values.written(spec, integer),
    )
    args = (act.scheme, text_hash(key), key, day, integer, text_hash(source))
    calls = [*(call for _, call in taken), OfficerCall("Schemes", "setParam", args, [change])]
    act.do(f"Set {rule} of scheme {act.scheme}", _lawful(act, act.scheme, reason, calls))


@command(needs=OfficerAct, scheme=1)
def deadline(
    act: OfficerAct,
    period: Annotated[int, typer.Argument(help="Compliance period number.", min=1)],
    reports: Annotated[
        str | None, typer.Option(help="Last day to report, e.g. 2026-03-31.")
    ] = None,
    determination: Annotated[
        str | None, typer.Option(help="First day of determinations for missing reports.")
    ] = None,
    surrender: Annotated[str | None, typer.Option(help="Last day to surrender.")] = None,
    reason: AmendmentReason = None,
) -> None:
    """Move future dates of a compliance period."""
    chain = act.chain
    old = chain.call("Schemes", "period", act.scheme, period)
    offset = chain.call("Schemes", "schemeInfo", act.scheme).utcOffset
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
            Effect(
                _SPOKEN[field], act.local_time(getattr(old, field)), act.local_time(moved[field])
            )
        )
    call = OfficerCall("Schemes", "setPeriod", (act.scheme, period, tuple(moved.values())), changes)
    title = f"Move dates of period {period} of scheme {act.scheme}"
    act.do(title, _lawful(act, act.scheme, reason, [call]))


_SPOKEN: Final = {
    "reportDeadline": "reports until",
    "determinationFrom": "determination from",
    "surrenderDeadline": "surrender until",
}


@command(needs=OfficerAct, scheme=1)
def calendar(
    act: OfficerAct,
    closed: Annotated[
        list[str] | None, typer.Option(help="Day to close, e.g. 2026-10-01. Repeatable.")
    ] = None,
    opened: Annotated[
        list[str] | None, typer.Option("--open", help="Day to open. Repeatable.")
    ] = None,
    reason: AmendmentReason = None,
) -> None:
    """Open and close trading days of a scheme's markets."""
    wanted = {parse_day(text, "closed"): False for text in closed or ()}
    wanted |= {parse_day(text, "open"): True for text in opened or ()}
    by_word: dict[int, dict[int, bool]] = defaultdict(dict)
    for day, trades in sorted(wanted.items()):
        by_word[day // 256][day] = trades
    held = dict(
        zip(
            by_word,
            act.chain.call_many(("Schemes", "tradingDayWord", (act.scheme, w)) for w in by_word),
            strict=True,
        )
    )
    calls = []
    for word, days in by_word.items():
        bits = held[word]
        changes = []
        for day, trades in days.items():
            before = has_bit(bits, day % 256)
            bits = with_bit(bits, day % 256, trades)
            changes.append(
                Effect(str(EPOCH + timedelta(days=day)), _trades(before), _trades(trades))
            )
        calls.append(OfficerCall("Schemes", "setTradingDays", (act.scheme, word, [bits]), changes))
    same = [
        effect.what for call in calls for effect in call.effects if effect.before == effect.after
    ]
    if same:
        raise refused("RULES_NO_CHANGE", given=", ".join(same))
    title = f"Change {many(len(wanted), 'trading day')} of scheme {act.scheme}"
    act.do(title, _lawful(act, act.scheme, reason, calls))


def _lawful(
    session: Session, scheme: int, reason: str | None, calls: Sequence[OfficerCall]
) -> list[OfficerCall]:
    """The calls as they are before activation; afterwards one amendment with its reason."""
    chain = session.chain
    if not chain.call("Schemes", "schemeInfo", scheme).activatedAt:
        return list(calls)
    if not reason:
        raise refused("RULES_NO_REASON", scheme=scheme)
    encoded = [chain[call.contract].encode(call.function, *call.args) for call in calls]
    effects = [effect for call in calls for effect in call.effects]
    return [OfficerCall("Schemes", "amend", (scheme, reason, encoded), effects)]


def _notice_ends(session: Session, scheme: int) -> date:
    info = session.chain.call("Schemes", "schemeInfo", scheme)
    today = session.chain.call("Schemes", "localDay", scheme, session.chain.now())
    return EPOCH + timedelta(days=today + info.noticeDays)


def _t(amount: int) -> str:
    return f"{amount:,} t" if amount else "none"


def _trades(trades: bool) -> str:
    return "trades" if trades else "closed"
