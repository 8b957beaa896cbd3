// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {Assertions} from "./Assertions.sol";
import {Targets} from "./Targets.sol";
import {Vm} from "./Vm.sol";

/// @title Test
/// @notice What every Forge test inherits: `vm`, asserts, invariant targets and named accounts.
/// @dev Imported as "forge-std/Test.sol", so that a reader who knows Foundry finds nothing new.
abstract contract Test is Assertions, Targets {
    /// @notice Tells Forge that this contract holds tests.
    bool public constant IS_TEST = true;

    /// @notice A named account and its key; the same name always gives the same pair.
    function makeAddrAndKey(string memory name) internal returns (address account, uint256 privateKey) {
        privateKey = uint256(keccak256(bytes(name)));
        account = vm.addr(privateKey);
        vm.label(account, name);
    }

    /// @notice A named account.
    function makeAddr(string memory name) internal returns (address account) {
        (account,) = makeAddrAndKey(name);
    }

    /// @notice Ends the test as failed, with a reason.
    function fail(string memory why) internal pure {
        vm.assertTrue(false, why);
    }

    /// @notice Sets the balance of `account` to `amount` [wei].
    function deal(address account, uint256 amount) internal {
        vm.deal(account, amount);
    }

    /// @notice Moves time forward by `duration` [s].
    function skip(uint256 duration) internal {
        vm.warp(vm.getBlockTimestamp() + duration);
    }

    /// @notice Moves time back by `duration` [s].
    function rewind(uint256 duration) internal {
        vm.warp(vm.getBlockTimestamp() - duration);
    }

    /// @notice Folds `x` into `[min, max]`, leaving it alone where it is inside; small and large values of
    /// `x` fall on the ends of the range, where errors live.
    function bound(uint256 x, uint256 min, uint256 max) internal pure returns (uint256) {
        require(min <= max, "bound: min > max");
        if (x >= min && x <= max) return x;
        unchecked {
            uint256 size = max - min + 1;
            // `size` is 0 only for the full range, which the line above has answered.
            if (x <= 3 && size > x) return min + x;
            if (x >= type(uint256).max - 3 && size > type(uint256).max - x) return max - (type(uint256).max - x);
            if (x > max) {
                uint256 over = (x - max) % size;
                return over == 0 ? max : min + over - 1;
            }
            uint256 under = (min - x) % size;
            return under == 0 ? min : max - under + 1;
        }
    }

    /// @notice As {bound}, for signed numbers.
    function bound(int256 x, int256 min, int256 max) internal pure returns (int256) {
        uint256 shift = uint256(1) << 255;
        unchecked {
            // Adding 2^255 turns the order of int256 into the order of uint256.
            uint256 folded = bound(uint256(x) + shift, uint256(min) + shift, uint256(max) + shift);
            return int256(folded - shift);
        }
    }
}
