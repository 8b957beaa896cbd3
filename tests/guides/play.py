"""Runs the commands of a guide from first to last, as a reader does, in one folder."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import time
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tests.guides.guide import Block, Command, blocks_in

ROOT: Final = Path(__file__).resolve().parents[2]
#: Only ends what hangs: a busy machine gets there too [s].
HANGING_S: Final = 600
STOP_S: Final = 60
#: What `tonne up` prints once its market is open.
READY: Final = "Ctrl-C"
#: The default port of `tonne serve`.
SERVICE_PORT: Final = "8546"
INTERRUPTED: Final = (0, 130, -signal.SIGINT)


class GuideFailure(AssertionError):
    """A command of a page failed, or its output lacks a line that the page shows."""

    def __init__(self, page: str, line: int, command: str, why: str, output: str) -> None:
        super().__init__(f"{page}:{line}: {why}\n$ {command}\n{output}")


@dataclass(slots=True)
class _Program:
    """A command that runs until it is stopped, in another terminal."""

    command: Command
    process: subprocess.Popen[bytes]
    log: Path

    def output(self) -> str:
        return self.log.read_text(errors="replace")


@dataclass(slots=True)
class Player:
    """A reader at a terminal: a folder, an environment, and programs in other terminals.

    `options` are added to the page's `tonne up`: a free port. `service_port` replaces that of the page's
    data service.
    """

    page: str
    folder: Path
    environment: Mapping[str, str]
    options: tuple[str, ...] = ()
    service_port: str = SERVICE_PORT
    root: Path = ROOT
    _programs: list[_Program] = field(default_factory=list)

    def play(self, text: str) -> None:
        """Runs every block; raises GuideFailure at the first fault."""
        state = self.folder / ".environment"
        with ExitStack() as stack:
            stack.callback(self._stop)
            for block in blocks_in(text.replace(SERVICE_PORT, self.service_port)):
                self._play(block, state)
            for program in self._programs:
                self._check_alive(program)

    def _play(self, block: Block, state: Path) -> None:
        outputs: list[str | _Program] = []
        for command in block.commands:
            if command.runs_until_stopped:
                outputs.append(self._start(command))
            else:
                outputs.append(self._run(command, state))
        deadline = time.monotonic() + HANGING_S
        while True:
            running = [shown for shown in outputs if isinstance(shown, _Program)]
            ended = [program for program in running if program.process.poll() is not None]
            printed = "".join(o.output() if isinstance(o, _Program) else o for o in outputs)
            missing = block.missing(printed)
            if missing is None:
                return
            if not running or ended or time.monotonic() > deadline:
                why = f"the output lacks this line, in its place: {missing.text}"
                commands = "\n$ ".join(command.text for command in block.commands)
                raise GuideFailure(self.page, missing.line, commands, why, printed)
            time.sleep(0.1)

    def _run(self, command: Command, state: Path) -> str:
        kept = shlex.quote(str(state))
        # What a command exports, and where it goes, holds for the next one, as in a terminal.
        script = (
            f'[ ! -e {kept} ] || {{ . {kept}; cd "$PWD"; }}\n'
            f"{command.text}\n"
            f"status=$?; export -p > {kept}; exit $status"
        )
        done = subprocess.run(
            ["bash", "-c", script],
            cwd=self.folder,
            env=dict(self.environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=HANGING_S,
            check=False,
        )
        output = done.stdout.decode(errors="replace")
        if done.returncode:
            why = f"the command ended with status {done.returncode}"
            raise GuideFailure(self.page, command.line, command.text, why, output)
        return output

    def _start(self, command: Command) -> _Program:
        is_market = command.text.startswith("tonne up")
        text = command.text
        if is_market:
            words, comment, rest = text.partition(" #")
            text = f"{words.rstrip()} {shlex.join(self.options)}{comment}{rest}"
        log = self.folder / f".terminal-{len(self._programs)}"
        with log.open("wb") as out:
            process = subprocess.Popen(
                ["bash", "-c", f"exec {text}"],
                cwd=self.folder,
                # A warm `tonne` cannot be interrupted: here it is the one that a reader starts.
                env={
                    **self.environment,
                    "PATH": f"{self.root / 'bin'}{os.pathsep}{self.environment['PATH']}",
                },
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        program = _Program(command, process, log)
        self._programs.append(program)
        deadline = time.monotonic() + HANGING_S
        while is_market and READY not in program.output():
            self._check_alive(program)
            if time.monotonic() > deadline:
                raise GuideFailure(
                    self.page, command.line, command.text, "does not start", program.output()
                )
            time.sleep(0.05)
        return program

    def _check_alive(self, program: _Program) -> None:
        status = program.process.poll()
        if status is not None and status not in INTERRUPTED:
            why = f"the program ended with status {status}"
            command = program.command
            raise GuideFailure(self.page, command.line, command.text, why, program.output())

    def _stop(self) -> None:
        """Ctrl-C in every other terminal, the last opened first; ends a program that hangs."""
        for program in reversed(self._programs):
            if program.process.poll() is not None:
                continue
            os.killpg(program.process.pid, signal.SIGINT)
            try:
                program.process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                os.killpg(program.process.pid, signal.SIGKILL)
                program.process.wait(STOP_S)
