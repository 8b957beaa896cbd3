// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {OrderRequest} from "../../interfaces/types/BookTypes.sol";
import {ParticipantId, UnitId} from "../../interfaces/types/Ids.sol";
import {PoolBase} from "./HoldingLimits.t.sol";

/// @dev Random purchases, sales, deposits, withdrawals, moves of room, windfalls and changes of groups and limits, over
/// three markets with different lots. No purchase takes a pool over its limit, whatever came before it.
contract HoldingLimitsFuzzTest is PoolBase {
    uint256 private _limitNow = LIMIT;

    function setUp() public override {
        super.setUp();
        _limit(aliceId, 0, LIMIT);
        _limit(bobId, 0, LIMIT);
        participants.setGroup(aliceId, GROUP);
        _limit(aliceId, 0, LIMIT);
        _reckon();
    }

    /// @dev What anybody can have done at any time.
    function _reckon() private {
        for (uint256 round; round < 2; ++round) {
            for (uint256 i; i < 3; ++i) {
                _sync(aliceId, i);
                _sync(bobId, i);
            }
        }
    }

    /// @dev Units held by each pool: alice's, bob's; both are one when they are of one group.
    function _pools() private view returns (uint256[2] memory held) {
        held[0] = _holds(aliceId, alice);
        held[1] = _holds(bobId, bob);
        if (participants.groupOf(_p(bobId)) == GROUP) held[0] = held[1] = held[0] + held[1];
    }

    /// forge-config: long.fuzz.runs = 1000
    function testFuzz_noPurchaseTakesAPoolOverItsLimit(uint256 seed) public {
        for (uint256 step; step < 40; ++step) {
            seed = uint256(keccak256(abi.encode(seed)));
            _step(seed);
        }
    }

    function _step(uint256 seed) private {
        (uint24 id, address wallet) = seed & 1 == 0 ? (aliceId, alice) : (bobId, bob);
        uint256 i = (seed >> 8) % 3;
        uint256 amount = (seed >> 16) % 400 / sizes[i] + 1;
        uint256 kind = (seed >> 32) % 12;
        uint256[2] memory before = _pools();
        if (kind < 5) {
            _trade(wallet, BUY, i, amount);
            uint256[2] memory held = _pools();
            for (uint256 k; k < 2; ++k) {
                assertTrue(held[k] <= _limitNow || held[k] == before[k], "over the limit by a purchase");
            }
            _checkShares();
            return;
        }
        if (kind == 5) {
            _trade(wallet, SELL, i, amount);
        } else if (kind == 6) {
            uint256 free = exchange.account(_p(id), markets[i]).lotsFree;
            if (free != 0) {
                vm.prank(wallet);
                exchange.withdrawUnits(markets[i], amount > free ? free : amount, wallet);
            }
        } else if (kind == 7) {
            uint256 lots = units.balanceOf(wallet, UnitId.unwrap(_unit(i))) / sizes[i];
            if (lots != 0) {
                vm.prank(wallet);
                units.safeTransferFrom(wallet, address(exchange), UnitId.unwrap(_unit(i)), lots * sizes[i], "");
            }
        } else if (kind == 8) {
            vm.prank(wallet);
            try limits.moveRoom(markets[i], _p(seed & 2 == 0 ? aliceId : bobId), markets[(seed >> 40) % 3], 70) {}
                catch {}
        } else if (kind == 9) {
            units.mint(wallet, UnitId.unwrap(_unit(i)), amount);
            _reckon();
        } else if (kind == 10) {
            uint24 group = participants.groupOf(_p(bobId));
            participants.setGroup(bobId, group == GROUP ? 0 : GROUP);
            _reckon();
        } else {
            _limitNow = 500 + (seed >> 48) % 1_500;
            _limit(aliceId, 0, _limitNow);
            if (participants.groupOf(_p(bobId)) == GROUP) {
                // Her own pool has the same limit, for when she leaves the group.
                participants.setGroup(bobId, 0);
                _limit(bobId, 0, _limitNow);
                participants.setGroup(bobId, GROUP);
            } else {
                _limit(bobId, 0, _limitNow);
            }
            _reckon();
        }
        _checkShares();
    }

    /// @dev Room that can be used at once, with what is held, is within the limit for each pool, unless all room is gone.
    function _checkShares() private view {
        uint256[2] memory held = _pools();
        uint256[2] memory room = [_rooms(aliceId), _rooms(bobId)];
        if (participants.groupOf(_p(bobId)) == GROUP) room[0] = room[1] = room[0] + room[1];
        for (uint256 k; k < 2; ++k) {
            assertTrue(held[k] + room[k] <= _limitNow || room[k] == 0, "room beyond the limit");
        }
    }

    function _rooms(uint24 id) private view returns (uint256 sum) {
        for (uint256 i; i < 3; ++i) {
            int256 room = _room(id, i);
            if (room > 0) sum += uint256(room) * sizes[i];
        }
    }

    function _trade(address wallet, uint256 side, uint256 i, uint256 lots) private {
        OrderRequest request = _request(side, i, lots);
        vm.prank(wallet);
        try exchange.place(request) {} catch {}
    }
}
