"""Events decoded in columns are those of the general decoder, one by one."""

from __future__ import annotations

import json
import random

from tonne.audit.store import columns, rows
from tonne.chain.client import Chain
from tonne.chain.contract import Contract, encode_values
from tonne.crypto.hashing import keccak

NUMBERS = ["uint8", "uint64", "uint256", "int24"]
TYPES = ["address", "bool", *NUMBERS, "bytes4", "bytes32", "string", "uint16[]"]


def raw(log):
    return rows.row(log, 5)


def test_all_events_of_a_market(town):
    logs = town.chain.rpc.call("eth_getLogs", {"fromBlock": "0x0", "toBlock": "latest"})
    logs = [log for log in logs if town.chain.event(log) is not None]
    decoded = columns.decode(town.chain, [raw(log) for log in logs])
    assert [e.event for e in decoded.events] == [town.chain.event(log) for log in logs]
    for event, text in zip(decoded.events, decoded.json, strict=True):
        assert list(json.loads(text)) == list(event.event.args)


def value(kind, die):
    if kind == "address":
        return die.randbytes(20)
    if kind == "bool":
        return die.random() < 0.5
    if kind.startswith(("uint16[]",)):
        return [die.randrange(2**16) for _ in range(die.randrange(4))]
    if kind.startswith(("uint", "int")):
        bits = int(kind.strip("uint"))
        number = die.choice([0, 1, 2**63 - 1, 2**63, 2**64, die.getrandbits(bits)]) % 2**bits
        return number - 2 ** (bits - 1) if kind.startswith("int") else number
    if kind == "string":
        return die.choice(["", 'a "quoted" word', "\x00", "碳", "\udcff"])
    return die.randbytes(int(kind[5:]))


def of(inputs):
    told = {"type": "event", "name": "Told", "inputs": inputs}
    return Contract("Some", "0x" + "12" * 20, [told])


def _encoded(values):
    if not values:
        return b""
    return encode_values(f"({','.join(k for k, _ in values)})", [v for _, v in values])


def test_random_events(monkeypatch):
    die = random.Random(11)
    for _ in range(60):
        kinds = [die.choice(TYPES) for _ in range(die.randrange(6))]
        indexed = [k != "string" and "[" not in k and die.random() < 0.3 for k in kinds]
        indexed = [i and sum(indexed[:n]) < 3 for n, i in enumerate(indexed)]
        inputs = [
            {"name": f"v{n}", "type": k, "indexed": i}
            for n, (k, i) in enumerate(zip(kinds, indexed, strict=True))
        ]
        contract = of(inputs)
        chain = Chain("http://nowhere")
        chain.add(contract)
        topic = keccak(f"Told({','.join(kinds)})".encode())
        found = []
        for place in range(die.randrange(1, 9)):
            values = [value(k, die) for k in kinds]
            marked = list(zip(kinds, indexed, values, strict=True))
            topics = topic + b"".join(encode_values(f"({k})", [v]) for k, i, v in marked if i)
            rest = [(k, v) for k, i, v in marked if not i]
            data = _encoded(rest)
            found.append(rows.Row(3, place, 7, 0, bytes(32), contract.address_bytes, topics, data))
        decoded = columns.decode(chain, found)
        for row, event, text in zip(found, decoded.events, decoded.json, strict=True):
            topics = ["0x" + row.topics[at : at + 32].hex() for at in range(0, len(row.topics), 32)]
            log = {
                "topics": topics, "data": "0x" + row.data.hex(), "blockNumber": "0x3",
                "transactionHash": "0x" + "00" * 32, "logIndex": hex(row.place),
            }  # fmt: skip
            assert event.event == contract.decode_log(log)
            assert list(json.loads(text)) == [i["name"] for i in inputs]


def test_a_log_that_is_not_of_its_event_is_left_unexplained():
    inputs = [{"name": "text", "type": "string", "indexed": False}]
    contract = of(inputs)
    chain = Chain("http://nowhere")
    chain.add(contract)
    topic = keccak(b"Told(string)")
    some = [
        rows.Row(1, 0, 0, 0, b"", contract.address_bytes, topic, b"\xff" * 40),
        rows.Row(1, 1, 0, 0, b"", contract.address_bytes, topic * 2, b""),
        rows.Row(1, 2, 0, 0, b"", contract.address_bytes, bytes(32), b""),
        rows.Row(1, 3, 0, 0, b"", bytes(20), topic, b""),
    ]
    assert columns.decode(chain, some).events == [None] * 4
