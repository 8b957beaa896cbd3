"""Lineage of certificates and serial numbers: looked up by name, and laid out for people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.parse import quote, urlsplit

from rich.markup import escape
from rich.tree import Tree

from tonne.cli.core.evidence_options import holders_named
from tonne.cli.core.session import Session
from tonne.constants import ZERO_WORD
from tonne.errors import TonneError, refused
from tonne.text import harmless
from tonne.units import retirement_certificates
from tonne.units.lineage import LineageNode, Tracer, moment
from tonne.units.lineage_drawing import MARKS, said
from tonne.units.retirement_certificates import Opening


def lineage(
    session: Session,
    which: str,
    opening: Opening | None,
    evidence: Sequence[str] | None = None,
) -> LineageNode:
    """Lineage of a certificate, named by its number or the identifier of its QR code."""
    holders = holders_named(evidence or ())
    tracer = Tracer(session.chain, session.first_block, holders, session.names)
    return tracer.certificate(_number(session, which), opening)


def _number(session: Session, which: str) -> int:
    """Number of a certificate; raises CERTIFICATE_NUMBER for an identifier of another registry."""
    number = which.rpartition("/")[2]
    if not number.isdigit() or which not in (number, identifier(session, number)):
        raise refused("CERTIFICATE_NUMBER", certificate=which, identifier=identifier(session, "1"))
    return int(number)


def identifier(session: Session, number: str) -> str:
    """CAIP-19 identifier of a certificate: chain, contract and number."""
    registry = session.chain["RetirementRegistry"].address
    return f"eip155:{session.chain.chain_id}/erc721:{registry}/{number}"


def page_of(base: str, path: Path) -> str:
    """Address of the page of the certificate printed in `path`, in the folder `base`."""
    parts = urlsplit(base)
    if parts.scheme != "https" or not parts.hostname or parts.query or parts.fragment:
        raise refused("CERTIFICATE_PAGE", base=base)
    return f"{base.rstrip('/')}/{quote(path.with_suffix('.html').name)}"


def opening_of(file: Path | None, name: str | None, salt: str | None) -> Opening | None:
    """Opening of a commitment from a file, or from name and salt; None without any."""
    if file is not None:
        return retirement_certificates.read_opening(file)
    if name is None and salt is None:
        return None
    if name is None:
        raise TonneError(
            "COMMITMENT_NAME", "A salt alone opens nothing.", "name", remedy="Give --name."
        )
    return Opening(name, retirement_certificates.word_of(salt) if salt is not None else ZERO_WORD)


def as_of(session: Session) -> str:
    """Block and time of the check."""
    return f"block {session.chain.block_number():,}, {moment(session.chain.now(), session.zone)}"


def distinct(node: LineageNode) -> Iterator[LineageNode]:
    """Nodes of a lineage, each once: blocks of one batch share the nodes below it."""
    seen = set()
    for one in node.walk():
        if (one.kind, one.title) not in seen or one.kind == "signer":
            seen.add((one.kind, one.title))
            yield one


def facts(node: LineageNode) -> list[str]:
    """Facts of a node, a line each."""
    return [f"  {name}: {value}" for name, value in node.facts.items()]


def marked(text: str, passed: bool | None) -> str:
    """A check with its mark, as rich markup."""
    colour = {True: "green", False: "red", None: "yellow"}[passed]
    return f"[{colour}]{MARKS[passed][0]}[/] {escape(harmless(text))}"


def tree(node: LineageNode) -> Tree:
    """Lineage as a tree."""
    root = Tree(escape(harmless(node.title)))
    _grow(root, node)
    return root


def _grow(branch: Tree, node: LineageNode) -> None:
    for name, value in node.facts.items():
        branch.add(f"[dim]{name}[/] {escape(harmless(value))}")
    for check in node.checks:
        branch.add(marked(said(check), check.passed))
    for child in node.children:
        _grow(branch.add(escape(harmless(child.title))), child)
