#!/bin/sh
# From an empty test chain to a market with a trade, a surrender and a retirement, by commands and new keys alone.
#
#   examples/market/market.sh [FOLDER]     # FOLDER: an empty one for keystores, records and reports
#
# The chain answers at $TONNE_RPC and begins where trading days are known, on Monday 6 January 2025, 9:00 in Beijing:
#
#   .tools/bin/anvil --timestamp 1736125200
#   node_modules/.bin/ganache --chain.time 2025-01-06T01:00:00Z --server.port 8545 --miner.blockGasLimit 30000000
#
# Test chains give each new key its gas money as soon as it signs. TONNE names the program. $STEPS=market ends after the audit.
set -eu

tonne=${TONNE:-$(cd "$(dirname "$0")/../.." && pwd)/bin/tonne}
here=$(cd "$(dirname "$0")" && pwd)
assumed=$(cd "$here/../../scenarios" && pwd)
folder=${1:-$(mktemp -d)}
mkdir -p "$folder"
cd "$folder"
export TONNE_RPC="${TONNE_RPC:-http://127.0.0.1:8545}" TONNE_DEPLOYMENTS="$folder/deployments"
export TONNE_PASSPHRASE_FILE="$folder/passphrase.txt"

count=0
step() { printf '\n== %s\n' "$*"; }
run() { count=$((count + 1)); printf '$ tonne %s\n' "$*"; $tonne "$@"; }
counted() {  # counted LIMIT WORDS: the commands since the last count
    printf '\n%s: %s commands, at most %s.\n' "$2" "$count" "$1"
    [ "$count" -le "$1" ]
    count=0
}

step "New keys, under one passphrase in a file"
[ -e passphrase.txt ] || printf 'a passphrase of its own\n' >passphrase.txt
run keystore new deployer.json administrator.json guardian.json authority.json issuer.json north.json sales.json \
    body.json lead.json reviewer.json
count=0

step "The contracts, a scheme from its pack, the people of a file"
run deploy --administrator administrator.json --holder guardian=guardian.json --holder authority=authority.json \
    --holder currency_issuer=issuer.json --keystore deployer.json
run scheme apply china-national --scenario "$assumed/china-dates-assumed.toml" \
    --scenario "$assumed/china-2023-24-assumed.toml" --wait --keystore authority.json
run wallet apply --file "$here/people.csv"
run authority approve --all --keystore authority.json

step "Allowances, money and a market"
run authority plan 2024 --cap 3000000 --free 2900000 --auctioned 100000 --keystore authority.json
run authority auctioned 2024 60000 --to sales.json --keystore authority.json
run authority mint --file "$here/people.csv" --keystore issuer.json
run market create allowance:2024 --keystore authority.json

step "A trade and an audit"
run clock next-session
run market sell 50000 --price 48.00 --deposit --keystore sales.json
run market buy 50000 --price 48.00 --deposit --keystore north.json
run audit run
counted 12 "From deployment to a trade and an audit"
[ "${STEPS:-all}" = all ] || exit 0

step "A plant, its report with evidence, the opinion of its verification body"
run authority register "$here/plants.csv" --keystore authority.json
run authority accredit "$here/verifiers.csv" --keystore authority.json
run report sign "$here/report.json" --installation 1 --year 2024 --evidence "$here/evidence" --keystore north.json
run report opinion 1-2024.draft.json --evidence "$here/evidence" --keystore lead.json
run report opinion 1-2024.draft.json --evidence "$here/evidence" --keystore reviewer.json
run report submit 1-2024.draft.json --keystore north.json

step "Allocation and obligation, once reports are final; surrender; retirement of allowances left over"
run clock set 2025-07-02
run authority assess --period 2024 --keystore authority.json
run market withdraw units 50000 --keystore north.json
run surrender 1 2800000 --keystore north.json
run retire 500 --unit allowance:2024 --beneficiary "North Power Ltd" --purpose "its own journeys of 2024" \
    --from 2024-01-01 --until 2024-12-31 --keystore north.json
run certificate verify 1 --evidence "$here/evidence"
run position --keystore north.json
run audit run
counted 15 "On to a surrender and a retirement"
printf '\nKeystores, records and reports: %s\n' "$folder"
