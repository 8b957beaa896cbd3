"""`tonne consortium`: four validators on this machine, and what happens when some of them fail."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from tonne.cli.core.command import command
from tonne.cli.core.output import Printer, console, errors, table
from tonne.errors import refused

app = typer.Typer(
    help="Validators: four on this machine for drills; files for operators.", no_args_is_help=True
)


@app.command()
def build() -> None:
    """Build the validators' engine, geth 1.13.15, once; `up` does it too."""
    from tonne.sandbox.consortium import engine

    program = engine.binary(_say)
    console.print(f"geth {engine.VERSION} is built: {program}", soft_wrap=True)


@app.command()
def up(
    period: Annotated[int, typer.Option(help="Seconds between two blocks.", min=1, max=60)] = 2,
    nodes: Annotated[int, typer.Option(help="How many validators.", min=1, max=7)] = 4,
) -> None:
    """Start the validators, each with its own key and ports, and keep them until Ctrl-C or `stop`.

    Blocks have 30 million gas and London's rules; a block is final when two more are on it. Keys and chain
    lie in a folder of the process, which goes with it: for drills, not for a real market.
    """
    import secrets

    from tonne import files
    from tonne.crypto import keystore
    from tonne.crypto.accounts import Account
    from tonne.sandbox.consortium import control, network

    control.refuse_second()
    payer, passphrase = Account(secrets.token_bytes(32)), secrets.token_hex(16)
    with network.start(period, [payer], nodes, tell=_say) as running:
        keys = running.scratch.path / "payer"
        files.create(keys / "passphrase.txt", passphrase + "\n")
        keystore.write(keys / "payer.json", payer, passphrase, keystore.WEAK)
        with control.recorded(running) as line:
            console.print(_shown([asdict(seen) for seen in running.look()]))
            console.print(
                f"\nChain {running[1].chain_id}. Who pays for gas: --keystore {keys / 'payer.json'}"
                f" --passphrase-file {keys / 'passphrase.txt'}",
                soft_wrap=True,
            )
            console.print("\nCtrl-C ends it, and so does `tonne consortium stop`.")
            control.serve(line, running)


@app.command()
@command(needs=Printer)
def status(session: Printer) -> None:
    """Show each node: whether it runs, its newest block, its peers."""
    from tonne.sandbox.consortium import control

    _show(session, control.ask("status"))


@app.command()
@command(needs=Printer)
def drill(
    session: Printer,
    kill: Annotated[int | None, typer.Option(help="Kill a node, as a power cut would.")] = None,
    start: Annotated[int | None, typer.Option(help="Start a node that was killed.")] = None,
    wipe: Annotated[
        int | None, typer.Option(help="Throw a node's chain away; it fetches all of it anew.")
    ] = None,
    partition: Annotated[
        str | None, typer.Option(help="Cut these nodes off from the others: 1,2.")
    ] = None,
    join: Annotated[bool, typer.Option("--join", help="Mend every line again.")] = False,
) -> None:
    """Have something happen to the running validators. One thing at a time."""
    from tonne.sandbox.consortium import control

    asked: list[tuple[str, Any]] = [
        (name, value)
        for name, value in (("kill", kill), ("start", start), ("wipe", wipe))
        if value is not None
    ]
    if partition is not None:
        asked.append(("partition", _numbers(partition)))
    if join:
        asked.append(("join", None))
    if len(asked) != 1:
        raise refused("CONSORTIUM_ONE_DRILL", asked_count=len(asked))
    control.ask(*asked[0])
    _show(session, control.ask("status"))


@app.command()
def stop() -> None:
    """End the running validators; keys and chain go with them."""
    from tonne.sandbox.consortium import control

    control.stop()
    console.print("The consortium has ended.")


@app.command("files")
def write_files(
    folder: Annotated[Path, typer.Argument(help="New folder for the files.")],
    host: Annotated[
        list[str], typer.Option("--host", metavar="ADDRESS", help="Of each validator; repeat it.")
    ],
    period: Annotated[int, typer.Option(help="Seconds between two blocks.", min=1, max=60)] = 5,
    chain_id: Annotated[int, typer.Option(help="Number of the chain.", min=1)] = 20_020,
) -> None:
    """Write what operators of Besu validators install: genesis, peers, settings, certificates, keys.

    Each node's folder is given to its operator alone, who keeps the files in `secret`. tokens.key.pem signs
    the tokens of those who may ask the nodes.
    """
    from tonne.deployment import besu_network

    besu_network.write(folder, host, chain_id, period)
    console.print(f"{len(host)} validators of chain {chain_id} are in {folder}.", soft_wrap=True)


@app.command()
def token(
    key: Annotated[Path, typer.Argument(help="tokens.key.pem of the network.")],
    permission: Annotated[
        list[str] | None, typer.Option(help="What it allows, as Besu writes it; repeat it.")
    ] = None,
    days: Annotated[int, typer.Option(help="Days until it lapses.", min=1, max=3_650)] = 365,
) -> None:
    """Print a token that lets its bearer ask the nodes: reading and sending, no votes on validators."""
    from tonne.deployment import besu_network

    print(besu_network.token(key, permission or besu_network.PERMISSIONS, days))


def _show(session: Printer, nodes: list[dict[str, Any]]) -> None:
    session.show({"nodes": nodes}, _shown(nodes))


def _shown(nodes: list[dict[str, Any]]) -> Any:
    rows = [
        (
            each["number"],
            each["url"],
            each["address"],
            "runs" if each["running"] else "is down",
            each["block"] if each["running"] else "",
            each["hash"][:14],
            each["peers"],
        )
        for each in nodes
    ]
    return table("", (">node", "RPC", "validator", "state", ">block", "hash", ">peers"), rows)


def _numbers(text: str) -> list[int]:
    try:
        return [int(part) for part in text.split(",")]
    except ValueError:
        raise refused("CONSORTIUM_BAD_GROUP", partition=text) from None


def _say(said: str) -> None:
    errors.print(f"consortium: {said}", soft_wrap=True)
