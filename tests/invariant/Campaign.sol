// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {Test} from "forge-std/Test.sol";

import {Insiders} from "./Insiders.sol";

/// @title Campaign
/// @notice Base of the invariant tests: promises that hold after any sequence of acts of {Insiders}.
abstract contract Campaign is Test {
    event log_named_uint(string name, uint256 value); // Forge prints it

    /// @dev An act of some of them.
    struct Act {
        Insiders by;
        bytes4 selector;
        string name;
    }

    Act[] private _acts;

    function _enlist(Insiders insiders) internal {
        bytes4[] memory acts = insiders.acts();
        for (uint256 i = 0; i < acts.length; ++i) {
            _acts.push(Act(insiders, acts[i], insiders.nameOf(i)));
        }
        targetContract(address(insiders));
        targetSelector(FuzzSelector(address(insiders), acts));
    }

    /// @dev All promises of the campaign: each in an invariant of its own would make every act again.
    function invariant_everyPromise() public {
        _checkPromises();
    }

    /// @dev At the end of each sequence: what can be brought to an end is, and nothing stays behind.
    function afterInvariant() public {
        _checkEnd();
    }

    function _checkPromises() internal virtual;

    function _checkEnd() internal virtual;

    /// @dev Acts drawn from a fixed seed until `count` of them succeeded; promises are checked after each. Without this
    /// the promises could hold of nothing. Acts take plain words, so that any word is an argument.
    /// @param least times that every kind of act must have succeeded
    function _play(uint256 count, uint256 least) internal {
        uint256 done;
        for (uint256 i = 0; done < count; ++i) {
            assertLt(i, 100 * count, "too many refusals");
            uint256 seed = uint256(keccak256(abi.encode("tonne", i)));
            if (this.step(seed % _acts.length, seed)) ++done; // a call: memory is freed
        }
        for (uint256 i = 0; i < _acts.length; ++i) {
            emit log_named_uint(_acts[i].name, _timesOf(_acts[i]));
        }
        for (uint256 i = 0; i < _acts.length; ++i) {
            assertGe(_timesOf(_acts[i]), least, _acts[i].name);
        }
        _checkEnd();
    }

    function _timesOf(Act memory act) private view returns (uint256) {
        return act.by.timesOf(act.selector);
    }

    /// @dev An act of the first insiders that is refused for a listed reason. A broken promise within it is no refusal.
    function _refuses(bytes memory act, string memory why) internal {
        (bool done, bytes memory answer) = address(_acts[0].by).call(act);
        assertTrue(!done && keccak256(answer) == keccak256("FOUNDRY::ASSUME"), why);
    }

    /// @notice One act of {_play}.
    /// @param number of the act among all
    /// @return done False when the act was discarded.
    function step(uint256 number, uint256 seed) external returns (bool done) {
        done = _act(_acts[number], seed);
        if (done) _checkPromises();
    }

    function _act(Act memory act, uint256 seed) private returns (bool done) {
        bytes memory data = abi.encodePacked(act.selector);
        for (uint256 j = 0; j < 8; ++j) {
            seed = uint256(keccak256(abi.encode(seed)));
            data = abi.encodePacked(data, seed);
        }
        bytes memory answer;
        (done, answer) = address(act.by).call(data);
        if (done || keccak256(answer) == keccak256("FOUNDRY::ASSUME")) return done;
        assembly ("memory-safe") {
            revert(add(answer, 32), mload(answer))
        }
    }
}
