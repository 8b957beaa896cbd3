// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {Campaign} from "./Campaign.sol";
import {SettlementInsiders} from "./SettlementInsiders.sol";

/// @title SettlementsInvariantTest
/// @notice No customer that looks at what concerns it loses but by its own lines, and every day ends, whatever operators,
/// substitutes, oracles and strangers do.
contract SettlementsInvariantTest is Campaign {
    uint256 private constant CUSTOMERS = 3;
    uint256 private constant PURSE = 1e16;

    SettlementInsiders private _insiders;

    function setUp() public {
        _insiders = new SettlementInsiders();
        _insiders.setUp();
        _enlist(_insiders);
    }

    function _checkPromises() internal view override {
        _noBalanceFallsButByItsOwnLines();
    }

    function _noBalanceFallsButByItsOwnLines() private view {
        for (uint256 i; i < CUSTOMERS; ++i) {
            int256 due = int256(PURSE) + _insiders.owed(i);
            assertTrue(int256(_insiders.purse(i)) >= due, "a customer lost");
        }
    }

    /// @dev The day under way ends without any poster.
    function _checkEnd() internal override {
        _checkPromises();
        uint256 before = _insiders.ended();
        (bool closed,) = address(_insiders).call(abi.encodeCall(_insiders.giveUp, (0)));
        if (!closed) (closed,) = address(_insiders).call(abi.encodeCall(_insiders.payAll, ()));
        assertTrue(!closed || _insiders.ended() == before + 1, "a day does not end");
    }

    /// @dev Drawn acts, so that each kind is known to happen.
    function test_settlements_everyActHappens() public {
        _play(400, 2);
    }
}
