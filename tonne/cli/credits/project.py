"""`tonne project`: methodologies; offset projects, registered, named, compared, validated and shown."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from tonne import countries
from tonne.cli.core.command import command
from tonne.cli.core.officer_act import Effect, OfficerAct, OfficerCall
from tonne.cli.core.options import ON_RECORD, PROFILES, Reason
from tonne.cli.core.output import parse_day, table
from tonne.cli.core.session import Session, Signer, file_hash, text_hash
from tonne.cli.credits.offsets_office import KINDS
from tonne.constants import DAY_S, PPM
from tonne.errors import refused
from tonne.types.unit_id import unit_name

if TYPE_CHECKING:
    from collections.abc import Callable

    from tonne.chain.client import Event
    from tonne.evidence.likeness import Likeness
    from tonne.evidence.registered_plants import RegisteredPlants

app = typer.Typer(
    help="Offset projects: register, compare, validate, suspend, renew; show their reports.",
    no_args_is_help=True,
)

WORD: Final = 32  # [bytes]
#: Suspends in the register and on the exchange at once.
DESK: Final = "BatchDesk"
#: Claims of a source that are walked for the one before.
MOST_CLAIMS: Final = 10_000
LONGEST_NAME: Final = 200  # [bytes]
#: Said on record for neighbours that nothing but their place has in common.
NEIGHBOURS: Final = "Neighbours: two plants by name, meters, document and evidence."

#: `Activity` of IProjects.
REDUCTION, REMOVAL = 1, 2

Number = Annotated[int, typer.Argument(help="Project number, from `list`.", min=1)]
Document = Annotated[
    Path,
    typer.Option(exists=True, dir_okay=False, help=f"Document. {ON_RECORD}"),
]
At = Annotated[str, typer.Option(help="Latitude,longitude [degrees], e.g. 27.725,118.01.")]
Meters = Annotated[
    list[str] | None, typer.Option(help="Meter number or hash, at most 64. Repeatable.")
]
Until = Annotated[str, typer.Option(help="First day after the crediting period, e.g. 2031-01-01.")]


@app.command()
@command(needs=OfficerAct, scheme=1)
def methodology(
    act: OfficerAct,
    number: Annotated[int, typer.Argument(help="Methodology number.", min=1, max=65_535)],
    document: Document,
    kind: Annotated[str, typer.Option(help=f"Kind of project: {', '.join(KINDS)}.")],
    scope: Annotated[int, typer.Option(help="Accreditation a verifier needs.", min=0, max=23)],
    removal: Annotated[
        bool,
        typer.Option("--removal", help="Projects remove carbon; default: they reduce emissions."),
    ] = False,
    buffer: Annotated[
        str, typer.Option(help="Least and most share for the buffer [%], e.g. 10-20.")
    ] = "0-0",
    end: Annotated[
        bool, typer.Option("--end", help="Take no new projects and reports by it.")
    ] = False,
) -> None:
    """Approve or change a methodology of the scheme, as an officer."""
    held = act.chain.call("Projects", "methodology", number)
    least, most = _shares(buffer)
    if kind not in KINDS:
        raise refused("METHODOLOGY_KIND", kind=kind, kinds=", ".join(KINDS))
    activity = REMOVAL if removal else REDUCTION
    terms = (act.scheme, activity, KINDS.index(kind) + 1, scope, most, least, not end)
    before = "none" if not held.scheme else "active" if held.active else "ended"
    after = "ended" if end else f"active, {kind}, buffer {buffer} %"
    change = Effect(f"methodology {number} of scheme {act.scheme}", before, after)
    args = (number, terms, file_hash(document))
    call = OfficerCall("Projects", "setMethodology", args, [change])
    act.do(f"Set methodology {number}", [call])


def _shares(text: str) -> tuple[int, int]:
    """Least and most share [ppm] of a range in percent; raises METHODOLOGY_BUFFER."""
    found = re.fullmatch(r"(\d{1,3}(?:\.\d{1,4})?)-(\d{1,3}(?:\.\d{1,4})?)", text)
    shares = [int(Decimal(part) * 10_000) for part in found.groups()] if found else []
    if not shares or not shares[0] <= shares[1] <= PPM:
        raise refused("METHODOLOGY_BUFFER", buffer=text)
    return shares[0], shares[1]


@app.command()
@command(needs=Session)
def methodologies(session: Session) -> None:
    """List every methodology with its scheme, kind, required accreditation and buffer."""
    numbers = dict.fromkeys(e["id"] for e in _events(session, "MethodologySet"))
    found = session.chain.call_many(("Projects", "methodology", (n,)) for n in numbers)
    data = [
        {
            "methodology": number,
            "scheme": one.scheme,
            "kind": KINDS[one.kind - 1] if one.kind else None,
            "activity": "removal" if one.activity == REMOVAL else "reduction",
            "scope": one.scope,
            "leastBufferPpm": one.minBufferPpm,
            "active": one.active,
        }
        for number, one in zip(numbers, found, strict=True)
    ]
    columns = (
        ">methodology",
        ">scheme",
        "kind",
        "activity",
        ">scope",
        ">least buffer [ppm]",
        "active",
    )
    rows = [tuple(one.values()) for one in data]
    session.show(
        {"methodologies": data}, table("", columns, rows) if rows else "No methodology yet."
    )


@app.command("list")
@command(needs=Session, profiles=PROFILES)
def list_(session: Session) -> None:
    """List every project with its status, activity, host country and crediting period."""
    count = session.chain.call("Projects", "projectCount")
    found = [_data(session, number) for number in range(1, count + 1)]
    columns = (
        "project",
        "developer",
        "status",
        "activity",
        "host country",
        "credited from",
        "until",
    )
    rows = [
        (p["project"], p["developer"], p["status"], p["activity"], p["hostCountry"], p["from"], p["until"])
        for p in found
    ]  # fmt: skip
    session.show({"projects": found}, table("", columns, rows) if rows else "No project yet.")


@app.command("show")
@command(needs=Session, profiles=PROFILES)
def show_(session: Session, number: Number) -> None:
    """Show a project: site, meters, documents, monitoring reports and issued credits."""
    from tonne.chain.contract import topic
    from tonne.evidence.project_sites import degrees

    data = _data(session, number)
    registered = _events(session, "ProjectRegistered", topic(number))[0]
    named = [event["name"] for event in _events(session, "ProjectNamed", topic(number))]
    data["registeredName"] = named[-1] if named else None
    answered = _events(session, "LikenessAnswered", topic(number))
    data["answers"] = [f"{e['reason']} (projects {e['others']})" for e in answered]
    data["place"] = degrees(registered["location"])
    near, _ = session.chain.call("Projects", "nearPlantOf", number)
    placed = session.chain.call("Projects", "plantOf", number)
    data["atPlant"], data["nearPlant"] = placed or None, near or None
    data["source"] = "0x" + registered["source"].hex()
    source = session.names.source(registered["source"], data["developer"])
    data["meters"] = ["0x" + meter.hex() for meter in registered["meters"]]
    data["design"] = "0x" + registered["documentHash"].hex()
    reports = [
        _report(session, event)
        for event in _events(session, "MonitoringReported", None, topic(number))
    ]
    facts = [(k, ", ".join(v) or "none" if isinstance(v, list) else v) for k, v in data.items()]
    columns = ("report", "from", "until", ">t", "buffer", "status", "issued as")
    rows = [tuple(str(value or "-") for value in report.values()) for report in reports]
    session.show(
        {**data, "sourceName": source.name, "reports": reports},
        table("", ("", ""), facts),
        table("Monitoring reports", columns, rows) if rows else "No monitoring report yet.",
    )


@app.command()
@command(needs=Signer)
def register(
    session: Signer,
    methodology: Annotated[int, typer.Option(help="Methodology number.", min=1)],
    country: Annotated[str, typer.Option(help="Host country, e.g. China or CHN.")],
    from_: Annotated[
        str, typer.Option("--from", help="First day of the crediting period, e.g. 2021-01-01.")
    ],
    until: Until,
    source: Annotated[
        str,
        typer.Option(help="Name of the forest or plant, the same in every project; or its hash."),
    ],
    at: At,
    document: Document,
    meter: Meters = None,
    name: Annotated[
        str | None,
        typer.Option(help="Project name, public; default: the source's, where that is a text."),
    ] = None,
) -> None:
    """Register and name a project, as its developer. It can report once an officer has validated it."""
    from tonne.evidence.project_sites import degrees, place, source_word

    where = place(at)
    meters = sorted(_word(text, "meter") for text in meter or ())
    said = _name(name if name is not None else "" if source.startswith("0x") else source)
    receipt = _send(
        session,
        "register",
        methodology,
        countries.number(country),
        _first(session, from_, "from"),
        _first(session, until, "until"),
        source_word(source),
        where,
        meters,
        file_hash(document),
    )
    number = next(e["id"] for e in receipt if e.name == "ProjectRegistered")
    _send(session, "nameProject", number, said)
    like = _registered(session).like(number)
    session.show(
        {
            "project": number,
            "name": said,
            "place": degrees(where),
            "meters": len(meters),
            "like": [one.as_dict() for one in like],
        },
        f"Project {number} is registered, at {degrees(where)}. It can report once it is validated.",
        *(f"It is near project {_other(one, number)}: {one.reasons}." for one in like),
    )


@app.command("name")
@command(needs=Signer)
def name_(
    session: Signer,
    number: Number,
    name: Annotated[str, typer.Argument(help="Project name, public, 1 to 200 bytes.")],
) -> None:
    """Name a registered project, as its developer; every name ever given is compared."""
    _send(session, "nameProject", number, _name(name))
    session.show({"project": number, "name": name}, f"Project {number} is named.")


@app.command()
@command(needs=Session)
def likeness(
    session: Session,
    file: Annotated[
        Path | None,
        typer.Argument(
            help="CSV of plants to compare instead: row, name, at; twin_of, meters, document, evidence.",
            exists=True,
            dir_okay=False,
        ),
    ] = None,
    project: Annotated[int | None, typer.Option(help="Only this project.", min=1)] = None,
) -> None:
    """Find projects that may be one plant: by document, evidence, meters, and place with name."""
    from tonne.evidence import likeness_files
    from tonne.evidence.likeness import find

    if file is not None:
        plants, twins = likeness_files.read(file)
    else:
        plants, twins = list(_registered(session).plants.values()), {}
    found = [one for one in find(plants, project) if one.alike]
    data: dict[str, Any] = {"compared": len(plants), "alike": [one.as_dict() for one in found]}
    ending = f"{len(found):,} pairs of {len(plants):,} may be one plant."
    if twins:
        known = {(min(pair), max(pair)) for pair in twins.items()}
        met = known & {(one.first, one.second) for one in found}
        data |= {"twins": len(known), "found": len(met), "others": len(found) - len(met)}
        ending += f" Of {len(known):,} twins that the file names, {len(met):,} are found."
    rows = [(one.first, one.second, one.reasons) for one in found]
    columns = ("project", "may be", "because")
    session.show(data, table("", columns, rows) if rows else "No two are alike.", ending)


@app.command()
@command(needs=OfficerAct)
def validate(
    act: OfficerAct,
    number: Number,
    cap: Annotated[int, typer.Option(help="Plausible maximum in 365 days [t CO2e].", min=1)],
    document: Document,
    answer: Annotated[
        str | None,
        typer.Option(help=f"Why it is no project that it is like. {ON_RECORD}"),
    ] = None,
) -> None:
    """Validate a registered project, as an officer; it can report from then on.

    Refused while it may be the plant of a validated one, see `likeness`, and no answer is given.
    """
    args: tuple[Any, ...] = (cap, file_hash(document))
    others, reason = _compared(act, number, answer)
    function = "validate"
    if others:
        seen = act.chain.call("Projects", "validationCount")
        function, args = "answerAndValidate", (*args, others, seen, reason)
    _act(act, number, "Validate", function, args, f"validated, at most {cap:,} t in 365 days")


def _compared(act: OfficerAct, number: int, answer: str | None) -> tuple[list[int], str]:
    """The projects that one has to be answered for, and the answer.

    Raises PROJECT_UNNAMED, and PROJECT_ALIKE where it may be another's plant and no answer is given.
    """
    held = _data(act, number)
    known = _registered(act)
    if not known.plants[number].names and held["status"] == "registered":
        raise refused("PROJECT_UNNAMED", project=number)
    like = known.like(number)
    alike = [one for one in like if one.alike]
    if alike and answer is None:
        others = "; ".join(f"project {_other(one, number)}: {one.reasons}" for one in alike)
        raise refused("PROJECT_ALIKE", answer=number, others=others)
    others_ = {_other(one, number) for one in like} | known.known_to_chain(number)
    return sorted(others_), answer or NEIGHBOURS


def _other(one: Likeness, number: int) -> int:
    return one.second if one.first == number else one.first


def _registered(session: Session) -> RegisteredPlants:
    from tonne.evidence import registered_plants

    return registered_plants.read(session.chain, session.first_block)


def _name(text: str) -> str:
    """A project's name; raises PROJECT_NAME."""
    if not text.strip() or len(text.encode()) > LONGEST_NAME:
        raise refused("PROJECT_NAME", project_name=text, longest_name=LONGEST_NAME)
    return text


@app.command()
@command(needs=OfficerAct)
def suspend(act: OfficerAct, number: Number, reason: Reason) -> None:
    """Suspend a validated project, as an officer; reports are refused and its batches locked."""
    _set_suspended(act, number, "Suspend", True, reason, "suspended, its batches locked")


@app.command()
@command(needs=OfficerAct)
def resume(act: OfficerAct, number: Number, reason: Reason) -> None:
    """End a project's suspension, as an officer; it unlocks batches that no other order locks."""
    _set_suspended(act, number, "Resume", False, reason, "validated, its batches unlocked")


@app.command()
@command(needs=OfficerAct)
def renew(act: OfficerAct, number: Number, until: Until, document: Document) -> None:
    """Extend a project's crediting period, as an officer."""
    args = (_first(act, until, "until"), file_hash(document))
    _act(act, number, "Renew", "renew", args, f"credited until {until}")


@app.command()
@command(needs=OfficerAct)
def at_plant(
    act: OfficerAct,
    number: Number,
    plant: Annotated[int, typer.Argument(help="Installation number; 0: at none any more.", min=0)],
    reason: Reason,
) -> None:
    """State that a project stands at a plant under a cap, or at none, as an officer; `show` has one nearby.

    It is credited as the pack says. A plant that is sited later has to be answered for again.
    """
    args = (plant, act.chain.call("Projects", "sitingCount"), text_hash(reason))
    where = f"at installation {plant}" if plant else "at no plant under a cap"
    _act(act, number, "Place", "placeAtPlant", args, where)


@app.command()
@command(needs=OfficerAct)
def site_plant(
    act: OfficerAct,
    plant: Annotated[int, typer.Argument(help="Installation number.", min=1)],
    at: At,
    reason: Reason,
    meter: Meters = None,
) -> None:
    """Say where a plant under a cap is, as an officer: projects beside it wait for `at-plant`."""
    from tonne.evidence.project_sites import place

    words = [_word(text, "meter") for text in meter or ()]
    args = (plant, place(at), words, text_hash(reason))
    change = Effect(f"installation {plant}", "compared with no project by place", f"sited at {at}")
    call = OfficerCall("Projects", "sitePlant", args, [change])
    act.do(f"Site installation {plant}", [call], {"plant": plant, "place": at})


@app.command()
@command(needs=OfficerAct)
def zero_emission(
    act: OfficerAct,
    source: Annotated[str, typer.Argument(help="Name of the source, or its hash.")],
    plant: Annotated[int, typer.Argument(help="Installation number.", min=1)],
    from_: Annotated[str, typer.Option("--from", help="First day, e.g. 2021-01-01.")],
    until: Annotated[str, typer.Option(help="First day after, e.g. 2022-01-01.")],
) -> None:
    """Claim days of a source as counted zero in a plant's emission report, as an officer."""
    word = _word(source, "source") if source.startswith("0x") else text_hash(source)
    start, end = _first(act, from_, "from"), _first(act, until, "until")
    hint = act.chain.call("Projects", "claimBefore", word, start, MOST_CLAIMS)
    change = Effect(f"{from_} until {until}", "unclaimed", f"zero at installation {plant}")
    args = (word, plant, start, end, hint)
    call = OfficerCall("Projects", "claimZeroEmission", args, [change])
    act.do("Claim a source as zero", [call], {"source": "0x" + word.hex(), "plant": plant})


def _send(session: Signer, function: str, *args: Any) -> list[Event]:
    """Events of a transaction to Projects."""
    return session.chain.events(session.send("Projects", function, *args))


def _set_suspended(
    act: OfficerAct, number: int, verb: str, suspended: bool, reason: str, after: str
) -> None:
    """Suspends in the register and locks, or unlocks, the project's batches."""
    call = (DESK, "setSuspended", (suspended, text_hash(reason)))
    _do(act, number, verb, call, after, following=lambda sent: _pull(sent, number))


def _pull(act: OfficerAct, number: int) -> None:
    """Sends the remaining batches, where one transaction did not reach all."""
    rest = act.event("SuspensionCarried")["next"]
    while rest:
        following = act.chain.call(DESK, "pull", number, rest)
        act.receipts.append(act.send(DESK, "pull", number, rest))
        rest = following


def _act(
    act: OfficerAct, number: int, verb: str, function: str, args: tuple[Any, ...], after: str
) -> None:
    _do(act, number, verb, ("Projects", function, args), after)


def _do(
    act: OfficerAct,
    number: int,
    verb: str,
    called: tuple[str, str, tuple[Any, ...]],
    after: str,
    following: Callable[[OfficerAct], None] | None = None,
) -> None:
    contract, function, args = called
    held = _data(act, number)
    before = f"{held['status']}, credited until {held['until']}"
    call = OfficerCall(
        contract, function, (number, *args), [Effect(f"project {number}", before, after)]
    )
    act.do(
        f"{verb} project {number}",
        [call],
        result=lambda sent: _told(sent, number),
        following=following,
    )


def _told(session: Session, number: int) -> tuple[dict[str, Any], str]:
    data = _data(session, number)
    return data, (
        f"  Project {number} is {data['status']}; credited from {data['from']} until {data['until']}."
    )


def _data(session: Session, number: int) -> dict[str, Any]:
    from tonne.units.lineage import ACTIVITIES, KINDS, PROJECT_STATUS

    project = session.chain.call("Projects", "project", number)
    methodology = session.chain.call("Projects", "methodology", project.methodology)
    return {
        "project": number,
        "status": PROJECT_STATUS[project.status],
        "developer": project.developer,
        "methodology": project.methodology,
        "activity": f"{ACTIVITIES[methodology.activity]}, {KINDS[methodology.kind]}",
        "hostCountry": countries.country(project.hostCountry).name,
        "from": _day(session, project.creditingFrom),
        "until": _day(session, project.creditingUntil),
        "yearlyCapT": project.yearlyCapT,
    }


def _report(session: Session, event: Event) -> dict[str, Any]:
    number, told = event["reportId"], event["report"]
    status = session.chain.call("Projects", "monitoring", number).status
    final = session.chain.call("Projects", "isFinal", number)
    unit = session.chain.call("Issuance", "batchOfReport", number)
    return {
        "report": number,
        "from": _day(session, told.periodFrom),
        "until": _day(session, told.periodUntil),
        "quantityT": told.quantityT,
        "buffer": f"{told.bufferPpm / 10_000:g} %",
        "status": "final" if final else ("-", "reported", "disputed", "annulled")[status],
        "issuedAs": unit_name(unit) if unit else None,
    }


def _events(session: Session, event: str, *topics: str | None) -> list[Event]:
    return session.chain.logs("Projects", event, session.first_block, topics=topics)


def _first(session: Session, day: str, field: str) -> int:
    """Start of a local day in the scheme's zone [s]."""
    return parse_day(day, field) * DAY_S - _offset(session)


def _day(session: Session, moment: int) -> str:
    return session.local_date(moment)


def _offset(session: Session) -> int:
    offset = session.zone.utcoffset(None)
    return int(offset.total_seconds())


def _word(text: str, field: str) -> bytes:
    """A number or a hash in hex as 32 bytes; raises PROJECT_WORD."""
    try:
        value = int(text, 0)
    except ValueError:
        value = -1
    if not 0 < value < 2 ** (8 * WORD):
        raise refused("PROJECT_WORD", word=text, field=field)
    return value.to_bytes(WORD, "big")
