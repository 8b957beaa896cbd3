"""`tonne project`: put offset projects on record, validate, suspend and renew them, and read them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Final

import typer

from tonne import countries
from tonne.chain.client import Event
from tonne.cli.chain.deploy_status import unit_name
from tonne.cli.core.officer_act import Act, Change, Hand, acting
from tonne.cli.core.session import (
    DEFAULT_RPC,
    As,
    AsJson,
    Desk,
    Folder,
    Keystore,
    Passphrase,
    Rpc,
    connect,
    key,
    parse_day,
    show,
    table,
)
from tonne.crypto.accounts import keccak
from tonne.deployment import record
from tonne.errors import TonneError
from tonne.evidence.project_sites import degrees, place
from tonne.evidence.verification import topic
from tonne.units.lineage import ACTIVITIES, KINDS, PROJECT_STATUS

app = typer.Typer(help="Offset projects: register, validate, suspend, renew; see what they report.")

DAY_S: Final = 86_400
WORD: Final = 32  # [bytes]

Number = Annotated[int, typer.Argument(help="Number of the project, see `list`.", min=1)]
Document = Annotated[
    Path,
    typer.Option(exists=True, dir_okay=False, help="The document; its hash goes on record."),
]
Until = Annotated[str, typer.Option(help="First day that can no longer be credited, YYYY-MM-DD.")]
Reason = Annotated[str, typer.Option(help="Why; its hash goes on record.")]


@app.command("list")
def list_(rpc: Rpc = DEFAULT_RPC, folder: Folder = record.FOLDER, as_json: AsJson = False) -> None:
    """List every project with its methodology, its country and how it stands."""
    desk = connect(rpc, folder)
    count = desk.chain.call("Projects", "projectCount")
    found = [_data(desk, number) for number in range(1, count + 1)]
    columns = ("project", "status", "activity", "host country", "credited from", "until")
    rows = [
        (p["project"], p["status"], p["activity"], p["hostCountry"], p["from"], p["until"])
        for p in found
    ]
    show({"projects": found}, as_json, table("", columns, rows) if rows else "There is none yet.")


@app.command("show")
def show_(
    number: Number,
    rpc: Rpc = DEFAULT_RPC,
    folder: Folder = record.FOLDER,
    as_json: AsJson = False,
) -> None:
    """Show a project: place, meters, documents, its monitoring reports and what was issued for them."""
    desk = connect(rpc, folder)
    data = _data(desk, number)
    registered = _events(desk, "ProjectRegistered", topic(number))[0]
    data["place"] = degrees(registered["location"])
    data["source"] = "0x" + registered["source"].hex()
    data["meters"] = ["0x" + meter.hex() for meter in registered["meters"]]
    data["design"] = "0x" + registered["documentHash"].hex()
    reports = [
        _report(desk, event) for event in _events(desk, "MonitoringReported", None, topic(number))
    ]
    facts = [(k, ", ".join(v) or "none" if isinstance(v, list) else v) for k, v in data.items()]
    columns = ("report", "from", "until", ">t", "buffer", "status", "issued as")
    rows = [tuple(str(value or "-") for value in report.values()) for report in reports]
    show(
        {**data, "reports": reports},
        as_json,
        table("", ("", ""), facts),
        table("Monitoring reports", columns, rows) if rows else "No monitoring report yet.",
    )


@app.command()
def register(
    methodology: Annotated[int, typer.Option(help="Number of the methodology.", min=1)],
    country: Annotated[str, typer.Option(help="Host country, e.g. China or CHN.")],
    from_: Annotated[str, typer.Option("--from", help="First day that is credited, YYYY-MM-DD.")],
    until: Until,
    source: Annotated[
        str,
        typer.Option(
            help="Name of the forest or plant, the same in whatever project; or its hash."
        ),
    ],
    at: Annotated[str, typer.Option(help="Latitude and longitude in degrees: 27.725,118.01.")],
    document: Document,
    meter: Annotated[
        list[str] | None,
        typer.Option(help="Number or hash of a meter; once for each, at most 64."),
    ] = None,
    rpc: Rpc = DEFAULT_RPC,
    folder: Folder = record.FOLDER,
    name: As = None,
    keystore_file: Keystore = None,
    passphrase_file: Passphrase = None,
    as_json: AsJson = False,
) -> None:
    """Register a project, as its developer. It reports once an officer has validated it."""
    desk = connect(rpc, folder)
    developer = key(name, keystore_file, passphrase_file)
    where = place(at)
    meters = sorted(_word(text, "meter") for text in meter or ())
    receipt = _send(
        desk,
        developer,
        "register",
        methodology,
        countries.number(country),
        _first(desk, from_, "from"),
        _first(desk, until, "until"),
        _word(source, "source") if source.startswith("0x") else keccak(source.encode()),
        where,
        meters,
        keccak(document.read_bytes()),
    )
    number = next(e["id"] for e in receipt if e.name == "ProjectRegistered")
    show(
        {"project": number, "place": degrees(where), "meters": len(meters)},
        as_json,
        f"Project {number} is registered, at {degrees(where)}. It reports once it is validated.",
    )


@acting(app)
def validate(
    hand: Hand,
    number: Number,
    cap: Annotated[int, typer.Option(help="Most that is plausible in 365 days [t CO2e].", min=1)],
    document: Document,
) -> None:
    """Validate a registered project, as an officer: from then on it reports."""
    args = (cap, keccak(document.read_bytes()))
    _act(hand, number, "Validate", "validate", args, f"validated, at most {cap:,} t in 365 days")


@acting(app)
def suspend(hand: Hand, number: Number, reason: Reason) -> None:
    """Suspend a validated project, as an officer: its reports are refused."""
    args = (True, keccak(reason.encode()))
    _act(hand, number, "Suspend", "setSuspended", args, "suspended")


@acting(app)
def resume(hand: Hand, number: Number, reason: Reason) -> None:
    """End a project's suspension, as an officer."""
    args = (False, keccak(reason.encode()))
    _act(hand, number, "Resume", "setSuspended", args, "validated")


@acting(app)
def renew(hand: Hand, number: Number, until: Until, document: Document) -> None:
    """Extend a project's crediting period, as an officer."""
    args = (_first(hand.desk, until, "until"), keccak(document.read_bytes()))
    _act(hand, number, "Renew", "renew", args, f"credited until {until}")


# Inside


def _send(desk: Desk, account: Any, function: str, *args: Any) -> list[Event]:
    """What happened."""
    desk.chain.fund([account])
    return desk.chain.events(desk.chain.send(account, "Projects", function, *args))


def _act(
    hand: Hand, number: int, verb: str, function: str, args: tuple[Any, ...], after: str
) -> None:
    held = _data(hand.desk, number)
    before = f"{held['status']}, credited until {held['until']}"
    act = Act("Projects", function, (number, *args), [Change(f"project {number}", before, after)])
    hand.do(f"{verb} project {number}", [act], outcome=lambda sent: _told(sent.desk, number))


def _told(desk: Desk, number: int) -> tuple[dict[str, Any], str]:
    data = _data(desk, number)
    return data, (
        f"  Project {number} is {data['status']}; credited from {data['from']} until {data['until']}."
    )


def _data(desk: Desk, number: int) -> dict[str, Any]:
    project = desk.chain.call("Projects", "project", number)
    methodology = desk.chain.call("Projects", "methodology", project.methodology)
    return {
        "project": number,
        "status": PROJECT_STATUS[project.status],
        "developer": project.developer,
        "methodology": project.methodology,
        "activity": f"{ACTIVITIES[methodology.activity]}, {KINDS[methodology.kind]}",
        "hostCountry": countries.country(project.hostCountry).name,
        "from": _day(desk, project.creditingFrom),
        "until": _day(desk, project.creditingUntil),
        "yearlyCapT": project.yearlyCapT,
    }


def _report(desk: Desk, event: Event) -> dict[str, Any]:
    number, told = event["reportId"], event["report"]
    status = desk.chain.call("Projects", "monitoring", number).status
    final = desk.chain.call("Projects", "isFinal", number)
    unit = desk.chain.call("Issuance", "batchOfReport", number)
    return {
        "report": number,
        "from": _day(desk, told.periodFrom),
        "until": _day(desk, told.periodUntil),
        "quantityT": told.quantityT,
        "buffer": f"{told.bufferPpm / 10_000:g} %",
        "status": "final" if final else ("-", "reported", "disputed", "annulled")[status],
        "issuedAs": unit_name(unit) if unit else None,
    }


def _events(desk: Desk, event: str, *topics: str | None) -> list[Event]:
    return desk.chain.logs("Projects", event, desk.deployment.first_block, topics=topics)


def _first(desk: Desk, day: str, field: str) -> int:
    """[s] of a day's first moment, where the scheme is."""
    return parse_day(day, field) * DAY_S - _offset(desk)


def _day(desk: Desk, moment: int) -> str:
    return desk.when(moment).split()[1]


def _offset(desk: Desk) -> int:
    return int(desk.zone.utcoffset(None).total_seconds())


def _word(text: str, field: str) -> bytes:
    """32 bytes: a number, or a hash in hex."""
    try:
        value = int(text, 0)
    except ValueError:
        value = -1
    if not 0 < value < 1 << 8 * WORD:
        raise TonneError(
            "PROJECT_WORD",
            "This is neither a number nor a hash.",
            field=field,
            value=text,
            remedy="Write 17, or 0x and 64 hex digits.",
        )
    return value.to_bytes(WORD, "big")
