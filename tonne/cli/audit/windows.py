"""Windows on the auditor's store: where it is, questions in SQL, findings, digests, powers, statements."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from tonne.cli.audit.stores import Kept, Nodes
from tonne.cli.core.command import command
from tonne.cli.core.output import console, table

if TYPE_CHECKING:
    from tonne.audit.store.database import Store


@command(needs=Kept)
def status(session: Kept) -> None:
    """Show how far the store is, its digests, and the last result."""
    store = session.opened
    (counts,) = store.rows(
        "SELECT count(*) FILTER (NOT replaced) AS blocks, count(*) FILTER (replaced) AS replaced,"
        " CAST(coalesce(sum(logs) FILTER (NOT replaced), 0) AS BIGINT) AS logs FROM block"
    )
    result = store.last_result()
    data = {
        **store.head(),
        **counts,
        "store": str(store.path),
        "bytes": store.path.stat().st_size,
        "comparedAt": result.block if result else None,
        "findings": len(store.rows("FROM findings")),
    }
    session.show(data, table("", ("", ""), [(name, str(value)) for name, value in data.items()]))


@command(needs=Kept)
def sql(
    session: Kept,
    query: Annotated[str, typer.Argument(help="A question in DuckDB's SQL.")],
) -> None:
    """Ask the store in SQL; `tonne audit tables` lists what there is."""
    session.listed(session.opened.rows(query))


@command(needs=Kept)
def tables(session: Kept) -> None:
    """List the tables for queries and exports, with their columns."""
    from tonne.audit.store.views import VIEWS

    rows = [
        {
            "table": view.name,
            "about": view.about,
            "columns": ", ".join(
                row["column_name"] for row in session.opened.rows(f'DESCRIBE "{view.name}"')
            ),
        }
        for view in VIEWS
    ]
    session.listed(rows)


@command(needs=Kept)
def findings(session: Kept) -> None:
    """List what the last audit found, and every event that breaks a rule of the market, with its log.

    Rules: price bands, sessions, self-trades, order limits, halts, pauses, independence, fines, notice,
    deadlines, conservation, overlapping claims and serials. Exit status 1: refuted answers, differing
    values or breaches.
    """
    from tonne.audit.store import breaches

    rows = session.opened.rows("FROM findings")
    broken = [
        {
            "kind": "breaches",
            "code": f"AUDIT_RULE_{row['rule'].upper()}",
            "contract": None,
            "about": row["about"],
            "block": row["block"],
            "place": row["place"],
        }
        for row in breaches.found(session.opened)
    ]
    session.listed([{**row, "place": None} for row in rows] + broken)
    grave = any(row["kind"] in ("findings", "differences") for row in rows)
    raise typer.Exit(int(grave or bool(broken)))


@command(needs=Nodes)
def digest(
    session: Nodes,
    verify: Annotated[
        bool, typer.Option("--verify", help="Read every row again and compare it with its digest.")
    ] = False,
) -> None:
    """Print the digests of history and state, to compare with another auditor's.

    With --verify every raw log is compared with its block's digest and every decoded event with its log.
    """
    from tonne.audit.market import holding_limits
    from tonne.audit.store.verification import verify as verified

    store = session.opened
    data = dict(store.head())
    if verify:
        holding_limits.follow(session.chain, session.first_block)
        data["verifiedBlocks"] = verified(session.chain, store)
    session.show(data, *(f"{name}: {value}" for name, value in data.items()))


@command(needs=Nodes)
def code(session: Nodes) -> None:
    """Compare the code of every contract with its source and the deployment's record."""
    from tonne.audit.proofs import code as codes

    block = session.chain.block_number()
    recorded = session.deployment.code_hashes()
    found, faults = codes.read(session.chain, block)
    faults += codes.against_record(found, recorded, block)
    rows = [(c.name, c.address, "0x" + c.hash.hex()) for c in found]
    data = {
        "block": block,
        "codes": [{"contract": n, "address": a, "hash": h} for n, a, h in rows],
        "findings": [str(fault) for fault in faults],
    }
    session.show(data, table(f"Block {block:,}", ("contract", "address", "hash of code"), rows))
    if not session.as_json:
        for fault in faults:
            console.print(str(fault), style="red", markup=False, soft_wrap=True)
    raise typer.Exit(int(bool(faults)))


@command(needs=Kept)
def powers(
    session: Kept,
    kind: Annotated[
        str | None,
        typer.Option(
            help="One of grant, rule, freeze, forced, pause, halt, decision, waiting act."
        ),
    ] = None,
    waiting: Annotated[bool, typer.Option("--waiting", help="Only acts that wait.")] = False,
    rpc: Annotated[
        str | None,
        typer.Option(help="Node for the sender of each act; the answers are proven."),
    ] = None,
) -> None:
    """List every use of power: grants, rules, freezes, forced acts, pauses, halts, decisions, what waits.

    With --rpc each act has the account that sent it: read out of the transactions of its block, which must
    have the root in the block's header, and the header the hash in the store.
    """
    store = session.opened
    if waiting:
        session.listed(store.rows("FROM waiting ORDER BY block, place"))
        return
    asked = (
        "SELECT block, place, time, kind, contract, act, actor, reason, args, tx FROM powers"
        " WHERE $kind IS NULL OR kind = $kind ORDER BY block, place"
    )
    pending, rows = store.rows("FROM waiting"), store.rows(asked, {"kind": kind})
    if rpc is not None:
        rows = _sent(store, rows, rpc)
    session.listed(rows, f"{len(pending)} acts wait")


def _sent(store: Store, rows: list[dict[str, Any]], rpc: str) -> list[dict[str, Any]]:
    """Acts with the account that sent each."""
    from contextlib import closing

    from tonne.audit.proofs import transactions
    from tonne.chain.rpc import Rpc

    blocks = {number: store.block(number) for number in {row["block"] for row in rows}}
    hashes = {number: known.hash for number, known in sorted(blocks.items()) if known is not None}
    with closing(Rpc(rpc)) as node:
        senders = transactions.senders(node, hashes)
    return [{**row, "by": senders.get(row["tx"])} for row in rows]


@command(needs=Kept)
def statement(
    session: Kept,
    account: Annotated[str, typer.Argument(help="Participant number, or a wallet's address.")],
) -> None:
    """Print every movement of a participant's units, money and trades, each with its block and log."""
    from tonne.audit.store import statements

    store = session.opened
    session.listed(statements.lines(store, statements.participant(store, account)))
