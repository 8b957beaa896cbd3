// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

/// @dev What came into an account of the ledger less what went out, trades apart, low to high:
/// `lots 64 | cash 76 | settled 76 | since 40`.
/// - `lots`: deposits less withdrawals, debits and orders of transfer; signed. Where credits are not traded, nothing else is
///   counted, and the word has four such fields, of four accounts whose participants are neighbours.
/// - `cash` [0.0001 currency]: cash of the account at `since`, and all it got and gave from then on other than by listed trades;
///   signed. The account's cash less this is what listed trades brought it on balance.
/// - `settled` [0.0001 currency]: of that, what settlements paid it for lots.
/// - `since` [s]: when its first offset credits came in, or its first cash where credits are traded; 0 = cash is not counted.
/// A negative field borrows from the next one: each is read less those below it. An account's cash has 51 bits, its lots 33: it
/// takes 2^24 movements of all the cash that a market can have to fill a field.
type PackedFlows is uint256;

using PackedFlowsLib for PackedFlows global;

/// @title PackedFlowsLib
library PackedFlowsLib {
    uint256 private constant LANE = 64; // of one account's lots, where four share a word
    uint256 private constant CASH = 64;
    uint256 private constant SETTLED = 140;
    uint256 private constant SINCE = 216;
    uint256 private constant SIGN = 180; // above a field of 76 bits

    function lots(PackedFlows f) internal pure returns (int256) {
        return f.lots(0);
    }

    /// @dev Lots of one of the four accounts that share a word.
    function lots(PackedFlows f, uint256 lane) internal pure returns (int256) {
        uint256 word = PackedFlows.unwrap(f);
        // The highest bit below tells whether the fields below have borrowed.
        unchecked {
            uint256 shift = lane * LANE;
            return int64(uint64((word >> shift) + (((word << 1) >> shift) & 1)));
        }
    }

    function cash(PackedFlows f) internal pure returns (int256) {
        return int256(_aboveLots(f) << SIGN) >> SIGN;
    }

    function settled(PackedFlows f) internal pure returns (uint256) {
        return (_aboveCash(f) << SIGN) >> SIGN;
    }

    function since(PackedFlows f) internal pure returns (uint256) {
        return _aboveCash(f) >> (SINCE - SETTLED);
    }

    /// @dev Adds `n`, in two's complement, to the lots of one of the four.
    function addLots(PackedFlows f, uint256 lane, uint256 n) internal pure returns (PackedFlows) {
        unchecked {
            return _add(f, n << lane * LANE); // a lane is below 4
        }
    }

    function addCash(PackedFlows f, int256 n) internal pure returns (PackedFlows) {
        return _add(f, uint256(n) << CASH);
    }

    function addSettled(PackedFlows f, uint256 n) internal pure returns (PackedFlows) {
        return _add(f, n << SETTLED);
    }

    /// @dev Counts cash from `time` on, when the account has `cash_`. Assumes that none was counted.
    function begun(PackedFlows f, uint256 cash_, uint256 time) internal pure returns (PackedFlows) {
        return _add(f, (cash_ << CASH) | (time << SINCE));
    }

    /// @dev Modulo 2^256, as two's complement has it.
    function _add(PackedFlows f, uint256 n) private pure returns (PackedFlows) {
        unchecked {
            return PackedFlows.wrap(PackedFlows.unwrap(f) + n);
        }
    }

    function _aboveLots(PackedFlows f) private pure returns (uint256) {
        unchecked {
            return (PackedFlows.unwrap(f) - uint256(f.lots())) >> CASH;
        }
    }

    function _aboveCash(PackedFlows f) private pure returns (uint256) {
        unchecked {
            return (PackedFlows.unwrap(f) - uint256(f.lots()) - (uint256(f.cash()) << CASH)) >> SETTLED;
        }
    }
}
