"""HTML of the pages that simulations write: style, tables, images, lists."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem;
       color: #1b1f24; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.1rem; margin-top: 2.2rem; }
table { border-collapse: collapse; margin: .5rem 0; } td, th { padding: .15rem .8rem .15rem 0;
  text-align: left; vertical-align: top; } td.n { text-align: right;
  font-variant-numeric: tabular-nums; }
img { max-width: 100%; } .note { background: #fdf6e3; padding: .6rem 1rem; }
.small { color: #57606a; font-size: 13px; }
"""


def html(title: str, parts: Iterable[str]) -> str:
    """A whole page; `parts` are HTML already."""
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(title)}</title>'
        f"<style>{STYLE}</style><body>" + "\n".join(parts) + "</body></html>\n"
    )


def image(name: str, text: str) -> str:
    return f'<img src="{name}" alt="{escape(text)}">'


def grid(rows: Iterable[tuple[str, str]]) -> str:
    """A table of names and values."""
    body = "".join(f"<tr><th>{escape(a)}</th><td>{escape(b)}</td></tr>" for a, b in rows)
    return f"<table>{body}</table>" if body else "<p>None.</p>"


def bullets(items: Iterable[str]) -> str:
    return '<ul class="small">' + "".join(f"<li>{escape(i)}</li>" for i in items) + "</ul>"


def table(title: str, heads: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A titled table of figures; the first column is a name."""
    top = "".join(f"<th>{escape(head)}</th>" for head in heads)
    body = "".join(
        "<tr>" + f"<td>{escape(str(row[0]))}</td>" + "".join(map(_cell, row[1:])) + "</tr>"
        for row in rows
    )
    return f"<h3>{escape(title)}</h3><table><tr>{top}</tr>{body}</table>"


def _cell(value: object) -> str:
    shown = f"{value:,}" if isinstance(value, int) else str(value)
    return f'<td class="n">{escape(shown)}</td>'
