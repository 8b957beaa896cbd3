// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

/// @dev A wallet with code: does what it is told, and once more something when units arrive.
contract HookWallet {
    address private _target;
    bytes private _data;

    function arm(address target, bytes calldata data) external {
        (_target, _data) = (target, data);
    }

    function act(address target, bytes calldata data) external returns (bytes memory) {
        return _act(target, data);
    }

    function onERC1155Received(address, address, uint256, uint256, bytes calldata) external returns (bytes4) {
        (address target, bytes memory data) = (_target, _data);
        _target = address(0);
        if (target != address(0)) _act(target, data);
        return this.onERC1155Received.selector;
    }

    function _act(address target, bytes memory data) private returns (bytes memory) {
        (bool ok, bytes memory answer) = target.call(data);
        if (!ok) {
            assembly ("memory-safe") {
                revert(add(answer, 32), mload(answer))
            }
        }
        return answer;
    }
}
