"""One decorator for commands, and the root group that loads a room when it is asked for.

A command names the session it needs; the decorator adds that session's options to the command and hands
the session to it. `tonne.cli` lists the rooms; nothing here knows any of them.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import MISSING, Field, fields
from typing import Any, Concatenate, Final, ParamSpec, TypeVar, get_type_hints

from tonne.cli.core.output import Printer
from tonne.errors import out_of_range

S = TypeVar("S", bound=Printer)
P = ParamSpec("P")

#: The largest number of an option: what databases and calendars count with. Contracts check their own types.
MOST: Final = 2**63 - 1


def command(
    *, needs: type[S], **requested: Any
) -> Callable[[Callable[Concatenate[S, P], None]], Callable[..., None]]:
    """Makes a typer command of a function whose first parameter is a session.

    `needs` is the session's class: each of its fields becomes an option, after the function's own.
    `requested` names options that a session has on request, with their defaults: `market=2`.
    """

    def decorate(function: Callable[Concatenate[S, P], None]) -> Callable[..., None]:
        signature = inspect.signature(function, eval_str=True)
        own = list(signature.parameters.values())[1:]
        shared = _options(needs, requested)
        parameters = [p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in (*own, *shared)]

        @functools.wraps(function)
        def run(**given: Any) -> None:
            _check_numbers(given)
            options = {each.name: given.pop(each.name, each.default) for each in shared}
            with closing(needs(**options)) as session:
                function(session, **given)  # type: ignore[call-arg]  # typer has checked them

        run.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]  # typer reads it
        run.__annotations__ = {p.name: p.annotation for p in parameters}
        return run

    return decorate


def _check_numbers(given: Mapping[str, Any]) -> None:
    """Raises NUMBER_OUT_OF_RANGE for an option with a number of more than 64 bits."""
    for name, value in given.items():
        for number in value if isinstance(value, list | tuple) else (value,):
            if isinstance(number, int) and abs(number) > MOST:
                raise out_of_range(name.strip("_"), number, -MOST, MOST)


def _options(needs: type[Printer], requested: Mapping[str, Any]) -> list[inspect.Parameter]:
    """The session's fields as parameters of a command, `--json` last."""
    types = get_type_hints(needs, include_extras=True)
    if unknown := set(requested) - {each.name for each in fields(needs)}:
        raise TypeError(f"{needs.__name__} has no option {', '.join(unknown)}")
    found = [
        inspect.Parameter(
            each.name,
            inspect.Parameter.KEYWORD_ONLY,
            default=requested.get(each.name, _default(each)),
            annotation=types[each.name],
        )
        for each in fields(needs)
        if not each.metadata or each.name in requested
    ]
    return sorted(found, key=lambda parameter: parameter.name == "as_json")


def _default(each: Field[Any]) -> Any:
    return inspect.Parameter.empty if each.default is MISSING else each.default
