#!/bin/sh
# Two organisations report their emissions of a year on one network, and stand side by side.
#
#   tonne up                               # a market whose plants have final reports of 2020
#   examples/inventory/compare.sh [FOLDER] # FOLDER: an empty one for the signed files
#
# TONNE names the program; TONNE_RPC, TONNE_DEPLOYMENTS and TONNE_ACCOUNTS the market, by default that of `tonne up`.
set -eu

tonne=${TONNE:-$(cd "$(dirname "$0")/../.." && pwd)/bin/tonne}
here=$(cd "$(dirname "$0")" && pwd)
folder=${1:-$(mktemp -d)}
mkdir -p "$folder"
cd "$folder"

step() { printf '\n== %s\n' "$*"; }
run() { printf '$ tonne %s\n' "$*"; $tonne "$@"; }

step "North: signed, and assured by a body without interest in it"
run inventory sign "$here/north.inventory.toml" --out north.inventory.json --as north
run inventory assure north.inventory.json --scope1 reasonable --scope2 limited --as lead
run inventory assure north.inventory.json --scope1 reasonable --scope2 limited --as reviewer
run inventory submit north.inventory.json

step "East: signed, and not assured"
run inventory sign "$here/east.inventory.toml" --out east.inventory.json --as east
run inventory submit east.inventory.json

step "Side by side, and held against the chain by an audit"
run inventory compare 2020 --csv 2020.csv
run audit run
