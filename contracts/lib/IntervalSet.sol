// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

/// @title IntervalSet
/// @notice Stretches `[from, until)` that never overlap, as a sorted list; whoever writes says where (a hint).
/// @dev A wrong hint only reverts, so it needs no trust, and the cost does not depend on how many stretches there are.
/// `from` is never 0: that place is the head of the list.
library IntervalSet {
    /// @dev One slot.
    struct Node {
        uint64 until;
        uint64 next; // start of the following stretch; 0 none
        uint64 ref; //  the owner's own number
        uint8 kind; //  what it is used for
    }

    struct Set {
        mapping(uint64 from => Node) nodes;
    }

    /// @notice Thrown when a stretch is empty or begins at 0.
    error IntervalSetEmpty(uint64 from, uint64 until);
    /// @notice Thrown when the hint is not the start of a stretch before this one.
    error IntervalSetBadHint(uint64 hint, uint64 from);
    /// @notice Thrown when the stretch shares a moment with one that is there.
    error IntervalSetOverlap(uint64 from, uint64 until, uint64 otherFrom, uint64 otherUntil);
    /// @notice Thrown when no such stretch follows the hint.
    error IntervalSetMissing(uint64 from, uint64 until);

    /// @notice Adds `[from, until)` behind the stretch that begins at `hint` (0: the head).
    function insert(Set storage set, uint64 from, uint64 until, uint64 hint, uint64 ref, uint8 kind) internal {
        if (from == 0 || until <= from) revert IntervalSetEmpty(from, until);
        Node memory before = set.nodes[hint];
        if (hint >= from || (hint != 0 && before.until == 0)) revert IntervalSetBadHint(hint, from);
        if (before.until > from) revert IntervalSetOverlap(from, until, hint, before.until);
        uint64 next = before.next;
        if (next != 0 && next < until) {
            // Either they overlap, or the hint is not the last stretch before this one.
            if (set.nodes[next].until <= from) revert IntervalSetBadHint(hint, from);
            revert IntervalSetOverlap(from, until, next, set.nodes[next].until);
        }

        set.nodes[from] = Node({until: until, next: next, ref: ref, kind: kind});
        set.nodes[hint].next = from;
    }

    /// @notice Takes `[from, until)` out; `hint` is the start of the stretch before it (0: the head).
    function remove(Set storage set, uint64 from, uint64 until, uint64 hint) internal {
        Node memory node = set.nodes[from];
        if (from == 0 || node.until == 0 || node.until != until) revert IntervalSetMissing(from, until);
        if (set.nodes[hint].next != from) revert IntervalSetBadHint(hint, from);

        set.nodes[hint].next = node.next;
        delete set.nodes[from];
    }

    /// @notice Start of the last stretch that begins before `from`; walks at most `limit`, oldest first.
    function lastBefore(Set storage set, uint64 from, uint256 limit) internal view returns (uint64 hint) {
        for (uint256 i; i < limit; ++i) {
            uint64 next = set.nodes[hint].next;
            if (next == 0 || next >= from) return hint;
            hint = next;
        }
    }
}
