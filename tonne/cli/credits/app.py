"""Offset projects and credits: `tonne project`, `offsets`, `registry`, `passage`, `article6`, `export`."""

from __future__ import annotations

import typer

from tonne.cli.credits import (
    article6,
    batch_office,
    cash_office,
    export,
    label,
    offsets,
    offsets_find,
    offsets_office,
    passage,
    passage_office,
    project,
    registry,
    registry_replay,
)

offsets.app.command("open")(offsets_office.open_)
offsets.app.command()(offsets_office.clear)
offsets.app.command()(batch_office.issue)
offsets.app.command()(batch_office.lock)
offsets.app.command()(batch_office.unlock)
offsets.app.command()(batch_office.invalidate)
offsets.app.command()(batch_office.reverse)
offsets.app.command()(batch_office.bind)
offsets.app.command()(cash_office.proceeds)
offsets.app.command()(cash_office.mark_cash)
offsets.app.command()(cash_office.hold_cash)
offsets.app.command()(cash_office.release_cash)
offsets.app.command()(offsets_find.find)
offsets.app.command()(offsets_find.buy)
offsets.app.command()(batch_office.pay_debt)
registry.app.command()(registry_replay.replay)
passage.app.command()(passage_office.hold)
passage.app.command()(passage_office.admit)
passage.app.command()(passage_office.refuse)
passage.app.command()(passage_office.close)
passage.app.command()(passage_office.settle)

app = typer.Typer(rich_markup_mode="markdown")
app.add_typer(offsets.app, name="offsets")
app.add_typer(registry.app, name="registry")
app.add_typer(passage.app, name="passage")
app.add_typer(project.app, name="project")
app.add_typer(label.app, name="label")
app.add_typer(article6.app, name="article6")
app.add_typer(export.app, name="export")
