"""Rule packs: every number of a scheme, with unit, dates, source and confidence.

A pack is a TOML file in `schemes/`. `load` refuses whatever it does not know, so that a typing
error never becomes a rule. What is not known is absent; `RulePack.unapplied` lists it.
"""

from tonne.rulepack.given import (
    Market,
    Mrv,
    MrvBounds,
    OnchainParam,
    Period,
    Session,
    day_number,
)
from tonne.rulepack.pack import RulePack
from tonne.rulepack.read import load, names
from tonne.rulepack.spec import NO_VALUE

__all__ = [
    "NO_VALUE",
    "Market",
    "Mrv",
    "MrvBounds",
    "OnchainParam",
    "Period",
    "RulePack",
    "Session",
    "day_number",
    "load",
    "names",
]
