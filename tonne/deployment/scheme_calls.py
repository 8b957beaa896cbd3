"""Calls that set a scheme up from its rule pack; calls whose effect is on chain already are left out.

Rules come first, then the offices, then the end of the set-up: until then every number is free to change.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from tonne.chain.client import Chain
from tonne.crypto.hashing import keccak
from tonne.errors import TonneError, refused
from tonne.rules.pack import RulePack
from tonne.rules.pack.period_parts import part_params, parts_of

#: Powers of an office, see `Powers` in ISchemes.
DISPUTE: Final = 512
ALL_POWERS: Final = 8191
#: Jurisdiction of offices and registrars that are not confined to one.
EVERYWHERE: Final = 0
#: Most values in one call of `setParams`.
PARAMS: Final = 100


@dataclass(frozen=True, slots=True)
class SetUpCall:
    """One contract call of a set-up, and its subject in words."""

    what: str
    contract: str
    function: str
    args: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class SetUp:
    """The calls that are missing on chain, by stage."""

    rules: list[SetUpCall]
    offices: list[SetUpCall]
    ending: list[SetUpCall]  # of the set-up: from then on changes need notice
    differing: list[str]  # parts of the pack that an active scheme does not have on chain

    @property
    def calls(self) -> list[SetUpCall]:
        return [*self.rules, *self.offices, *self.ending]


def missing(
    chain: Chain,
    pack: RulePack,
    authority: str,
    officers: Sequence[tuple[str, int]] = (),
    first_block: int = 0,
) -> SetUp:
    """The calls still to send; `authority` gets every power and is registrar everywhere.

    `officers` are further (address, powers). PlantMeters may dispute reports. Events are read from
    `first_block` on. Raises SCHEME_OF_ANOTHER_PACK where the number is taken by a scheme of another pack.
    """
    pack.check_runs()
    made, active = _standing(chain, pack, first_block)
    offices = list(_offices(chain, pack, authority, officers, made))
    if active:
        differing = [call.what for call in _rules(chain, pack, made, first_block)]
        return SetUp([], offices, [], differing)
    ending = [SetUpCall("set-up", "Schemes", "activate", (pack.scheme.number,))]
    return SetUp(list(_rules(chain, pack, made, first_block)), offices, ending, [])


def _standing(chain: Chain, pack: RulePack, first_block: int) -> tuple[bool, bool]:
    """Whether the scheme is created, and whether its set-up has ended."""
    number = pack.scheme.number
    (info,) = chain.call_many([("Schemes", "schemeInfo", (number,))], check=False)
    if isinstance(info, TonneError):
        if info.code != "SCHEMES_UNKNOWN":
            raise info
        return False, False
    created = [
        e for e in chain.logs("Schemes", "SchemeCreated", first_block) if e["scheme"] == number
    ]
    if created and created[0]["packHash"] != pack.digest:
        raise refused(
            "SCHEME_OF_ANOTHER_PACK",
            scheme_name=pack.scheme.name,
            scheme=number,
            other_pack=created[0]["name"],
        )
    return True, bool(info.activatedAt)


def _rules(chain: Chain, pack: RulePack, made: bool, first_block: int) -> Iterator[SetUpCall]:
    scheme = pack.scheme.number
    if not made:
        assert pack.scheme.notice_days is not None
        head = (pack.scheme.name, pack.scheme.utc_offset_s, pack.scheme.notice_days.value)
        yield SetUpCall("scheme", "Schemes", "createScheme", (scheme, *head, pack.digest))
    params = _params(pack)
    if made:
        told = chain.logs("Schemes", "ParamSet", first_block)
        held = {(e["key"], e["fromDay"], e["value"]) for e in told if e["scheme"] == scheme}
        params = [p for p in params if (p["key"], p["fromDay"], p["value"]) not in held]
    for i in range(0, len(params), PARAMS):
        part = params[i : i + PARAMS]
        yield SetUpCall(f"{len(part)} rule values", "Schemes", "setParams", (scheme, part))
    periods = [
        period
        for name in pack.complete_periods()
        for period in (pack.period(name), *parts_of(pack, name))
    ]
    stands = (
        chain.call_many((("Schemes", "period", (scheme, p.number)) for p in periods), check=False)
        if made
        else [None] * len(periods)
    )
    for period, old in zip(periods, stands, strict=True):
        if old is None or isinstance(old, TonneError) or tuple(old) != tuple(period.onchain):
            args = (scheme, period.number, period.onchain)
            yield SetUpCall(f"period {period.number}", "Schemes", "setPeriod", args)
    for first, words in trading_days(pack):
        places = range(first, first + len(words))
        old = [chain.call("Schemes", "tradingDayWord", scheme, w) for w in places] if made else []
        if list(old) != words:
            yield SetUpCall("trading days", "Schemes", "setTradingDays", (scheme, first, words))


def _params(pack: RulePack) -> list[dict[str, Any]]:
    """Every dated value of the pack as `setParams` takes it."""
    return [
        {
            "key": keccak(param.key.encode()),
            "keyText": param.key,
            "fromDay": param.from_day,
            "value": param.value,
            "sourceHash": param.source_hash,
        }
        for param in (*pack.onchain_params(), *part_params(pack))
    ]


def _offices(
    chain: Chain,
    pack: RulePack,
    authority: str,
    officers: Sequence[tuple[str, int]],
    made: bool,
) -> Iterator[SetUpCall]:
    scheme = pack.scheme.number
    meters = chain["PlantMeters"].address
    for officer, powers in ((authority, ALL_POWERS), (meters, DISPUTE), *officers):
        args = (officer, scheme, EVERYWHERE)
        if not made or chain.call("Schemes", "officeOf", *args) != powers:
            yield SetUpCall(f"office of {officer}", "Schemes", "grantOffice", (*args, powers))
    if not chain.call("Participants", "isRegistrar", authority, EVERYWHERE):
        args = (authority, EVERYWHERE, True)
        yield SetUpCall(f"registrar {authority}", "Participants", "setRegistrar", args)
    # The contract knows no dates: the rule of today holds until the authority changes it.
    consent = pack.entry("installation.sale_consent", pack.local_day(chain.now()))
    needed = consent is not None and consent.value is True
    if needed and not chain.call("Participants", "saleConsentNeeded", scheme):
        yield SetUpCall("consent to sales", "Participants", "setSaleConsent", (scheme, True))


def trading_days(pack: RulePack) -> list[tuple[int, list[int]]]:
    """Words of trading days; those shared by two years are joined."""
    joined: dict[int, int] = {}
    for year in pack.calendars:
        first, words = pack.trading_day_words(year)
        for offset, word in enumerate(words):
            joined[first + offset] = joined.get(first + offset, 0) | word
    runs: list[tuple[int, list[int]]] = []
    for number in sorted(joined):
        if runs and runs[-1][0] + len(runs[-1][1]) == number and len(runs[-1][1]) < 16:
            runs[-1][1].append(joined[number])
        else:
            runs.append((number, [joined[number]]))
    return runs
