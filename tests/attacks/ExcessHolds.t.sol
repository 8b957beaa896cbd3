// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IProceedsHolds} from "../../interfaces/market/IProceedsHolds.sol";
import {OrderRequest} from "../../interfaces/types/BookTypes.sol";
import {MarketId, UnitId} from "../../interfaces/types/Ids.sol";
import {AttackCase} from "./AttackCase.sol";

/// @dev An officer holds more of a seller's cash than it got for the batch since the time that is stated. Other money of the
/// seller is in the account.
contract ExcessHoldsTest is AttackCase {
    uint256 private constant FREEZE = 2;
    uint256 private constant HALF_PRICE = 50; // tick; TICK is 10,000 a lot

    address private rival;
    IProceedsHolds private holds;

    function setUp() public override {
        super.setUp();
        holds = IProceedsHolds(_new("ProceedsHolds", abi.encode(exchange)));
        exchange.setController(address(holds), SETTLE | FREEZE);
        _openMarket(credit);
        rival = bodyWallets[0];
        vm.prank(dora);
        credits.safeTransferFrom(dora, rival, UnitId.unwrap(credit), 1_000, "");
        _deposit(dora, credit, 1_000);
        _deposit(rival, credit, 1_000);
        _fund(emitterWallet, 100_000_000);
        _fund(dora, 1_000_000); // its own money
    }

    function _trade(address seller, uint256 tick, uint256 lots) private {
        uint256 bare = lots | tick << 32 | uint256(MarketId.unwrap(market)) << 48;
        vm.prank(seller);
        exchange.place(OrderRequest.wrap(bare | 1 << 64));
        vm.prank(emitterWallet);
        exchange.place(OrderRequest.wrap(bare));
    }

    function _refused(uint64 cash, uint40 since, uint256 most) private {
        vm.startPrank(authority);
        batchDesk.setLocked(credit, true, WHY);
        vm.expectRevert(abi.encodeWithSelector(IProceedsHolds.ProceedsTooMuch.selector, cash, most));
        holds.hold(credit, developer, cash, since, WHY);
        vm.stopPrank();
    }

    /// @dev It got 500,000 for 100 lots, another one 1,000,000: the mean price makes 750,000 of it.
    function test_hold_ofASellerBelowTheMean() public {
        uint40 since = uint40(block.timestamp);
        _trade(dora, HALF_PRICE, 100);
        _trade(rival, TICK, 100);
        _refused(750_000, since, 500_000);
        vm.prank(authority);
        holds.hold(credit, developer, 500_000, since, WHY);
    }

    /// @dev A friend bought the lots cheaply and sold them dear. It never brought credits: nothing of its cash could be held.
    function test_hold_reachesAFriendWhoResells() public {
        uint40 since = uint40(block.timestamp);
        address friend = bodyWallets[1];
        _fund(friend, 500_000);
        vm.prank(dora);
        exchange.place(OrderRequest.wrap(100 | HALF_PRICE << 32 | uint256(MarketId.unwrap(market)) << 48 | 1 << 64));
        vm.prank(friend);
        exchange.place(OrderRequest.wrap(100 | HALF_PRICE << 32 | uint256(MarketId.unwrap(market)) << 48));
        vm.warp(block.timestamp + 1 days); // what is bought is sold from the next day on
        exchange.openDay(market);
        _trade(friend, HALF_PRICE * 3 / 2, 100); // as far as the band reaches
        vm.startPrank(authority);
        batchDesk.setLocked(credit, true, WHY);
        assertEq(holds.proceedsOf(credit, bodies[1], since), 250_000); // 750,000 less what it paid
        holds.hold(credit, bodies[1], 250_000, since, WHY);
        vm.stopPrank();
    }

    /// @dev It sold yesterday; what others sold today is held of it.
    function test_hold_ofASellerWhoSoldBefore() public {
        _trade(dora, TICK, 100);
        vm.warp(block.timestamp + 1 days);
        exchange.openDay(market);
        uint40 since = uint40(block.timestamp);
        _trade(rival, TICK, 100);
        _refused(1_000_000, since, 0);
    }
}
