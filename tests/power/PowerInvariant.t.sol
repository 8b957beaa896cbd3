// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {PowerAccountId} from "../../interfaces/power/IPowerMarket.sol";
import {ParticipantId} from "../../interfaces/types/Ids.sol";
import {PowerCase} from "./PowerCase.sol";
import {PowerHandler} from "./PowerHandler.sol";

/// @dev Whatever people do: the ledger is worth the credits it holds, and what is held is what curves and silence may still
/// cost.
contract PowerInvariantTest is PowerCase {
    PowerHandler private handler;
    address private solver = makeAddr("solver");
    ParticipantId private solverId;

    function setUp() public override {
        super.setUp();
        _node(1, 1);
        vm.warp(vm.getBlockTimestamp() + NOTICE);
        _deposit(sponsor, 1_000_000_000);
        _deposit(plant, 1_000_000_000);
        _pseudonyms(3, 1_000_000_000);
        solverId = _register(solver);
        market.setReserve(PowerAccountId.wrap(_own(_register(makeAddr("reserve")))));
        handler = new PowerHandler(
            market,
            token,
            [sponsor, plant],
            [sponsorId, plantId],
            [vm.addr(_key(0)), vm.addr(_key(1)), vm.addr(_key(2))],
            solver
        );
        targetContract(address(handler));
    }

    function invariant_theLedgerIsWorthWhatItHolds() public view {
        uint256 owed = _free(_own(sponsorId)) + _free(_own(plantId)) + _free(_own(solverId))
            + _free(PowerAccountId.unwrap(market.reserve())) + handler.forfeits();
        for (uint32 i; i < 3; ++i) {
            owed += _free(FIRST_PSEUDONYM + i);
        }
        for (uint256 who; who < 2; ++who) {
            owed += handler.held(who) + handler.aside(who);
        }
        assertEq(owed, token.balanceOf(address(market), CREDIT) * MICRO);
    }

    function invariant_depositsAreWhatWasSetAside() public view {
        for (uint256 who; who < 2; ++who) {
            assertEq(market.depositOf(handler.ids(who)).amount, handler.aside(who));
        }
    }

    function invariant_pseudonymsKeepTheirSponsor() public view {
        for (uint32 i; i < 3; ++i) {
            assertTrue(market.accountOf(PowerAccountId.wrap(FIRST_PSEUDONYM + i)).sponsor == sponsorId);
        }
    }

    /// @dev Not by chance alone: each act was done in a run of them all.
    function test_theHandlerReachesEverything() public {
        for (uint256 round; round < 6; ++round) {
            handler.setAside(0, 100_000_000);
            handler.setAside(1, 100_000_000);
            handler.commit(0, 1_000, 9, true);
            handler.commit(1, 800, 3, false);
            handler.move(true, round, 5_000);
            handler.deposit(0, 5);
            handler.withdraw(1, 3);
            handler.next(round % 3 == 2 ? 1 : 7, round % 2 == 0);
            handler.move(false, round, 0);
        }
        for (uint256 i; i < 8; ++i) {
            handler.release(i, i > 1);
        }
        handler.takeBack(0, 7);
        assertGt(handler.cleared(), 1);
        assertGt(handler.traded(), 0);
        assertGt(handler.silent(), 1);
        assertGt(handler.released(), 3);
        assertGt(_free(_own(solverId)), 0);
        invariant_theLedgerIsWorthWhatItHolds();
        invariant_depositsAreWhatWasSetAside();
    }
}
