"""`make gas` ends here: the Exchange's operations on Anvil, beside Forge's figures and other books."""

from __future__ import annotations

import json
from typing import Annotated

import typer
from rich.console import Console

from tests.gas import bench, comparison, operations

#: Columns of the widest table; a narrower terminal would fold figures.
WIDTH = 160


def main(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, for machines.")] = False,
) -> None:
    """Measure on Anvil and compare; ends with 1 when a figure is not as it must be."""
    with bench.standing() as standing:
        receipts = operations.measure(standing)
    rows = comparison.rows(comparison.snapshot(), receipts, comparison.limits())
    per_block = comparison.matched(receipts)
    told = comparison.faults(rows)
    if as_json:
        print(json.dumps(comparison.as_data(rows, per_block), indent=2))
    else:
        console = Console(highlight=False, width=max(WIDTH, Console().width))
        console.print(comparison.operations_table(rows))
        console.print(*(f"  {note}" for note in comparison.notes(rows)), sep="\n")
        console.print()
        console.print(comparison.matched_table(per_block))
        console.print()
        for fault in told:
            console.print(f"gas: {fault}")
    raise typer.Exit(1 if told else 0)


if __name__ == "__main__":
    typer.run(main)
