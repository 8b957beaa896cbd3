"""The rule pack that a command goes by: the one of the scheme, or one that is named."""

from __future__ import annotations

from typing import Annotated

import typer

from tonne.errors import TonneError
from tonne.rules import pack as rulepack
from tonne.rules.pack import RulePack

Pack = Annotated[
    str | None,
    typer.Option("--pack", help="Rule pack, by name or path; without it the scheme's own."),
]


def find(scheme: int, named: str | None) -> RulePack | None:
    """The pack that is named, which must be of the scheme; else the one in `schemes/` that is, if any."""
    known = [rulepack.load(named)] if named else [rulepack.load(name) for name in rulepack.names()]
    found = [pack for pack in known if pack.scheme.number == scheme]
    if found or not named:
        return found[0] if found else None
    raise _of_another(scheme, named)


def pack_for(scheme: int, named: str | None) -> RulePack:
    """The same, where the command can do nothing without one."""
    pack = find(scheme, named)
    if pack is None:
        raise _of_another(scheme, named)
    return pack


def _of_another(scheme: int, named: str | None) -> TonneError:
    return TonneError(
        "PACK_OF_ANOTHER_SCHEME",
        f"{'This pack is not' if named else 'No pack here is'} of scheme {scheme}.",
        field="pack",
        value=named or ", ".join(rulepack.names()),
        remedy="Name the scheme's pack by --pack, or another scheme by --scheme.",
    )
