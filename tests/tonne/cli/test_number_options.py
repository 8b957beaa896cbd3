"""A number beyond all bounds is refused with a code, in every option of every command that takes numbers."""

from __future__ import annotations

import pytest

from tests.tonne.cli.command_lines import commands
from tonne import cli
from tonne.cli.core.options import AMOUNT, WHO

#: Commands that start a program which runs on, move the clock, or simulate without a market.
PROGRAMS = {
    *(
        "up",
        "page",
        "serve",
        "period",
        "energy day",
        "energy bench",
        "meters run",
        "meters gateway",
    ),
    *("consortium up", "consortium build", "consortium drill", "check chain", "mirror run"),
    *("deploy market", "scenario run", "audit run", "market replay"),
}
#: Too large for 64 bits; the largest of 64 bits with a sign; too large for what most contracts keep.
LARGE = (10**80, 2**63 - 1, 2**40)
#: Values of required options and arguments, by words of their help.
SAMPLES = (
    ("First day after", "2031-01-01"),
    ("day", "2021-01-01"),
    ("Latitude", "27.725,118.01"),
    ("country", "China"),
    (WHO, "trader"),
    ("Decimal point", "1"),
    ("carrier", "electricity"),
    ("Side", "buy"),
    ("Action", "buy"),
    ("unit", "allowance:2020"),
    ("ddress", "0x" + "11" * 20),
    ("root", "0x" + "11" * 32),
    ("IMPORT,EXPORT", "1,1"),
)


def _kinds(param, context) -> list[str]:
    """Types of a parameter's values as its help writes them, e.g. `int range`."""
    shown = param.type_descriptor.annotation
    inner = getattr(shown, "__args__", None) or (shown,)
    return [getattr(kind, "__name__", str(kind)) for kind in inner] * (
        param.nargs if len(inner) == 1 and param.nargs > 1 else 1
    )


def _numbers(param, context) -> bool:
    """Whether a parameter takes whole numbers, amounts, or a party by its number."""
    told = getattr(param, "help", "") or ""
    return "int" in _kinds(param, context) or AMOUNT in told or WHO in told


def _sample(param, context, folder) -> list[str]:
    told = getattr(param, "help", "") or ""
    words = []
    for kind in _kinds(param, context):
        if kind in ("int", "float"):
            words.append(str(max(1, getattr(param, "min", None) or 1)))
        elif "Path" in kind:
            words.append(str(folder / "words.json"))
        else:
            words.append(next((value for word, value in SAMPLES if word in told), "1"))
    return words


def _cases():
    for path, (command, context) in commands().items():
        name = " ".join(path)
        if getattr(command, "commands", None) or not path or name in PROGRAMS:
            continue
        for param in command.get_params(context):
            if _numbers(param, context) and param.name not in ("help",):
                yield pytest.param(path, param.name, id=f"{name} {param.name}")


@pytest.mark.parametrize(("path", "name"), list(_cases()))
def test_a_number_beyond_all_bounds_is_refused_with_a_code(
    path, name, tonne, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "words.json").write_text("{}")
    command, context = commands()[path]
    for large in LARGE:
        line = list(path)
        options = {o for param in command.get_params(context) for o in param.opts}
        arguments = []
        for param in command.get_params(context):
            if param.name == name:
                least = len(_kinds(param, context))
                words = [str(large)] * least
            elif param.required:
                words = _sample(param, context, tmp_path)
            else:
                continue
            if param.param_type_name == "argument":
                arguments += words
            else:
                line += [param.opts[0], *words]
        line += arguments
        if "--as" in options:
            line += ["--as", "authority"]
        with pytest.raises(SystemExit) as end:
            cli.main(line)
        assert end.value.code in (None, 0, 1, 2), line
