// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

/// @title IntervalSet
/// @notice Stretches `[from, until)` that never overlap, in order, each with 128 bits of what it is for.
/// @dev A sorted list whose place is given by the caller: `hint` is the start of the last stretch that begins before the
/// new one, 0 when there is none. A wrong hint only reverts, and no call walks: gas does not grow with the set.
/// One slot a stretch: `until 64 | next start 64 | data 128`, lowest first. Key 0 is the head, so that no stretch begins
/// at 0.
library IntervalSet {
    struct Set {
        mapping(uint64 from => uint256 node) nodes;
    }

    uint256 private constant NEXT_SHIFT = 64;
    uint256 private constant DATA_SHIFT = 128;
    uint256 private constant NEXT_MASK = uint256(type(uint64).max) << NEXT_SHIFT;

    /// @notice Thrown when a stretch is empty or begins at 0.
    error IntervalsEmpty(uint64 from, uint64 until);
    /// @notice Thrown when a stretch overlaps one that is there.
    error IntervalsOverlap(uint64 from, uint64 until, uint64 otherFrom, uint64 otherUntil);
    /// @notice Thrown when the hint is not the start of the stretch before.
    error IntervalsWrongHint(uint64 hint, uint64 from);
    /// @notice Thrown when no stretch begins there.
    error IntervalsUnknown(uint64 from);
    /// @notice Thrown when the part to be carved out is empty or not within the stretch, or a cut leaves one side empty.
    error IntervalsOutside(uint64 from, uint64 until, uint64 start, uint64 end);

    /// @notice Adds `[from, until)`.
    function insert(Set storage self, uint64 from, uint64 until, uint128 data, uint64 hint) internal {
        if (from == 0 || until <= from) revert IntervalsEmpty(from, until);
        uint256 before = self.nodes[hint];
        if (hint != 0 && before == 0) revert IntervalsWrongHint(hint, from);
        if (hint >= from) {
            if (hint < until) revert IntervalsOverlap(from, until, hint, untilOf(before));
            revert IntervalsWrongHint(hint, from);
        }
        if (untilOf(before) > from) revert IntervalsOverlap(from, until, hint, untilOf(before));
        uint64 next = _nextOf(before);
        if (next != 0 && next < until) {
            // A next one that begins before `from` and ends by it would be the right hint.
            uint64 nextUntil = untilOf(self.nodes[next]);
            if (nextUntil <= from) revert IntervalsWrongHint(hint, from);
            revert IntervalsOverlap(from, until, next, nextUntil);
        }

        self.nodes[hint] = before & ~NEXT_MASK | uint256(from) << NEXT_SHIFT;
        self.nodes[from] = uint256(until) | uint256(next) << NEXT_SHIFT | uint256(data) << DATA_SHIFT;
    }

    /// @notice Adds `[from, until)`; where the stretch before ends there and is for the same, that one grows instead.
    function extend(Set storage self, uint64 from, uint64 until, uint128 data, uint64 hint) internal {
        uint256 before = self.nodes[hint];
        bool touches = hint != 0 && untilOf(before) == from && before >> DATA_SHIFT == data;
        if (!touches || until <= from) return insert(self, from, until, data, hint);

        uint64 next = _nextOf(before);
        if (next != 0 && next < until) revert IntervalsOverlap(from, until, next, untilOf(self.nodes[next]));
        self.nodes[hint] = before >> NEXT_SHIFT << NEXT_SHIFT | until;
    }

    /// @notice Takes the stretch that begins at `from` out again.
    function remove(Set storage self, uint64 from, uint64 hint) internal {
        uint256 node = self.nodes[from];
        if (from == 0 || node == 0) revert IntervalsUnknown(from);
        uint256 before = self.nodes[hint];
        if (_nextOf(before) != from) revert IntervalsWrongHint(hint, from);

        self.nodes[hint] = before & ~NEXT_MASK | node & NEXT_MASK;
        delete self.nodes[from];
    }

    /// @notice Takes `[from, until)` out of the stretch that begins at `start`; the parts on either side stay.
    /// @param hint the start of the stretch before that one; looked at only when its beginning goes
    function carve(Set storage self, uint64 from, uint64 until, uint64 start, uint64 hint) internal {
        uint256 node = self.nodes[start];
        if (start == 0 || node == 0) revert IntervalsUnknown(start);
        uint64 end = untilOf(node);
        if (from < start || until <= from || end < until) revert IntervalsOutside(from, until, start, end);

        uint64 next = _nextOf(node);
        if (until != end) {
            self.nodes[until] = node; // the same end, successor and data
            next = until;
        }
        if (from == start) {
            uint256 before = self.nodes[hint];
            if (_nextOf(before) != start) revert IntervalsWrongHint(hint, start);
            self.nodes[hint] = before & ~NEXT_MASK | uint256(next) << NEXT_SHIFT;
            delete self.nodes[start];
        } else {
            self.nodes[start] = uint256(from) | uint256(next) << NEXT_SHIFT | node >> DATA_SHIFT << DATA_SHIFT;
        }
    }

    /// @notice Cuts the stretch that begins at `from` in two, `[from, cut)` and `[cut, until)`, each with its data.
    function split(Set storage self, uint64 from, uint64 cut) internal {
        uint256 node = self.nodes[from];
        if (from == 0 || node == 0) revert IntervalsUnknown(from);
        if (cut <= from || cut >= untilOf(node)) revert IntervalsOutside(cut, cut, from, untilOf(node));

        self.nodes[cut] = node; // the same end, successor and data
        self.nodes[from] = uint256(cut) | uint256(cut) << NEXT_SHIFT | node >> DATA_SHIFT << DATA_SHIFT;
    }

    /// @notice Changes the use of the stretch that begins at `from`.
    function relabel(Set storage self, uint64 from, uint128 data) internal {
        uint256 node = self.nodes[from];
        if (from == 0 || node == 0) revert IntervalsUnknown(from);
        self.nodes[from] = uint128(node) | uint256(data) << DATA_SHIFT; // the lower half stays
    }

    /// @notice The stretch that begins at `from`; zero when there is none.
    function get(Set storage self, uint64 from) internal view returns (uint64 until, uint128 data) {
        if (from == 0) return (0, 0);
        uint256 node = self.nodes[from];
        return (untilOf(node), uint128(node >> DATA_SHIFT)); // the upper half
    }

    /// @notice The start of the stretch after the one that begins at `from`, 0 being the head; 0 when there is none.
    function nextOf(Set storage self, uint64 from) internal view returns (uint64) {
        return _nextOf(self.nodes[from]);
    }

    /// @notice The start of the last stretch that begins before `from`; walks at most `limit` of them.
    function lastBefore(Set storage self, uint64 from, uint256 limit) internal view returns (uint64 start) {
        for (uint256 i; i < limit; ++i) {
            uint64 next = _nextOf(self.nodes[start]);
            if (next == 0 || next >= from) return start;
            start = next;
        }
    }

    function untilOf(uint256 node) internal pure returns (uint64) {
        return uint64(node); // the lowest field
    }

    function _nextOf(uint256 node) private pure returns (uint64) {
        return uint64(node >> NEXT_SHIFT); // exactly its field
    }
}
