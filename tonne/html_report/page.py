"""Content of a report and its rendering as a single HTML file that asks for nothing outside itself."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Final

from tonne import files
from tonne.html_report import data_files
from tonne.html_report.charts import Chart
from tonne.html_report.data_files import Column, DataTable, Value

if TYPE_CHECKING:
    from markupsafe import Markup

HERE: Final = Path(__file__).resolve().parent
PAGE: Final = "index.html"
#: Rows of a table before the rest is folded away; a printed table ends with them, too.
FOLD: Final = 25


@dataclass(frozen=True, slots=True)
class Text:
    """A paragraph. `kind`: p, small, or note for a highlighted one."""

    text: str
    kind: str = "p"
    form: ClassVar[str] = "text"


@dataclass(frozen=True, slots=True)
class Bullets:
    items: Sequence[str]
    form: ClassVar[str] = "bullets"


@dataclass(frozen=True, slots=True)
class Facts:
    """Names with their values; `links` has an address for some of the names."""

    rows: Sequence[tuple[str, str]]
    links: dict[str, str] = field(default_factory=dict)
    form: ClassVar[str] = "facts"


@dataclass(frozen=True, slots=True)
class PageTable:
    """A sortable table of a data table's rows; `title` may be empty."""

    title: str
    data: DataTable
    fold: int = FOLD
    form: ClassVar[str] = "table"


@dataclass(frozen=True, slots=True)
class Charts:
    """Charts beside each other where there is room."""

    charts: Sequence[Chart]
    form: ClassVar[str] = "charts"


Part = Text | Bullets | Facts | PageTable | Charts


@dataclass(frozen=True, slots=True)
class Section:
    title: str
    parts: Sequence[Part]

    @property
    def anchor(self) -> str:
        return re.sub(r"[^a-z0-9]+", "-", self.title.lower()).strip("-")


@dataclass(frozen=True, slots=True)
class Page:
    """A report. `headline`: a few figures above all others, as name, value and remark."""

    title: str
    kicker: str
    intro: Sequence[Part]
    sections: Sequence[Section]
    headline: Sequence[tuple[str, str, str]] = ()
    foot: str = ""
    data: Sequence[DataTable] = ()  # written beside it with the tables of the sections
    sheet: bool = False  # a sheet of paper: printed close, without contents and the list of files

    @property
    def files(self) -> list[DataTable]:
        """Every table once, in the order of the data, then of the page."""
        found = {table.name: table for table in self.data}
        for part in (part for section in self.sections for part in section.parts):
            if isinstance(part, PageTable):
                found.setdefault(part.data.name, part.data)
        return list(found.values())


def columns(*names: str, first: str = "") -> list[Column]:
    """Columns of text."""
    return [Column(first), *(Column(name) for name in names)]


def listing(
    name: str, about: str, of: Sequence[Column], rows: Iterable[Sequence[Value]]
) -> PageTable:
    """A table without a title."""
    return PageTable("", DataTable(name, about, of, [tuple(row) for row in rows]))


def write(page: Page, folder: Path) -> None:
    """Writes the page and its data files into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    if page.files:
        data_files.write(page.files, folder)
    files.write(folder / PAGE, render(page))


def render(page: Page) -> str:
    """The page's HTML."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # wanted here alone

    rooms = Environment(
        loader=FileSystemLoader(HERE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    rooms.filters["code"] = _code
    rooms.filters["written"] = _written
    rooms.globals["body"] = _body
    style, script = _asset("report.css"), _asset("report.js")
    return rooms.get_template("report.html.j2").render(
        page=page,
        style=style,
        script=script,
        policy=(
            "default-src 'none'; base-uri 'none'; form-action 'none';"
            f" style-src '{_hash(style)}'; script-src '{_hash(script)}'"
        ),
    )


def _body(table: DataTable, fold: int) -> Markup:
    """Rows of a table; the template takes twice as long for thousands of cells."""
    from markupsafe import Markup

    shown = [
        (place, column.text, _cell(at, numeric, long))
        for at, ((place, column), numeric, long) in enumerate(
            zip(table.shown, table.numeric, table.long, strict=True)
        )
    ]
    lines = []
    for number, row in enumerate(table.rows, start=1):
        lines.append('<tr class="more">' if number > fold else "<tr>")
        for at, (place, text, (opening, closing)) in enumerate(shown):
            value = row[place]
            if value is not None:
                told = text(value)
                # A number has nothing to escape.
                value = _written(told, at) if isinstance(value, str) else told
            lines.append(f"{opening}{'' if value is None else value}{closing}")
        lines.append("</tr>\n")
    return Markup("".join(lines))


def _written(text: str, at: int = 0) -> Markup:
    """Text of a cell; a name that heads its row may go on in a new line after each underscore."""
    from markupsafe import Markup, escape

    return escape(text) if at else escape(text).replace("_", Markup("_<wbr>"))


def _cell(at: int, numeric: bool, long: bool) -> tuple[str, str]:
    """Tags of the cells of a column: the first one heads its row."""
    kind = ' class="n"' if numeric else ""
    if at == 0:
        return f'<th scope="row"{kind}>', "</th>"
    kind = kind or (' class="wrap"' if long else "")
    return f"<td{kind}>", "</td>"


def _code(text: str) -> Markup:
    """Text whose commands stand between backticks."""
    from markupsafe import Markup, escape

    parts = [escape(part) for part in text.split("`")]
    return Markup("").join(
        Markup("<code>{}</code>").format(p) if i % 2 else p for i, p in enumerate(parts)
    )


@cache
def _asset(name: str) -> str:
    return (HERE / name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return "sha256-" + base64.b64encode(digest).decode()
