"""`tonne authority act`: any call of any contract, for the acts that have no command of their own."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer

from tonne.chain.contract import Function
from tonne.chain.reverts import spaced
from tonne.cli.core.officer_act import Act, Change, Hand, acting
from tonne.crypto.accounts import keccak
from tonne.errors import TonneError


def act(
    hand: Hand,
    contract: Annotated[str, typer.Argument(help="E.g. Projects.")],
    function: Annotated[str, typer.Argument(help="E.g. validate.")],
    arguments: Annotated[
        list[str] | None,
        typer.Argument(help="In order; lists and structs as JSON, `text:…` is the hash of a text."),
    ] = None,
) -> None:
    """Make any act that the contracts give an officer; what it changes is told as its values."""
    given = arguments or []
    target = hand.desk.chain[contract]
    found = target.function(function, len(given))
    if found.view:
        raise TonneError(
            "ACT_VIEW",
            f"{contract}.{function} changes nothing.",
            field="function",
            value=function,
            remedy="Ask it with another command; acts are what changes something.",
        )
    if len(found.inputs.names) != len(given):
        raise TonneError(
            "ACT_ARGUMENTS",
            f"{contract}.{found.signature} takes {len(found.inputs.names)} values.",
            field="arguments",
            value=len(given),
            remedy="Give them in order: " + ", ".join(found.inputs.names) + ".",
        )
    values = [_value(text) for text in given]
    changes = [
        Change(spaced(name or f"value {n}"), "", text)
        for n, (name, text) in enumerate(zip(found.inputs.names, given, strict=True), 1)
    ]
    _check(found, values)
    title = f"{contract}: {spaced(function)}"
    hand.do(title, [Act(contract, found.signature, values, changes)])


def _value(text: str) -> Any:
    if text.startswith("text:"):
        return keccak(text.removeprefix("text:").encode())
    if text in ("true", "false"):
        return text == "true"
    if text.startswith(("[", "{")):
        try:
            return json.loads(text)
        except json.JSONDecodeError as error:
            raise TonneError(
                "ACT_VALUE", f"This is not JSON: {error.msg}.", "arguments", text, "Quote it well."
            ) from None
    return int(text) if text.lstrip("-").isdigit() else text


def _check(found: Function, values: list[Any]) -> None:
    """That the values are of the types asked for, before the chain is."""
    try:
        found.encode(values)
    except Exception as error:
        raise TonneError(
            "ACT_VALUE",
            f"The values do not fit {found.signature}: {error}.",
            field="arguments",
            value=", ".join(map(str, values)),
            remedy="Write numbers as digits, addresses and bytes as 0x….",
        ) from None


def enter(app: typer.Typer) -> None:
    acting(app)(act)
