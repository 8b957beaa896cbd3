// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

/// @dev One account of the ledger, low to high:
/// `cash 51 | in bids 51 | lots 33 | in asks 33 | bought 33 | limit 34 | voids 5 | frozen 1 | counted 1 | day 14`.
/// - `cash` [0.0001 currency] and `lots` are totals, `in bids` and `in asks` the reserved part of them.
/// - `bought` [lots] came in by today's trades and is not for sale before tomorrow.
/// - `limit` [lots] is what may be held here, plus 2^33, so that it can be negative; all ones is no limit, 0 not yet set.
/// - `voids` counts how often all open orders were ended at once today; an order isOrderLive the count it was placed under
///   and lives only under the same. 31: no further order today.
/// - `counted`: cash that comes and goes other than by listed trades is counted, see {PackedFlows}.
/// - `day` is the market day the word was last touched; reservations, `bought` and `voids` of another day are void. In a
///   lasting market, whose orders outlive the day, only `bought` is: 31 voids are the last there. In a retire-only one
///   `bought` stays too: lots bought there leave by retirement alone.
type PackedAccount is uint256;

using PackedAccountLib for PackedAccount global;

/// @title PackedAccountLib
/// @dev The ledger bounds a market's total lots below 2^33 and cash below 2^51 where they come in, and
/// inside a market lots and cash only move between accounts: no field can overflow, and additions to fields are unchecked.
library PackedAccountLib {
    uint256 internal constant MAX_LOTS = (1 << 33) - 1;
    uint256 internal constant MAX_CASH = (1 << 51) - 1;
    uint256 internal constant NO_LIMIT = (1 << 34) - 1;
    uint256 internal constant LIMIT_BIAS = 1 << 33;
    uint256 internal constant MAX_VOIDS = 31;
    /// @dev Count of voids and `frozen`, as an order's byte holds them.
    uint256 internal constant ORDER_STAMP = 0x3f;

    uint256 private constant IN_BIDS = 51;
    uint256 private constant LOTS = 102;
    uint256 private constant IN_ASKS = 135;
    uint256 private constant BOUGHT = 168;
    uint256 private constant LIMIT = 201;
    uint256 private constant VOIDS = 235;
    uint256 private constant FROZEN = 240;
    uint256 private constant COUNTED = 241;
    uint256 private constant DAY = 242;

    /// @dev Fields that outlive the day in a retire-only market: all.
    uint256 private constant KEPT_FOR_GOOD = ~(type(uint256).max << DAY);
    /// @dev Fields that outlive the day in a lasting market: all but `bought`.
    uint256 private constant KEPT_LASTING = ~((MAX_LOTS << BOUGHT) | (type(uint256).max << DAY));
    /// @dev Fields that outlive the day: cash, lots, limit, frozen, counted.
    uint256 private constant KEPT = MAX_CASH | (MAX_LOTS << LOTS) | (NO_LIMIT << LIMIT) | (uint256(3) << FROZEN);
    uint256 private constant OPEN_ORDERS = (MAX_CASH << IN_BIDS) | (MAX_LOTS << IN_ASKS);

    function cash(PackedAccount a) internal pure returns (uint256) {
        return PackedAccount.unwrap(a) & MAX_CASH;
    }

    function inBids(PackedAccount a) internal pure returns (uint256) {
        return (PackedAccount.unwrap(a) >> IN_BIDS) & MAX_CASH;
    }

    function lots(PackedAccount a) internal pure returns (uint256) {
        return (PackedAccount.unwrap(a) >> LOTS) & MAX_LOTS;
    }

    function inAsks(PackedAccount a) internal pure returns (uint256) {
        return (PackedAccount.unwrap(a) >> IN_ASKS) & MAX_LOTS;
    }

    function bought(PackedAccount a) internal pure returns (uint256) {
        return (PackedAccount.unwrap(a) >> BOUGHT) & MAX_LOTS;
    }

    /// @dev Plus {LIMIT_BIAS}.
    function limit(PackedAccount a) internal pure returns (uint256) {
        return (PackedAccount.unwrap(a) >> LIMIT) & NO_LIMIT;
    }

    function voids(PackedAccount a) internal pure returns (uint256) {
        return (PackedAccount.unwrap(a) >> VOIDS) & MAX_VOIDS;
    }

    function frozen(PackedAccount a) internal pure returns (bool) {
        return (PackedAccount.unwrap(a) >> FROZEN) & 1 != 0;
    }

    function counted(PackedAccount a) internal pure returns (bool) {
        return (PackedAccount.unwrap(a) >> COUNTED) & 1 != 0;
    }

    function day(PackedAccount a) internal pure returns (uint256) {
        return PackedAccount.unwrap(a) >> DAY;
    }

    function freeCash(PackedAccount a) internal pure returns (uint256) {
        unchecked {
            return a.cash() - a.inBids(); // reserved is part of the total
        }
    }

    /// @dev Lots that may be sold or withdrawn today.
    function freeLots(PackedAccount a) internal pure returns (uint256) {
        unchecked {
            return a.lots() - a.inAsks() - a.bought(); // both are parts of the total, and disjoint
        }
    }

    /// @dev Lots that may still be bought; negative when more is held than the limit.
    function room(PackedAccount a) internal pure returns (int256) {
        uint256 biased = a.limit();
        if (biased == NO_LIMIT) return type(int256).max;
        unchecked {
            return int256(biased) - int256(LIMIT_BIAS + a.lots()); // 34 bits each
        }
    }

    /// @dev An order of a day market is live when it was placed under the account's present count of voids and the account
    /// is not frozen: the order's byte holds 5 bits of count and no sixth. False for every order of a lasting market.
    function isOrderLive(PackedAccount a, uint256 flags) internal pure returns (bool) {
        return a.orderStamp() == flags;
    }

    /// @dev Count of voids and `frozen` as an order's byte holds them: live orders of the account bear it.
    function orderStamp(PackedAccount a) internal pure returns (uint256) {
        return (PackedAccount.unwrap(a) >> VOIDS) & ORDER_STAMP;
    }

    /// @dev The account as of `today`: what another day's orders reserved is free; `lasting` as {PackedMarketConfigLib-lastingKind} says it.
    function asOf(PackedAccount a, uint256 today, uint256 lasting) internal pure returns (PackedAccount) {
        if (a.day() == today) return a;
        uint256 kept = lasting == 0 ? KEPT : lasting == 1 ? KEPT_LASTING : KEPT_FOR_GOOD;
        return PackedAccount.wrap((PackedAccount.unwrap(a) & kept) | (today << DAY));
    }

    // ------------------------------------------------------------------ orders

    function reserveLots(PackedAccount a, uint256 n) internal pure returns (PackedAccount) {
        unchecked {
            return PackedAccount.wrap(PackedAccount.unwrap(a) + (n << IN_ASKS));
        }
    }

    function releaseLots(PackedAccount a, uint256 n) internal pure returns (PackedAccount) {
        unchecked {
            return PackedAccount.wrap(PackedAccount.unwrap(a) - (n << IN_ASKS));
        }
    }

    function reserveCash(PackedAccount a, uint256 n) internal pure returns (PackedAccount) {
        unchecked {
            return PackedAccount.wrap(PackedAccount.unwrap(a) + (n << IN_BIDS));
        }
    }

    function releaseCash(PackedAccount a, uint256 n) internal pure returns (PackedAccount) {
        unchecked {
            return PackedAccount.wrap(PackedAccount.unwrap(a) - (n << IN_BIDS));
        }
    }

    /// @dev Settles a fill of a resting sell order: `n` reserved lots go out, `proceeds` come in.
    function fillAsk(PackedAccount a, uint256 n, uint256 proceeds) internal pure returns (PackedAccount) {
        unchecked {
            return PackedAccount.wrap(PackedAccount.unwrap(a) + proceeds - n * ((1 << LOTS) | (1 << IN_ASKS)));
        }
    }

    /// @dev Settles a fill of a resting buy order: `cost` of reserved cash goes out, `n` lots come in.
    function fillBid(PackedAccount a, uint256 n, uint256 cost) internal pure returns (PackedAccount) {
        unchecked {
            return PackedAccount.wrap(
                PackedAccount.unwrap(a) - cost * (1 | (1 << IN_BIDS)) + n * ((1 << LOTS) | (1 << BOUGHT))
            );
        }
    }

    /// @dev Settles the fills of an incoming sell order.
    function sell(PackedAccount a, uint256 n, uint256 proceeds) internal pure returns (PackedAccount) {
        unchecked {
            return PackedAccount.wrap(PackedAccount.unwrap(a) + proceeds - (n << LOTS));
        }
    }

    /// @dev Settles the fills of an incoming buy order: not for sale before tomorrow.
    function buy(PackedAccount a, uint256 n, uint256 cost) internal pure returns (PackedAccount) {
        unchecked {
            return PackedAccount.wrap(PackedAccount.unwrap(a) - cost + n * ((1 << LOTS) | (1 << BOUGHT)));
        }
    }

    /// @dev Ends all open orders of the account: nothing is reserved, and no order placed so far lives.
    function voided(PackedAccount a) internal pure returns (PackedAccount) {
        uint256 word = PackedAccount.unwrap(a) & ~OPEN_ORDERS;
        if (a.voids() == MAX_VOIDS) return PackedAccount.wrap(word);
        unchecked {
            return PackedAccount.wrap(word + (1 << VOIDS));
        }
    }

    // ------------------------------------------------------------------ ledger

    function addCash(PackedAccount a, uint256 n) internal pure returns (PackedAccount) {
        unchecked {
            return PackedAccount.wrap(PackedAccount.unwrap(a) + n);
        }
    }

    function subCash(PackedAccount a, uint256 n) internal pure returns (PackedAccount) {
        unchecked {
            return PackedAccount.wrap(PackedAccount.unwrap(a) - n);
        }
    }

    function addLots(PackedAccount a, uint256 n) internal pure returns (PackedAccount) {
        unchecked {
            return PackedAccount.wrap(PackedAccount.unwrap(a) + (n << LOTS));
        }
    }

    /// @dev Of the lots, the oldest leave first: what was bought today shrinks only when nothing else is left.
    function subLots(PackedAccount a, uint256 n) internal pure returns (PackedAccount) {
        unchecked {
            uint256 left = a.lots() - n;
            uint256 outside = left - a.inAsks();
            uint256 word = PackedAccount.unwrap(a) - (n << LOTS);
            uint256 today = a.bought();
            if (today > outside) word -= (today - outside) << BOUGHT;
            return PackedAccount.wrap(word);
        }
    }

    /// @dev `biased` is the limit plus {LIMIT_BIAS}, or {NO_LIMIT}.
    function withLimit(PackedAccount a, uint256 biased) internal pure returns (PackedAccount) {
        return PackedAccount.wrap((PackedAccount.unwrap(a) & ~(NO_LIMIT << LIMIT)) | (biased << LIMIT));
    }

    /// @dev Lots that come from the participant's own wallets raise the limit, lots that go there lower it.
    function shiftLimit(PackedAccount a, int256 n) internal pure returns (PackedAccount) {
        uint256 biased = a.limit();
        if (biased == NO_LIMIT) return a;
        return a.withLimit(clampLimit(int256(biased) + n)); // 34 bits and 33 bits
    }

    /// @dev Keeps a biased limit clear of the two values with a meaning of their own.
    function clampLimit(int256 biased) internal pure returns (uint256) {
        if (biased < 1) return 1;
        if (biased > int256(NO_LIMIT) - 1) return NO_LIMIT - 1;
        return uint256(biased);
    }

    function withFrozen(PackedAccount a, bool on) internal pure returns (PackedAccount) {
        uint256 word = PackedAccount.unwrap(a) & ~(uint256(1) << FROZEN);
        return PackedAccount.wrap(on ? word | (uint256(1) << FROZEN) : word);
    }

    function withCounted(PackedAccount a) internal pure returns (PackedAccount) {
        return PackedAccount.wrap(PackedAccount.unwrap(a) | (uint256(1) << COUNTED));
    }
}
