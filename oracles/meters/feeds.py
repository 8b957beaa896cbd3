"""Files with readings, from a folder: Green Button feeds (`17-june.xml`), CSV (`17-june.csv`), P1 telegrams
(`17-june.p1`) and OCMF records (`17-june.ocmf`, one to a line). A file's name begins with the number of its
meter. Further settings for the files of meter 17 are in `fields/17.toml`, else in
`fields/default.toml`."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path
from typing import Final

import structlog

from oracles.meters.intake import Arrival, Intake, Taken
from oracles.meters.journal import MeterJournal
from oracles.meters.registry import MeterRegistry, RegistryBehind
from oracles.runtime.inbox import Inbox, InboxFile, printable
from oracles.runtime.refusal import refusing
from tonne import files
from tonne.chain.rpc import RpcUnreachable
from tonne.errors import TonneError, refused
from tonne.files import MAX_FILE_BYTES
from tonne.meters import field_map, greenbutton, unsigned_files
from tonne.meters.feed import LeftOut
from tonne.meters.field_map import MAX_MAP_BYTES, FieldMap
from tonne.meters.mqtt import topic_of
from tonne.meters.readings import Carrier

log = structlog.get_logger()

#: [s] Time for files in one step, one file at least: live records do not wait.
STEP_S: Final = 0.25

#: [s] A file about which no node answered is not read again for so long.
PUT_OFF_S: Final = 20.0

#: [s] A file with an unfinished last line waits until it is unchanged for this long: a writer may be at work.
QUIET_S: Final = 10.0
_ENDED: Final = re.compile(rb"(?:[\r\n]|</[\w.-]{0,40}:?feed>[ \t]*)\Z")

NAME: Final = re.compile(
    r"([0-9]{1,10})[-.][^/]{0,150}?\.?(xml|csv|p1|ocmf)", re.ASCII | re.IGNORECASE
)

#: Field maps, in a folder of the inbox.
MAPS: Final = "fields"
DEFAULT_MAP: Final = "default.toml"

#: Behind the name of a file: which of its rows were left out, and why.
ROWS: Final = ".rows.json"


class Feeds:
    """Moves every file of the folder to `done/`, or to `rejected/` with a file of its reason. A file with
    some refused rows gets a list of them."""

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
            rest_s = self._unquiet_s(files[0])
            if rest_s > 0:
                self._put_off[name] = time.monotonic() + rest_s
                break
            try:
                taken = self._take(intake, files[0], now)
            except RegistryBehind:
                raise
            except RpcUnreachable as silence:  # no fault of the file
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
            if kind == "ocmf":
                taken = self._records(intake, number, file, now)
            else:
                taken = self._readings(intake, number, kind, file, now)
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
            return taken
        target = self._inbox.move(file.name, "done")
        if target is not None and taken.left_out.count:
            _tell_rows(target, taken.left_out)
        return taken

    def _unquiet_s(self, file: InboxFile) -> float:
        """[s] How long a file is still to wait, since it may not be whole; 0 of one that ends as files do."""
        end = file.content[-100:].rstrip(b"\0")  # of UTF-16
        if not file.content or _ENDED.search(end):
            return 0.0
        try:
            age = time.time() - (self._inbox.folder / file.name).stat().st_mtime
        except OSError:  # it was taken away
            return QUIET_S
        return QUIET_S - age if 0 <= age < QUIET_S else 0.0

    def _wait(self, name: str, code: str) -> None:
        """No node answers about a file: it stays, and is read again when others have had their turn."""
        log.warning("put_off", file=printable(name), code=code)
        self._put_off[name] = time.monotonic() + PUT_OFF_S

    def _readings(self, intake: Intake, number: int, kind: str, file: InboxFile, now: int) -> Taken:
        fields, source = self._fields(number)
        remedy = "Have it exported again, and look at its field map."
        with refusing("METER_FILE_REFUSED", "file", printable(file.name), remedy):
            feed = unsigned_files.parse(kind, file.content, fields, self._carrier(number), source)
        return intake.take_feed(number, feed, now)

    def _fields(self, number: int) -> tuple[FieldMap, str]:
        """The field map for a meter's files, and its path."""
        folder = self._inbox.folder.parent / MAPS
        own, common = folder / f"{number}.toml", folder / DEFAULT_MAP
        for path in (own, common):
            if path.is_file():
                with path.open("rb") as file:
                    content = file.read(MAX_MAP_BYTES + 1)
                return field_map.parse(content, f"{MAPS}/{path.name}"), f"{MAPS}/{path.name}"
        return FieldMap(), f"{MAPS}/{own.name}"

    def _carrier(self, number: int) -> Carrier:
        """What a meter measures. Of one that is not known anything will do: it is refused for that."""
        meter = self._registry.meters.get(number)
        return self._registry.nodes[meter.node].carrier if meter else Carrier.ELECTRICITY

    def _records(self, intake: Intake, number: int, file: InboxFile, now: int) -> Taken:
        topic = topic_of(self._carrier(number), number)
        lines = [line for line in file.content.splitlines() if line.strip()]
        taken = intake.take([Arrival(topic, line) for line in lines], now)
        if taken.refused == len(lines):
            raise refused(
                "METER_FILE_REFUSED", file_name=printable(file.name), lines_count=len(lines)
            )
        return taken


def _tell_rows(file: Path, left_out: LeftOut) -> None:
    text = json.dumps({"file": file.name} | left_out.as_dict(), indent=2) + "\n"
    files.write(file.with_name(file.name + ROWS), text)


def _named(name: str) -> tuple[int, str]:
    match = NAME.fullmatch(name)
    if match is None:
        raise refused("METER_FILE_NAME", file=printable(name))
    return int(match[1]), match[2].lower()
