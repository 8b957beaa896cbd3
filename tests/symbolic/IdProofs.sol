// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {Test} from "forge-std/Test.sol";

import {AccountId, OrderId} from "../../interfaces/types/BookTypes.sol";
import {InstallationId, SchemeId, UnitId} from "../../interfaces/types/Ids.sol";
import {DeviceId} from "../../interfaces/types/MeterTypes.sol";
import {BookStore} from "../../contracts/book/BookStore.sol";
import {AccountIdLib} from "../../contracts/types/AccountIdLib.sol";
import {BatchNumbers} from "../../contracts/types/BatchNumbers.sol";
import {OrderIdLib} from "../../contracts/types/OrderIdLib.sol";
import {PoolIdLib} from "../../contracts/types/PoolIdLib.sol";
import {RecordWordLib} from "../../contracts/types/RecordWordLib.sol";
import {UnitIdLib} from "../../contracts/types/UnitIdLib.sol";

/// @notice Proofs over ids and storage keys: an id gives its fields back, and two things never share one.
contract IdProofs is Test {
    function check_unitId_givesItsFieldsBack(uint8 class, uint16 scheme, uint16 vintage, uint64 batch) public pure {
        UnitId id = UnitIdLib.encode(class, SchemeId.wrap(scheme), vintage, batch);
        assert(UnitIdLib.classOf(id) == class && SchemeId.unwrap(UnitIdLib.schemeOf(id)) == scheme);
        assert(UnitIdLib.vintageOf(id) == vintage && UnitIdLib.batchOf(id) == batch);
        assert(UnitId.unwrap(id) & ~UnitIdLib.MASK == 0 && UnitIdLib.namesClass(id) == (class != 0));
    }

    /// @dev No id beside the one made of its fields is of a class.
    function check_unitId_ofAClassIsMadeOfItsFields(uint256 raw, uint8 class) public pure {
        UnitId id = UnitId.wrap(raw);
        vm.assume(UnitIdLib.isOfClass(id, class));
        UnitId made = UnitIdLib.encode(class, UnitIdLib.schemeOf(id), UnitIdLib.vintageOf(id), UnitIdLib.batchOf(id));
        assert(UnitId.unwrap(made) == raw);
        assert(SchemeId.unwrap(UnitIdLib.schemeOf(id)) != 0 && UnitIdLib.vintageOf(id) != 0);
    }

    function check_certificate_isOfOneDeviceAndHour(uint16 scheme, uint16 vintage, uint32 device, uint32 hour)
        public
        pure
    {
        uint64 batch = uint64(device) << 32 | hour;
        UnitId id = UnitIdLib.encode(UnitIdLib.ENERGY_CERTIFICATE, SchemeId.wrap(scheme), vintage, batch);
        assert(DeviceId.unwrap(BatchNumbers.deviceOf(id)) == device);
        assert(BatchNumbers.hourEndOf(id) == (uint256(hour) + 1) * 1 hours);
    }

    /// @dev Times of 24 bits: solvers take a division apart bit by bit.
    /// @custom:halmos --solver z3
    function check_certificate_hourHoldsItsSeconds(uint32 device, uint32 from) public pure {
        vm.assume(from < 1 << 24);
        uint64 batch = BatchNumbers.ofHour(DeviceId.wrap(device), from);
        uint256 begins = uint256(uint32(batch)) * 1 hours;
        assert(batch >> 32 == device && begins <= from && from < begins + 1 hours);
    }

    /// @dev Numbers of reports, of ex-ante and of immobilised batches never meet.
    function check_batch_isImmobilisedByItsTopBitAlone(uint16 scheme, uint16 vintage, uint64 number) public pure {
        UnitId id = UnitIdLib.encode(UnitIdLib.OFFSET_CREDIT, SchemeId.wrap(scheme), vintage, number);
        assert(BatchNumbers.isImmobilised(id) == (number >> 63 == 1));
        if (number < BatchNumbers.EX_ANTE) assert(!BatchNumbers.isImmobilised(id));
        if (number & BatchNumbers.EX_ANTE != 0 && number >> 63 == 0) assert(!BatchNumbers.isImmobilised(id));
    }

    function check_orderId_givesItsFieldsBack(uint16 market, bool sell, uint16 tick, uint24 epoch, uint24 index)
        public
        pure
    {
        uint256 side = sell ? 1 : 0;
        OrderId id = OrderIdLib.pack(market, side, tick, epoch, index);
        assert(OrderIdLib.market(id) == market && OrderIdLib.side(id) == side && OrderIdLib.tick(id) == tick);
        assert(OrderIdLib.epoch(id) == epoch && OrderIdLib.index(id) == index);
        OrderId again = OrderIdLib.ofPlace(market, side, OrderIdLib.place(id));
        assert(OrderId.unwrap(again) == OrderId.unwrap(id));
    }

    function check_accountId_isOfOneMarketAndParticipant(uint16 market, uint24 participant, uint40 other) public pure {
        uint40 id = AccountId.unwrap(AccountIdLib.pack(market, participant));
        assert(id >> 24 == market && uint24(id) == participant);
        if (other != id) assert(other >> 24 != market || uint24(other) != participant);
    }

    function check_poolId_isOfOneOwner(uint8 class, uint16 scheme, uint24 a, uint24 b, uint16 market) public pure {
        uint256 key = PoolIdLib.classKey(class, scheme);
        assert(key >> 16 == class && uint16(key) == scheme && key != PoolIdLib.soleKey(market));
        assert(PoolIdLib.ofParticipant(key, a) != PoolIdLib.ofGroup(key, b));
        if (a != b) assert(PoolIdLib.ofParticipant(key, a) != PoolIdLib.ofParticipant(key, b));
        if (a != b) assert(PoolIdLib.ofGroup(key, a) != PoolIdLib.ofGroup(key, b));
        assert(PoolIdLib.ofParticipant(key, a) >> 25 == key && PoolIdLib.ofGroup(key, a) >> 25 == key);
    }

    function check_recordKey_isOfOneInstallationAndYear(uint32 a, uint16 yearA, uint32 b, uint16 yearB) public pure {
        vm.assume(a != b || yearA != yearB);
        assert(RecordWordLib.keyOf(InstallationId.wrap(a), yearA) != RecordWordLib.keyOf(InstallationId.wrap(b), yearB));
    }

    // ------------------------------------------------------------------ slots of the ledger and the books

    function check_accountSlot_isOfOneAccount(uint16 market, uint24 a, uint16 otherMarket, uint24 b) public pure {
        vm.assume(market != otherMarket || a != b);
        assert(BookStore.accountSlot(market, a) != BookStore.accountSlot(otherMarket, b));
    }

    function check_ordersSlot_isOfOneLevelAndFourOrders(uint256 a, uint256 b, uint24 i, uint24 j) public pure {
        vm.assume(a < 1 << 33 && b < 1 << 33 && i >= 2 && j >= 2);
        bool same = BookStore.ordersSlot(a, i) == BookStore.ordersSlot(b, j);
        assert(same == (a == b && (i - 2) / 4 == (j - 2) / 4));
        assert((BookStore.lastDaysSlot(a, i) == BookStore.lastDaysSlot(b, j)) == (a == b && i / 16 == j / 16));
    }

    function check_levelKey_isOfOnePrice(uint16 m, bool sell, uint16 tick, uint16 m2, bool sell2, uint16 tick2)
        public
        pure
    {
        uint256 a = BookStore.levelKey(m, sell ? 1 : 0, tick);
        uint256 b = BookStore.levelKey(m2, sell2 ? 1 : 0, tick2);
        assert(a < 1 << 33 && (a == b) == (m == m2 && sell == sell2 && tick == tick2));
    }

    /// @dev Each kind of slot bears its tag above whatever key fits.
    function check_slots_ofTwoKindsNeverMeet(
        uint160 wallet,
        uint16 market,
        uint24 participant,
        uint40 key,
        uint24 index
    ) public pure {
        vm.assume(index >= 2 && key < 1 << 33);
        assert(BookStore.walletSlot(address(wallet)) >> 248 == 0xb1);
        assert(BookStore.configSlot(market) >> 248 == 0xb2 && BookStore.marketDataSlot(market) >> 248 == 0xb3);
        assert(BookStore.accountSlot(market, participant) >> 248 == 0xb4 && BookStore.levelSlot(key) >> 248 == 0xb5);
        assert(BookStore.ordersSlot(key, index) >> 248 == 0xb6 && BookStore.leafSlot(market, 1, 239) >> 248 == 0xb7);
        assert(BookStore.rootSlot(market, 1) >> 248 == 0xb8 && BookStore.rulesSlot(market, 1) >> 248 == 0xb9);
        assert(BookStore.monthSlot(market, index) >> 248 == 0xba && BookStore.lastDaysSlot(key, index) >> 248 == 0xbb);
    }
}
