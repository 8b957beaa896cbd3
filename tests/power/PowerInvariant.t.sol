// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {PowerAccountId} from "../../interfaces/power/IPowerMarket.sol";
import {PowerCase} from "./PowerCase.sol";
import {PowerHandler} from "./PowerHandler.sol";

/// @dev Whatever people do: the ledger is worth the credits it holds, and escrow is what orders may still cost.
contract PowerInvariantTest is PowerCase {
    PowerHandler private handler;

    function setUp() public override {
        super.setUp();
        _node(1, 1);
        vm.warp(vm.getBlockTimestamp() + NOTICE);
        _deposit(sponsor, 1_000_000_000);
        _deposit(plant, 1_000_000_000);
        _pseudonyms(3, 1_000_000_000);
        address[5] memory signers;
        uint32[5] memory accounts;
        for (uint256 i; i < 3; ++i) {
            (signers[i], accounts[i]) = (vm.addr(_key(i)), FIRST_PSEUDONYM + uint32(i));
        }
        (signers[3], accounts[3]) = (sponsor, _own(sponsorId));
        (signers[4], accounts[4]) = (plant, _own(plantId));
        handler = new PowerHandler(market, token, signers, accounts);
        targetContract(address(handler));
    }

    function invariant_theLedgerIsWorthWhatItHolds() public view {
        uint256 owed;
        for (uint256 i; i < 5; ++i) {
            uint32 account = handler.accounts(i);
            owed += _free(account) + _bound(account);
        }
        assertEq(owed, token.balanceOf(address(market), CREDIT) * MICRO);
    }

    function invariant_escrowIsWhatOrdersMayStillCost() public view {
        for (uint256 i; i < 5; ++i) {
            uint32 account = handler.accounts(i);
            assertEq(_bound(account), handler.due(account));
        }
    }

    function invariant_pseudonymsKeepTheirSponsor() public view {
        for (uint32 i; i < 3; ++i) {
            assertTrue(market.accountOf(PowerAccountId.wrap(FIRST_PSEUDONYM + i)).sponsor == sponsorId);
        }
    }

    /// @dev Not by chance alone: each act was done in a run of them all.
    function test_theHandlerReachesEverything() public {
        for (uint256 round; round < 4; ++round) {
            for (uint256 i; i < 24; ++i) {
                uint256 seed = uint256(keccak256(abi.encode(round, i)));
                handler.place(uint8(seed), seed >> 8, uint32(seed >> 16), uint32(seed >> 48));
            }
            handler.move(true, uint8(round), 5_000);
            handler.deposit(false, 5);
            handler.withdraw(true, 3);
            handler.next(round % 2 == 0);
            handler.move(false, uint8(round), 0);
            for (uint256 i; i < 4; ++i) {
                handler.release(i);
            }
        }
        assertEq(handler.cleared(), 2);
        assertGt(handler.traded(), 0);
        assertGt(handler.releases(), 3);
        invariant_theLedgerIsWorthWhatItHolds();
        invariant_escrowIsWhatOrdersMayStillCost();
    }
}
