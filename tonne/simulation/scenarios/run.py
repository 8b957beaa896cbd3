"""Runs a study in parallel and writes what it came to."""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import tomllib
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, as_completed
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy

from tonne.html_report import page
from tonne.paths import INSTALLED, TREE
from tonne.simulation.scenarios import report, table, years
from tonne.simulation.scenarios.study import Study
from tonne.simulation.scenarios.table import Results
from tonne.simulation.scenarios.years import YearResult


def run(study: Study, jobs: int, done: Callable[[], None] = lambda: None) -> Results:
    """Every variant under every seed. The number of jobs changes nothing but the time."""
    work = [(place, seed) for place in range(len(study.variants())) for seed in study.run.seeds]
    found: dict[tuple[int, int], list[YearResult]] = {}
    if jobs == 1:
        for one in work:
            found[one] = _run_one(study, *one)
            done()
        return found
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(min(jobs, len(work)), mp_context=context)
    try:
        waiting = {pool.submit(_run_one, study, *one): one for one in work}
        for future in as_completed(waiting):
            found[waiting[future]] = future.result()
            done()
    finally:
        pool.shutdown(cancel_futures=True)
    return found


def _run_one(study: Study, place: int, seed: int) -> list[YearResult]:
    return years.run(study, study.variants()[place], seed)


def manifest(study: Study, written: str) -> dict[str, Any]:
    """What a table was made of: with the same of all this it comes out the same, to the byte."""
    return {
        "scenario": study.path.name,
        "scenario_sha256": study.digest,
        "scheme": study.pack.scheme.name,
        "pack_sha256": study.pack.digest.hex(),
        "seeds": list(study.run.seeds),
        "years": [study.run.from_ + i for i in range(study.run.years)],
        "emitters": study.run.emitters,
        "sessions": study.run.sessions,
        "variants": [variant.name for variant in study.variants()],
        "versions": {"tonne": _version(), "numpy": numpy.__version__},
        "table_sha256": hashlib.sha256(written.encode()).hexdigest(),
    }


def _version() -> str:
    if INSTALLED:
        return version("tonne")
    project = tomllib.loads((TREE / "pyproject.toml").read_text("utf-8"))["project"]
    return str(project["version"])


def write(study: Study, results: Results, folder: Path) -> dict[str, Any]:
    """Table, single runs, report and manifest; returns the manifest."""
    folder.mkdir(parents=True, exist_ok=True)
    made = table.rows(study, results)
    text = table.as_csv(study, made)
    (folder / "table.csv").write_text(text, "utf-8")
    (folder / "runs.csv").write_text(table.runs_as_csv(study, results), "utf-8")
    page.write(report.page(study, made), folder)
    told = manifest(study, text)
    (folder / "manifest.json").write_text(json.dumps(told, indent=2) + "\n", "utf-8")
    return told
