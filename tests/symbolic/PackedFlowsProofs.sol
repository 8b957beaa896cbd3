// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {Test} from "forge-std/Test.sol";

import {PackedFlows} from "../../contracts/types/PackedFlows.sol";

/// @notice Proofs over the word of flows: of an account whose cash is counted, and of four accounts that share a word.
contract PackedFlowsProofs is Test {
    /// @dev Lots of either sign are counted, and cash, what settlements paid and the time stay as they were.
    function check_lots_leaveCash(int56 lots, uint56 first, uint72 settled, uint40 since, int56 n) public pure {
        PackedFlows f;
        f = f.addLots(0, uint256(int256(lots))).begun(first, since).addSettled(settled);
        f = f.addLots(0, uint256(int256(n)));
        assert(f.lots() == int256(lots) + n && f.cash() == int256(uint256(first)));
        assert(f.settled() == settled && f.since() == since);
    }

    /// @custom:halmos --solver z3
    function check_lots_atLane0_leaveTheirNeighbours(PackedFlows f, int64 n) public pure {
        _checkNeighbours(f, 0, n);
    }

    /// @custom:halmos --solver z3
    function check_lots_atLane1_leaveTheirNeighbours(PackedFlows f, int64 n) public pure {
        _checkNeighbours(f, 1, n);
    }

    /// @custom:halmos --solver z3
    function check_lots_atLane2_leaveTheirNeighbours(PackedFlows f, int64 n) public pure {
        _checkNeighbours(f, 2, n);
    }

    /// @custom:halmos --solver z3
    function check_lots_atLane3_leaveTheirNeighbours(PackedFlows f, int64 n) public pure {
        _checkNeighbours(f, 3, n);
    }

    /// @dev In every word whose four accounts have less than 2^63 lots of either sign: lots of either sign are added to one
    /// account, which stays below 2^63, and the three others have what they had.
    function _checkNeighbours(PackedFlows f, uint256 lane, int256 n) private pure {
        for (uint256 each; each < 4; ++each) {
            vm.assume(f.lots(each) != type(int64).min);
        }
        int256 sum = f.lots(lane) + n;
        vm.assume(sum > type(int64).min && sum <= type(int64).max);
        PackedFlows added = f.addLots(lane, uint256(n));
        for (uint256 each; each < 4; ++each) {
            assert(added.lots(each) == (each == lane ? sum : f.lots(each)));
        }
    }
}
