// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {Test} from "forge-std/Test.sol";

import {AccountIdLib} from "../../contracts/types/AccountIdLib.sol";
import {OrderIdLib} from "../../contracts/types/OrderIdLib.sol";
import {PoolIdLib} from "../../contracts/types/PoolIdLib.sol";
import {UnitIdLib} from "../../contracts/types/UnitIdLib.sol";
import {AccountId, OrderId} from "../../interfaces/types/BookTypes.sol";
import {UnitId} from "../../interfaces/types/Ids.sol";

contract IdsTest is Test {
    using OrderIdLib for OrderId;

    function testFuzz_orderId_keepsItsFields(uint16 market, bool sell, uint16 tick, uint24 epoch, uint24 index)
        public
        pure
    {
        OrderId id = OrderIdLib.pack(market, sell ? 1 : 0, tick, epoch, index);
        assertEq(id.market(), market);
        assertEq(id.side(), sell ? 1 : 0);
        assertEq(id.tick(), tick);
        assertEq(id.epoch(), epoch);
        assertEq(id.index(), index);
    }

    function testFuzz_withLots_isWhatEventsTell(uint128 id, uint32 lots, uint16 lastDay) public pure {
        uint256 told = OrderId.wrap(id).withLots(lots, lastDay);
        assertEq(uint128(told), id);
        assertEq(uint32(told >> 128), lots);
        assertEq(told >> 160, lastDay);
    }

    function testFuzz_accountId_keepsItsFields(uint16 market, uint24 participant) public pure {
        assertEq(AccountId.unwrap(AccountIdLib.pack(market, participant)), uint256(market) * 2 ** 24 + participant);
    }

    function testFuzz_place_makesTheIdWithMarketAndSide(
        uint16 market,
        bool sell,
        uint16 tick,
        uint24 epoch,
        uint24 index
    ) public pure {
        uint256 side = sell ? 1 : 0;
        OrderId id = OrderIdLib.pack(market, side, tick, epoch, index);
        assertEq(OrderId.unwrap(OrderIdLib.ofPlace(market, side, id.place())), OrderId.unwrap(id));
    }

    function testFuzz_poolId_isOneOfEachOwner(uint8 class, uint16 scheme, uint24 owner) public pure {
        uint256 key = PoolIdLib.classKey(class, scheme);
        assertEq(key, uint256(class) * 2 ** 16 + scheme);
        assertEq(PoolIdLib.ofParticipant(key, owner), key * 2 ** 25 + owner);
        assertEq(PoolIdLib.ofGroup(key, owner), key * 2 ** 25 + 2 ** 24 + owner);
        assertTrue(PoolIdLib.soleKey(scheme) > PoolIdLib.classKey(type(uint8).max, type(uint16).max));
    }

    function test_unitId_namesAClassOfEightBits() public pure {
        assertFalse(UnitIdLib.namesClass(UnitId.wrap(7)));
        assertTrue(UnitIdLib.namesClass(UnitId.wrap(255 << 96)));
        assertFalse(UnitIdLib.namesClass(UnitId.wrap(256 << 96)));
    }
}
