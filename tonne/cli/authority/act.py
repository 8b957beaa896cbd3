"""`tonne authority act`: any contract call, for acts that have no command of their own."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tonne.cli.core.command import command
from tonne.cli.core.officer_act import Effect, OfficerAct, OfficerCall
from tonne.cli.core.session import text_hash
from tonne.errors import TonneError, refused

if TYPE_CHECKING:
    from tonne.chain.contract import Function


@command(needs=OfficerAct)
def act(
    act: OfficerAct,
    contract: Annotated[str, typer.Argument(help="Contract, e.g. Projects.")],
    function: Annotated[str, typer.Argument(help="Function, e.g. validate.")],
    arguments: Annotated[
        list[str] | None,
        typer.Argument(
            help="Arguments in order; lists and structs as JSON, `text:…` for the hash of a text."
        ),
    ] = None,
) -> None:
    """Call any function that the contracts give an officer; its arguments are shown as the changes."""
    from tonne.chain.reverts import spaced

    given = arguments or []
    target = act.chain[contract]
    found = target.function(function, len(given))
    if found.view:
        raise refused("ACT_VIEW", function=function, contract=contract)
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
        Effect(spaced(name or f"value {n}"), "", text)
        for n, (name, text) in enumerate(zip(found.inputs.names, given, strict=True), 1)
    ]
    _check(found, values)
    title = f"{contract}: {spaced(function)}"
    act.do(title, [OfficerCall(contract, found.signature, values, changes)])


def _value(text: str) -> Any:
    if text.startswith("text:"):
        return text_hash(text.removeprefix("text:"))
    if text in ("true", "false"):
        return text == "true"
    if text.startswith(("[", "{")):
        try:
            return json.loads(text)
        except json.JSONDecodeError as error:
            raise TonneError(
                "ACT_VALUE",
                f"This is not JSON: {error.msg}.",
                "arguments",
                text,
                "Quote it for the shell.",
            ) from None
    return int(text) if text.lstrip("-").isdigit() else text


def _check(found: Function, values: list[Any]) -> None:
    """Raises ACT_VALUE where a value does not fit its type."""
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
