#!/bin/sh
# The life of an offset project, from its registration to its certificate and its reversal, by commands alone.
#
#   examples/project/life.sh [FOLDER]      # FOLDER: an empty one for the forms, documents and accounts
#
# It starts a market of its own with `tonne up` on $PORT (8547) and stops it at the end. TONNE names the program.
set -eu

tonne=${TONNE:-$(cd "$(dirname "$0")/../.." && pwd)/bin/tonne}
folder=${1:-$(mktemp -d)}
port=${PORT:-8547}
mkdir -p "$folder"
cd "$folder"
export TONNE_RPC="http://127.0.0.1:$port" TONNE_DEPLOYMENTS="$folder/deployments"
export TONNE_ACCOUNTS="$folder/accounts" TONNE_PROFILES="$folder/profiles"

step() { printf '\n== %s\n' "$*"; }
run() { printf '$ tonne %s\n' "$*"; $tonne "$@"; }
# The value of a field of a command's JSON, whose output is kept for reading: value FIELD COMMAND…
value() {
    field=$1; shift
    printf '$ tonne %s\n' "$*" >&2
    $tonne "$@" --json >last.json
    sed -n "s/^ *\"$field\": \"\{0,1\}\([^\",]*\)\"\{0,1\},\{0,1\}\$/\1/p" last.json | sed -n 1p
}

step "A market with its authority, a verification body and a trader"
$tonne up --port "$port" --accounts "$TONNE_ACCOUNTS" --deployments "$TONNE_DEPLOYMENTS" >up.log 2>&1 &
up=$!
trap 'kill -TERM $up 2>/dev/null || true; wait $up 2>/dev/null || true' EXIT
until grep -q "Ctrl-C ends it" up.log; do
    kill -0 $up || { cat up.log; exit 1; }
    sleep 1
done
run status

step "A developer applies, and the registrar approves"
printf 'a passphrase of its own\n' >passphrase.txt
developer="--keystore forest.json --passphrase-file passphrase.txt"
address=$(value address keystore new forest.json --passphrase-file passphrase.txt)
run wallet apply --kinds developer --jurisdiction 1 --details "articles of association" $developer
number=$(value "$address" authority approve "$address" --as authority)

step "Its name, as a signed document whose hash is on chain"
run profile new participant "$number" --out forest.profile.toml $developer
sed -i.bak 's/^name = ""/name = "Forest of the North Ltd"/' forest.profile.toml
run profile sign forest.profile.toml participant "$number" $developer
run profile publish forest.profile.json $developer

step "A methodology, a project, its validation"
printf 'how planted woods are measured\n' >methodology.txt
printf 'where, what, how long\n' >design.txt
printf 'we have visited the place\n' >validation.txt
run project methodology 7 --kind forest --removal --buffer 10-20 --scope 1 --document methodology.txt --as authority
project=$(value project project register --methodology 7 --country China --from 2020-01-01 --until 2040-01-01 \
    --source "woods north of the river" --at 47.53,130.31 --document design.txt $developer)
run project validate "$project" --cap 60000 --document validation.txt --as authority
run profile new project "$project" --out project.profile.toml $developer
sed -i.bak 's/^name = ""/name = "woods north of the river"/' project.profile.toml
run profile sign project.profile.toml project "$project" $developer
run profile publish project.profile.json $developer

step "A monitoring report: form, signature, checklist, opinion, delivery"
mkdir -p evidence
printf 'plot,trees,t\n1,800,51000\n' >evidence/plots.csv
run monitoring new "$project" --from 2020-01-01 --until 2020-12-31 --out woods.form.toml
sed -i.bak -e 's/^kind = "baseline"/kind = "removal"/' -e 's/^name = ""/name = "growth of the woods"/' \
    -e 's/^tonnes = 0/tonnes = 50000/' -e 's/^document = ""/document = "plots.csv"/' \
    -e 's/^buffer_percent = "10"/buffer_percent = "12.5"/' woods.form.toml
run monitoring sign woods.form.toml --evidence evidence $developer
run monitoring check woods.draft.json --evidence evidence
run monitoring sign woods.draft.json --evidence evidence --as lead
run monitoring sign woods.draft.json --evidence evidence --as reviewer
report=$(value report monitoring submit woods.draft.json --as oracle)
run monitoring status woods.draft.json
run clock set +60d
run monitoring status --project "$project"

step "Credits with serial numbers, and a market for them"
unit=$(value unit offsets issue "$report" --as authority)
market=$(value market market create "$unit" --reference 30.00 --as authority)
run clock next-session --market "$market"
run market sell 5000 --price 30.00 --deposit --market "$market" $developer
run market buy 2000 --price 30.00 --deposit --market "$market" --as trader
run market watch --market "$market"
run clock set +1d  # units bought today move tomorrow
run clock next-session --market "$market"
run market withdraw units 2000 --market "$market" --as trader

step "A retirement with its certificate, verified, traced and printed"
certificate=$(value certificate retire 1500 --unit "$unit" --beneficiary "A. Company" --purpose "its flights of 2020" \
    --from 2020-01-01 --until 2020-12-31 --as trader)
run certificate verify "$certificate" --evidence evidence
run certificate show "$certificate"
run trace "$certificate" --evidence evidence --out lineage.svg
run certificate pdf "$certificate" --out certificate.pdf

step "A storm: the buffer pays. A felling: the developer pays, and owes the rest"
run offsets reverse "$unit" 4000 --reason "storm of March" --as authority
run market cancel --all --market "$market" $developer
run market withdraw units 3000 --market "$market" $developer
debt=$(value debt offsets reverse "$unit" 44000 --avoidable --reason "felled for timber" --as authority)
run offsets pay-debt "$debt" 100 --unit "$unit" --as trader
run position --as trader

step "The batch was never valid: locked, invalidated, its units cancelled; the certificate fails"
run offsets lock "$unit" --reason "plots that do not exist" --as authority
run offsets invalidate "$unit" --reason "plots that do not exist" --as authority
run offsets clear "$unit" --as authority
run project suspend "$project" --reason "plots that do not exist" --as authority
if run certificate verify "$certificate"; then
    echo "The certificate of an invalid batch must not hold."
    exit 1
fi
run trace "$certificate"

step "A name is withdrawn, and everything is replayed"
run profile withdraw participant "$number" --reason "the company is dissolved" $developer
run project show "$project"
run audit run
printf '\nForms, documents and pictures: %s\n' "$folder"
