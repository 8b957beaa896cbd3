"""Files with readings, from a folder: Green Button feeds (`17-june.xml`) and OCMF records (`17-june.ocmf`,
one to a line). A file's name begins with the number of its meter."""

from __future__ import annotations

import re
import time
from typing import Final

import structlog

from oracles.meters.intake import Arrival, Intake, Taken
from oracles.meters.journal import MeterJournal
from oracles.meters.registry import MeterRegistry, RegistryBehind
from oracles.runtime.inbox import Inbox, InboxFile, printable
from tonne.chain.rpc import RpcUnreachable
from tonne.errors import TonneError
from tonne.files import MAX_FILE_BYTES
from tonne.meters import greenbutton
from tonne.meters.mqtt import topic_of
from tonne.meters.readings import Carrier

log = structlog.get_logger()

#: [s] Files are read for so long in one step, one at least: what is live is not kept waiting.
STEP_S: Final = 0.25

#: [s] A file about which no node answered is not read again for so long.
PUT_OFF_S: Final = 20.0

NAME: Final = re.compile(r"([0-9]{1,10})[-.][^/]{0,150}?\.?(xml|ocmf)", re.ASCII)


class Feeds:
    """Takes every file of the folder to `done/`, or to `rejected/` with its reason beside it."""

    def __init__(self, inbox: Inbox, registry: MeterRegistry, journal: MeterJournal) -> None:
        self._inbox = inbox
        self._registry = registry
        self._journal = journal
        self._last = ""  # name of the file read last
        self._put_off: dict[str, float] = {}  # files about which no node answered, until when

    def step(self, intake: Intake, now: int) -> list[Taken]:
        found, until = [], time.monotonic() + STEP_S
        while files := self._inbox.arrivals(after=self._last, most=1):
            self._last = name = files[0].name
            if time.monotonic() < self._put_off.get(name, 0.0):
                break
            self._put_off.pop(name, None)
            try:
                taken = self._take(intake, files[0], now)
            except RegistryBehind:
                raise
            except RpcUnreachable as silence:  # it says nothing of the file
                self._wait(name, silence.code)
                break
            if taken:
                found.append(taken)
            if time.monotonic() > until:
                break
        return found

    def _take(self, intake: Intake, file: InboxFile, now: int) -> Taken | None:
        number = 0
        try:
            number, kind = _named(file.name)
            if len(file.content) > MAX_FILE_BYTES:
                raise greenbutton.too_large(len(file.content))
            if kind == "xml":
                taken = intake.take_feed(number, greenbutton.parse(file.content), now)
            else:
                taken = self._records(intake, number, file, now)
        except RpcUnreachable:
            raise
        except TonneError as error:
            self._registry.confirm(number, error.code)
            known = number if number in self._registry.meters else 0
            with self._journal.transaction():
                self._journal.incident(error.code, known, now, error.message)
            log.warning("refused", file=printable(file.name), code=error.code, reason=error.message)
            self._inbox.reject(file.name, error.code, error.message, error.remedy)
            return None
        if taken.unjudged:
            self._wait(file.name, "RPC_UNREACHABLE")
        else:
            self._inbox.move(file.name, "done")
        return taken

    def _wait(self, name: str, code: str) -> None:
        """No node answers about a file: it stays, and is read again when others have had their turn."""
        log.warning("put_off", file=printable(name), code=code)
        self._put_off[name] = time.monotonic() + PUT_OFF_S

    def _records(self, intake: Intake, number: int, file: InboxFile, now: int) -> Taken:
        meter = self._registry.meters.get(number)
        # Of a meter that is not known any carrier will do: the record is refused for that.
        carrier = self._registry.nodes[meter.node].carrier if meter else Carrier(1)
        topic = topic_of(carrier, number)
        lines = [line for line in file.content.splitlines() if line.strip()]
        taken = intake.take([Arrival(topic, line) for line in lines], now)
        if taken.refused == len(lines):
            raise TonneError(
                "METER_FILE_REFUSED",
                f"None of its {len(lines)} records was accepted; `tonne meters status` says why.",
                field="file",
                value=printable(file.name),
                remedy="Have the records exported again, unchanged.",
            )
        return taken


def _named(name: str) -> tuple[int, str]:
    match = NAME.fullmatch(name)
    if match is None:
        raise TonneError(
            "METER_FILE_NAME",
            "The file's name does not say of which meter it is.",
            field="file",
            value=printable(name),
            remedy="Name it METER-ANYTHING.xml (Green Button) or METER-ANYTHING.ocmf.",
        )
    return int(match[1]), match[2]
