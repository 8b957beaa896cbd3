"""Every signed type has commands that show it to a wallet and take its signature."""

from __future__ import annotations

import ast
import inspect
import re

from tests.tonne.cli.help_tree import commands
from tonne.deployment import compiler
from tools.descriptors import SIGNED

GUIDE = compiler.ROOT / "docs" / "guides" / "integrator.md"
ROW = re.compile(r"^\| `(\w+)` \| (\w+) \| [^|]+ \| `tonne ([a-z ]+)` \|$", re.MULTILINE)


def test_every_signed_type_is_signed_by_wallets_elsewhere():
    told = {name: (contract, command) for name, contract, command in ROW.findall(GUIDE.read_text())}
    assert {name: contract for name, (contract, _) in told.items()} == {
        signed.struct.__name__: signed.contract for signed in SIGNED
    }
    known = {path for path, _, _ in commands()}
    for _, command in told.values():
        for pair in ("typed-data", "attach-signature"):
            assert (*command.split(), pair) in known, (command, pair)


def test_no_pair_of_commands_is_left_out():
    told = {tuple(command.split()) for _, _, command in ROW.findall(GUIDE.read_text())}
    pairs = {path[:-1] for path, _, _ in commands() if path[-1:] == ("typed-data",)}
    assert pairs == told


def test_each_shown_message_names_the_whole_command_that_takes_its_signature():
    for path, command, _ in commands():
        if path[-1:] == ("typed-data",):
            tree = ast.parse(inspect.getsource(inspect.unwrap(command.callback)).lstrip())
            (call,) = [
                node
                for node in ast.walk(tree)
                if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "show_messages"
            ]
            assert call.args[4].value == " ".join(path[:-1])
