// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {Test} from "forge-std/Test.sol";

/// @title Insiders
/// @notice Base of the handlers: the acts of registered, bonded or official parties, each counted when it succeeds.
/// @dev An act that has no object, or is refused for a listed reason, is discarded: it is no call of the campaign. Any
/// other revert, a panic among them, fails the campaign.
abstract contract Insiders is Test {
    string[] private _names;
    bytes4[] private _acts;
    mapping(bytes4 act => uint256) private _done;
    mapping(bytes4 error => bool) private _refusals;

    modifier counted() {
        _;
        ++_done[msg.sig];
    }

    function acts() external view returns (bytes4[] memory) {
        return _acts;
    }

    function nameOf(uint256 act) external view returns (string memory) {
        return _names[act];
    }

    function timesOf(bytes4 act) external view returns (uint256) {
        return _done[act];
    }

    function _add(string memory name, bytes4 act) internal {
        _names.push(name);
        _acts.push(act);
    }

    /// @dev A refusal of this kind is no fault.
    function _mayRefuse(bytes4 reason) internal {
        _refusals[reason] = true;
    }

    /// @dev Calls `target` as `who`; a listed refusal discards the act.
    function _as(address who, address target, bytes memory data) internal returns (bytes memory answer) {
        bool done;
        vm.prank(who);
        (done, answer) = target.call(data);
        if (done) return answer;
        vm.assume(!_refusals[bytes4(answer)]);
        assembly ("memory-safe") {
            revert(add(answer, 32), mload(answer))
        }
    }

    /// @dev Tries what must be refused.
    function _refused(address who, address target, bytes memory data, string memory why) internal {
        vm.prank(who);
        (bool done,) = target.call(data);
        assertFalse(done, why);
    }

    /// @dev Discards the act unless there is an object for it.
    function _needs(bool object) internal pure {
        vm.assume(object);
    }
}
