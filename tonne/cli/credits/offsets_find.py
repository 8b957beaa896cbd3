"""`tonne offsets find` and `buy`: credits across batches, by what they are and what they cost."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tonne import countries
from tonne.cli.core.command import command
from tonne.cli.core.output import money, parse_day, parse_money, table
from tonne.cli.core.session import Session, Signer
from tonne.constants import EPOCH
from tonne.errors import refused
from tonne.types.unit_id import unit_name

if TYPE_CHECKING:
    from tonne.audit.export.credit_search import CreditOffer, CreditTerms, LabelView, Take

#: `ProjectKind` of IProjects.
KINDS = (
    *("", "forest", "wind", "efficiency", "renewable"),
    *("waste", "land", "transport", "industry", "other"),
)

Projects = Annotated[
    list[str] | None,
    typer.Option(
        "--project", help="Project number, or another registry's as VERRA:2498; repeatable."
    ),
]
Countries = Annotated[
    list[str] | None,
    typer.Option("--country", help="Host country by letters or name, e.g. CHN; repeatable."),
]
Vintage = Annotated[
    str | None, typer.Option("--vintage", help="Vintage or range, e.g. 2020 or 2019-2021.")
]
Labels = Annotated[
    list[str] | None,
    typer.Option(
        "--label",
        help="Label that holds: name or number of its programme, or article6; repeatable.",
    ),
]
Kind = Annotated[
    str | None, typer.Option("--kind", help=f"Kind of project: {', '.join(KINDS[1:])}.")
]
MostPrice = Annotated[
    str | None, typer.Option("--max-price", help="Most a tonne may cost, fee included, e.g. 12.40.")
]


@command(needs=Session)
def find(
    session: Session,
    projects: Projects = None,
    countries_: Countries = None,
    vintage: Vintage = None,
    labels: Labels = None,
    kind: Kind = None,
    max_price: MostPrice = None,
    day: Annotated[
        str | None, typer.Option("--on", help="Day on which labels hold; default: today.")
    ] = None,
) -> None:
    """Find credits across batches by project, country, vintage, label and price; cheapest first."""
    from tonne.audit.export import credit_search

    wanted = _wanted(projects, countries_, vintage, labels, kind, max_price)
    number = parse_day(day, "on") if day else None
    found = [
        one
        for one in credit_search.search(session.chain, session.first_block, number)
        if wanted.fits(one)
    ]
    found.sort(key=_order)
    columns = (
        "batch",
        "project",
        "country",
        ">vintage",
        "labels",
        ">t",
        ">market",
        ">from a t",
        ">t at it",
    )
    session.show(
        {"credits": [_data(one) for one in found]},
        table(f"{len(found):,} batches", columns, [_row(one) for one in found])
        if found
        else "No batch fits.",
    )


@command(needs=Signer)
def buy(
    session: Signer,
    tonnes: Annotated[int, typer.Argument(help="Tonnes to buy.", min=1)],
    max_price: Annotated[
        str, typer.Option("--max-price", help="Most a tonne may cost, fee included, e.g. 12.40.")
    ],
    projects: Projects = None,
    countries_: Countries = None,
    vintage: Vintage = None,
    labels: Labels = None,
    kind: Kind = None,
    partial: Annotated[
        bool, typer.Option("--partial", help="Buy what fits, where that is less than asked for.")
    ] = False,
    deposit: Annotated[
        bool, typer.Option("--deposit", help="First deposit the missing cash from the wallet.")
    ] = False,
) -> None:
    """Buy the cheapest credits that fit, over several books in one transaction: all of them or none.

    An offer that is gone when the transaction arrives stops it whole; nothing is bought then.
    """
    from tonne.audit.export import credit_search

    wanted = _wanted(projects, countries_, vintage, labels, kind, max_price)
    currency = session.chain["SettlementCurrency"].address
    wanted = wanted._replace(currency=currency)
    offers = [
        one for one in credit_search.search(session.chain, session.first_block) if wanted.fits(one)
    ]
    takes = credit_search.cheapest(offers, wanted, tonnes)
    if not partial or not takes:
        credit_search.enough(takes, tonnes)
    _pay_in(session, takes, deposit)
    requests = [_request(session, take) for take in takes]
    receipt = session.send("Exchange", "batch", [], requests)
    bought = sum(take.tonnes for take in takes)
    rows = [
        (unit_name(t.credit.unit), t.credit.market, f"{t.tonnes:,}", money(t.cash)) for t in takes
    ]
    session.show(
        {
            "tonnes": bought,
            "wanted": tonnes,
            "mostPaid": money(sum(take.cash for take in takes)),
            "takes": [
                {"unit": hex(t.credit.unit), "market": t.credit.market, "lots": t.lots,
                 "tonnes": t.tonnes, "mostPaid": money(t.cash)}
                for t in takes
            ],
            "transaction": receipt.hash,
        },
        table(f"{bought:,} t bought", ("batch", ">market", ">t", ">paid at most"), rows),
        *([f"{tonnes - bought:,} t of {tonnes:,} t found no offer that fits."] if bought < tonnes else []),
    )  # fmt: skip


def _wanted(
    projects: list[str] | None,
    names: list[str] | None,
    vintage: str | None,
    labels: list[str] | None,
    kind: str | None,
    max_price: str | None,
) -> CreditTerms:
    from tonne.audit.export.credit_search import CreditTerms

    if kind is not None and kind not in KINDS[1:]:
        raise refused("OFFSET_KIND", kind=kind, kinds=', '.join(KINDS[1:]))  # fmt: skip
    return CreditTerms(
        projects=projects or (),
        countries=[countries.number(name) for name in names or ()],
        vintages=_vintages(vintage) if vintage else (0, 9_999),
        labels=labels or (),
        kinds=[KINDS.index(kind)] if kind else (),
        most=parse_money(max_price, 4) if max_price else 0,
    )


def _vintages(text: str) -> tuple[int, int]:
    first, _, last = text.partition("-")
    if not (first.isdigit() and (last or first).isdigit() and int(first) <= int(last or first)):
        raise refused("OFFSET_VINTAGE", vintage=text)  # fmt: skip
    return int(first), int(last or first)


def _pay_in(session: Signer, takes: list[Take], deposit: bool) -> None:
    """Each market has cash of its own: a missing sum is deposited, or named in the refusal."""
    accounts = session.chain.call_many(
        ("Exchange", "account", (session.participant, take.credit.market)) for take in takes
    )
    short = [
        (take.credit.market, -(-(take.cash - account.cashFree) // 100))
        for take, account in zip(takes, accounts, strict=True)
        if take.cash > account.cashFree
    ]
    total = sum(cents for _, cents in short)
    if not total:
        return
    if not deposit:
        raise refused(
            "OFFSET_NO_CASH", total=total, missing=money(total * 100), short_count=len(short)
        )
    session.send("SettlementCurrency", "approve", session.chain["Exchange"], total)
    for market, cents in short:
        session.send("Exchange", "depositCash", market, cents)


def _request(session: Signer, take: Take) -> int:
    """Order for the lots of a take, at once or not at all."""
    from tonne.cli.market.order_options import BUY, OrderTerms, packed
    from tonne.types.ids import MarketId

    terms = OrderTerms(at_once=True, least=take.lots)
    market = MarketId(take.credit.market or 0)
    return packed(session.chain, market, BUY, take.lots, money(take.price), terms)


def _order(credit: CreditOffer) -> tuple[bool, float, int]:
    best = credit.best
    return best is None, best.price / credit.lot_t if best else 0, credit.unit


def _row(credit: CreditOffer) -> tuple[Any, ...]:
    best = credit.best
    names = [view.name for view in credit.labels]
    names += ["Article 6"] if credit.authorised_t else []
    return (
        hex(credit.unit),
        credit.project,
        countries.country(credit.country).alpha3,
        credit.vintage,
        ", ".join(names),
        f"{credit.tonnes:,}",
        credit.market or "",
        money(best.price // credit.lot_t) if best else "",
        f"{best.lots * credit.lot_t:,}" if best else "",
    )


def _data(credit: CreditOffer) -> dict[str, Any]:
    best = credit.best
    return {
        "unit": hex(credit.unit),
        "project": credit.project,
        "country": countries.country(credit.country).alpha3,
        "vintage": credit.vintage,
        "kind": KINDS[credit.kind],
        "tonnes": credit.tonnes,
        "labels": [label_data(view) for view in credit.labels],
        "authorisedTonnes": credit.authorised_t,
        "market": credit.market,
        "lotTonnes": credit.lot_t,
        "bestPriceOfLot": money(best.price) if best else None,
        "offeredTonnes": sum(offer.lots for offer in credit.offers) * credit.lot_t,
    }


def label_data(view: LabelView) -> dict[str, Any]:
    """A label for machines."""
    return {
        "programme": view.programme,
        "name": view.name,
        "kind": view.kind,
        "from": (EPOCH + timedelta(days=view.label.from_day)).isoformat(),
        "until": (EPOCH + timedelta(days=view.label.until_day)).isoformat(),
        "evidence": "0x" + view.label.evidence.hex(),
        "detail": view.label.detail,
    }
