// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {LedgerRights} from "../../interfaces/power/IPowerLedger.sol";
import {PowerAccountId} from "../../interfaces/power/IPowerMarket.sol";
import {RunTotals, ShownChunk} from "../../interfaces/power/IPowerSettlement.sol";
import {SettlementCase} from "./SettlementCase.sol";

/// @dev Gas of whole transactions, written to `snapshots/energy.json`. Run with `--isolate`.
///
/// State: 200 pseudonyms with credits, each with something bound by orders of the day; the second of three chunks of a day,
/// so that what is written has been written before. Each word frees what was bound and moves an amount.
/// forge-config: default.isolate = true
contract SettlementGasTest is SettlementCase {
    uint256 private constant ACCOUNTS = 200;
    uint256 private constant CEILING = 6_300;
    uint96 private constant BOUND = 50_000;

    function setUp() public override {
        super.setUp();
        address[] memory signers = new address[](ACCOUNTS);
        uint96[] memory amounts = new uint96[](ACCOUNTS);
        for (uint256 i; i < ACCOUNTS; ++i) {
            (signers[i], amounts[i]) = (address(uint160(1e6 + i)), 1e9);
        }
        vm.prank(sponsor);
        market.openPseudonyms(signers, amounts);
        ledger.setController(address(this), LedgerRights.BIND);
        for (uint256 i; i < ACCOUNTS; ++i) {
            ledger.bind(PowerAccountId.wrap(FIRST_PSEUDONYM + 16 + uint32(i)), BOUND);
        }
    }

    function _gas() private view returns (uint256) {
        return vm.lastCallGas().gasTotalUsed;
    }

    function _day() private {
        _account(0, 700, 0, 1_000, 0);
        _account(1, 0, 1_000, 0, 1_000);
        _account(2, 300, 0, 0, 0);
        _trade();
        for (uint256 i; i < 4; ++i) {
            if (i != 0) {
                _next();
                _account(0, 10, 0, 0, 0);
                _account(1, 0, 13, 0, 0);
                _account(2, 3, 0, 0, 0);
            }
            _read(1);
            RunTotals memory t = _reckon();
            _post(1, t);
            if (i == 2) vm.snapshotValue("energy", "settlement_run", _gas());
        }
    }

    /// @dev Amounts of both signs that come to the day's sum.
    function _words(int256 sum) private pure returns (uint256[] memory words) {
        words = new uint256[](ACCOUNTS);
        int256 rest = sum;
        for (uint256 i; i < ACCOUNTS; ++i) {
            int256 amount = int256(uint256(keccak256(abi.encode(i))) % 1_000_000);
            if (i % 2 == 1) amount = -amount;
            if (i == ACCOUNTS - 1) amount = rest;
            rest -= amount;
            words[i] = _payWord(16 + i, amount, BOUND);
        }
    }

    function test_settle_account_in_batch() public {
        _day();
        ShownChunk[3] memory chunks = [_chunk(_words(0)), _chunk(_words(-7)), _chunk(_words(_dayState().net + 7))];
        bytes32[] memory hashes = new bytes32[](3);
        int88[] memory sums = new int88[](3);
        for (uint16 i; i < 3; ++i) {
            (hashes[i], sums[i]) = (keccak256(abi.encodePacked(chunks[i].words)), chunks[i].sum);
        }
        vm.prank(operator);
        settlement.postPayments(node, day, hashes, sums, 0);
        vm.warp(vm.getBlockTimestamp() + WINDOW + 1);
        for (uint16 i; i < 3; ++i) {
            chunks[i].index = i;
            chunks[i].proof = _way(_leavesOf(hashes, sums), i);
        }
        settlement.pay(node, day, chunks[0]);
        for (uint256 i; i < ACCOUNTS; ++i) {
            ledger.bind(PowerAccountId.wrap(FIRST_PSEUDONYM + 16 + uint32(i)), BOUND);
        }

        settlement.pay(node, day, chunks[1]);
        uint256 gas = _gas();
        vm.snapshotValue("energy", "settle_account_in_batch", gas / ACCOUNTS);
        assertLe(gas / ACCOUNTS, CEILING);
        assertEq(_bound(FIRST_PSEUDONYM + 16), 0);
    }
}
