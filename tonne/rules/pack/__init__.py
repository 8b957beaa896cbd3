"""Rule packs: every number of a scheme, with unit, dates, source and confidence.

A pack is a TOML file in `schemes/`. `load` refuses whatever it does not know, so that a typing
error never becomes a rule. What is not known is absent; `RulePack.unapplied` lists it.
"""

from tonne.rules.pack.key_spec import NO_VALUE
from tonne.rules.pack.loader import load, names
from tonne.rules.pack.pack import RulePack
from tonne.rules.pack.values import (
    Market,
    Mrv,
    MrvBounds,
    OnchainParam,
    Period,
    TradingSession,
    day_number,
)

__all__ = [
    "NO_VALUE",
    "Market",
    "Mrv",
    "MrvBounds",
    "OnchainParam",
    "Period",
    "RulePack",
    "TradingSession",
    "day_number",
    "load",
    "names",
]
