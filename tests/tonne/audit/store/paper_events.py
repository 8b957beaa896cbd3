"""Events without a chain: a database in memory, to which each event is written as a store would have it."""

from __future__ import annotations

import json

import duckdb

from tonne.audit.store import schema, views
from tonne.audit.store.excerpt import EventRows
from tonne.audit.store.register import Moment, PublicRegister
from tonne.crypto.merkle import leaf_hash, merkle_root
from tonne.evidence import manifest
from tonne.evidence.report_encoding import _TERMS, REPORT

CHINA, EUROPE = 1, 10


class PaperEvents(EventRows):
    """Blocks of one event each, a day apart from day 1 on unless a time is given; in memory or in a store."""

    def __init__(self, db=None):
        super().__init__(db or duckdb.connect(":memory:"))
        if db is None:
            self.db.execute(schema.TABLES)
            views.create(self.db)
        self.number = 0

    def ask(self, sql, parameters=()):
        return self.rows(sql, list(parameters))

    def event(self, contract, name, args, data=b"", time=None):
        self.number += 1
        at = self.number * 86_400 if time is None else time
        block = [self.number, self.number, bytes(32), bytes(32), at, bytes(32), 1, 1, b"", False]
        self.db.execute("INSERT INTO block VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", block)
        log = [self.number, bytes(32), bytes(20), b"", data]
        self.db.execute("INSERT INTO log VALUES (?, 0, 0, ?, ?, ?, ?)", log)
        told = [self.number, contract, name, json.dumps(args)]
        self.db.execute("INSERT INTO event VALUES (?, 0, ?, ?, ?)", told)
        return self.number

    def plant(self, number, scheme=CHINA, operator=7, class_=5):
        about = {"id": number, "operator": operator, "scheme": scheme, "jurisdiction": 14}
        self.event(
            "Participants",
            "InstallationRegistered",
            {**about, "benchmarkClass": class_, "capacityKw": 0},
        )

    def report(self, plant, year, lines, revision=1, root=None):
        """A report of these lines; returns its block."""
        sums = manifest.totals(lines)
        fields = {
            "emissionsT": sums.emissions_t,
            "powerMwh": sums.power_mwh,
            "heatGj": sums.heat_gj,
        }
        word = REPORT.pack(
            installation=plant, year=year, revision=revision, gwpSet=sums.gwp_set,
            lineCount=len(lines), signedAt=0, **fields,
        )  # fmt: skip
        root = root or manifest.lines_root(lines)
        terms = _TERMS.pack(
            final_at=1, config=1, body=1, bodies=1, persons=0, sequence=0, qualified=0
        )
        data = b"".join(one.to_bytes(32, "big") for one in (word, int.from_bytes(root), 0, terms))
        roots = {"linesRoot": "0x" + root.hex(), "evidenceRoot": "0x" + bytes(32).hex()}
        args = {"installation": plant, "operator": 7, "report": str(word), **roots}
        return self.event("EmissionsOracle", "EmissionsReported", args, data)

    def lines(self, plant, year, lines, revision=1, root=None):
        """Lines, or any bytes, published for a report under the root they come to; returns its block."""
        leaves = [
            one if isinstance(one, bytes) else manifest.canonical_json(*manifest.plain([one]))
            for one in lines
        ]
        root = root or merkle_root([leaf_hash(one) for one in leaves])
        args = {"installation": plant, "year": year, "linesRoot": "0x" + root.hex()}
        told = {"revision": revision, "lines": ["0x" + one.hex() for one in leaves]}
        return self.event("PublishedLines", "LinesPublished", args | told)

    def register(self, published=()):
        return PublicRegister(self, Moment(self.number, "0x", self.number * 86_400), published)
