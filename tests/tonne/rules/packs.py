"""The shipped pack with some of its rules replaced."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

from tests.conftest import PACK
from tonne.rules import pack as rule_packs
from tonne.rules.pack import RulePack
from tonne.rules.pack.keys import spec_of
from tonne.rules.pack.model import DatedValue

SOURCED = 'source = "trading-rules-2021", confidence = "medium"'
FIRST = "2021-07-16"


def altered(folder: Path, **rules: str) -> RulePack:
    """The pack with other lists of dated values, by keys of [market]; new ones are added."""
    text = PACK.read_text(encoding="utf-8")
    head, table = text.split("\n[market]\n", 1)
    for key, values in rules.items():
        entry = f"{key} = [\n{values}]\n"
        found = re.search(rf"^{key} = \[.*?^\]\n", table, re.MULTILINE | re.DOTALL)
        table = table.replace(found[0], entry, 1) if found else entry + table
    path = folder / "altered.toml"
    path.write_text(f"{head}\n[market]\n{table}", encoding="utf-8")
    return rule_packs.load(path)


def dated(value: str, unit: str, since: str = FIRST, until: str = "") -> str:
    """One dated value."""
    to = f" to = {until}," if until else ""
    return f'  {{ value = {value}, unit = "{unit}", from = {since},{to} {SOURCED} }},\n'


def auctions(folder: Path, **rules: str) -> RulePack:
    """The pack with these rules for auctions and no others."""
    units = {
        "multiple": "t",
        "bidder_limit": "share",
        "minimum_subscription": "share",
        "reserve_price": "CNY/t",
        "spread": "auctions",
    }
    entries = [
        f"{key} = [\n{dated(value, units.get(key, 'rule'))}]\n" for key, value in rules.items()
    ]
    text = re.sub(
        r"\n\[auction\]\n.*?\n\[installation\]\n",
        lambda _: "\n[auction]\n" + "".join(entries) + "\n[installation]\n",
        PACK.read_text(encoding="utf-8"),
        flags=re.DOTALL,
    )
    path = folder / "auctions.toml"
    path.write_text(text, encoding="utf-8")
    return rule_packs.load(path)


def assuming(pack: RulePack, key: str, value: object) -> RulePack:
    """A pack with one more figure since 2010, supplied by a test."""
    given = {"value": value, "unit": spec_of(key).unit, "from": date(2010, 1, 1)}
    trust = {"source": "ours", "confidence": "assumed"}
    return pack.assuming({key: (DatedValue.model_validate({**given, **trust}),)}, {})
