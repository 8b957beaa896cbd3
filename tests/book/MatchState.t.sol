// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {Test} from "forge-std/Test.sol";

import {MatchState, MatchStateLib} from "../../contracts/book/MatchState.sol";

contract MatchStateTest is Test {
    function _free() private pure returns (uint256 pointer) {
        assembly ("memory-safe") {
            pointer := mload(0x40)
        }
    }

    function test_allocate_takesWhatTheCompilerTakes() public pure {
        uint256 before = _free();
        MatchState memory compilers;
        uint256 takes = _free() - before;
        compilers.market = 1;
        assertEq(MatchStateLib.SIZE, takes);

        before = _free();
        MatchState memory state = MatchStateLib.allocate()();
        state.recordEnd = 7; // the last field
        assertEq(_free() - before, takes);
        uint256 place;
        uint256 last;
        assembly ("memory-safe") {
            place := state
            last := mload(sub(mload(0x40), 32))
        }
        assertEq(place, before);
        assertEq(last, 7);
    }
}
