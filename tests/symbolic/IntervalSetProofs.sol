// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {Test} from "forge-std/Test.sol";

import {IntervalSet} from "../../contracts/lib/IntervalSet.sol";

/// @notice Proofs over sets of up to three stretches, with every bound and every hint: what was claimed once is not
/// claimed again. A call that reverts changes nothing and is no path of a proof.
contract IntervalSetProofs is Test {
    using IntervalSet for IntervalSet.Set;

    IntervalSet.Set private _set;

    function check_insert_neverOverlaps(uint64 a, uint64 b, uint64 c, uint64 d, uint64 hint) public {
        _set.insert(a, b, 1, 0);
        _set.insert(c, d, 2, hint);
        assert(a < b && c < d && (b <= c || d <= a));
        (uint64 until, uint128 data) = _set.get(a);
        assert(until == b && data == 1);
        (until, data) = _set.get(c);
        assert(until == d && data == 2);
    }

    function check_insert_keepsTheOrder(uint64 a, uint64 b, uint64 c, uint64 d, uint64 hint) public {
        _set.insert(a, b, 1, 0);
        _set.insert(c, d, 2, hint);
        (uint64 first, uint64 second) = a < c ? (a, c) : (c, a);
        assert(_set.nextOf(0) == first && _set.nextOf(first) == second && _set.nextOf(second) == 0);
    }

    function check_insert_thirdNeverOverlaps(uint64 a, uint64 b, uint64 c, uint64 d, uint64 e, uint64 f, uint64 hint)
        public
    {
        vm.assume(a < c);
        _set.insert(a, b, 1, 0);
        _set.insert(c, d, 2, a);
        _set.insert(e, f, 3, hint);
        assert(f <= a || (b <= e && f <= c) || d <= e);
    }

    function check_extend_growsOnlyIntoFreeTime(uint64 a, uint64 b, uint64 c, uint64 d, uint64 until) public {
        vm.assume(a < c);
        _set.insert(a, b, 1, 0);
        _set.insert(c, d, 2, a);
        _set.extend(b, until, 1, a);
        assert(until <= c && b < until);
        (uint64 end,) = _set.get(a);
        assert(end == until && _set.nextOf(a) == c);
    }

    /// @dev A moment is in the set afterwards if it was before and is not in the part that went.
    function check_carve_takesOutThePartAndNothingElse(uint64 a, uint64 b, uint64 from, uint64 until, uint64 moment)
        public
    {
        _set.insert(a, b, 1, 0);
        _set.carve(from, until, a, 0);
        bool was = a <= moment && moment < b;
        bool went = from <= moment && moment < until;
        assert(_holds(moment) == (was && !went));
        assert(a <= from && from < until && until <= b);
    }

    function check_remove_freesTheWholeStretch(uint64 a, uint64 b, uint64 c, uint64 d, uint64 moment) public {
        vm.assume(a < c);
        _set.insert(a, b, 1, 0);
        _set.insert(c, d, 2, a);
        _set.remove(a, 0);
        assert(_holds(moment) == (c <= moment && moment < d));
    }

    function check_split_keepsEveryMoment(uint64 a, uint64 b, uint64 cut, uint64 moment) public {
        _set.insert(a, b, 1, 0);
        _set.split(a, cut);
        assert(_holds(moment) == (a <= moment && moment < b) && _set.nextOf(a) == cut);
        (, uint128 data) = _set.get(cut);
        assert(data == 1);
    }

    function check_relabel_keepsTheStretch(uint64 a, uint64 b, uint128 data) public {
        _set.insert(a, b, 1, 0);
        _set.relabel(a, data);
        (uint64 until, uint128 read) = _set.get(a);
        assert(until == b && read == data && _set.nextOf(a) == 0);
    }

    /// @dev Whether one of the set's first two stretches covers the moment; no proof here leaves more.
    function _holds(uint64 moment) private view returns (bool) {
        uint64 first = _set.nextOf(0);
        if (first == 0) return false;
        uint64 second = _set.nextOf(first);
        (uint64 firstUntil,) = _set.get(first);
        (uint64 secondUntil,) = _set.get(second);
        bool inFirst = first <= moment && moment < firstUntil;
        return inFirst || (second != 0 && second <= moment && moment < secondUntil);
    }
}
