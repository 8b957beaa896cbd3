"""`tonne inventory`: greenhouse gas inventories of organisations, signed, assured and put on record."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Final

import typer

from tonne.cli.core import wallet_signing
from tonne.cli.core.command import command
from tonne.cli.core.form_files import write_form
from tonne.cli.core.options import Participant
from tonne.cli.core.session import Keeper, Session, Signer, participant_named
from tonne.cli.core.wallet_signing import Given, To, Wallet, attach, show_messages
from tonne.errors import TonneError, refused

app = typer.Typer(
    help="Inventories of organisations: Scopes 1 to 3, signed, assured, side by side.",
    no_args_is_help=True,
)

File = Annotated[Path, typer.Argument(help="Inventory file of `tonne inventory sign`.")]
Year = Annotated[int, typer.Argument(help="Calendar year.", min=1990, max=2105)]
Level = Annotated[str, typer.Option(help="Assurance: none, limited or reasonable.")]
#: Most certificates of one call.
MOST_CLAIMS: Final = 200


@app.command()
@command(needs=Signer)
def new(
    session: Signer,
    year: Year,
    out: Annotated[
        Path | None, typer.Option(help="Form to write; default: YEAR.inventory.toml.")
    ] = None,
) -> None:
    """Write a form for your organisation's inventory of a year, with the plants that you operate."""
    from tonne.evidence import inventories, inventory_forms, inventory_records

    organisation = inventories.reporter(session.chain, session.account)
    version, _ = inventories.standing(session.chain, organisation, year)
    plants = inventory_records.operated_by(session.chain, organisation)
    path = out or inventories.form_name(year)
    text = inventory_forms.text(organisation, year, plants, version)
    write_form(path, text, "INVENTORY_FORM_EXISTS")
    data = {"file": path, "organisation": organisation, "version": version + 1, "plants": plants}
    session.show(data, f"Written to {path}. Fill it in, then `tonne inventory sign {path}`.")


@app.command()
@command(needs=Signer, wallet=None)
def sign(
    session: Signer,
    form: Annotated[Path, typer.Argument(help="Form of `tonne inventory new`.")],
    out: Annotated[
        Path | None, typer.Option(help="File to write; default: beside the form, .inventory.json.")
    ] = None,
) -> None:
    """Make a signed inventory of a form; plants' emissions and claims are read from the chain."""
    from tonne.evidence import inventories, inventory_forms

    filled = inventory_forms.load(form)
    hashed = inventory_forms.document_hash(filled, form)
    made = inventories.write(session.chain, session.account, filled, hashed)
    stem = form.name.removesuffix(inventory_forms.FORM_SUFFIX).removesuffix(".toml")
    path = out or form.with_name(stem + inventories.SUFFIX)
    inventories.save(path, made)
    following = (
        f"`tonne inventory assure {path}` of an assurance body, or `tonne inventory submit {path}`"
    )
    told = wallet_signing.then(session, f"`tonne inventory typed-data {path}`", following)
    _tell(session, path, made, f"Next: {told}.")


@app.command("typed-data")
@command(needs=Session)
def typed_data(session: Session, file: File, of: Wallet = None, out: To = None) -> None:
    """Show the message (EIP-712) that a wallet elsewhere has to sign: a browser's, a Safe's."""
    from tonne.evidence import awaited_signatures, inventories

    show_messages(
        session, awaited_signatures.awaited_in(inventories.load(file)), of, out, "inventory", file
    )


@app.command("attach-signature")
@command(needs=Session)
def attach_signature(session: Session, file: File, signature: Given) -> None:
    """Attach the signature of a wallet elsewhere; a wallet that is a contract is asked (ERC-1271)."""
    from tonne.evidence import inventories

    attach(session, file, inventories.load(file), signature, inventories.save)


@app.command()
@command(needs=Signer, wallet=None, scheme=1)
def assure(
    session: Signer,
    file: File,
    scope1: Level = "none",
    scope2: Level = "none",
    scope3: Level = "none",
    qualified: Annotated[
        bool, typer.Option("--qualified", help="The statement is qualified; say why in words.")
    ] = False,
    materiality: Annotated[
        int, typer.Option("--materiality-ppm", help="Materiality [ppm].", min=0, max=1_000_000)
    ] = 50_000,
    role: Annotated[
        str | None, typer.Option(help="Role: lead or reviewer; default: the missing one.")
    ] = None,
) -> None:
    """Sign a statement about an inventory, as lead verifier or reviewer of an independent body."""
    from tonne.evidence import inventories, reports

    if role is not None and role not in reports.ROLES:
        raise _not_a_word("role", role, tuple(reports.ROLES))
    levels = tuple(
        _level(f"scope{n}", said) for n, said in enumerate((scope1, scope2, scope3), start=1)
    )
    made = inventories.load(file)
    terms = inventories.AssuranceTerms(
        (levels[0], levels[1], levels[2]), session.scheme, qualified, materiality
    )
    bit = reports.ROLES[role] if role else None
    name = inventories.assure(session.chain, made, session.account, terms, bit)
    inventories.save(file, made)
    other = "" if inventories.is_assured(made) else "the other person, then "
    following = f"{other}`tonne inventory submit {file}`"
    told = wallet_signing.then(session, f"`tonne inventory typed-data {file}`", following)
    state = wallet_signing.signed_as(session, name)
    _tell(session, file, made, f"{file}: {state}. Next: {told}.")


@app.command()
@command(needs=Keeper)
def submit(session: Keeper, file: File) -> None:
    """Put an inventory on record, and the statement about it. Open to all: the signatures count."""
    from tonne.crypto.eip712 import struct_hash
    from tonne.evidence import inventories

    made, chain = inventories.load(file), session.chain
    inventories.check(chain, made)
    i = made.struct()
    args, assurance = (
        inventories.arguments(made),
        inventories.assurance_arguments(chain, made),
    )
    version, hashed = inventories.standing(chain, i.organisation, i.year)
    sent = []
    if (version, hashed) != (i.version, struct_hash(i)):
        sent.append(session.send("Inventories", "submit", *args).hash)
    record = chain.call("Inventories", "recordOf", i.organisation, i.year, i.version)
    if assurance is not None and not record.assuredAt:
        sent.append(session.send("Inventories", "assure", *assurance).hash)
    done = "" if sent else ", and was before"
    session.show(
        {
            "organisation": i.organisation,
            "year": i.year,
            "version": i.version,
            "assured": assurance is not None,
            "transactions": sent,
        },
        f"The inventory of participant {i.organisation} for {i.year}, version {i.version}, is on"
        f" record{done}; " + ("assured." if assurance is not None else "it is not assured."),
    )


@app.command()
@command(needs=Signer)
def claim(
    session: Signer,
    year: Year,
    certificates: Annotated[
        list[int], typer.Argument(help="Numbers of certificates of retirement that you hold.")
    ],
) -> None:
    """Claim retired credits and energy certificates for your inventory of a year, each once, for ever."""
    if len(certificates) > MOST_CLAIMS:
        raise refused(
            "INVENTORY_CLAIMS", certificates_count=len(certificates), most_claims=MOST_CLAIMS
        )
    receipt = session.send("Inventories", "claim", year, certificates)
    totals = session.chain.call("Inventories", "claimedOf", session.participant, year)
    session.show(
        {
            "certificatesWh": totals.certificatesWh,
            "creditsT": totals.creditsT,
            "transaction": receipt.hash,
        },
        f"Claimed for {year} so far: {totals.certificatesWh:,} Wh of certificates,"
        f" {totals.creditsT:,} t of credits. Sign the inventory after the last claim.",
    )


@app.command()
@command(needs=Signer)
def consent(
    session: Signer,
    plant: Annotated[int, typer.Argument(help="Installation that you operate.", min=1)],
    year: Year,
    organisation: Participant,
    boundary: Annotated[
        str,
        typer.Option(help="Approach: equity share, financial control or operational control."),
    ] = "equity share",
    share: Annotated[
        int, typer.Option("--share-ppm", help="Share [ppm]; 0 ends it.", min=0, max=1_000_000)
    ] = 1_000_000,
) -> None:
    """Consent that another organisation counts a share of your plant's emissions of a year."""
    from tonne.evidence.inventory_types import BOUNDARIES

    if boundary not in BOUNDARIES:
        raise _not_a_word("boundary", boundary, BOUNDARIES)
    who = participant_named(session, organisation, "organisation")
    place = BOUNDARIES.index(boundary) + 1
    receipt = session.send("Inventories", "consent", plant, year, who, place, share)
    session.show(
        {
            "installation": plant,
            "year": year,
            "organisation": who,
            "boundary": boundary,
            "sharePpm": share,
            "transaction": receipt.hash,
        },
        f"Participant {who} may count {share:,} ppm of installation {plant} for {year} by {boundary}.",
    )


def _level(field: str, said: str) -> int:
    from tonne.evidence.inventory_types import LEVELS

    if said not in LEVELS:
        raise _not_a_word(field, said, LEVELS)
    return LEVELS.index(said)


def _not_a_word(field: str, value: str, words: tuple[str, ...]) -> TonneError:
    return refused("INVENTORY_WORD", word=value, field=field, words=", ".join(words))


def _tell(session: Session, path: Path, made: Any, then: str) -> None:
    from tonne.evidence import inventories

    said = inventories.check(session.chain, made)
    session.show({"file": path, "checked": said}, f"{path}:", *(f"  {line}" for line in said), then)
