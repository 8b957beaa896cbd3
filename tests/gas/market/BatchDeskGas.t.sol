// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {FirstTransfer, IArticle6, ItmoPurpose} from "../../../interfaces/compliance/IArticle6.sol";
import {IProceedsHolds} from "../../../interfaces/market/IProceedsHolds.sol";
import {Exit} from "../../../interfaces/units/IUnit1155.sol";
import {AttackCase} from "../../attacks/AttackCase.sol";

/// @dev What acts of officers on batches and their sellers cost, as whole transactions: a batch in a market, four parts of it in
/// none. Figures go to `snapshots/desks.json`.
/// forge-config: default.isolate = true
contract BatchDeskGasTest is AttackCase {
    uint256 private constant FREEZE = 2;

    IArticle6 private article6;
    IProceedsHolds private holds;

    function setUp() public override {
        super.setUp();
        article6 = IArticle6(_new("Article6", abi.encode(manager, participants, credits, issuance, registry)));
        credits.setController(address(article6), EXIT | _kind(Exit.SetApart));
        article6.setFocalPoint(authority, 156);
        holds = IProceedsHolds(_new("ProceedsHolds", abi.encode(exchange)));
        exchange.setController(address(holds), SETTLE | FREEZE);
        _openMarket(credit);
        _deposit(dora, credit, 10_000);
        _fund(emitterWallet, 100_000_000);
        _place(dora, SELL, 300);
        _place(emitterWallet, BUY, 200);
    }

    function _snapshot(string memory key) private {
        vm.snapshotValue("desks", key, vm.lastCallGas().gasTotalUsed);
    }

    function _lock(bool locked) private {
        vm.prank(authority);
        batchDesk.setLocked(credit, locked, WHY);
    }

    function test_gas_ofABatch() public {
        _lock(true);
        _snapshot("batch_lock");
        _lock(false);
        _snapshot("batch_unlock");
        _lock(true);
        vm.prank(authority);
        batchDesk.invalidate(credit, WHY);
        _snapshot("batch_invalidate");
    }

    function test_gas_ofABatchWithParts() public {
        vm.prank(authority);
        article6.authorise(credit, 20_000, developer, 0, ItmoPurpose.Other, FirstTransfer.Authorisation, "CA0001", WHY);
        for (uint256 i; i < 4; ++i) {
            vm.prank(dora);
            article6.setApart(1, 1_000);
        }
        _lock(true);
        _snapshot("batch_lock_4_parts");
        vm.prank(authority);
        batchDesk.invalidate(credit, WHY);
        _snapshot("batch_invalidate_4_parts");
    }

    function test_gas_ofAProject() public {
        vm.prank(authority);
        batchDesk.setSuspended(project, true, WHY);
        _snapshot("project_suspend");
        batchDesk.pull(project, 0);
        _snapshot("project_pull");
    }

    function test_gas_ofProceeds() public {
        uint40 since = uint40(block.timestamp);
        _lock(true);
        vm.prank(authority);
        uint256 id = holds.hold(credit, developer, 200 * 10_000, since, WHY);
        _snapshot("proceeds_hold");
        vm.prank(admin);
        holds.release(id, 100 * 10_000, WHY);
        _snapshot("proceeds_release");
        vm.warp(block.timestamp + 1 days);
        holds.mark(credit, developer);
        _snapshot("proceeds_mark");
    }

    /// @dev The first cash of an account that is new to the market, with which its cash is counted; then the second.
    function test_gas_ofCashInAMarketOfCredits() public {
        _payIn(bodyWallets[2], "credits_first_cash");
        _payIn(bodyWallets[2], "credits_deposit_cash");
        _payOut(bodyWallets[2], "credits_withdraw_cash");
        _deposit(dora, credit, 100);
        _snapshot("credits_deposit_units");
    }

    function _payIn(address wallet, string memory key) private {
        currency.mint(wallet, 100);
        vm.prank(wallet);
        currency.approve(address(exchange), 100);
        vm.prank(wallet);
        exchange.depositCash(market, 100);
        _snapshot(key);
    }

    function _payOut(address wallet, string memory key) private {
        vm.prank(wallet);
        exchange.withdrawCash(market, 100, wallet);
        _snapshot(key);
    }
}
