"""How meters, their oracle and a broker speak: topics, addresses, sessions that outlive a connection."""

from __future__ import annotations

import ssl
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from tonne.constants import DAY_S
from tonne.errors import TonneError, refused, why
from tonne.meters.readings import Carrier

#: Topics are `tonne/CARRIER/METER`.
TOPIC_ROOT: Final = "tonne"

#: Where a meter (or its gateway) listens for `FIRST-LAST`, the records it shall send again.
REQUESTS: Final = "tonne-requests"

#: [s] A broker keeps the session for this long.
SESSION_S: Final = 7 * DAY_S


def topic_of(carrier: Carrier, meter: int) -> str:
    return f"{TOPIC_ROOT}/{carrier.name.lower()}/{meter}"


def meter_of(topic: str) -> int:
    """The meter's number that ends a topic, 0 when there is none."""
    text = topic.rpartition("/")[2]
    plain = text.isascii() and text.isdecimal() and len(text) <= 10
    return int(text) if plain and int(text) < 2**32 else 0


@dataclass(frozen=True, slots=True)
class BrokerSettings:
    """Where the broker is. A password comes from a file, never from the command line."""

    url: str
    client_id: str
    user: str | None = None
    password: str | None = None
    version: int = 3
    authority: Path | None = (
        None  #    PEM: who vouches for the broker; without it, who the system trusts
    )
    certificate: Path | None = None  #  PEM: this end's own, with its chain
    key: Path | None = (
        None  #          PEM: its key, not enciphered; where it is not in the same file
    )

    @property
    def address(self) -> tuple[str, int, bool]:
        """(host, port, whether TLS is used)."""
        parts = urlsplit(self.url)
        try:
            good = parts.scheme in ("mqtt", "mqtts") and bool(parts.hostname)
            port = parts.port
        except ValueError:
            good, port = False, None
        if not good or parts.username or parts.password or parts.path not in ("", "/"):
            raise refused("METER_BROKER_URL", hostname=parts.hostname or "")
        assert parts.hostname is not None
        secure = parts.scheme == "mqtts"
        return parts.hostname, port or (8883 if secure else 1883), secure


def tls_of(settings: BrokerSettings) -> ssl.SSLContext | None:
    """What enciphers the connection; None without TLS. The broker's name and certificate are checked."""
    files = {"mqtt-ca": settings.authority, "mqtt-certificate": settings.certificate}
    files["mqtt-key"] = settings.key
    named = {option: path for option, path in files.items() if path is not None}
    if not settings.address[2]:
        if named:
            raise _tls_refused(
                *next(iter(named.items())), "mqtt:// is not enciphered", "Write mqtts://."
            )
        return None
    if settings.key is not None and settings.certificate is None:
        raise _tls_refused(
            "mqtt-key", settings.key, "a key without a certificate says nothing", "Name both."
        )
    option, path = "mqtt-ca", settings.authority
    try:
        context = ssl.create_default_context(cafile=settings.authority)
        if settings.certificate is not None:
            option, path = "mqtt-certificate", settings.certificate
            # A password would be asked for on the terminal, and a daemon has none.
            context.load_cert_chain(settings.certificate, settings.key, password=_no_password)
    except (OSError, ssl.SSLError, ValueError) as error:
        remedy = "Write certificate and key as PEM, the key not enciphered."
        raise _tls_refused(option, path, why(error), remedy) from None
    return context


def _no_password() -> str:
    raise ValueError("the key is enciphered")


def _tls_refused(option: str, path: Path | None, reason: str, remedy: str) -> TonneError:
    return TonneError(
        "METER_BROKER_TLS",
        f"TLS with the broker cannot be set up by --{option} {path}: {reason}.",
        field=option,
        value=str(path),
        remedy=remedy,
    )


def client_of(settings: BrokerSettings, manual_ack: bool) -> paho.Client:
    """A client with a session that outlives its connection; not yet connected."""
    version5 = settings.version == 5
    client = paho.Client(
        CallbackAPIVersion.VERSION2,
        client_id=settings.client_id,
        protocol=paho.MQTTv5 if version5 else paho.MQTTv311,
        clean_session=None if version5 else False,
        manual_ack=manual_ack,
    )
    if settings.user is not None:
        client.username_pw_set(settings.user, settings.password)
    context = tls_of(settings)
    if context is not None:
        client.tls_set_context(context)
    client.reconnect_delay_set(1, 15)
    return client


def on_failure(client: paho.Client, told: Callable[[str], None]) -> None:
    """Has `told` hear, in the client's own thread, why an attempt to connect came to nothing: no address, no
    broker, a certificate that cannot be trusted. Attempts go on."""

    def failed(*_: Any) -> None:
        error = (
            sys.exception()
        )  # paho calls this where it handles the error, and does not hand it on
        if isinstance(error, Exception):
            told(getattr(error, "verify_message", "") or why(error))

    client.on_connect_fail = failed


def connect(client: paho.Client, settings: BrokerSettings) -> None:
    """Begins to connect, and goes on trying in the client's own thread until it is stopped."""
    host, port, _ = settings.address
    options: dict[str, Any] = {}
    if settings.version == 5:
        kept = Properties(PacketTypes.CONNECT)
        kept.SessionExpiryInterval = SESSION_S
        options = {"clean_start": False, "properties": kept}
    client.connect_async(host, port, keepalive=30, **options)
    client.loop_start()
