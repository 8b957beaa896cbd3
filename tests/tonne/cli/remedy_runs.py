"""Runs the commands of a remedy in the situation that printed it, and sets the chain back."""

from __future__ import annotations

import contextlib
import io
import os
import re
import shlex
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pytest
from typer._click import exceptions as click

from tests.tonne.cli.command_lines import commands
from tests.tonne.cli.remedy_table import EXPECTED
from tonne import cli
from tonne.chain.rpc import Rpc
from tonne.cli.core import session
from tonne.errors import TonneError

COMMAND: Final = re.compile(r"`(tonne [^`]+)`")
#: Values of placeholders that the refused command does not have.
VALUES: Final = {
    **{"AMOUNT": "1", "LOTS": "1", "OFFICER": "authority", "REASON": "for a test", "TEXT": "for a test"},
    **{"YEAR": "2020", "PERIOD": "1", "NUMBER": "1", "PLANT": "1", "PROJECT": "1", "METER": "1"},
    **{"DAY": "2021-07-30", "HH:MM": "12:00", "NODE": "1", "HOLDER": "trader", "WHO": "trader"},
    **{"SERIES": "1", "CREDITS": "1", "CERTIFICATE": "1", "PRICE": "48.00", "NAME": "A Company", "N": "1"},
}  # fmt: skip
#: As `VALUES`, after an option.
AFTER: Final = {"--from": "2021-01-01", "--until": "2021-06-30"}
#: Groups of commands whose NAME is that of a rule pack.
OF_PACKS: Final = ("scheme",)
#: Options and commands that write a new file or folder.
WRITES: Final = ("--out", "--folder", "--store", "new", "cadt", "retirements")
#: Commands of other persons than the refused command's, and who these are.
ACTORS: Final = {
    **dict.fromkeys(("authority ", "grid ", "passage hold ", "meters reader "), ("authority",)),
    **dict.fromkeys(
        ("inventory assure ", "monitoring sign ", "report opinion "), ("lead", "reviewer")
    ),
    **{
        "report batch sign ": ("lead", "reviewer"),
        "credit limit ": ("supervisor", "authority"),
        "wallet apply ": ("administrator",),
        "project name ": ("developer",),
    },
}
#: Commands that start a program which runs on, build one, or deploy a market; their own tests run them.
PROGRAMS: Final = (
    *(
        "up",
        "page",
        "serve",
        "consortium",
        "meters run",
        "energy day",
        "mirror run",
        "audit",
        "deploy",
    ),
)


def complete(command: str) -> bool:
    """Whether a command takes no value of a situation: it does the same wherever it is advised."""
    return "--help" in command or not re.search(r"\b[A-Z]{2,}\b|\b1\b", command)


def program(command: str) -> bool:
    """Whether a command starts a program, which its own tests do."""
    return command.removeprefix("tonne ").startswith(PROGRAMS)


@dataclass(frozen=True)
class Advised:
    """One advised command: as it was written, as it was run, and what came of it."""

    code: str
    written: str
    run: str
    fault: str | None  # None: it succeeded


@dataclass
class RemedyRuns:
    """The remedies that a test's refusals printed."""

    accounts: Path  # keystores of every person, and their passphrase
    folder: Path  # in which commands run, with a file
    found: list[Advised] = field(default_factory=list)

    def of(self, error: TonneError, line: list[str]) -> None:
        """Runs every command of a remedy, in order; `line` is the refused command."""
        (self.folder / "words.txt").write_text("words")
        filled = [
            (written, self._filled(written, line)) for written in COMMAND.findall(error.remedy)
        ]
        if not any(words for _, words in filled):
            return
        with _set_back(line), _kept_files(words for _, run in filled for words in run or ()):
            for written, words in filled:
                if words is not None:
                    self.found.append(self._run(error.code, written, words, line))

    def _run(self, code: str, written: str, words: list[str], line: list[str]) -> Advised:
        allowed = EXPECTED.get((code, " ".join(written.split()[1:3])), ("",))[0]
        for actor in _actors(words, line):
            run = [*words, *actor, *_connection(words, line)]
            fault = self._fault(run)
            if fault is None or (allowed and fault.startswith(allowed)):
                return Advised(code, written, shlex.join(run), None)
        return Advised(code, written, shlex.join(run), fault)

    def _filled(self, written: str, line: list[str]) -> list[str] | None:
        """The words of a command; None where it is a program, or a value is not known."""
        try:
            words = shlex.split(written)[1:]
        except ValueError:  # a value with a quote
            return None
        if program(written) or "…" in written:
            return None
        given, filled = _values(line), []
        for before, word in zip(["", *words], words, strict=False):
            value = self._value(before, word, words, given, line) if _placeholder(word) else word
            if not value:
                return None
            filled.append(
                str(Path(value).absolute()) if "/" in value and Path(value).exists() else value
            )
        return filled

    def _value(
        self, before: str, word: str, words: list[str], given: dict[str, str], line: list[str]
    ) -> str:
        """Of a placeholder: the refused command's, or one that suits the small market."""
        if before in WRITES and word in ("FILE", "FOLDER"):
            return str(
                self.folder / f"new-{len(self.found)}.{'csv' if words[0] == 'export' else 'json'}"
            )
        if word == "NAME" and before == "--as":
            return _actor(line) or "trader"
        if word == "NAME" and words[0] in OF_PACKS:
            return "china-national"
        if word == "URL":
            return os.environ.get("TONNE_RPC", "")
        if word == "FOLDER":
            return str(self.folder)
        return given.get(word.lower()) or AFTER.get(before) or VALUES.get(word, "")

    def _fault(self, words: list[str]) -> str | None:
        """Runs a command; why it was refused."""
        printed = io.StringIO()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(session, "ACCOUNTS", self.accounts)
            patch.setenv("TONNE_PASSPHRASE_FILE", str(self.accounts / session.PASSPHRASE_FILE))
            patch.chdir(self.folder)
            try:
                with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
                    cli.app(args=words, prog_name="tonne", standalone_mode=False)
            except TonneError as error:
                return str(error)
            except (click.ClickException, OSError) as error:
                return repr(error)
            except SystemExit as end:
                return f"exit {end.code}: {printed.getvalue()[-300:]}" if end.code else None
        return None


def _placeholder(word: str) -> bool:
    return re.fullmatch(r"[A-Z][A-Z_-]*|HH:MM", word) is not None


def _command(words: list[str]) -> tuple[Any, Any]:
    """The command that a line begins with, and its context."""
    path = max((p for p in commands() if tuple(words[: len(p)]) == p), key=len)
    command, context = commands()[path]
    if default := getattr(command, "default", None):
        return commands()[(*path, default)]
    return command, context


def _values(line: list[str]) -> dict[str, str]:
    """Values of a command line by the name of their parameter; of its first existing file as `file`."""
    command, context = _command(line)
    path = max((p for p in commands() if tuple(line[: len(p)]) == p), key=len)
    with contextlib.suppress(click.ClickException, SystemExit):
        read = command.make_context(context.info_name, line[len(path) :], parent=context.parent)
        found = {
            n.strip("_"): str(v) for n, v in read.params.items() if isinstance(v, str | int | Path)
        }
        files = [word for word in line if Path(word).is_file()]
        return {**({"file": files[0]} if files else {}), **found}
    return {}


def _actor(line: list[str]) -> str | None:
    """Name of the account that a command line signs with."""
    for option in ("--as", "--keystore"):
        if option in line:
            return Path(line[line.index(option) + 1]).stem
    return None


def _options(words: list[str]) -> set[str]:
    command, context = _command(words)
    return {o for param in command.get_params(context) for o in param.opts}


def _actors(words: list[str], line: list[str]) -> list[list[str]]:
    """Options of the keys that may sign a command, one after the other."""
    if "--as" not in _options(words) or "--as" in words or "--help" in words:
        return [[]]
    text = " ".join(words) + " "
    for start, people in ACTORS.items():
        if text.startswith(start):
            return [["--as", who] for who in (*people, _actor(line)) if who]
    if "--keystore" in line and "--keystore" in _options(words):
        keys = [o for o in ("--keystore", "--passphrase-file") if o in line]
        return [[word for o in keys for word in (o, line[line.index(o) + 1])]]
    return [["--as", _actor(line) or "trader"]]


def _connection(words: list[str], line: list[str]) -> list[str]:
    """Node and folder of a command line, for another one."""
    options = _options(words)
    pairs = [(o, line[line.index(o) + 1]) for o in ("--rpc", "--deployments") if o in line]
    return [word for option, value in pairs if option in options for word in (option, value)]


@contextlib.contextmanager
def _kept_files(words: Iterable[str]) -> Iterator[None]:
    """Gives files that commands sign or change their content back."""
    held = {path: path.read_bytes() for path in map(Path, words) if path.is_file()}
    try:
        yield
    finally:
        for path, content in held.items():
            path.write_bytes(content)


@contextlib.contextmanager
def _set_back(line: list[str]) -> Iterator[None]:
    """Sets the chain of a command line back afterwards, to its state and its time."""
    url = line[line.index("--rpc") + 1] if "--rpc" in line else os.environ.get("TONNE_RPC")

    if url is None:
        yield
        return
    rpc = Rpc(url)
    mark = None
    with contextlib.suppress(TonneError):  # a node that is gone has nothing to set back
        mark = rpc.call("evm_snapshot")
    try:
        yield
    finally:
        if mark is not None:
            rpc.call("evm_revert", mark)
        rpc.close()
