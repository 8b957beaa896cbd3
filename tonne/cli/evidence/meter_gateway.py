"""`tonne meters gateway` and `gateway-key`: sign a P1 port's telegrams for meters that cannot sign."""

from __future__ import annotations

import signal
import sys
from contextlib import ExitStack
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from tonne import paths
from tonne.cli.core.command import command
from tonne.cli.core.output import Printer, many
from tonne.cli.evidence.meters_run import (
    DEFAULT_BROKER,
    BrokerAuthority,
    BrokerUrl,
    OwnCertificate,
    OwnKey,
    PasswordFile,
    User,
    Version,
)
from tonne.errors import refused

if TYPE_CHECKING:
    from tonne.meters.feed import LeftOut
    from tonne.meters.gateway import Gateway, GatewayMeter, GatewaySender

#: Where a gateway keeps its records.
FOLDER: Final = paths.HOME / "build" / "gateway"

PrivateKey = Annotated[Path, typer.Argument(help="New PEM file; the public key goes beside it.")]


@command(needs=Printer)
def gateway_key(session: Printer, key_file: PrivateKey) -> None:
    """Make a gateway's key; the public one, NAME.der, is for `tonne meters add --key`."""
    from tonne.meters.gateway import make_key

    public = key_file.with_suffix(".der")
    public.write_bytes(make_key(key_file))
    data = {"key": key_file, "public": public}
    session.show(data, f"{key_file} is for the gateway alone; hand {public} to the office.")


@command(needs=Printer)
def gateway(
    session: Printer,
    meters: Annotated[
        list[str],
        typer.Option(
            "--meter",
            help="Meter of the telegrams: NUMBER, or NUMBER=gas or =heat of one on the bus.",
        ),
    ],
    key_file: Annotated[Path, typer.Option("--key", help="PEM file with the gateway's key.")],
    port: Annotated[
        Path | None, typer.Option(help="Port or file with telegrams; default: standard input.")
    ] = None,
    folder: Annotated[
        Path,
        typer.Option(help="Folder for signed records.", show_default="build/gateway/"),
    ] = FOLDER,
    every: Annotated[
        int, typer.Option(help="Sign the first telegram of each stretch of so many seconds.", min=1)
    ] = 900,
    wh_per_m3: Annotated[
        str | None, typer.Option(help="Calorific value of gas that is told in m3 [Wh], e.g. 9769.")
    ] = None,
    broker: BrokerUrl = DEFAULT_BROKER,
    mqtt_user: User = None,
    mqtt_password_file: PasswordFile = None,
    mqtt_version: Version = 3,
    mqtt_ca: BrokerAuthority = None,
    mqtt_certificate: OwnCertificate = None,
    mqtt_key: OwnKey = None,
) -> None:
    """Sign P1 telegrams of a port for meters that cannot sign, and publish them until the port ends."""
    from tonne.meters import gateway as behind
    from tonne.meters.feed import LeftOut
    from tonne.meters.mqtt import BrokerSettings

    calorific = _calorific(wh_per_m3)
    served = [_meter(text, calorific) for text in meters]
    key, left_out = behind.read_key(key_file), LeftOut()
    password = mqtt_password_file.read_text("utf-8").rstrip("\r\n") if mqtt_password_file else None
    settings = BrokerSettings(
        broker,
        behind.client_name(),
        mqtt_user,
        password,
        mqtt_version,
        mqtt_ca,
        mqtt_certificate,
        mqtt_key,
    )
    with ExitStack() as stack:
        book = behind.GatewayBook(folder / "signed.sqlite")
        stack.callback(book.close)
        source = _opened(port, stack)
        sender = behind.GatewaySender(served, book, settings, _unreached)
        sender.start()
        signing = behind.Gateway(key, served, book, every)
        try:
            signed = _serve(signing, sender, source, left_out)
        finally:
            waiting = sender.stop()
    data = {
        "signed": signed,
        "sentAgain": sender.again,
        "waiting": waiting,
        "reason": sender.reason,
    }
    said = f"{many(signed, 'record')} signed; {waiting or 'none'} not taken by the broker yet"
    said += f": {sender.reason}." if waiting and sender.reason else "."
    session.show(data | left_out.as_dict(), said)
    raise typer.Exit(int(waiting > 0))


def _serve(signing: Gateway, sender: GatewaySender, source: Any, left_out: LeftOut) -> int:
    """Signs and sends until the port ends or SIGTERM comes; returns how many records were signed."""
    from tonne.meters import gateway as behind
    from tonne.meters import p1

    signed, told = 0, 0
    signal.signal(signal.SIGTERM, _ended)
    try:
        for telegram in p1.telegrams(behind.lines_of(source), left_out):
            for meter, raw in signing.sign(telegram, left_out):
                sender.send(meter, raw)
                signed += 1
            if left_out.count > told:
                told = left_out.count
                _warn(left_out)
    except (KeyboardInterrupt, _PortClosed):
        pass
    return signed


class _PortClosed(Exception):
    """The process is to end."""


def _ended(*_: object) -> None:
    raise _PortClosed


def _unreached(reason: str) -> None:
    said = (
        "Records are kept and tried again; check --broker and the options that begin with --mqtt."
    )
    typer.echo(f"METER_BROKER_DOWN: The broker is not reached: {reason}. {said}", err=True)


def _warn(left_out: LeftOut) -> None:
    """Each code once in a while: at powers of two, so that a broken port does not fill a log."""
    if left_out.count.bit_count() == 1:
        for error in left_out.first.values():
            typer.echo(f"{left_out.count} left out so far; {error.code}: {error.message}", err=True)


def _opened(port: Path | None, stack: ExitStack) -> Any:
    if port is None:
        return sys.stdin.buffer
    try:
        return stack.enter_context(port.open("rb"))
    except OSError as error:
        raise refused("METER_GATEWAY_PORT", port=str(port), strerror=error.strerror) from None


def _calorific(text: str | None) -> Decimal | None:
    try:
        found = None if text is None else Decimal(text)
    except InvalidOperation:
        found = Decimal(0)
    if found is not None and not (found.is_finite() and 0 < found < 10**6):
        raise refused("METER_GATEWAY_CALORIFIC", wh_per_m3=text or "")
    return found


def _meter(text: str, wh_per_m3: Decimal | None) -> GatewayMeter:
    from tonne.meters.gateway import GatewayMeter
    from tonne.meters.readings import Carrier

    number, _, carrier = text.partition("=")
    names = {c.name.lower(): c for c in (Carrier.ELECTRICITY, Carrier.GAS, Carrier.HEAT)}
    kind = names.get(carrier or "electricity")
    whole = number.isascii() and number.isdecimal() and 0 < int(number[:10]) < 2**32
    if not whole or kind is None or len(number) > 10:
        raise refused("METER_GATEWAY_METER", meter=text[:40])
    return GatewayMeter(int(number), kind, wh_per_m3=wh_per_m3)
