"""`tonne audit`: rebuild a market from its events and compare it with the chain."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Annotated, Final

import typer

from tonne.cli.core.command import command
from tonne.cli.core.options import DEFAULT_RPC, Rpcs
from tonne.cli.core.output import console, table
from tonne.cli.core.session import Session
from tonne.errors import TonneError

if TYPE_CHECKING:
    from tonne.audit.proofs.reader import Checkpoint
    from tonne.audit.reconcile import Audit

#: Differences printed on a terminal; `--json` has all.
SHOWN: Final = 20


_CHECKPOINT: Final = re.compile(r"(\d+):(0x[0-9a-f]{64})", re.IGNORECASE)


@dataclass(kw_only=True)
class Nodes(Session):
    """A session with several nodes: the first is read, the others must give the same hashes."""

    rpc: Rpcs = (DEFAULT_RPC,)  # type: ignore[assignment]  # every other command has one node

    @property
    def url(self) -> str:
        return self.rpc[0]


@command(needs=Nodes)
def audit(
    session: Nodes,
    block: Annotated[
        int | None,
        typer.Option(help="Block to compare at; default: the checkpoint, else the latest."),
    ] = None,
    checkpoint: Annotated[
        str | None,
        typer.Option(
            metavar="BLOCK:HASH",
            help="Block and hash known from elsewhere; nothing after it counts.",
        ),
    ] = None,
    trust_node: Annotated[
        bool, typer.Option("--trust-node", help="Believe the node; prove nothing.")
    ] = False,
) -> None:
    """Rebuild every balance, obligation and certificate from events alone, and compare with the chain.

    Only proven history counts: headers linked by hash, receipts with the roots in them. The result says
    who vouches for the last block's hash: a checkpoint, other nodes, or the one node alone.
    Also names each participant whose new status in the register the exchange has not taken over yet,
    money given to a contract beyond what it owes, and markets in units or currency from elsewhere.
    If the node drops the state of the latest block meanwhile, the audit continues to a later one.
    Exit status 0: no difference. 1: differences, each named. 2: none, but the exchange lags.
    """
    from tonne.audit import reconcile
    from tonne.chain.rpc import Rpc

    pinned = None if checkpoint is None else _checkpoint(checkpoint)
    others = [Rpc(url) for url in session.rpc[1:]]
    recorded = session.deployment.contracts.values()
    codes = {entry.name: entry.code_hash for entry in recorded if entry.code_hash}
    genesis = session.deployment.genesis
    trust = reconcile.Trust(trust_node, pinned, others, codes, genesis)
    found = reconcile.audit(session.chain, session.first_block, block, trust=trust)
    if session.as_json:
        typer.echo(json.dumps(_data(found)))
    else:
        _print(found)
    raise typer.Exit(1 if not found.sound else 2 if found.lags else 0)


def _checkpoint(text: str) -> Checkpoint:
    from tonne.audit.proofs.reader import Checkpoint

    match = _CHECKPOINT.fullmatch(text)
    if match is None:
        raise TonneError(
            "AUDIT_CHECKPOINT_FORM",
            "A checkpoint is a block number and its hash.",
            field="checkpoint",
            value=text,
            remedy="Write it as BLOCK:0x followed by 64 hexadecimal digits.",
        )
    return Checkpoint(int(match[1]), match[2].lower())


def _data(found: Audit) -> dict[str, object]:
    head, proof = found.head, found.proof
    return {
        "block": head.number if head else None,
        "blockHash": head.hash if head else None,
        "proven": proof is not None and not found.findings,
        "trust": found.trust,
        "notProvenAfter": proof.last if proof else None,
        "vouchers": proof.vouchers if proof else [],
        "findings": [asdict(finding) for finding in found.findings],
        "events": found.events,
        "codes": found.codes,
        "compared": found.compared,
        "differences": [
            {
                "code": d.code,
                "contract": d.contract,
                "about": d.about,
                "events": str(d.expected),
                "chain": str(d.found),
            }
            for d in found.differences
        ],
        "lags": [asdict(lag) for lag in found.lags],
        "surpluses": [asdict(surplus) for surplus in found.surpluses],
        "unchecked": [asdict(left) for left in found.unchecked],
    }


def _print(found: Audit) -> None:
    for finding in found.findings:
        console.print(str(finding), style="red", markup=False, soft_wrap=True)
    if found.head is None:
        console.print("The audit ended at this answer; nothing was compared.")
        return
    rows = [(contract, f"{count:,}") for contract, count in found.compared.items()]
    rows.append(("total", f"{found.values:,}"))
    console.print(table(f"Block {found.head.number:,}", ("contract", ">values compared"), rows))
    console.print(f"Rebuilt from {found.events:,} events; block hash {found.head.hash}")
    console.print(f"Code of {found.codes} contracts and extensions compared with the source")
    style = "yellow" if found.proof is None else ""
    console.print(found.trust, style=style, markup=False, soft_wrap=True)
    for difference in found.differences[:SHOWN]:
        console.print(str(difference), style="red", markup=False)
    left = len(found.differences) - SHOWN
    if left > 0:
        console.print(f"and {left:,} more; --json lists all", style="red")
    for beside in (*found.lags, *found.surpluses, *found.unchecked):
        console.print(str(beside), style="yellow", markup=False, soft_wrap=True)
    console.print(
        "no value differs" if found.sound else f"{len(found.differences):,} values differ"
    )
