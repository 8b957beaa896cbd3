"""`tonne energy bench`: how fast signed readings are verified, and the gas of one reading."""

from __future__ import annotations

import os
from typing import Annotated, Any

import typer

from tonne import paths
from tonne.cli.core.command import command
from tonne.cli.core.output import Printer, table


@command(needs=Printer)
def bench(
    session: Printer,
    count: Annotated[
        int, typer.Option("--meters", help="Meters under one Merkle root.", min=1, max=1_000_000)
    ] = 100_000,
    signatures: Annotated[
        int, typer.Option(help="Signatures to verify on each curve.", min=1, max=1_000_000)
    ] = 40_000,
    workers: Annotated[int, typer.Option(help="Processes that verify.", min=1)] = 2,
) -> None:
    """Measure verified readings per second, and the gas of a reading."""
    from tonne.meters import bench as measuring
    from tonne.meters.signatures import Curve

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
    rates = [(_CURVES[v.curve.name], f"{v.count:,}", f"{v.per_second:,}") for v in verified]
    costs = [
        (_DESIGNS[design], "not measured" if ours is None else _gas(ours), _gas(theirs))
        for design, (ours, theirs) in gas.items()
    ]
    session.show(
        data,
        table(f"Signatures, {workers} processes", ("curve", ">checked", ">a second"), rates),
        f"One root over {rooted.meters:,} meters in {rooted.seconds:.1f} s; "
        f"a proof of one leaf has {rooted.proof_bytes:,} bytes.",
        table("Gas for one reading", ("design", ">here", ">elsewhere"), costs),
    )


_CURVES = {"P256": "P-256", "SECP256K1": "secp256k1"}
_DESIGNS = {
    "root": "one root for all",
    "calldata": "16 bytes of call data",
    "stored again": "a slot written again",
    "stored new": "a slot written anew",
}


def _gas(amount: float) -> str:
    return f"{amount:,.2f}" if amount < 100 else f"{amount:,.0f}"
