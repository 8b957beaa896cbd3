// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IERC1155} from "@openzeppelin/contracts/token/ERC1155/IERC1155.sol";

/// @dev A participant's wallet in contract code that refuses units in every way a hook can.
contract RefusingWallet {
    enum Mood {
        Accept,
        Revert,
        BurnGas,
        ReturnBomb,
        RevertBomb,
        Garbage,
        ShortAnswer,
        MoveOnThenRefuse
    }

    Mood public mood;
    address public accomplice;
    uint256 public calls;

    function set(Mood mood_) external {
        mood = mood_;
    }

    function setAccomplice(address to) external {
        accomplice = to;
    }

    function act(address to, bytes calldata data) external returns (bytes memory answer) {
        bool done;
        (done, answer) = to.call(data);
        if (!done) {
            assembly ("memory-safe") {
                revert(add(answer, 0x20), mload(answer))
            }
        }
    }

    function onERC1155Received(address, address, uint256 id, uint256 value, bytes calldata) external returns (bytes4) {
        if (mood == Mood.Revert) revert("units refused");
        if (mood == Mood.BurnGas) {
            while (true) {
                calls = gasleft();
            }
        }
        if (mood == Mood.ReturnBomb || mood == Mood.RevertBomb) _bomb(mood == Mood.RevertBomb);
        if (mood == Mood.ShortAnswer) {
            assembly ("memory-safe") {
                mstore(0, shl(224, 0xf23a6e61))
                return(0, 4)
            }
        }
        if (mood == Mood.MoveOnThenRefuse) {
            IERC1155(msg.sender).safeTransferFrom(address(this), accomplice, id, value, "");
            return 0xdeadbeef;
        }
        return mood == Mood.Garbage ? bytes4(0xdeadbeef) : this.onERC1155Received.selector;
    }

    /// @dev As long an answer as the gas allows: a caller that copies it pays for as much memory again.
    function _bomb(bool reverts) private view {
        assembly ("memory-safe") {
            // Memory of w words costs 3w + w²/512.
            let length := mul(32, div(gas(), 8))
            for {}
            gt(add(mul(3, div(length, 32)), div(mul(div(length, 32), div(length, 32)), 512)), div(mul(gas(), 9), 10)) {}
            {
                length := div(mul(length, 9), 10)
            }
            if reverts { revert(0, length) }
            return(0, length)
        }
    }
}
