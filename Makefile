# The commands of this project. Each does its own set-up; nothing needs to be activated.
#
#   make demo        two small years with industry, China's and Europe's, then a whole compliance period of a
#                    national carbon market, from deployment to report; in a terminal it ends with the page on
#                    the chain it has filled
#   make energy-day  a day of an energy market, from signed meters to bills, audit and report
#   make energy-live ten minutes of a power market of daemons, with prices in the terminal and on the page;
#                    `make energy-live-week` plays 672 quarter-hours of 200 meters to their payments, `make
#                    energy-live-wall` two hours by the wall's clock
#   make test        formatting, all tests that take seconds
#   make test-changed  the tests that changed files can affect, the nearest first, in ten seconds; BUDGET=all runs
#                    all of them
#   make test-long   the tests that take minutes
#   make test-nightly  every long form, resumed where it stopped, and a table with a figure for each;
#                    FORMS="soak week" runs these alone
#   make gas         write the gas snapshots, repeat the Exchange's on Anvil, compare with other books;
#                    `make test` compares with the snapshots
#   make gas-interval  what a quarter-hour of the power market costs a household, from receipts
#   make help-tree   write the help of every command; `make test` compares with it
#   make abi         write `abi/`, the published ABIs; `make test` compares with them
#   make compiler    the native Solidity compiler, about ten times faster than npm's, for who changes contracts
#   make verify-artifacts  recompile artifacts/ by Forge, Brownie and py-solc-x, and compare all bytes
#   make package     the wheel and the npm package, in build/dist
#   make page        the page of web/, in build/page; `tonne page` serves it
#   make floor-plan  draw the rooms of the project and their imports, docs/images/floors-*.svg
#   make error-reference  write docs/errors.md, the contracts' errors and what to do about them
#   make descriptors write abi/erc7730/, what wallets show of each signed type
#   make rule-keys   write docs/rule-keys.md, the keys of rule packs
#   make assurance   proofs, static analysis, insiders' campaigns and a sample of mutants, in minutes;
#                    `make assurance-changed` does nothing if contracts and tools are those of the recorded pass,
#                    `make assurance-full` takes a night, `make proofs` and `make slither` are parts of it
#   make coverage    statements of the contracts that the Solidity tests reach, docs/coverage.md
#   make faults      both daemons at nodes that fail and lie, killed and reorganised, and the table of it;
#                    SEED=N plays one again, PLAN=night the nightly form, PLAN=short that of `make test`
#   make soak        both daemons for HOURS=8 at a chain of wall-clock blocks: memory, handles and journals each minute
#   make bench       periods of EMITTERS='500 2162' and an audit beside a bare transfer, raw JSON and web3.py, in ratios
#   make bench-chain what four validators carry, docs/capacity.md: a period and ten minutes of full blocks
#   make figures     the size and order of the project in figures, each counted from its files
#   make fmt         format Solidity and Python
#   make setup       only the set-up that the others do by themselves

SUPPORTED = 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))'
# What set-up was made with goes first, so that a new default does not undo it.
PYTHON := $(shell for name in .venv/bin/python python3 python3.13 python3.12 python3.11; do \
	$$name -c $(SUPPORTED) 2>/dev/null && { echo $$name; break; }; done)

FORGE := .tools/bin/forge
RUFF := .venv/bin/ruff
MYPY := .venv/bin/mypy
RUN := .venv/bin/python -P -m

# Narrow a run with these: make test-python PYTEST_ARGS="tests/tonne -k fleet"
#                           make test-forge FORGE_ARGS="--match-path tests/lib/MerkleSum.t.sol"
FORGE_ARGS ?=
PYTEST_ARGS ?=
# Two more than cores, since a quarter of the tests' time is waiting for blocks and processes; 8 at most: each takes 1 GB.
WORKERS ?= $(shell n=$$(($$(getconf _NPROCESSORS_ONLN) + 2)); echo $$((n < 8 ? n : 8)))
# Tests of the libraries alone need no deployed contract: after a change of a library they run within seconds.
FORGE_NEEDS := $(if $(filter tests/lib/% tests/types/% tests/book/%,$(FORGE_ARGS)),setup,build)
# A street whose registers are played after the day: a folder with its meters and losses.
STREET ?= $(dir $(firstword $(wildcard data/energy/*_meters_15min.csv ../shared/data/energy/*_meters_15min.csv)))
# A year with industry beside power, of few emitters: China's allocated by what they emit, Europe's by tonnes of product.
SECTORS := bin/tonne period --brief --from 2024 --emitters 60 --sessions 20 --monthly 0 \
	--scenario scenarios/china-2023-24-assumed.toml --scenario scenarios/china-dates-assumed.toml \
	--scenario scenarios/china-2024-sectors.toml
EU_SECTORS := bin/tonne period --brief --scheme eu --from 2024 --emitters 60 --sessions 20 --monthly 0 \
	--scenario scenarios/eu-ets-assumed.toml --scenario scenarios/eu-2024-sectors.toml
# Order flow that was recorded, if there is any here.
FLOW ?= $(firstword $(wildcard data/orderflow/*_commands.csv ../shared/data/orderflow/*_commands.csv))
GAS_TESTS := tests/gas/**

# The files of the tree itself, not of installed packages or other tools.
SOLIDITY := $(wildcard contracts interfaces tests)

export PYTHONPATH := $(CURDIR)
export SOLCX_BINARY_PATH := $(CURDIR)/tools/solc
# Tests start hundreds of processes: each would compile the sources anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: setup compiler verify-artifacts demo energy-day energy-live energy-live-week energy-live-wall test test-changed test-long test-forge test-forge-long test-python test-python-long test-nightly \
	assurance assurance-changed assurance-full coverage slither proofs lint fmt abi descriptors floor-plan error-reference rule-keys help-tree package page faults soak bench bench-chain figures gas gas-check gas-interval build clean

setup:
	@test -n "$(PYTHON)" || { echo "setup: install Python 3.11, 3.12 or 3.13 with venv \
	(Debian, Ubuntu: apt-get install python3 python3-venv)." >&2; exit 1; }
	@$(PYTHON) tools/setup.py

demo: setup
	@$(SECTORS) && $(EU_SECTORS)
	@if test -t 1; then $(MAKE) --no-print-directory page && bin/tonne period --serve; else bin/tonne period; fi

energy-live: page
	@$(RUN) tests.oracles.power.live $(LIVE_ARGS)

energy-live-week: page
	@$(RUN) tests.oracles.power.live --intervals 672 --meters 200 --aggregators 5 --kills 50 $(LIVE_ARGS)

energy-live-wall: page
	@$(RUN) tests.oracles.power.live --wall-clock --minutes 120 --kills 20 $(LIVE_ARGS)

energy-day: setup
	@bin/tonne energy day
	@test -z "$(STREET)" || bin/tonne energy day --street $(STREET)

test: lint build
	@$(MAKE) --no-print-directory test-forge gas-check
	@$(MAKE) --no-print-directory test-python

test-long: build
	@$(MAKE) --no-print-directory test-forge-long
	@$(MAKE) --no-print-directory test-python-long

# The artifacts of the contracts: shipped with the source, compiled again where sources or settings changed.
build: setup
	@$(RUN) tonne.deployment.compiler

# The native compiler, about ten times faster than npm's; only a change of contracts needs a compiler.
compiler: setup
	@$(RUN) tools.native_compiler

# Recompiles each artifact that is not in artifacts/verified.json by Forge, Brownie and py-solc-x, and compares all
# bytes; VERIFY=--all takes every one.
verify-artifacts: setup
	@$(RUN) tools.verify_artifacts $(VERIFY)

test-forge: $(FORGE_NEEDS)
	@$(RUN) tools.repeat_if_changed forge $(FORGE) test --no-match-path '$(GAS_TESTS)' $(FORGE_ARGS)

# Without the differential tests, whose long form tests/toolchain/test_differential.py runs and times, and without
# the insiders' campaigns, whose long form `make assurance` runs.
test-forge-long: build
	@FOUNDRY_PROFILE=long $(FORGE) test --no-match-path '{$(GAS_TESTS),tests/market/Differential.t.sol,tests/invariant/**}' $(FORGE_ARGS)

# Gas is measured with each call as a transaction of its own, as a chain charges it.
gas: build
	@$(FORGE) build tests/yardstick --quiet
	@FORGE_SNAPSHOT_EMIT=true $(FORGE) test --isolate --match-path '$(GAS_TESTS)'
	@$(RUN) tests.gas

# A whole quarter-hour of the power market on Anvil, from receipts; the table of docs/gas.md.
gas-interval: setup
	@$(RUN) tests.gas.interval

gas-check: build
	@$(FORGE) build tests/yardstick --quiet
	@FORGE_SNAPSHOT_CHECK=true $(RUN) tools.repeat_if_changed gas \
		$(FORGE) test --isolate --match-path '$(GAS_TESTS)'

# A change of a command's options or help is accepted with this.
help-tree: setup
	@$(RUN) tests.tonne.cli.help_tree

# The pictures of docs/architecture.md; `make test` compares with them.
floor-plan: setup
	@$(RUN) tools.floor_plan

# The table docs/errors.md; `make test` compares with it.
error-reference: setup
	@$(RUN) tools.error_reference

# ERC-7730 descriptors of the signed types; `make test` compares with them.
descriptors: setup
	@$(RUN) tools.descriptors

# The table docs/rule-keys.md; `make test` compares with it.
rule-keys: setup
	@$(RUN) tools.rule_keys

# A change of a deployed contract's interface is published with this.
abi: setup
	@$(RUN) tools.abi

# The wheel and the npm package, with everything compiled, in build/dist.
package: setup
	@$(RUN) tools.package

# The page, with the packages of its own lock.
page: setup
	@$(RUN) tools.page

# What docs/oracle.md tells of under "Faults".
PLAN ?= full
faults: build
	@$(RUN) tests.oracles.campaign --plan $(PLAN) $(if $(SEED),--seed $(SEED))

# What docs/oracle.md tells of under "Faults", too: whether the daemons grow.
HOURS ?= 8
soak: build
	@$(RUN) tests.oracles.campaign.soak --hours $(HOURS) $(if $(SEED),--seed $(SEED))

# Whole periods and the auditor beside a bare transfer, raw JSON and web3.py, by clock and processor time.
EMITTERS ?= 500 2162
bench: build
	@$(RUN) tools.bench $(EMITTERS)

bench-chain: build
	@$(RUN) tests.e2e.consortium.capacity $(if $(FLOW),--flow "$(FLOW)")

figures: setup
	@$(RUN) tools.figures

# Without arguments, tests that passed on the same tree are not repeated.
test-python: setup
	@$(if $(PYTEST_ARGS),,$(RUN) tools.repeat_if_changed python )$(RUN) pytest -n $(WORKERS) --dist loadfile $(PYTEST_ARGS)

# BUDGET: expected seconds of the tests, or all.
test-changed: build
	@$(RUN) tools.affected_tests $(if $(BUDGET),--budget $(BUDGET))

test-python-long: setup
	@$(RUN) pytest -m "long and not nightly" -n $(WORKERS) --dist loadfile $(PYTEST_ARGS)

# FORMS: names of long forms, all by default; a run leaves out what passed on the same sources.
FORMS ?=
test-nightly: build
	@$(RUN) tools.nightly $(FORMS)

# What docs/assurance.md tells of. Analysers have environments of their own, made from tools/assurance/*.lock.
assurance: build
	@$(RUN) tools.assurance

# Proofs, analysis and campaigns only if their sources differ from those of the recorded pass.
assurance-changed: build
	@$(RUN) tools.assurance --if-changed

assurance-full: build
	@$(RUN) tools.assurance --full

slither: setup
	@$(RUN) tools.assurance.static

proofs: setup
	@$(RUN) tools.assurance.proofs

coverage: setup
	@$(RUN) tools.assurance.coverage

lint: setup
	@$(RUFF) check
	@$(RUFF) format --check
	@$(FORGE) fmt --check $(SOLIDITY)
	@$(MYPY) --no-error-summary

fmt: setup
	@$(RUFF) check --fix
	@$(RUFF) format
	@$(FORGE) fmt $(SOLIDITY)

clean:
	@rm -rf build reports .pytest_cache .hypothesis .ruff_cache
