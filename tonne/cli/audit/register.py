"""`tonne register`: the public register of plants and participants, from proven events."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tonne.cli.audit.export import FormatOption
from tonne.cli.audit.run import CheckpointOption, trust_of
from tonne.cli.audit.stores import Nodes
from tonne.cli.core.command import command
from tonne.cli.core.options import PROFILES
from tonne.cli.core.output import errors, table
from tonne.cli.core.session import documents
from tonne.errors import refused

if TYPE_CHECKING:
    from tonne.audit.store.register import PublicRegister
    from tonne.audit.store.report_lines import PublishedReport
    from tonne.evidence.profiles import Names

app = typer.Typer(
    help="The public register: plants, allocation, verified figures, surrender, penalties.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
)

LinesOption = Annotated[
    Path | None,
    typer.Option(
        "--lines",
        metavar="FOLDER",
        help="Folder of reports whose lines are not on chain; proved against the roots that are.",
    ),
]


@dataclass(kw_only=True)
class PublicRecord(Nodes):
    """A session whose store is brought up to the latest proven block before it answers."""

    checkpoint: CheckpointOption = None

    @cached_property
    def register(self) -> PublicRegister:
        """The register at the store's last block. Raises REGISTER_PAST_CHECKPOINT where that is later."""
        from tonne.audit.reading import bring_up
        from tonne.audit.store.register import PublicRegister
        from tonne.progress import ProgressDisplay

        trust = trust_of(self, self.checkpoint, trust_node=False, chunk=1_000)
        with ProgressDisplay(errors, hidden=self.as_json) as display:
            display.expect([("reading blocks", 1.0)])
            count = display.counter("reading blocks")
            head = bring_up(
                self.chain,
                self.first_block,
                self.opened,
                trust,
                lambda done, total: count(done, total, ""),
            )
        found = PublicRegister.of(self.opened, self.published())
        if self.checkpoint is not None and found.at.block > head.number:
            raise refused(
                "REGISTER_PAST_CHECKPOINT", checkpoint=self.checkpoint, at_block=found.at.block
            )
        return found

    def published(self) -> list[PublishedReport]:
        """Reports whose lines are to be proved."""
        return []

    @cached_property
    def names(self) -> Names:
        from tonne.audit.store.profile_records import StoreRecords
        from tonne.evidence.profiles import Names

        return Names(StoreRecords(self.opened), documents(self.profiles))

    def names_at_hand(self) -> Names:
        return self.names

    def answer(self, data: dict[str, Any], *lines: Any) -> None:
        """An answer with the block that it holds at."""
        from tonne.cli.audit import register_pages

        at = self.register.at
        head = {"block": at.block, "blockHash": at.hash, "time": at.time}
        self.show({**head, **data}, *lines, *register_pages.foot(at))


@dataclass(kw_only=True)
class ProvenRecord(PublicRecord):
    """A session that proves lines of reports in files beside the figures on chain."""

    lines: LinesOption = None

    def published(self) -> list[PublishedReport]:
        if self.lines is None:
            return []
        from tonne.audit.store import report_lines

        return report_lines.read(self.lines)


@app.command("list")
@command(needs=ProvenRecord, profiles=PROFILES)
def list_(
    session: ProvenRecord,
    scheme: Annotated[int | None, typer.Option(help="Only plants of this scheme.")] = None,
    period: Annotated[
        int | None, typer.Option(help="Compliance period; default: each plant's latest.")
    ] = None,
    year: Annotated[
        int | None, typer.Option(help="Year of the verified figure; default: the latest.")
    ] = None,
) -> None:
    """List plants: operator, allocation, verified, surrendered and owed [t], standing, open penalties.

    A plant complies when nothing is owed, is short when something is after the deadline, and is not yet
    judged before it; closed where the authority closed the obligation. Where a scheme judges by running
    totals, surrendered and owed are totals since the plant entered, and the standing is the verdict.
    Electricity and heat are on chain, and where lines are published (`tonne report publish-lines`) tonnes of
    other products; lines that are not published are proved out of files, by --lines.
    """
    from tonne.cli.audit import register_pages

    rows = session.register.listed(scheme, period, year)
    session.answer({"rows": rows}, *register_pages.listing(rows))


@app.command()
@command(needs=ProvenRecord, profiles=PROFILES)
def show(
    session: ProvenRecord,
    plant: Annotated[int | None, typer.Argument(help="Installation number.")] = None,
    participant: Annotated[
        int | None, typer.Option(help="Number of a participant instead of a plant.")
    ] = None,
) -> None:
    """Show all that is on chain about a plant, or a participant; each line with its block and log.

    Master data, each step of the allocation, verified years, products, surrenders, obligations, penalties
    with decision and appeal, disputes. Of texts, lines and documents only hashes are on chain.
    """
    from tonne.cli.audit import register_pages

    if (plant is None) == (participant is None):
        raise refused("REGISTER_SHOW_WHAT", plant=plant)
    if plant is not None:
        found = session.register.plant(plant)
        session.answer(found, *register_pages.plant(found))
        return
    assert participant is not None
    found = session.register.participant(participant)
    session.answer(found, *register_pages.participant(found))


@app.command()
@command(needs=ProvenRecord, profiles=PROFILES)
def search(
    session: ProvenRecord,
    words: Annotated[
        list[str],
        typer.Argument(
            help="A number, `class 2`, a wallet 0x…, or part of a name, place or product."
        ),
    ],
) -> None:
    """Find plants and participants by number, wallet, name of a profile, jurisdiction, class or product."""
    from tonne.audit.store import register_search
    from tonne.cli.audit import register_pages

    rows = register_search.found(session.register, " ".join(words), session.names)
    session.answer({"rows": rows}, *register_pages.found(rows))


@app.command()
@command(needs=ProvenRecord)
def export(
    session: ProvenRecord,
    to: Annotated[Path, typer.Argument(metavar="FOLDER", help="Folder for the files.")],
    form: FormatOption = "csv",
) -> None:
    """Write the register as tables, each row with its block's hash and its log, and a manifest."""
    from tonne.audit.store import exports, register, register_products

    form_ = exports.format_named(form)
    at = session.register.at
    products = register_products.exported(session.opened, session.register.products)
    found = exports.write(session.opened, [*register.exported(), products], to, form_)
    rows = [(f["file"], f"{f['rows']:,}", f["sha256"]) for f in found["files"]]
    session.answer(found, table(f"Block {at.block:,}", ("file", ">rows", "SHA-256"), rows))


@app.command()
@command(needs=PublicRecord, profiles=PROFILES)
def transactions(
    session: PublicRecord,
    scheme: Annotated[int | None, typer.Option(help="Only units of this scheme.")] = None,
    participant: Annotated[
        int | None, typer.Option(help="Only transfers from or to this participant.")
    ] = None,
    limit: Annotated[int, typer.Option(help="Most rows.", min=1, max=100_000)] = 100,
    before: Annotated[
        str | None,
        typer.Option(help="Rows before this one: `next` of the answer before, block:log:number."),
    ] = None,
) -> None:
    """List transfers of units between accounts, once the delay that their scheme publishes is over.

    Between wallets, fills of the book, block trades; the latest first. Those within the delay are counted
    only, and so are all of a scheme whose delay is not known.
    """
    from tonne.audit.store import register_transactions
    from tonne.cli.audit import register_pages

    at = session.register.at
    ask = (session.opened.rows, at.time)
    found = register_transactions.answer(*ask, scheme, participant, limit, before)
    session.answer(found, *register_pages.transactions(found))
