"""`tonne audit run`: rebuild a market from its events and compare it with the chain."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from tonne.cli.audit.stores import Nodes
from tonne.cli.core.command import command
from tonne.cli.core.evidence_options import holders_named
from tonne.cli.core.output import console, errors, table
from tonne.errors import refused

if TYPE_CHECKING:
    from tonne.audit.proofs.reader import Checkpoint
    from tonne.audit.trust import Trust

#: Differences printed on a terminal; `--json` has all.
SHOWN: Final = 20


_CHECKPOINT: Final = re.compile(r"(\d+):(0x[0-9a-f]{64})", re.IGNORECASE)

CheckpointOption = Annotated[
    str | None,
    typer.Option(
        "--checkpoint",
        metavar="BLOCK:HASH",
        help="Block and hash known from elsewhere; nothing after it counts.",
    ),
]


@command(needs=Nodes)
def run(
    session: Nodes,
    block: Annotated[
        int | None,
        typer.Option(help="Block to compare at; default: the checkpoint, else the latest."),
    ] = None,
    checkpoint: CheckpointOption = None,
    trust_node: Annotated[
        bool, typer.Option("--trust-node", help="Believe the node; prove and store nothing.")
    ] = False,
    chunk: Annotated[
        int, typer.Option(help="Blocks of one commit; the result is the same for all.", min=1)
    ] = 1_000,
    evidence: Annotated[
        list[str] | None,
        typer.Option(
            "--evidence",
            metavar="STORE",
            help="A holder's store of evidence, its folder or address https://…; once for each. Every file"
            " that a report names must be with two.",
        ),
    ] = None,
    report: Annotated[
        Path | None,
        typer.Option(help="Folder for a report of the result as a page, with the market's tables."),
    ] = None,
) -> None:
    """Rebuild every balance, obligation and certificate from events alone, and compare with the chain.

    Only proven history counts: headers linked by hash, receipts with the roots in them. The result says
    who vouches for the last block's hash: a checkpoint, other nodes, or the one node alone. Proven blocks
    are kept in the store, where the next run goes on; without a new block it gives the last result.
    Also names each participant whose new status in the register the exchange has not taken over yet,
    money given to a contract beyond what it owes, and markets in units or currency from elsewhere.
    Evidence that reports name is a finding once it has a record of custody and fewer than two holders; with
    --evidence also each file that fewer than two of the named holders have, and each report under a qualified
    opinion whose findings, as its body signed them, none has.
    If the node drops the state of the latest block meanwhile, the audit continues to a later one.
    Exit status 0: no difference. 1: differences, each named. 2: none, but the exchange lags.
    """
    from tonne.audit import results
    from tonne.progress import counted

    trust = trust_of(session, checkpoint, trust_node, chunk)
    blocks = max((_head(session) if block is None else block) - session.first_block + 1, 1)
    with counted(errors, "audit of blocks", blocks, hidden=session.as_json) as count:
        body = results.run(
            session.chain,
            session.first_block,
            trust,
            block,
            lambda stage, done: count(done if stage == "blocks" else 0),
        )
    if evidence:
        body = results.with_files(
            session.chain, body, _named(session, trust_node), holders_named(evidence)
        )
    if report is not None:
        _report(session, body, report, trust_node)
    if session.as_json:
        session.show(body)
    else:
        _print(body)
    raise typer.Exit(1 if not body["sound"] else 2 if body["lags"] else 0)


def _report(session: Nodes, body: dict[str, Any], folder: Path, trust_node: bool) -> None:
    """Writes the report; an audit that stores nothing has no tables of the market."""
    from tonne.audit import report as audit_report
    from tonne.html_report import page

    page.write(audit_report.page(body, None if trust_node else session.opened), folder)
    if not session.as_json:
        console.print(f"report: {folder / page.PAGE}", soft_wrap=True, highlight=False)


def _named(session: Nodes, trust_node: bool) -> dict[bytes, str]:
    """Roots of evidence that reports name; of the store, where what is proven is kept."""
    from tonne.audit.store import evidence_roots
    from tonne.evidence import custody

    if trust_node:
        return custody.named_roots(session.chain, session.first_block)
    return evidence_roots.named(session.opened)


def trust_of(session: Nodes, checkpoint: str | None, trust_node: bool, chunk: int) -> Trust:
    """What the audit of a session may rest on."""
    from tonne.audit.trust import Trust
    from tonne.chain.rpc import Rpc

    return Trust(
        node=trust_node,
        checkpoint=None if checkpoint is None else _checkpoint(checkpoint),
        others=[Rpc(url) for url in session.rpc[1:]],
        codes=session.deployment.code_hashes(),
        genesis=session.deployment.genesis,
        store=None if trust_node else session.opened,
        chunk=chunk,
    )


def _head(session: Nodes) -> int:
    """Number of the latest block; by a batch, which does not load web3.py (0.2 s)."""
    from tonne.chain.rpc import quantity

    (number,) = session.chain.rpc.batch_or_raise([("eth_blockNumber", [])])
    return quantity(number, "eth_blockNumber")


def _checkpoint(text: str) -> Checkpoint:
    from tonne.audit.proofs.reader import Checkpoint

    match = _CHECKPOINT.fullmatch(text)
    if match is None:
        raise refused("AUDIT_CHECKPOINT_FORM", checkpoint=text)
    return Checkpoint(int(match[1]), match[2].lower())


def _print(body: dict[str, Any]) -> None:
    for finding in body["findings"]:
        told = f"{finding['code']}: {finding['message']}"
        console.print(told, style="red", markup=False, soft_wrap=True)
    if body["block"] is None:
        console.print("The audit ended at this answer; nothing was compared.")
        return
    rows = [(contract, f"{count:,}") for contract, count in body["compared"].items()]
    rows.append(("total", f"{sum(body['compared'].values()):,}"))
    console.print(table(f"Block {body['block']:,}", ("contract", ">values compared"), rows))
    console.print(f"Rebuilt from {body['events']:,} events; block hash {body['blockHash']}")
    console.print(f"Digest of the rebuilt state {body['stateDigest']}")
    if body.get("evidence", {}).get("named"):
        told = body["evidence"]
        console.print(
            f"Evidence of {told['named']:,} roots in reports: {told['kept']:,} kept by two holders on record"
        )
    for report in body.get("qualified", ()):
        told = "Qualified opinion: report of installation {installation} for {year}, revision {revision}"
        console.print(told.format_map(report), style="yellow", highlight=False)
    console.print(f"Code of {body['codes']} contracts and extensions compared with the source")
    style = "" if body["notProvenAfter"] is not None else "yellow"
    console.print(body["trust"], style=style, markup=False, soft_wrap=True)
    for d in body["differences"][:SHOWN]:
        told = f"{d['contract']}: {d['about']}: events say {d['events']}, found {d['chain']}"
        console.print(told, style="red", markup=False)
    left = len(body["differences"]) - SHOWN
    if left > 0:
        console.print(f"and {left:,} more; --json lists all", style="red")
    for beside in (*body["lags"], *body["surpluses"], *body["unchecked"]):
        console.print(beside["text"], style="yellow", markup=False, soft_wrap=True)
    count = len(body["differences"])
    console.print("no value differs" if body["sound"] else f"{count:,} values differ")
