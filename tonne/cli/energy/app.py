"""`tonne energy`: the electricity half as a whole."""

from __future__ import annotations

import os
from typing import Annotated, Any

import typer

from tonne import paths
from tonne.cli.core.session import AsJson, show, table
from tonne.cli.energy import certificate, trade
from tonne.meters import bench as measuring
from tonne.meters.signatures import Curve

app = typer.Typer(
    help="Energy: run a day of its market, see prices and bills, certify it, measure what it takes.",
    no_args_is_help=True,
)
app.add_typer(certificate.app, name="certificate")
app.add_typer(trade.app, name="trade")


@app.command()
def bench(
    count: Annotated[
        int, typer.Option("--meters", help="Meters under one root.", min=1, max=1_000_000)
    ] = 100_000,
    signatures: Annotated[
        int, typer.Option(help="Signatures to check of each curve.", min=1, max=1_000_000)
    ] = 40_000,
    workers: Annotated[int, typer.Option(help="Processes that check them.", min=1)] = 2,
    as_json: AsJson = False,
) -> None:
    """Measure how many signed readings are verified in a second, and what a reading costs on a chain."""
    with measuring.pool_of(min(workers, os.cpu_count() or 1)) as pool:
        verified = [
            measuring.verify(curve, signatures, pool) for curve in (Curve.P256, Curve.SECP256K1)
        ]
    rooted = measuring.root(count)
    gas = measuring.gas_per_reading(count, paths.HOME / "snapshots" / "energy.json")
    data: dict[str, Any] = {
        "workers": workers,
        "verifiedPerSecond": {v.curve.name.lower(): v.per_second for v in verified},
        "root": {
            "meters": rooted.meters,
            "seconds": round(rooted.seconds, 3),
            "root": rooted.root,
            "importWh": rooted.import_wh,
            "proofBytes": rooted.proof_bytes,
        },
        "gasPerReading": {
            design: {"here": ours, "elsewhere": theirs} for design, (ours, theirs) in gas.items()
        },
    }
    rates = [(_CURVES[v.curve], f"{v.count:,}", f"{v.per_second:,}") for v in verified]
    costs = [
        (_DESIGNS[design], "not measured" if ours is None else _gas(ours), _gas(theirs))
        for design, (ours, theirs) in gas.items()
    ]
    show(
        data,
        as_json,
        table(f"Signatures, {workers} processes", ("curve", ">checked", ">a second"), rates),
        f"One root over {rooted.meters:,} meters in {rooted.seconds:.1f} s; "
        f"a proof of one leaf has {rooted.proof_bytes:,} bytes.",
        table("Gas for one reading", ("design", ">here", ">elsewhere"), costs),
    )


_CURVES = {Curve.P256: "P-256", Curve.SECP256K1: "secp256k1"}
_DESIGNS = {
    "root": "one root for all",
    "calldata": "16 bytes of call data",
    "stored again": "a slot written again",
    "stored new": "a slot written anew",
}


def _gas(amount: float) -> str:
    return f"{amount:,.2f}" if amount < 100 else f"{amount:,.0f}"
