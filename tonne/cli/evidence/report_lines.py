"""`tonne report publish-lines`: lines of reports put on chain, for the public register."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tonne.cli.core.command import command
from tonne.cli.core.output import many, table
from tonne.cli.core.session import Keeper


@command(needs=Keeper, dry_run=False)
def publish_lines(
    session: Keeper,
    files: Annotated[
        list[Path], typer.Argument(help="Report and batch files, as an oracle took them.")
    ],
) -> None:
    """Publish the lines of reports on chain: `tonne register` then tells tonnes of product. Open to all.

    Only lines of reports that are on chain are sent, each once, several reports in a transaction. It cannot
    be undone, and lines name fuels with their carbon.
    """
    from tonne.evidence import line_publication

    found = [report for file in files for report in line_publication.of_file(file)]
    missing = line_publication.to_publish(session.chain, found, session.first_block)
    groups = list(line_publication.batches(missing))
    sent = []
    if missing and not session.dry_run:
        session.fund()
        calls = line_publication.calls(session.chain, session.account, missing)
        sent = session.chain.send_many(calls)
    data = {
        "reports": [
            {"installation": r.installation, "year": r.year, "revision": r.revision,
             "lines": len(r.leaves), "bytes": r.size, "linesRoot": r.root}
            for r in missing
        ],
        "published": len(found) - len(missing),
        "transactions": [receipt.hash for receipt in sent],
        "gas": sum(receipt.gas_used for receipt in sent),
        "dryRun": session.dry_run,
    }  # fmt: skip
    rows = [(*r.key, f"{len(r.leaves):,}", f"{r.size:,}") for r in missing]
    ahead = f"{many(len(missing), 'report')} in {many(len(groups), 'transaction')}"
    session.show(
        data,
        table("Lines", (">plant", ">year", ">revision", ">lines", ">bytes"), rows) if rows else "",
        f"{ahead}; nothing was sent (--dry-run)." if session.dry_run else f"Published: {ahead}.",
        f"On chain before: {many(len(found) - len(missing), 'report')}.",
    )
