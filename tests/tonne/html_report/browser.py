"""Checks of a report in headless Chromium, and of its data files."""

from __future__ import annotations

import csv
import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from tests.web.conftest import chromium
from tools import page as page_build

HERE = Path(__file__).resolve().parent
SECONDS = 240
#: Smallest label [px], and the light ground of a printed page.
LEAST_PX = 11
WHITE = "rgb(255, 255, 255)"
DAY = ["0", "3", "6", "9", "12", "15", "18", "21", "24"]


def look(page: Path, pdf: Path | None = None) -> dict[str, Any]:
    """What a browser finds on a page."""
    page_build.main()  # brings the browser's driver
    task = {"url": page.resolve().as_uri(), "chromium": chromium()}
    if pdf is not None:
        task["pdf"] = str(pdf)
    done = subprocess.run(
        [page_build.node_of(), str(HERE / "look.mjs")],
        input=json.dumps(task),
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def check_page(found: dict[str, Any], html: str) -> None:
    """Asks for nothing, fits every width, is legible in light and dark, and prints."""
    assert found["requests"] == [] and found["console"] == []
    assert not re.search(r"""(?:src|href)=["']?(?:https?:)?//""", html)
    assert not re.search(r"url\((?!#)|@import", html)
    assert 'name="viewport"' in html
    for width, seen in found["widths"].items():
        assert seen["over"] <= 0, f"{seen['over']} px too wide at {width}"
        assert seen["least"] >= LEAST_PX, width
    light, dark = found["contrast"]["light"], found["contrast"]["dark"]
    assert light["grave"] == [] and dark["grave"] == []
    assert light["ground"] != dark["ground"] == found["switched"]
    assert None not in found["contents"] and len(found["contents"]) > 3
    assert found["print"]["ground"] == WHITE
    assert found["print"]["buttons"] == found["print"]["scrolls"] == 0
    assert found["print"]["charts"] <= 0 and found["print"]["pages"] > 0
    for chart in found["charts"]:
        assert chart["marks"] > 0, chart["title"]
    assert not found["charts"] or (found["tip"] and found.get("fewer", 1) == 1)


def number(text: str) -> float:
    return float(text.replace(",", "")) if text else float("-inf")


def check_tables(found: dict[str, Any]) -> None:
    """A click sorts, a second one the other way; sums stand below."""
    assert found["tables"]
    for name, table in found["tables"].items():
        for key, column in table["columns"].items():
            assert sorted(column["sorts"]) == ["ascending", "descending"], (name, key)
            if column["numeric"]:
                down = [number(text) for text in column["once"]]
                up = [number(text) for text in column["twice"]]
                assert down == sorted(down, reverse=True), (name, key)
                assert up == sorted(up), (name, key)
            else:
                assert sorted(column["once"]) == sorted(column["twice"])
                assert column["once"] != column["twice"] or len(set(column["once"])) == 1
        assert table["shown"] <= table["fold"]


def check_data(found: dict[str, Any], folder: Path) -> None:
    """CSV, Parquet and the page's tables have the same rows and sums."""
    files = {path.stem for path in folder.glob("*.csv")}
    assert files == {path.stem for path in folder.glob("*.parquet")}
    assert files.issuperset(found["tables"].keys() - {"files"})
    assert found["tables"]["files"]["columns"].keys()
    for name in sorted(files):
        with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            head, *rows = csv.reader(file)
        parquet = pq.read_table(folder / f"{name}.parquet")
        assert parquet.column_names == head and parquet.num_rows == len(rows), name
        page = found["tables"].get(name, {"columns": {}})["columns"]
        for at, key in enumerate(head):
            kept = [value for value in parquet.column(key).to_pylist() if value is not None]
            if not kept or isinstance(kept[0], str):
                continue
            total = sum(float(row[at]) for row in rows if row[at])
            assert abs(total - float(sum(kept))) <= 1e-9 * abs(total), (name, key)
            shown = page.get(key)
            if shown is None or shown["total"] in (None, "", "total"):
                continue
            told = number(shown["total"])
            scale = shown["scale"]
            digits = len(shown["total"].partition(".")[2])
            assert abs(told - total / scale) <= 0.51 * 10**-digits, (name, key)
            summed = sum(number(text) for text in shown["once"] if text)
            assert abs(summed - told) <= 0.51 * 10**-digits * (len(rows) + 1), (name, key)


def check(out: Path, pdf: Path | None = None) -> dict[str, Any]:
    """All of them, for a report in its folder."""
    page = out / "index.html"
    found = look(page, pdf)
    check_page(found, page.read_text(encoding="utf-8"))
    check_tables(found)
    check_data(found, out / "data")
    return found
