// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {ChallengeState, RootState} from "../../interfaces/evidence/IMeterOracle.sol";
import {Campaign} from "./Campaign.sol";
import {MeterInsiders} from "./MeterInsiders.sol";

/// @dev Promises about roots of meter readings, bonds and challenges, whatever oracles and challengers do.
contract MetersTest is Campaign {
    uint256 private constant SLOTS = 12;

    MeterInsiders private _handler;

    function setUp() public {
        _handler = new MeterInsiders();
        _handler.setUp();
        _enlist(_handler);
    }

    /// @dev The money here is bonds, the fees of open challenges and what is owed; one root for each interval, the last that was posted.
    function _checkPromises() internal view override {
        uint256[2] memory open;
        for (uint256 slot = 0; slot < SLOTS; ++slot) {
            MeterInsiders.Book memory b = _handler.bookOf(slot);
            RootState memory s = _handler.stateOf(slot);
            assertEq(s.run, b.run, "run");
            assertEq(uint256(s.status), uint256(b.status), "status");
            assertEq(s.open, b.open, "open challenges of a root");
            open[b.poster] += b.open;
        }
        uint256 money = _handler.fees() + _handler.owed();
        for (uint256 who = 0; who < 2; ++who) {
            (uint256 bond, uint256 openOf) = _handler.bondOf(who);
            assertEq(bond, _handler.bonds(who), "bond");
            assertEq(openOf, open[who], "open challenges of an oracle");
            money += bond;
        }
        assertEq(_handler.moneyHeld(), money, "money of oracles and challengers");
    }

    /// @dev Every escrow can be freed: with the oracles silent, strangers end each challenge after its deadline, and then each
    /// bond can go.
    function _checkEnd() internal override {
        vm.warp(vm.getBlockTimestamp() + 7 hours);
        uint256[] memory ids = _handler.openChallenges();
        for (uint256 i = 0; i < ids.length; ++i) {
            if (_handler.stateOfChallenge(ids[i]) == ChallengeState.Open) _handler.expireOne(ids[i]);
            else _handler.closeOne(ids[i]);
        }
        assertEq(_handler.fees(), 0, "fees of challengers left");
        vm.warp(vm.getBlockTimestamp() + 4 days);
        for (uint256 slot = 0; slot < SLOTS; ++slot) {
            _handler.noteFinal(slot);
        }
        _checkPromises();
        for (uint256 who = 0; who < 2; ++who) {
            if (_handler.bonds(who) != 0) _handler.unbond(who, 1, 0);
        }
    }

    /* FOUND SEQUENCES */

    /// @dev Places for challenges do not run out: the 257th of one root is taken, and all end.
    function test_sequence_moreChallengesThanAWordCounts() public {
        _handler.post(0);
        for (uint256 i = 0; i < 257; ++i) {
            _handler.challengeLeaf(0, i);
        }
        _checkEnd();
    }

    /// @dev Leaves of one root that stay unanswered cost its bond once.
    function test_sequence_twoUnansweredLeaves() public {
        _handler.post(0);
        _handler.challengeLeaf(0, 0);
        _handler.challengeLeaf(0, 1);
        vm.warp(vm.getBlockTimestamp() + 7 hours);
        _handler.expire(0);
        _handler.expire(0);
        _checkPromises();
        _checkEnd();
    }

    function test_insiders_reachEveryAct() public {
        vm.pauseGasMetering(); // more acts than the gas of a test pays for
        _play(500, 3);
    }
}
