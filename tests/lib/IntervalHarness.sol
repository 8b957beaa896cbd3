// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IntervalSet} from "../../contracts/lib/IntervalSet.sol";

/// @dev A set behind calls, so that many changes fit one transaction, the refused ones too.
contract IntervalHarness {
    using IntervalSet for IntervalSet.Set;

    struct Change {
        uint8 kind; // 0 insert, 1 remove, 2 carve, 3 extend
        uint64 from;
        uint64 until;
        uint64 start; // of the stretch that is carved
        uint64 hint;
        uint128 data;
    }

    event Ran(uint256[] gasUsed, bytes4[] refusals);

    IntervalSet.Set private _set;

    /// @dev Makes every change there is in turn; a refused one tells its error's selector.
    function run(Change[] calldata changes) external {
        uint256[] memory used = new uint256[](changes.length);
        bytes4[] memory refusals = new bytes4[](changes.length);
        for (uint256 i; i < changes.length; ++i) {
            uint256 left = gasleft();
            try this.make(changes[i]) {}
            catch (bytes memory reason) {
                refusals[i] = bytes4(reason);
            }
            used[i] = left - gasleft();
        }
        emit Ran(used, refusals);
    }

    function make(Change calldata c) external {
        if (c.kind == 0) _set.insert(c.from, c.until, c.data, c.hint);
        else if (c.kind == 1) _set.remove(c.from, c.hint);
        else if (c.kind == 2) _set.carve(c.from, c.until, c.start, c.hint);
        else _set.extend(c.from, c.until, c.data, c.hint);
    }

    /// @dev The next `most` stretches from the one that begins at `from` on, `from` 0 being the head.
    function walk(uint64 from, uint256 most)
        external
        view
        returns (uint64[] memory froms, uint64[] memory untils, uint128[] memory datas)
    {
        froms = new uint64[](most);
        untils = new uint64[](most);
        datas = new uint128[](most);
        for (uint256 i; i < most; ++i) {
            from = _set.nextOf(from);
            if (from == 0) break;
            froms[i] = from;
            (untils[i], datas[i]) = _set.get(from);
        }
    }
}
