// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {Test} from "forge-std/Test.sol";

import {PackedFlows} from "../../contracts/types/PackedFlows.sol";

/// @notice Proofs over the word of flows of an account whose cash is counted.
contract PackedFlowsProofs is Test {
    /// @dev Lots of either sign are counted, and cash, what settlements paid and the time stay as they were.
    function check_lots_leaveCash(int56 lots, uint56 first, uint72 settled, uint40 since, int56 n) public pure {
        PackedFlows f;
        f = f.addLots(0, uint256(int256(lots))).begun(first, since).addSettled(settled);
        f = f.addLots(0, uint256(int256(n)));
        assert(f.lots() == int256(lots) + n && f.cash() == int256(uint256(first)));
        assert(f.settled() == settled && f.since() == since);
    }
}
