"""The `tonne` command line."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Mapping
from typing import Annotated, Any

import typer

from tonne.cli.core.output import choose_language, errors, fail, quiet_pipe
from tonne.cli.core.rooms import Room, RoomGroup
from tonne.errors import ENGLISH, TonneError, languages, refused, why


class Tonne(RoomGroup):
    """All commands, by room, each with a short help."""

    rooms = (
        Room(
            "Chain",
            "tonne.cli.chain.app",
            {
                "up": "Start a small market with named accounts, to act in.",
                "page": "Serve the page: the market in a browser.",
                "check": "Find out whether a chain will do.",
                "consortium": "Validators: four here for drills; files for operators.",
                "deploy": "Deploy the market, complete a deployment, verify its sources.",
                "status": "Show chain, time, schemes, parties and markets.",
                "roles": "Print every role and office with its holder.",
                "guardian": "Emergency: pause contracts; cancel or make acts that wait.",
                "clock": "Read chain time; move it on test chains.",
                "keystore": "Create Ethereum keystores and read their addresses.",
            },
        ),
        Room(
            "Chain",
            "tonne.cli.audit.app",
            {
                "audit": "Rebuild the market from its events, compare, and ask.",
                "mirror": "Follow, sign checkpoints, compare with others.",
                "register": "The public register: plants, figures, standing, penalties.",
                "serve": "Serve a market's history over HTTP and WebSocket.",
            },
        ),
        Room(
            "Market",
            "tonne.cli.market.app",
            {
                "market": "Trade: book, orders, funds, limits, pledges, blocks.",
            },
        ),
        Room(
            "Market",
            "tonne.cli.auction.app",
            {
                "auction": "Sell and buy by auction.",
            },
        ),
        Room(
            "Authority",
            "tonne.cli.authority.app",
            {
                "authority": "Acts of officers: rules, parties, allocation, penalties.",
            },
        ),
        Room(
            "Units",
            "tonne.cli.holder.app",
            {
                "position": "Show your holdings and obligations, and their outlook.",
                "claim": "Take the units held for you because a wallet refused them.",
                "surrender": "Surrender units against a plant's obligation.",
                "bank": "Bank allowances into the later vintage.",
                "expire": "Cancel the remaining units of an expired vintage.",
                "recognise": "Exchange allowances of a linked scheme for own ones.",
                "retire": "Retire credits for a claim and get a certificate.",
                "buy-to-retire": "Buy credits and retire them in one transaction.",
                "certificate": "Show, verify, print and find retirement certificates.",
                "trace": "Show the lineage of a retired unit.",
                "forward": "Forward purchases: buy before issue, pay on delivery.",
                "wallet": "Participants and wallets: apply, list; lost keys.",
            },
        ),
        Room(
            "Offset credits",
            "tonne.cli.credits.app",
            {
                "project": "Offset projects: register, validate, suspend, renew.",
                "offsets": "Offset credits: immobilise, release, issue, invalidate.",
                "registry": "Other registries: check and add descriptors of their serials.",
                "passage": "Credits to another deployment of tonne and back.",
                "label": "Labels of credits: CORSIA, ICVCM, insurance; with dates.",
                "article6": "Mitigation outcomes between Parties (Article 6).",
                "export": "Export units in the formats of other systems.",
            },
        ),
        Room(
            "Evidence",
            "tonne.cli.evidence.app",
            {
                "report": "Emission reports: sign, verify, deliver to an oracle.",
                "monitoring": "Monitoring reports of projects: sign, check, submit.",
                "inventory": "Inventories of organisations, side by side.",
                "profile": "Names of participants, projects and sources.",
                "evidence": "Evidence: keep it by its content; custody on record.",
                "meters": "Meters: register, run their oracle, simulate a fleet.",
            },
        ),
        Room(
            "Electricity",
            "tonne.cli.energy.app",
            {
                "energy": "Energy market: prices, bills, trades, certificates.",
                "grid": "Grid of the power market: nodes, lines, who bids there.",
                "credit": "Energy credits: issue, supervise, redeem, pledge.",
            },
        ),
        Room(
            "Rules and simulations",
            "tonne.cli.run.app",
            {
                "scheme": "Rule packs: validate, show, compare, apply.",
                "scenario": "Vary rules over seeds in a model without a chain.",
                "period": "Simulate compliance periods from deployment to report.",
            },
        ),
    )


app = typer.Typer(
    cls=Tonne,
    help="A carbon and electricity market on an EVM chain: run it, act in it, audit it.",
    epilog="Errors in Chinese: `tonne --lang zh COMMAND`, or the variable TONNE_LANG. "
    "Shell completion: `tonne --install-completion`.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)


def _print_version(wanted: bool) -> None:
    if wanted:
        from tonne.cli.core.version import version

        typer.echo(f"tonne {version()}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool,
        typer.Option(
            "--version", is_eager=True, callback=_print_version, help="Print the version."
        ),
    ] = False,
) -> None:
    """Options of the program itself."""


def main(arguments: list[str] | None = None) -> None:
    """Runs one command; exits with 0, with 1 and an error, or with 130 on Ctrl-C."""
    given = sys.argv[1:] if arguments is None else arguments
    signal.signal(signal.SIGTERM, _terminated)
    try:
        app(args=_with_language(given), prog_name="tonne")
    except TonneError as error:
        fail(error, "--json" in given)
        sys.exit(1)
    except KeyboardInterrupt:
        errors.print("tonne: interrupted.")
        sys.exit(130)
    except BrokenPipeError:
        quiet_pipe()
        sys.exit(1)
    except OSError as error:
        fail(_of_file(error), "--json" in given)
        sys.exit(1)


def _with_language(given: list[str]) -> list[str]:
    """Chooses the language of errors; returns the words after `--lang`. Raises LANGUAGE_UNKNOWN.

    No option of typer: it would load a validator for its value at each start.
    """
    choose_language(_language_of(os.environ))
    first, _, value = given[0].partition("=") if given else ("", "", "")
    rest, language = given, os.environ.get("TONNE_LANG", "")
    if first == "--lang":
        language, rest = (
            (value, given[1:]) if "=" in given[0] else (" ".join(given[1:2]), given[2:])
        )
    if language or first == "--lang":
        if language not in languages():
            raise refused("LANGUAGE_UNKNOWN", language=language, languages=", ".join(languages()))
        choose_language(language)
    return rest


def _language_of(environment: Mapping[str, str]) -> str:
    """The language of the locale, in the order in which POSIX reads its variables; English by default."""
    locale = next(filter(None, map(environment.get, ("LC_ALL", "LC_MESSAGES", "LANG"))), "")
    return locale[:2].lower() if locale[:2].isalpha() else ENGLISH


def _of_file(error: OSError) -> TonneError:
    """A file error of the system: missing, not writable, or the like."""
    return refused(
        "FILE_REFUSED",
        file=None if error.filename is None else str(error.filename),
        reason=why(error),
    )


def _terminated(*_: Any) -> None:
    """SIGTERM ends a command as Ctrl-C does: it stops its nodes and daemons."""
    raise KeyboardInterrupt
