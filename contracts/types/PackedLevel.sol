// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

/// @dev One price of one side, low to high: `order 64 | order 64 | lots 40 | epoch 24 | day 16 | tail 24 | head 24`.
/// - Orders stand in a queue: `head` is the first that may be open, `tail` the next to be given out. Orders 0 and 1
///   are in the word itself, the others four to a slot ({BookStore.entriesSlot}); slots are never zeroed.
/// - `lots` sums the queue's open orders; 0 means an empty level.
/// - `epoch` rises with every new queue, so that an order's id never means another order.
/// - `day` is the stamp of its book: a level of another day is empty. In a lasting market, whose orders outlive the day,
///   all words bear {LevelWords.LASTING}.
type LevelWord is uint256;

using LevelWords for LevelWord global;

/// @dev One order in a queue, 64 bits, low to high: `lots 32 | participant 24 | voids 5 | 0 1 | dated 1 | lasting 1`.
/// Lots 0: a hole. `lasting` is set in lasting markets only; a `dated` order has its last day beside the queue
/// ({BookStore.datesSlot}).
type Entry is uint256;

using LevelWords for Entry global;

/// @title LevelWords
library LevelWords {
    uint256 internal constant MAX_INDEX = (1 << 23) - 1; // a fill record has 23 bits for it
    uint256 internal constant MAX_LOTS = (1 << 40) - 1;
    /// @dev Stamp of a lasting market's book: no market day, these end at 2^14.
    uint256 internal constant LASTING = type(uint16).max;
    /// @dev Flags of an order's highest byte.
    uint256 internal constant ORDER_DATED = 0x40;
    uint256 internal constant ORDER_LASTING = 0x80;

    uint256 private constant MASK_ENTRY = type(uint64).max;
    uint256 private constant LOTS = 128;
    uint256 private constant EPOCH = 168;
    uint256 private constant DAY = 192;
    uint256 private constant TAIL = 208;
    uint256 private constant HEAD = 232;

    function lots(LevelWord l) internal pure returns (uint256) {
        return (LevelWord.unwrap(l) >> LOTS) & MAX_LOTS;
    }

    function epoch(LevelWord l) internal pure returns (uint256) {
        return (LevelWord.unwrap(l) >> EPOCH) & 0xffffff;
    }

    function day(LevelWord l) internal pure returns (uint256) {
        return (LevelWord.unwrap(l) >> DAY) & 0xffff;
    }

    /// @dev Which queue of the level it is: `epoch 24 | day 16`, low to high.
    function queue(LevelWord l) internal pure returns (uint256) {
        return (LevelWord.unwrap(l) >> EPOCH) & type(uint40).max;
    }

    function queueOf(uint256 epoch_, uint256 day_) internal pure returns (uint256) {
        return epoch_ | (day_ << 24);
    }

    function tail(LevelWord l) internal pure returns (uint256) {
        return (LevelWord.unwrap(l) >> TAIL) & 0xffffff;
    }

    function head(LevelWord l) internal pure returns (uint256) {
        return LevelWord.unwrap(l) >> HEAD;
    }

    /// @dev A new, empty queue.
    function renewed(LevelWord l, uint256 today) internal pure returns (LevelWord) {
        unchecked {
            return LevelWord.wrap((((l.epoch() + 1) & 0xffffff) << EPOCH) | (today << DAY));
        }
    }

    /// @dev One more order of `n` lots at the tail; the caller has checked that `lots` and `tail` have room for it.
    function extended(LevelWord l, uint256 n) internal pure returns (LevelWord) {
        unchecked {
            return LevelWord.wrap(LevelWord.unwrap(l) + (n << LOTS) + (1 << TAIL));
        }
    }

    function withoutLots(LevelWord l, uint256 n) internal pure returns (LevelWord) {
        unchecked {
            return LevelWord.wrap(LevelWord.unwrap(l) - (n << LOTS));
        }
    }

    function withHead(LevelWord l, uint256 index) internal pure returns (LevelWord) {
        return LevelWord.wrap((LevelWord.unwrap(l) & ((1 << HEAD) - 1)) | (index << HEAD));
    }

    // ------------------------------------------------------------------ last days

    /// @dev Last market day of order `index` in the word of its queue's dates.
    function pickDay(uint256 word, uint256 index) internal pure returns (uint256) {
        return uint16(word >> ((index & 15) << 4));
    }

    function putDay(uint256 word, uint256 index, uint256 day_) internal pure returns (uint256) {
        uint256 shift = (index & 15) << 4;
        return (word & ~(uint256(0xffff) << shift)) | (day_ << shift);
    }

    // ------------------------------------------------------------------ orders

    function entry(uint256 n, uint256 participant, uint256 flags_) internal pure returns (Entry) {
        return Entry.wrap(n | (participant << 32) | (flags_ << 56));
    }

    function entryLots(Entry e) internal pure returns (uint256) {
        return uint32(Entry.unwrap(e));
    }

    function owner(Entry e) internal pure returns (uint256) {
        return uint24(Entry.unwrap(e) >> 32);
    }

    /// @dev The whole byte above the owner: `voids 5 | 0 1 | dated 1 | lasting 1`.
    function flags(Entry e) internal pure returns (uint256) {
        return Entry.unwrap(e) >> 56;
    }

    /// @dev Order `place` (0 or 1 of a level, 0 to 3 of a slot) of a word.
    function pick(uint256 word, uint256 place) internal pure returns (Entry) {
        return Entry.wrap((word >> (place << 6)) & MASK_ENTRY);
    }

    function put(uint256 word, uint256 place, Entry e) internal pure returns (uint256) {
        uint256 shift = place << 6;
        return (word & ~(MASK_ENTRY << shift)) | (Entry.unwrap(e) << shift);
    }
}
