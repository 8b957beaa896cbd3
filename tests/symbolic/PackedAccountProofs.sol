// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {Test} from "forge-std/Test.sol";

import {PackedAccount, PackedAccountLib} from "../../contracts/types/PackedAccount.sol";

/// @notice Proofs over every word of an account: an operation changes the fields that it names, by the amounts that
/// it names, and no other bit. What is assumed is what the ledger holds: reserved is part of the total.
contract PackedAccountProofs is Test {
    uint256 private constant CASH = PackedAccountLib.MAX_CASH;
    uint256 private constant IN_BIDS = PackedAccountLib.MAX_CASH << 51;
    uint256 private constant LOTS = PackedAccountLib.MAX_LOTS << 102;
    uint256 private constant IN_ASKS = PackedAccountLib.MAX_LOTS << 135;
    uint256 private constant BOUGHT = PackedAccountLib.MAX_LOTS << 168;
    uint256 private constant LIMIT = PackedAccountLib.NO_LIMIT << 201;
    uint256 private constant VOIDS = uint256(31) << 235;
    uint256 private constant FROZEN = uint256(1) << 240;
    uint256 private constant DAY = uint256((1 << 14) - 1) << 242;

    /// @dev A word as the ledger holds it.
    function _sound(PackedAccount a) private pure {
        vm.assume(a.inBids() <= a.cash());
        vm.assume(a.inAsks() + a.bought() <= a.lots());
    }

    function _isSound(PackedAccount a) private pure returns (bool) {
        return a.inBids() <= a.cash() && a.inAsks() + a.bought() <= a.lots();
    }

    /// @dev No bit outside `fields` differs.
    function _onlyIn(uint256 fields, PackedAccount a, PackedAccount b) private pure {
        assert((PackedAccount.unwrap(a) ^ PackedAccount.unwrap(b)) & ~fields == 0);
    }

    function check_fields_coverTheWordOnce(PackedAccount a) public pure {
        uint256 grouped = PackedAccount.unwrap(a) >> 241 & 1;
        assert(CASH ^ IN_BIDS ^ LOTS ^ IN_ASKS ^ BOUGHT ^ LIMIT ^ VOIDS ^ FROZEN ^ DAY ^ 1 << 241 == type(uint256).max);
        assert(
            PackedAccount.unwrap(a)
                == a.cash() | a.inBids() << 51 | a.lots() << 102 | a.inAsks() << 135 | a.bought() << 168 | a.limit()
                    << 201 | a.voids() << 235 | (a.frozen() ? FROZEN : 0) | grouped << 241 | a.day() << 242
        );
    }

    // ------------------------------------------------------------------ escrow

    function check_reserveCash_bindsFreeCashAlone(PackedAccount a, uint256 n) public pure {
        _sound(a);
        vm.assume(n <= a.freeCash());
        PackedAccount b = a.reserveCash(n);
        _onlyIn(IN_BIDS, a, b);
        assert(b.inBids() == a.inBids() + n && b.freeCash() == a.freeCash() - n && _isSound(b));
    }

    function check_releaseCash_undoesReserveCash(PackedAccount a, uint256 n) public pure {
        _sound(a);
        vm.assume(n <= a.freeCash());
        assert(PackedAccount.unwrap(a.reserveCash(n).releaseCash(n)) == PackedAccount.unwrap(a));
    }

    function check_releaseCash_freesEscrowAlone(PackedAccount a, uint256 n) public pure {
        _sound(a);
        vm.assume(n <= a.inBids());
        PackedAccount b = a.releaseCash(n);
        _onlyIn(IN_BIDS, a, b);
        assert(b.inBids() == a.inBids() - n && b.freeCash() == a.freeCash() + n && _isSound(b));
    }

    /// @dev A bid is placed, filled in part and cancelled: cash falls by what the fill paid, nothing stays bound.
    function check_escrow_ofOneBidComesBackWhole(PackedAccount a, uint256 all, uint256 rest, uint256 n) public pure {
        _sound(a);
        vm.assume(all <= a.freeCash() && rest <= all);
        vm.assume(n <= PackedAccountLib.MAX_LOTS - a.lots());
        PackedAccount b = a.reserveCash(all).fillBid(n, all - rest).releaseCash(rest);
        _onlyIn(CASH | LOTS | BOUGHT, a, b);
        assert(b.cash() == a.cash() - (all - rest) && b.inBids() == a.inBids());
        assert(b.lots() == a.lots() + n && b.bought() == a.bought() + n && _isSound(b));
    }

    function check_fillBid_paysFromEscrowAlone(PackedAccount a, uint256 n, uint256 cost) public pure {
        _sound(a);
        vm.assume(cost <= a.inBids() && n <= PackedAccountLib.MAX_LOTS - a.lots());
        PackedAccount b = a.fillBid(n, cost);
        _onlyIn(CASH | IN_BIDS | LOTS | BOUGHT, a, b);
        assert(b.cash() == a.cash() - cost && b.inBids() == a.inBids() - cost && b.freeCash() == a.freeCash());
        assert(b.lots() == a.lots() + n && b.bought() == a.bought() + n && b.freeLots() == a.freeLots() && _isSound(b));
    }

    // ------------------------------------------------------------------ resting sales

    function check_reserveLots_bindsFreeLotsAlone(PackedAccount a, uint256 n) public pure {
        _sound(a);
        vm.assume(n <= a.freeLots());
        PackedAccount b = a.reserveLots(n);
        _onlyIn(IN_ASKS, a, b);
        assert(b.inAsks() == a.inAsks() + n && b.freeLots() == a.freeLots() - n && _isSound(b));
    }

    function check_releaseLots_freesRestingSalesAlone(PackedAccount a, uint256 n) public pure {
        _sound(a);
        vm.assume(n <= a.inAsks());
        PackedAccount b = a.releaseLots(n);
        _onlyIn(IN_ASKS, a, b);
        assert(b.inAsks() == a.inAsks() - n && b.freeLots() == a.freeLots() + n && _isSound(b));
    }

    function check_fillAsk_deliversRestingLotsAlone(PackedAccount a, uint256 n, uint256 proceeds) public pure {
        _sound(a);
        vm.assume(n <= a.inAsks() && proceeds <= CASH - a.cash());
        PackedAccount b = a.fillAsk(n, proceeds);
        _onlyIn(CASH | LOTS | IN_ASKS, a, b);
        assert(b.cash() == a.cash() + proceeds && b.freeCash() == a.freeCash() + proceeds);
        assert(b.lots() == a.lots() - n && b.inAsks() == a.inAsks() - n && b.freeLots() == a.freeLots() && _isSound(b));
    }

    /// @dev A sale is placed, filled in part and cancelled: lots fall by the fill, nothing stays reserved.
    function check_restingSale_comesBackWhole(PackedAccount a, uint256 all, uint256 filled, uint256 proceeds)
        public
        pure
    {
        _sound(a);
        vm.assume(all <= a.freeLots() && filled <= all && proceeds <= CASH - a.cash());
        PackedAccount b = a.reserveLots(all).fillAsk(filled, proceeds).releaseLots(all - filled);
        _onlyIn(CASH | LOTS, a, b);
        assert(b.cash() == a.cash() + proceeds && b.lots() == a.lots() - filled && _isSound(b));
    }

    // ------------------------------------------------------------------ incoming orders

    function check_sell_deliversFreeLotsAlone(PackedAccount a, uint256 n, uint256 proceeds) public pure {
        _sound(a);
        vm.assume(n <= a.freeLots() && proceeds <= CASH - a.cash());
        PackedAccount b = a.sell(n, proceeds);
        _onlyIn(CASH | LOTS, a, b);
        assert(b.cash() == a.cash() + proceeds && b.lots() == a.lots() - n && _isSound(b));
    }

    function check_buy_paysFromFreeCashAndIsNotForSaleToday(PackedAccount a, uint256 n, uint256 cost) public pure {
        _sound(a);
        vm.assume(cost <= a.freeCash() && n <= PackedAccountLib.MAX_LOTS - a.lots());
        PackedAccount b = a.buy(n, cost);
        _onlyIn(CASH | LOTS | BOUGHT, a, b);
        assert(b.cash() == a.cash() - cost && b.lots() == a.lots() + n && b.freeLots() == a.freeLots() && _isSound(b));
    }

    // ------------------------------------------------------------------ days, voids and the ledger

    function check_asOf_keepsTotalsAndFreesReservations(PackedAccount a, uint256 today, uint256 kind) public pure {
        _sound(a);
        vm.assume(today < 1 << 14 && today != a.day() && (kind == 0 || kind == 1 || kind == 3));
        PackedAccount b = a.asOf(today, kind);
        assert(b.day() == today && _isSound(b));
        if (kind == 0) _onlyIn(IN_BIDS | IN_ASKS | BOUGHT | VOIDS | DAY, a, b);
        if (kind == 1) _onlyIn(BOUGHT | DAY, a, b);
        if (kind == 3) _onlyIn(DAY, a, b);
        if (kind == 0) assert(b.inBids() + b.inAsks() + b.voids() == 0);
        if (kind != 3) assert(b.bought() == 0);
    }

    function check_asOf_sameDayChangesNothing(PackedAccount a, uint256 kind) public pure {
        assert(PackedAccount.unwrap(a.asOf(a.day(), kind)) == PackedAccount.unwrap(a));
    }

    function check_voided_freesAllOrdersAndCountsOnce(PackedAccount a) public pure {
        _sound(a);
        PackedAccount b = a.voided();
        _onlyIn(IN_BIDS | IN_ASKS | VOIDS, a, b);
        assert(b.inBids() == 0 && b.inAsks() == 0 && _isSound(b));
        assert(b.voids() == (a.voids() == 31 ? 31 : a.voids() + 1));
    }

    /// @dev An order's byte holds a count of voids and no frozen bit.
    function check_voided_endsTheOrdersPlacedBefore(PackedAccount a) public pure {
        vm.assume(a.voids() < 31);
        assert(!a.voided().isOrderLive(a.voids()));
        assert(a.isOrderLive(a.voids()) == !a.frozen());
    }

    function check_subLots_neverTakesReservedLots(PackedAccount a, uint256 n) public pure {
        _sound(a);
        vm.assume(n <= a.lots() - a.inAsks());
        PackedAccount b = a.subLots(n);
        _onlyIn(LOTS | BOUGHT, a, b);
        assert(b.lots() == a.lots() - n && b.bought() <= a.bought() && _isSound(b));
        if (n <= a.freeLots()) assert(b.bought() == a.bought());
    }

    function check_deposits_changeOneTotalAlone(PackedAccount a, uint256 n, uint256 lots) public pure {
        _sound(a);
        vm.assume(n <= CASH - a.cash() && lots <= PackedAccountLib.MAX_LOTS - a.lots());
        PackedAccount b = a.addCash(n).addLots(lots);
        _onlyIn(CASH | LOTS, a, b);
        assert(b.cash() == a.cash() + n && b.lots() == a.lots() + lots && _isSound(b));
        assert(PackedAccount.unwrap(b.subCash(n)) == PackedAccount.unwrap(a.addLots(lots)));
    }

    function check_withLimit_setsTheLimitAlone(PackedAccount a, uint256 biased, bool frozen) public pure {
        vm.assume(biased <= PackedAccountLib.NO_LIMIT);
        PackedAccount b = a.withLimit(biased).withFrozen(frozen);
        _onlyIn(LIMIT | FROZEN, a, b);
        assert(b.limit() == biased && b.frozen() == frozen);
    }

    function check_shiftLimit_staysClearOfValuesWithAMeaning(PackedAccount a, int256 n) public pure {
        vm.assume(n > -(1 << 33) && n < 1 << 33);
        PackedAccount b = a.shiftLimit(n);
        _onlyIn(LIMIT, a, b);
        if (a.limit() == PackedAccountLib.NO_LIMIT) assert(b.limit() == PackedAccountLib.NO_LIMIT);
        else assert(b.limit() != 0 && b.limit() != PackedAccountLib.NO_LIMIT);
    }

    function check_room_isTheLimitLessTheLots(PackedAccount a) public pure {
        vm.assume(a.limit() != PackedAccountLib.NO_LIMIT);
        assert(a.room() + int256(a.lots()) + int256(PackedAccountLib.LIMIT_BIAS) == int256(a.limit()));
    }
}
