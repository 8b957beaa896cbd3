"""Notices to the operator by webhook, by mail, or both.

The journal remembers a notice once a channel has taken it: it is sent at least once and rarely twice.
A separate thread sends, so that a slow receiver does not delay the loop. Addresses and passwords come from
one file that only its owner may read; the log contains none of them.
"""

from __future__ import annotations

import queue
import shlex
import smtplib
import ssl
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from email.message import EmailMessage
from pathlib import Path
from typing import Annotated, Final, Literal, Protocol

import requests
import structlog
from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError

from oracles.runtime.journal import Journal
from oracles.runtime.metrics import Metrics
from oracles.runtime.owner_only import mode_of, others_may_read
from tonne.errors import TonneError, refused

log = structlog.get_logger()

#: [s] Until a receiver counts as silent, and between the attempts at it.
TIMEOUT_S: Final = 10.0
WAITS_S: Final = (1.0, 5.0, 25.0)

#: [s] Delay before the next attempt after all channels refused it; and the most notices that may wait.
AGAIN_S: Final = 600.0
MOST_WAITING: Final = 100

_MEMORY: Final = "notice/"


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Webhook(_Model):
    """Where notices are posted as JSON; a receiver such as a chat server reads its field `text`."""

    url: SecretStr
    bearer: SecretStr | None = None


class Mail(_Model):
    """The account that mails notices."""

    host: str
    port: Annotated[int, Field(gt=0, lt=65536)] = 587
    security: Literal["starttls", "tls", "none"] = "starttls"
    user: str | None = None
    password: SecretStr | None = None
    sender: str
    to: list[str]


class NoticeSettings(_Model):
    """The file that --notices names."""

    webhook: Webhook | None = None
    mail: Mail | None = None
    least_balance_wei: Annotated[int, Field(ge=0)] = 0
    days_ahead: list[Annotated[int, Field(gt=0, le=366)]] = [30, 7, 1]


@dataclass(frozen=True, slots=True)
class Notice:
    """One notice. `key` names it: it is sent once."""

    key: str
    kind: str  # balance, stopped, deadline, dispute, accreditation, challenge, bond
    text: str


class Channel(Protocol):
    """Takes a notice, or raises."""

    name: str

    def send(self, notice: Notice, daemon: str) -> None: ...


class WebhookChannel:
    """Posts JSON. A redirect counts as a refusal: the credentials are for the configured address."""

    name = "webhook"

    def __init__(self, settings: Webhook) -> None:
        self._settings = settings

    def send(self, notice: Notice, daemon: str) -> None:
        headers = {}
        if self._settings.bearer is not None:
            headers["Authorization"] = f"Bearer {self._settings.bearer.get_secret_value()}"
        answer = requests.post(
            self._settings.url.get_secret_value(),
            json={"daemon": daemon, **asdict(notice)},
            headers=headers,
            timeout=TIMEOUT_S,
            allow_redirects=False,
        )
        if not 200 <= answer.status_code < 300:
            raise OSError(f"status {answer.status_code}")


class MailChannel:
    """Mails plain text; without TLS only where the file allows it."""

    name = "mail"

    def __init__(self, settings: Mail) -> None:
        self._settings = settings

    def send(self, notice: Notice, daemon: str) -> None:
        mail, message = self._settings, EmailMessage()
        message["From"], message["To"] = mail.sender, ", ".join(mail.to)
        message["Subject"] = f"tonne {daemon}: {notice.kind}"
        message.set_content(f"{notice.text}\n\n{notice.key}\n")
        tls = ssl.create_default_context()
        with (
            smtplib.SMTP_SSL(mail.host, mail.port, timeout=TIMEOUT_S, context=tls)
            if mail.security == "tls"
            else smtplib.SMTP(mail.host, mail.port, timeout=TIMEOUT_S)
        ) as server:
            if mail.security == "starttls":
                server.starttls(context=tls)
            if mail.user is not None and mail.password is not None:
                server.login(mail.user, mail.password.get_secret_value())
            server.send_message(message)


class Courier:
    """Hands notices to the channels in a thread; the loop offers them and collects the results."""

    def __init__(
        self,
        daemon: str,
        settings: NoticeSettings,
        journal: Journal,
        metrics: Metrics,
        channels: Sequence[Channel] | None = None,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.settings = settings
        self._daemon = daemon
        self._journal = journal
        self._metrics = metrics
        self._channels = list(_channels(settings) if channels is None else channels)
        self._sleep = sleep
        self._clock = clock
        self._waiting: queue.Queue[Notice] = queue.Queue(MOST_WAITING)
        self._ended: queue.SimpleQueue[tuple[Notice, bool]] = queue.SimpleQueue()
        self._not_before: dict[
            str, float
        ] = {}  # keys on their way, or refused: when they may go again
        self._counts: Counter[str] = Counter()
        threading.Thread(target=self._work, name="notices", daemon=True).start()

    def offer(self, notices: Sequence[Notice]) -> None:
        """Sends notices that are still unsent. Call it in the loop's thread, which owns the journal."""
        self._collect()
        for notice in notices:
            if self._journal.recall(_MEMORY + notice.key) is not None:
                continue
            if self._clock() < self._not_before.get(notice.key, 0.0):
                continue
            try:
                self._waiting.put_nowait(notice)
            except queue.Full:
                self._count("dropped")
                continue
            # While it is on its way it is not offered again, however long the attempts take.
            self._not_before[notice.key] = float("inf")
            log.warning("notice", kind=notice.kind, key=notice.key, text=notice.text)

    def _collect(self) -> None:
        while not self._ended.empty():
            notice, taken = self._ended.get()
            if taken:
                self._journal.remember(_MEMORY + notice.key, str(int(time.time())))
                self._not_before.pop(notice.key, None)
            else:
                self._not_before[notice.key] = self._clock() + AGAIN_S
            self._count("sent" if taken else "failed")

    def _count(self, result: str) -> None:
        self._counts[result] += 1
        self._metrics.put("notices", self._counts[result], result)

    def _work(self) -> None:
        while True:
            notice = self._waiting.get()
            taken = [self._handed(channel, notice) for channel in self._channels]
            self._ended.put((notice, any(taken)))

    def _handed(self, channel: Channel, notice: Notice) -> bool:
        for wait in (*WAITS_S, None):
            try:
                channel.send(notice, self._daemon)
                return True
            except Exception as error:
                # The error's text may hold the address, which may be a secret.
                log.warning(
                    "notice_refused", channel=channel.name, error_class=type(error).__name__
                )
            if wait is not None:
                self._sleep(wait)
        return False


def read_settings(path: Path) -> NoticeSettings:
    """The file of --notices; refused where others may read it, or where it names no channel."""
    if others_may_read(path):
        raise refused(
            "ORACLE_NOTICES_OPEN",
            path=str(path),
            mode_of=mode_of(path),
            quoted_path=shlex.quote(str(path)),
        )
    try:
        settings = NoticeSettings.model_validate_json(path.read_text(encoding="utf-8"))
        if settings.webhook is None and settings.mail is None:
            raise ValueError("it names neither a webhook nor a mail account")
    except ValidationError as error:
        # Only where and what kind: the input itself may be a secret.
        first = error.errors(include_input=False, include_url=False)[0]
        raise _malformed(path, f"{'.'.join(map(str, first['loc']))}: {first['type']}") from None
    except ValueError as error:
        raise _malformed(path, str(error)) from None
    return settings


def _channels(settings: NoticeSettings) -> list[Channel]:
    found: list[Channel] = []
    if settings.webhook is not None:
        found.append(WebhookChannel(settings.webhook))
    if settings.mail is not None:
        found.append(MailChannel(settings.mail))
    return found


def _malformed(path: Path, said: str) -> TonneError:
    return refused("ORACLE_NOTICES_FORM", path=str(path), reason=said)
