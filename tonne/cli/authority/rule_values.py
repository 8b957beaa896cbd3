"""Values of rules as packs write them, and the calls that withdraw them on chain."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from tonne.chain.reverts import ChainError
from tonne.cli.core.officer_act import Effect, OfficerCall
from tonne.cli.core.output import parse_whole
from tonne.cli.core.session import Session, text_hash
from tonne.constants import DAY_S, EPOCH
from tonne.errors import TonneError, refused
from tonne.rules.pack.key_spec import NO_VALUE, Spec
from tonne.rules.pack.keys import CHAIN_BENCHMARKS, spec_of
from tonne.types.packing import has_bit


def later(session: Session, scheme: int, rule: str, start: int) -> list[tuple[date, OfficerCall]]:
    """Calls that withdraw the values of a key from after a time [s] on, latest first."""
    spec, text = spec_and_key(rule)
    chain, key = session.chain, text_hash(text)
    offset = chain.call("Schemes", "schemeInfo", scheme).utcOffset
    try:
        count, _, _ = chain.call("Schemes", "paramHistory", scheme, key, 0)
    except ChainError:
        return []  # it never had a value
    found: list[tuple[date, OfficerCall]] = []
    for index in reversed(range(count)):
        _, time, held = chain.call("Schemes", "paramHistory", scheme, key, index)
        if time <= start:
            break
        day = EPOCH + timedelta(days=(time + offset) // DAY_S)
        change = Effect(f"{rule} from {day} on", written(spec, held), "withdrawn")
        found.append((day, OfficerCall("Schemes", "withdrawParam", (scheme, key), [change])))
    return found


def spec_and_key(name: str) -> tuple[Spec, str]:
    """Specification of a rule and its key on chain; raises for rules that are not on chain."""
    try:
        spec = spec_of(name)
    except KeyError:
        raise refused("RULES_UNKNOWN_KEY", key=name) from None
    if name.startswith("benchmark.") and name not in CHAIN_BENCHMARKS:
        raise refused("RULES_PRODUCT", key=name, chain_benchmarks=", ".join(CHAIN_BENCHMARKS))
    if spec.chain_key is None:
        raise refused("RULES_NOT_ON_CHAIN", key=name)
    return spec, spec.chain_key


def parsed(spec: Spec, name: str, text: str) -> Any:
    """A value as rule packs hold it; raises RULES_VALUE where the rule does not admit it."""
    found: Any = text
    if spec.unit == "flag":
        found = {"true": True, "false": False}.get(text, text)
    elif spec.unit == "set":
        found = tuple(text.split(","))
    elif not spec.words:
        found = _decimal(text)
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


def written(spec: Spec, integer: int) -> str:
    """A value on chain as rule packs write it."""
    if integer == NO_VALUE:
        return "none"
    if spec.unit == "flag":
        return "true" if integer else "false"
    if spec.unit == "set":
        return ",".join(word for bit, word in enumerate(spec.words, 1) if has_bit(integer, bit))
    return f"{Decimal(integer) / spec.scale:f}"


def _decimal(text: str) -> Decimal | str:
    """A number with commas only between thousands; other text as it is, which the rule refuses."""
    whole, point, part = text.partition(".")
    number = parse_whole(whole.removeprefix("-"))
    if number is None or (point and not part.isdecimal()):
        return text
    sign = "-" if text.startswith("-") else ""
    return Decimal(f"{sign}{number}{point}{part}")
