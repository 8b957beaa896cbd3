"""Writes `docs/rule-keys.md`: every key of rule packs, with unit, values and meaning.

python -m tools.rule_keys
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

from tonne import files
from tonne.rules.pack.key_spec import Spec
from tonne.rules.pack.keys import KEYS, NUMBERLESS

PAGE = Path(__file__).resolve().parents[1] / "docs" / "rule-keys.md"

HEAD = """# Keys of rule packs

Written by `make rule-keys` from `tonne/data/rule_keys.toml`. [Schemes](schemes.md) describes the packs that
hold the values.

`{measure}` and `{currency}` are those of the scheme. A *rule* takes one of its words, a *set* some of
them, a *flag* true or false. *Step* is the smallest difference between two values. A key with a name on chain
is kept by `Schemes` under that name: value divided by step, a rule's word by its number from 1, a set as
a bit for each word, from bit 1. A run applies each key that holds in it, or lists it with its reason: that of
the last column, or that no emitter is of the key's sector, no auction is held or no project reports.

Besides these keys there are, for each class of plant, `benchmark.power.CLASS`, `benchmark.heat.CLASS` and the
bounds of plausible reports, `mrv.min_power.CLASS`, `mrv.max_power.CLASS`, `mrv.min_heat.CLASS` and
`mrv.max_heat.CLASS`. Keys of coverage, allocation, obligation and mrv may be given for one sector:
`allocation.SECTOR.method`.
"""

COLUMNS = ("key", "unit", "step", "values", "on chain", "meaning", "left out of a run, because")


def page() -> str:
    return HEAD + "".join(_sections())


def _sections() -> Iterator[str]:
    for section, keys in groupby(KEYS, key=lambda key: key.partition(".")[0]):
        yield f"\n## {section}\n\n"
        yield _row(COLUMNS)
        yield "|---" * len(COLUMNS) + "|\n"
        for key in keys:
            yield _row(_cells(key, KEYS[key]))


def _cells(key: str, spec: Spec) -> tuple[str, ...]:
    unit = f"`{spec.unit}`" if "{" in spec.unit else spec.unit
    step = "" if spec.unit in NUMBERLESS else f"1/{spec.scale:,}" if spec.scale > 1 else "1"
    chain_key = f"`{spec.chain_key}`" if spec.chain_key else ""
    return f"`{key}`", unit, step, _values(spec), chain_key, spec.says, spec.left


def _values(spec: Spec) -> str:
    if isinstance(spec.built, bool):
        return f"{str(spec.built).lower()} only"
    if spec.built is not None:
        return f"`{spec.built}` only"
    if spec.words and spec.words[0] == "1":
        return f"`1` to `{spec.words[-1]}`"
    if spec.words:
        return ", ".join(f"`{word}`" for word in spec.words)
    if spec.unit == "local time":
        return f"at most {spec.most} sessions" if spec.most != 1 else "one session"
    return f"at most {spec.most}" if spec.most is not None else ""


def _row(cells: tuple[str, ...]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n"


if __name__ == "__main__":
    files.write(PAGE, page())
