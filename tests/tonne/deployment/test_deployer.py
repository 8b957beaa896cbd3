"""A deployment is whole, repeatable after any interruption, and leaves the deployer without power."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tonne.chain.client import Chain
from tonne.crypto.accounts import Account, checksum
from tonne.deployment import deployer as deploying
from tonne.deployment import founding, granted_roles, record, roles
from tonne.deployment.plan import PLAN, WIRING
from tonne.errors import TonneError
from tonne.sandbox import node, seed_market

DEPLOYER = Account.from_seed("deployer")


class Killed(BaseException):
    """Stands for the process being killed: nothing of ours catches it."""


def test_a_repetition_sends_nothing(deployed, settings):
    before = deployed.chain.block_number()

    again = deploying.deploy(deployed.chain, DEPLOYER, settings, deployed.folder)

    assert again == deployed.deployment
    assert deployed.chain.block_number() == before


def test_the_file_names_what_stands_on_the_chain(deployed):
    body = json.loads(record.path_for(deployed.chain.chain_id, deployed.folder).read_text())

    assert list(body["contracts"]) == sorted(PLAN)
    for entry in body["contracts"].values():
        receipt = deployed.chain.receipt(entry["tx_hash"])
        assert receipt.contract_address.lower() == entry["address"].lower()
        assert receipt.block == entry["block"]


def test_every_contract_is_below_the_size_limit(deployed):
    sizes = {
        name: (len(deployed.chain.code(contract.address)) - 2) // 2
        for name, contract in deployed.chain.contracts.items()
    }

    assert {name: size for name, size in sizes.items() if not 0 < size < 24_576} == {}


@pytest.mark.parametrize("after", [1, 2, 3, 4, 5, 6])
@pytest.mark.parametrize("sent", [0, 2, 1], ids=["before sending", "half sent", "after sending"])
def test_an_interrupted_deployment_is_completed(
    chain, settings, tmp_path, monkeypatch, after, sent
):
    """Killed between journal and sending, or between sending and the receipt: nothing twice."""
    calls = 0
    dispatch = chain.sender.dispatch

    def killed(pendings):
        nonlocal calls
        calls += 1
        if calls == after:
            if sent:
                dispatch(pendings[: len(pendings) // sent])
            raise Killed
        return dispatch(pendings)

    monkeypatch.setattr(chain.sender, "dispatch", killed)
    with pytest.raises(Killed):
        deploying.deploy(chain, DEPLOYER, settings, tmp_path)
    assert not record.path_for(chain.chain_id, tmp_path).exists()

    with Chain(chain.url) as fresh:
        deployment = deploying.deploy(fresh, DEPLOYER, settings, tmp_path)
        created = _created(fresh)
        assert created == [deployment.address(name) for name in PLAN]
        _is_as_planned(fresh, deployment)
    assert not list(tmp_path.glob("*.journal.jsonl"))


def test_what_has_the_address_of_a_contract_that_failed_is_made_anew(
    chain, settings, tmp_path, monkeypatch
):
    """Contracts are sent together: those behind one that failed may stand, with an address without code."""
    make = chain.pending_deployment

    def short(sender, name, *rest):
        pending = make(sender, name, *rest)
        pending.gas = 2_000_000 if name == "Schemes" else None
        return pending

    monkeypatch.setattr(chain, "pending_deployment", short)
    with pytest.raises(TonneError):
        deploying.deploy(chain, DEPLOYER, settings, tmp_path)

    with Chain(chain.url) as fresh:
        deployment = deploying.deploy(fresh, DEPLOYER, settings, tmp_path)
        _is_as_planned(fresh, deployment)
        schemes = deployment.address("Schemes")
        assert fresh.call("Exchange", "RULES").lower() == schemes.lower()


def test_a_half_written_last_line_of_the_journal_is_passed_over(
    chain, settings, tmp_path, monkeypatch
):
    monkeypatch.setattr(chain.sender, "dispatch", lambda _: (_ for _ in ()).throw(Killed))
    with pytest.raises(Killed):
        deploying.deploy(chain, DEPLOYER, settings, tmp_path)
    journal = next(tmp_path.glob("*.journal.jsonl"))
    journal.write_text(journal.read_text()[:-40])

    with Chain(chain.url) as fresh:
        deployment = deploying.deploy(fresh, DEPLOYER, settings, tmp_path)
        assert _created(fresh) == [deployment.address(name) for name in PLAN]


def test_a_chain_started_anew_is_deployed_anew(pack, period, settings, tmp_path):
    # On a node of its own: one that other tests set back may keep transactions of theirs in its pool.
    with (
        node.start(timestamp=seed_market.start_time(pack, period)) as running,
        Chain(running.url) as chain,
    ):
        first = deploying.deploy(chain, DEPLOYER, settings, tmp_path)
        file = record.path_for(chain.chain_id, tmp_path)
        stale = json.loads(file.read_text())
        stale["genesis"] = "0x" + "11" * 32
        file.write_text(json.dumps(stale))

        second = deploying.deploy(chain, DEPLOYER, settings, tmp_path)

    assert second.address("Exchange") != first.address("Exchange")


def test_the_role_matrix_is_the_table(deployed):
    _is_as_planned(deployed.chain, deployed.deployment)


def test_the_deployer_keeps_no_power(deployed):
    found = granted_roles.walk(deployed.chain)

    assert found.of(deployed.deployment.deployer) == []
    with pytest.raises(TonneError) as refusal:
        deployed.chain.send(DEPLOYER, "Exchange", "setController", DEPLOYER, 15)
    assert refusal.value.code == "ACCESS_MANAGED_UNAUTHORIZED"


@pytest.mark.parametrize("row", roles.FULL, ids=lambda row: f"{row.contract}.{row.function}")
def test_only_the_role_reaches_a_restricted_function(deployed, people, row):
    """Asked of the AccessManager itself for everybody there is, function by function."""
    chain, deployment = deployed.chain, deployed.deployment
    holders = {**deployment.holders, "administrator": deployment.administrator}
    target = chain[row.contract]
    (function,) = target.overloads(row.function)
    everybody = {account.address for account in people.values()} | {deployment.deployer}

    answers = chain.call_many(
        [
            ("FoundedManager", "canCall", (address, target, function.selector))
            for address in sorted(everybody)
        ]
    )

    reached = {
        who: (may, delay)
        for who, (may, delay) in zip(sorted(everybody), answers, strict=True)
        if may or delay
    }
    waits = (False, founding.DELAY_S) if row.waits else (True, 0)
    assert reached == {holders[row.holder]: waits}


def test_a_market_with_other_settings_is_not_touched_by_a_powerless_deployer(deployed, people):
    other = deploying.Settings(people["trader"].address, {"guardian": people["guardian"].address})

    with pytest.raises(TonneError) as refusal:
        deploying.deploy(deployed.chain, DEPLOYER, other, deployed.folder)

    error = refusal.value
    assert error.code == "DEPLOY_NOT_ADMINISTRATOR"
    # It says that there is a market, whose, and what to do.
    for word in ("has a market already", DEPLOYER.address, deployed.deployment.administrator):
        assert word in error.message
    assert f"role rules for {people['trader'].address}" in error.message
    assert "--deployments" in error.remedy


def test_another_version_is_refused(deployed, settings):
    file = record.path_for(deployed.chain.chain_id, deployed.folder)
    text = file.read_text()
    body = json.loads(text)
    body["contracts"]["Exchange"]["source_hash"] = "0" * 64
    file.write_text(json.dumps(body))

    with pytest.raises(TonneError) as refusal:
        deploying.deploy(deployed.chain, DEPLOYER, settings, deployed.folder)
    file.write_text(text)

    assert refusal.value.code == "DEPLOY_OTHER_VERSION"


def test_attach_refuses_a_file_of_another_chain(deployed, tmp_path):
    body = json.loads(record.path_for(31337, deployed.folder).read_text())
    for change, code in (
        ({"chain_id": 1}, "DEPLOYMENT_OTHER_CHAIN"),
        ({"genesis": "0x" + "00" * 32}, "DEPLOYMENT_GONE"),
        ({"format": 7}, "DEPLOYMENT_UNREADABLE"),
    ):
        path = tmp_path / f"{code}.json"
        path.write_text(json.dumps({**body, **change}))
        with Chain(deployed.chain.url) as client, pytest.raises(TonneError) as refusal:
            record.attach(client, path=path)
        assert refusal.value.code == code


def test_an_administrator_holds_what_no_holder_is_named_for_on_a_test_chain_too(chain):
    """Keys made from names would be everybody's."""
    guardian = Account.from_seed("guardian").address
    administrator = Account.from_seed("administrator").address
    given = (chain, DEPLOYER, administrator, {"guardian": guardian})
    deployer, settings = deploying.settings_for(*given)
    assert deployer is DEPLOYER
    assert settings.administrator == administrator
    assert dict(settings.holders) == {"guardian": guardian}


@pytest.mark.parametrize("given", [(DEPLOYER, None), (None, None, {"guardian": DEPLOYER.address})])
def test_people_of_its_own_begin_with_an_administrator(chain, given):
    with pytest.raises(TonneError) as refusal:
        deploying.settings_for(chain, *given)
    assert (refusal.value.code, refusal.value.field) == ("DEPLOY_NEEDS_KEYS", "administrator")


def test_the_record_of_another_market_is_kept_when_a_new_one_takes_its_name(
    chain, settings, deployed, tmp_path
):
    path = record.path_for(chain.chain_id, tmp_path)
    body = json.loads(record.path_for(31337, deployed.folder).read_text())
    other = {**body, "genesis": "0xabcdef01" + "00" * 28}
    path.write_text(json.dumps(other))
    made = deploying.deploy(chain, DEPLOYER, settings, tmp_path)
    assert record.load(path) == made
    assert json.loads((tmp_path / "31337.abcdef01.json").read_text()) == other
    deploying.deploy(chain, DEPLOYER, settings, tmp_path)
    assert len(list(tmp_path.glob("*.json"))) == 2  # the one that stands is no former one


def test_a_record_that_cannot_be_read_is_kept_too(tmp_path):
    record.path_for(7, tmp_path).write_text("a note")
    assert record.keep_former(7, tmp_path).read_text() == "a note"
    assert record.keep_former(7, tmp_path) is None


def _created(chain: Chain) -> list[str]:
    """Addresses of all contracts created by transactions on the chain, in order."""
    found = []
    for number in range(1, chain.block_number() + 1):
        block = chain.rpc.call("eth_getBlockByNumber", hex(number), False)
        for tx in block["transactions"]:
            receipt = chain.receipt(tx)
            assert receipt.ok
            if receipt.contract_address:
                found.append(receipt.contract_address)

    return [checksum(address) for address in found]


def _is_as_planned(chain: Chain, deployment: record.Deployment) -> None:
    found = granted_roles.walk(chain, deployment.first_block)

    assert found.administrators == [deployment.administrator]
    assert found.roles == sorted(
        granted_roles.RolePower(
            row.role, row.name, deployment.holders[row.holder], row.contract, row.function
        )
        for row in roles.MATRIX
    )
    planned_rights, planned_venues, planned_issuers, registrars = set(), {}, {}, []
    claimants = []
    for wire in WIRING:
        other = deployment.address(wire.args[0].name)
        if wire.function == "setVenue":
            planned_venues[wire.contract] = other
        elif wire.function == "setMirror":
            assert found.mirror == other
        elif wire.function == "setIssuers":
            second = deployment.address(wire.args[1].name)
            planned_issuers[wire.contract] = (other, second)
            assert found.desks[wire.contract] == deployment.address(wire.args[2].name)
        elif wire.function == "setDesk":
            desks = chain.logs(wire.contract, "DeskSet", first=deployment.first_block)
            assert [event["desk"] for event in desks] == [other]
        elif wire.function == "setCounter":
            assert chain.call(wire.contract, "counter") == other
        elif wire.function == "setRegistrar":
            registrars.append((other, wire.args[1]))
        elif wire.function == "setClaimant":
            claimants.append(other)
        else:
            planned_rights.add(granted_roles.ControllerRight(wire.contract, other, wire.args[1]))
    assert set(found.controllers) == planned_rights
    assert found.venues == planned_venues
    assert found.issuers == planned_issuers
    assert found.claimants == claimants
    assert found.offices == []
    assert found.registrars == registrars, "a desk, and no person"


def test_the_plan_fits_the_constructors():
    from tonne.deployment import compiler

    for name, artifact in compiler.contracts(PLAN).items():
        inputs = next((e["inputs"] for e in artifact.abi if e["type"] == "constructor"), [])
        assert len(inputs) == len(PLAN[name]), name


def test_paths_are_by_chain():
    assert record.path_for(5, Path("x")) == Path("x/5.json")
