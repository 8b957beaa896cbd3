"""A store in memory of the events that some views read: a report's tables, by the service's queries.

It rests on the word of the node, and its blocks have number, hash and time alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from tonne.audit.replay.events import block_times
from tonne.audit.store import rows, views
from tonne.audit.store.columns import decode
from tonne.audit.store.database import Cursor, Store
from tonne.audit.store.rows import StoredBlock
from tonne.chain.client import Chain

MEMORY: Final = Path(":memory:")


def read(chain: Chain, names: Iterable[str]) -> Store:
    """A store with all events that the views of these names read."""
    store = Store(MEMORY)
    store.db.execute("SET threads = 1")
    logs = _logs(chain, frozenset[str]().union(*map(views.events_of, names)))
    moments = block_times(chain, logs)
    hashes = {int(log["blockNumber"], 16): bytes.fromhex(log["blockHash"][2:]) for log in logs}
    known = {int(number, 16): time for number, time in moments.items()}
    blocks = [
        StoredBlock(number, hashes[number], b"", known[number], b"", 0, 0, b"")
        for number in sorted(hashes)
    ]
    found = [rows.row(log, moments[log["blockNumber"]]) for log in logs]
    del logs
    if blocks:
        store.append(Cursor(-1, b"", b"", 0), blocks, found, decode(chain, found))
    return store


def _logs(chain: Chain, words: frozenset[str]) -> list[dict[str, Any]]:
    """Logs of the named events of the named contracts."""
    found: list[dict[str, Any]] = []
    for contract in chain.contracts.values():
        topics = [
            contract.topic(entry["name"])
            for entry in contract.abi
            if entry["type"] == "event" and entry["name"] in words
        ]
        if contract.name in words and topics:
            asked = {
                "address": contract.address,
                "topics": [topics],
                "fromBlock": "0x0",
                "toBlock": "latest",
            }
            found += chain.rpc.call("eth_getLogs", asked)
    return sorted(found, key=lambda log: (int(log["blockNumber"], 16), int(log["logIndex"], 16)))
