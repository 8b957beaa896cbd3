"""The rule pack that a command goes by: the one of the scheme, or one that is named."""

from __future__ import annotations

from typing import Annotated

import typer

from tonne import rulepack
from tonne.cli.common import Desk
from tonne.errors import TonneError
from tonne.rulepack import RulePack

Pack = Annotated[
    str | None,
    typer.Option("--pack", help="Rule pack, by name or path; without it the scheme's own."),
]


def pack_for(desk: Desk, named: str | None) -> RulePack:
    """The pack that is named, which must be of the scheme; else the one in `schemes/` that is."""
    known = [rulepack.load(named)] if named else [rulepack.load(name) for name in rulepack.names()]
    for pack in known:
        if pack.scheme.number == desk.scheme:
            return pack
    raise TonneError(
        "PACK_OF_ANOTHER_SCHEME",
        f"{'This pack is not' if named else 'No pack here is'} of scheme {desk.scheme}.",
        field="pack",
        value=named or ", ".join(rulepack.names()),
        remedy="Name the scheme's pack by --pack, or another scheme by --scheme.",
    )
