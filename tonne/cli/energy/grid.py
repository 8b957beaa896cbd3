"""`tonne grid`: nodes and arcs of the power market, and who may bid and settle there."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from tonne.cli.core.command import command
from tonne.cli.core.officer_act import Effect, OfficerAct, OfficerCall
from tonne.cli.core.options import AMOUNT, WHO
from tonne.cli.core.output import many, parse_money, table, working
from tonne.cli.core.session import Session, participant_named
from tonne.constants import PPM, ZERO_WORD
from tonne.errors import TonneError, refused

if TYPE_CHECKING:
    from tonne.power.encoding import Arc

app = typer.Typer(
    help="Grid of the power market: nodes, lines, converters; who bids and settles there.",
    no_args_is_help=True,
)

#: `IPowerGrid`'s carriers, from 1.
CARRIERS: Final = ("electricity", "heat", "gas", "hydrogen")

#: Decimals of an efficiency in parts per million.
PPM_DIGITS: Final = 6

Node = Annotated[int, typer.Argument(help="Node number of the market.", min=0, max=255)]
Metering = Annotated[
    int,
    typer.Option(
        help="Node of the meter oracle that settles it by its sums; 0 for none yet.", min=0
    ),
]
Energy = Annotated[int, typer.Option(help="Energy an interval [Wh].", min=0, max=2**32 - 1)]
Efficiency = Annotated[
    str, typer.Option(help="Part that arrives, e.g. 0.97; of a converter it may be above 1.")
]
Cost = Annotated[str, typer.Option(help=f"Cost of energy sent [credits/kWh]. {AMOUNT}")]
Meter = Annotated[int, typer.Option(help="Meter there; 0 for none.", min=0, max=2**32 - 1)]


@app.command()
@command(needs=Session)
def show(session: Session) -> None:
    """Show nodes and arcs with their terms, changes to come included."""
    from tonne.power.encoding import Arc

    chain = session.chain
    now, notice = chain.now(), chain.call("PowerGrid", "NOTICE")
    count = chain.call("PowerGrid", "counts")[0]
    nodes = chain.call_many(("PowerGrid", "node", (n,)) for n in range(count))
    operators = chain.call_many(("BidLimits", "operatorOf", (n,)) for n in range(count))
    _, words = chain.call("PowerGrid", "gridAt", now + notice)
    arcs = [Arc.of(word) for word in words]
    data = {
        "nodes": [
            {
                "node": number,
                "scheme": node.scheme,
                "jurisdiction": node.jurisdiction,
                "carrier": _carrier_name(node.carrier),
                "region": node.region,
                "metering": node.metering,
                "operator": operator,
                "since": node.since,
            }
            for number, (node, operator) in enumerate(zip(nodes, operators, strict=True))
        ],
        "arcs": [_as_json(number, arc) for number, arc in enumerate(arcs)],
    }
    if not nodes:
        session.show(data, "The grid has no node: tonne grid node --help")
        return
    rows = [
        (
            *(n["node"], n["carrier"], n["region"], n["scheme"], n["metering"] or "none"),
            *(n["operator"] or "none", _when(session, n["since"], now)),
        )
        for n in data["nodes"]
    ]
    head = (">node", "carrier", ">region", ">scheme", ">meters' node", ">operator", "since")
    tables = [table("Nodes", head, rows)]
    if arcs:
        head = (">arc", ">from", ">to", ">arrives", ">Wh at most", ">credits/kWh", "since")
        tables.append(table("Arcs", head, [_row(session, a, now) for a in data["arcs"]]))
    session.show(data, *tables)


def _as_json(number: int, arc: Arc) -> dict[str, Any]:
    return {
        "arc": number,
        "from": arc.start,
        "to": arc.end,
        "efficiencyPpm": arc.efficiency,
        "capacityWh": arc.capacity,
        "cost": arc.cost,
        "line": arc.line,
        "version": arc.version,
        "since": arc.since,
    }


def _row(session: Session, arc: dict[str, Any], now: int) -> tuple[Any, ...]:
    return (
        *(arc["arc"], arc["from"], arc["to"], f"{arc['efficiencyPpm'] / PPM:.4f}"),
        *(f"{arc['capacityWh']:,}" if arc["capacityWh"] else "out of service",),
        *(f"{arc['cost'] / 1e6:.4f}", _when(session, arc["since"], now)),
    )


def _when(session: Session, since: int, now: int) -> str:
    return ("from " if since > now else "") + session.local_time(since)


def _carrier_name(number: int) -> str:
    return CARRIERS[number - 1] if 0 < number <= len(CARRIERS) else f"carrier {number}"


@app.command()
@command(needs=OfficerAct, scheme=1)
def node(
    act: OfficerAct,
    carrier: Annotated[str, typer.Argument(help=f"Carrier: {', '.join(CARRIERS)}.")],
    region: Annotated[int, typer.Option(help="Region number of the authority.", min=1)] = 1,
    jurisdiction: Annotated[int, typer.Option(help="Jurisdiction number.")] = 1,
    metering: Metering = 0,
) -> None:
    """Add a node: a carrier in a region, where energy is balanced and priced."""
    if carrier not in CARRIERS:
        raise refused("GRID_CARRIER", carrier=carrier, carriers=", ".join(CARRIERS))
    known = act.chain.call("MeterOracle", "nodeCount")
    if metering > known:
        raise TonneError(
            "GRID_NO_METERING",
            f"There is no node of meters {metering}.",
            field="metering",
            value=metering,
            remedy=f"Known: {f'1 to {known}' if known else 'none'}; the metering office opens another:"
            " `tonne meters node --help`.",
        )
    args = (act.scheme, jurisdiction, CARRIERS.index(carrier) + 1, region, metering)
    effect = Effect(f"node for {carrier} in region {region}", "none", f"from {_notice(act)} on")
    call = OfficerCall("PowerGrid", "addNode", args, [effect])
    act.do(f"Add a node for {carrier}", [call], result=_node_added)


def _node_added(act: OfficerAct) -> tuple[dict[str, Any], str]:
    number = act.event("NodeAdded")["node"]
    return {"node": number}, f"  It is node {number}."


def _notice(act: OfficerAct) -> str:
    """When a change counts that is sent now."""
    return act.local_time(act.chain.now() + act.chain.call("PowerGrid", "NOTICE"))


@app.command()
@command(needs=OfficerAct)
def arc(
    act: OfficerAct,
    start: Annotated[int, typer.Argument(help="Node at its start.", min=0, max=255)],
    end: Annotated[int, typer.Argument(help="Node at its end.", min=0, max=255)],
    efficiency: Efficiency,
    capacity: Annotated[
        int, typer.Option(help="Sent in an interval at most [Wh]; 0: out of service.")
    ],
    cost: Cost = "0",
    meter_from: Meter = 0,
    meter_to: Meter = 0,
    change: Annotated[
        int | None, typer.Option(help="Number of an arc between them with changed terms.")
    ] = None,
) -> None:
    """Add a line or converter, one way, or change its terms; a line used both ways is two arcs."""
    ppm = parse_money(efficiency, PPM_DIGITS)
    terms = (ppm, capacity, parse_money(cost, 6), 0, meter_from, meter_to, ZERO_WORD)
    if change is None:
        what = f"arc from node {start} to {end}"
        call = OfficerCall(
            "PowerGrid", "addArc", (start, end, terms), [Effect(what, "none", _terms(act, terms))]
        )
        act.do(f"Add an {what}", [call], result=_arc_set)
        return
    before = _arc_of(act, change, start, end)
    was = f"{before.efficiency / PPM:.4f} of at most {before.capacity:,} Wh"
    what = f"arc {change} from node {start} to {end}"
    call = OfficerCall(
        "PowerGrid", "setArc", (change, terms), [Effect(what, was, _terms(act, terms))]
    )
    act.do(f"Change {what}", [call], result=_arc_set)


def _terms(act: OfficerAct, terms: tuple[Any, ...]) -> str:
    return f"{terms[0] / PPM:.4f} of at most {terms[1]:,} Wh, from {_notice(act)} on"


def _arc_of(act: OfficerAct, number: int, start: int, end: int) -> Arc:
    from tonne.power.encoding import Arc

    later = act.chain.now() + act.chain.call("PowerGrid", "NOTICE")
    _, words = act.chain.call("PowerGrid", "gridAt", later)
    found = Arc.of(words[number]) if 0 <= number < len(words) else None
    if found is None or (found.start, found.end) != (start, end):
        raise refused("GRID_OTHER_ARC", change=number, start=start, end=end)
    return found


def _arc_set(act: OfficerAct) -> tuple[dict[str, Any], str]:
    event = act.event("ArcSet")
    data = {"arc": event["arc"], "version": event["version"], "since": event["since"]}
    return data, f"  It is arc {event['arc']}, version {event['version']}."


@app.command()
@command(needs=OfficerAct)
def capacity(
    act: OfficerAct,
    at: Node,
    bidder: Annotated[str, typer.Argument(help=f"Aggregator, plant or large user. {WHO}")],
    steps: Annotated[int, typer.Option(help="Price steps of its curves there.", min=0, max=64)],
    connections: Annotated[
        int, typer.Option(help="Connections of an aggregator's customers.", min=0)
    ] = 0,
    import_wh: Energy = 0,
    export_wh: Energy = 0,
) -> None:
    """Register the bids a participant may make at a node: connections, or the rating of its own devices."""
    number = participant_named(act, bidder, "bidder")
    later = act.chain.now() + act.chain.call("PowerGrid", "NOTICE")
    before = act.chain.call("BidLimits", "termsOf", at, number, later)
    told = (connections, import_wh, export_wh, steps)
    what = f"participant {number} at node {at}"
    effect = Effect(what, _capacity(before), f"{_capacity(told)}, from {_notice(act)} on")
    call = OfficerCall("BidLimits", "register", (at, [number], [told]), [effect])
    _, listed = act.chain.call("BidLimits", "customersOf", number)
    result = partial(_list_left, number=number) if listed else None
    act.do(f"Register {what}", [call], result=result)


def _list_left(act: OfficerAct, number: int) -> tuple[dict[str, Any], str]:
    """Whether a bidder's list of customers counts still: it is of the nodes that it had steps at."""
    _, listed = act.chain.call("BidLimits", "customersOf", number)
    said = (
        f"  Its list of {many(listed, 'customer')} counts."
        if listed
        else "  Its list of customers counts no more, since it bids at a further node: register it again by"
        " `tonne grid customers NODE BIDDER KEYS --folder FOLDER`."
    )
    return {"customers": listed}, said


def _capacity(terms: Any) -> str:
    connections, import_wh, export_wh, steps = tuple(terms)
    if not steps:
        return "no bids"
    own = f", own {import_wh:,} Wh in and {export_wh:,} Wh out" if import_wh or export_wh else ""
    return f"{connections:,} connections{own}, {steps} steps"


@app.command()
@command(needs=OfficerAct)
def customers(
    act: OfficerAct,
    at: Node,
    bidder: Annotated[str, typer.Argument(help=f"Aggregator. {WHO}")],
    keys: Annotated[
        Path | None,
        typer.Argument(
            help="File of its customers' addresses (`tonne energy key`), one a line for each connection."
        ),
    ] = None,
    place: Annotated[
        Path | None, typer.Option("--folder", help="New folder, for a paper for each customer.")
    ] = None,
) -> None:
    """Register an aggregator's customers, who share its forfeits; without KEYS, show how many it has.

    Each is handed its own paper, which takes its part: `tonne energy claim`. The list is of all its nodes,
    and is set again when it bids at a further one.
    """
    number = participant_named(act, bidder, "bidder")
    root, listed = act.chain.call("BidLimits", "customersOf", number)
    before = _listed(listed, root)
    if keys is None:
        data = {"bidder": number, "customers": listed, "root": root if listed else None}
        act.show(data, f"Participant {number} has {before} in the register.")
        return
    _set_customers(act, at, number, keys, place, before)


def _set_customers(
    act: OfficerAct, at: int, number: int, keys: Path, folder: Path | None, before: str
) -> None:
    """Writes the papers ahead of the root, which is of no use without them; none stay if it is refused."""
    from tonne import files
    from tonne.chain.reverts import ChainError
    from tonne.power import customer_papers

    place = _new_folder(folder)
    connections = _connections(act, at, number)
    papers = customer_papers.draw(act.chain, at, number, customer_papers.read_keys(keys))
    root, count = bytes.fromhex(papers[0].root[2:]), len(papers)
    written: list[Path] = []

    def write() -> None:
        with working(f"writing {many(count, 'paper')}"):
            files.create_all(place, {paper.name: paper.as_json() for paper in papers})
        written.extend(place / paper.name for paper in papers)

    lines = [f"  {many(count, 'paper')} in {place}: hand each customer its own, and no other."]
    data: dict[str, Any] = {"bidder": number, "customers": count, "connections": connections}
    if act.dry_run:
        lines = [f"  {many(count, 'paper')} would be written to {place}."]
    else:
        data |= {"root": root, "folder": str(place)}
    if connections != count:
        lines.append(
            f"  Its nodes count {many(connections, 'connection')}: who is not listed has no part."
        )
    what = f"customers of participant {number}"
    call = OfficerCall(
        *("BidLimits", "setCustomers", (at, number, root, count)),
        [Effect(what, before, _listed(count, None if act.dry_run else root))],
    )
    try:
        act.do(f"Register the {what}", [call], data, lines, ahead=write)
    except TonneError as error:
        # Refused, or no file for the Safe. Where a node was lost the root may be on its way.
        if isinstance(error, ChainError) or act.safe_file is not None:
            for path in written:
                path.unlink()
        raise


def _new_folder(folder: Path | None) -> Path:
    """CUSTOMER_PAPERS_NOWHERE, CUSTOMER_PAPERS_THERE where papers may be in customers' hands."""
    again = "`tonne grid customers NODE BIDDER KEYS --folder FOLDER --as OFFICER`"
    if folder is None:
        raise refused("CUSTOMER_PAPERS_NOWHERE", again=again)
    if next(folder.glob("*.json"), None) is not None:
        raise refused("CUSTOMER_PAPERS_THERE", folder=str(folder), again=again)
    return folder


def _connections(act: OfficerAct, at: int, number: int) -> int:
    """Connections of a bidder at all nodes; CUSTOMERS_NO_BIDDER where it has no steps at this one."""
    chain = act.chain
    later = chain.now() + chain.call("PowerGrid", "NOTICE")
    nodes = range(chain.call("PowerGrid", "counts")[0])
    terms = chain.call_many(("BidLimits", "termsOf", (n, number, later)) for n in nodes)
    if at >= len(terms) or not terms[at].steps:
        raise refused("CUSTOMERS_NO_BIDDER", node=at, participant=number)
    return sum(each.connections for each in terms)


def _listed(count: int, root: bytes | None) -> str:
    said = many(count, "customer") if count else "no list of customers"
    return f"{said} (root 0x{root.hex()[:8]}…)" if count and root else said


@app.command()
@command(needs=OfficerAct)
def operator(
    act: OfficerAct,
    at: Node,
    who: Annotated[str, typer.Argument(help=f"Participant that settles it. {WHO}")],
) -> None:
    """Name who settles a node: neither an aggregator there nor its oracle."""
    number = participant_named(act, who, "operator")
    before = act.chain.call("BidLimits", "operatorOf", at)
    effect = Effect(f"operator of node {at}", str(before or "none"), str(number))
    call = OfficerCall("BidLimits", "nameOperator", (at, number), [effect])
    act.do(f"Name the operator of node {at}", [call])


@app.command()
@command(needs=OfficerAct)
def expected(
    act: OfficerAct,
    at: Node,
    import_wh: Energy,
    export_wh: Energy,
) -> None:
    """Set the energy that a node meters at most in an interval, for hours of which nothing is counted yet."""
    before = act.chain.call("BidLimits", "highestOf", at, act.chain.now())
    told = f"{import_wh:,} Wh in and {export_wh:,} Wh out"
    effect = Effect(f"expected at node {at}", f"{before[0]:,} Wh in and {before[1]:,} Wh out", told)
    call = OfficerCall("BidLimits", "setExpected", (at, import_wh, export_wh), [effect])
    act.do(f"Set what node {at} is expected to meter", [call])
