"""Tables of the auditor's store (DuckDB). The views on them are in `views`."""

from __future__ import annotations

from typing import Final

#: Changes with the tables; a store of another form is read anew into another file.
FORM: Final = "1"

#: Blocks of one commit, unless they have very many logs.
CHUNK: Final = 1_000

TABLES: Final = """
CREATE TABLE about (name VARCHAR PRIMARY KEY, value VARCHAR NOT NULL);
CREATE TABLE contract (address BLOB NOT NULL, name VARCHAR NOT NULL);
CREATE TABLE block (
    id BIGINT NOT NULL, number BIGINT NOT NULL, hash BLOB NOT NULL, parent BLOB NOT NULL,
    time BIGINT NOT NULL, state_root BLOB NOT NULL, receipts INTEGER NOT NULL, logs INTEGER NOT NULL,
    digest BLOB NOT NULL, replaced BOOLEAN NOT NULL
);
CREATE TABLE log (
    block_id BIGINT NOT NULL, place INTEGER NOT NULL, tx_index INTEGER NOT NULL, tx BLOB NOT NULL,
    address BLOB NOT NULL, topics BLOB NOT NULL, data BLOB NOT NULL
);
CREATE TABLE event (
    block_id BIGINT NOT NULL, place INTEGER NOT NULL, contract VARCHAR, name VARCHAR, args VARCHAR
);
CREATE TABLE reading (seed BLOB NOT NULL);
CREATE TABLE cursor (
    block BIGINT NOT NULL, hash BLOB NOT NULL, digest BLOB NOT NULL, next_id BIGINT NOT NULL,
    results BIGINT NOT NULL
);
CREATE TABLE result (
    block BIGINT NOT NULL, hash BLOB NOT NULL, digest BLOB NOT NULL, state VARCHAR NOT NULL,
    trust VARCHAR NOT NULL, body VARCHAR NOT NULL, sum BLOB NOT NULL
);
"""
