// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {BlockFees, BlockTicket, IBlockTrades} from "../../interfaces/market/IBlockTrades.sol";
import {DeskBase} from "./DeskBase.sol";

/// @dev Block trades with tickets that two wallets sign.
abstract contract BlockTradesBase is DeskBase {
    bytes32 internal constant REASON = "agreed before the listing";

    IBlockTrades internal blocks;
    address internal anybody = makeAddr("anybody");
    uint64 internal nonces;

    function setUp() public virtual override {
        super.setUp();
        blocks = IBlockTrades(deployCode("BlockTrades.sol:BlockTrades", abi.encode(exchange)));
        exchange.setController(address(blocks), 16);
        _afternoon(FIRST_DAY);
    }

    // ------------------------------------------------------------------ tickets

    function _ticket(uint256 lots, uint256 price) internal returns (BlockTicket memory) {
        return BlockTicket({
            market: market,
            seller: _id(sellerId),
            sellerWallet: seller,
            buyer: _id(buyerId),
            buyerWallet: buyer,
            lots: uint40(lots),
            price: uint64(price),
            nonce: ++nonces,
            deadline: uint64(vm.getBlockTimestamp() + 365 days)
        });
    }

    function _sign(uint256 key, bytes32 hash) internal pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, hash);
        return abi.encodePacked(r, s, v);
    }

    function _trade(BlockTicket memory ticket) internal {
        bytes32 hash = blocks.ticketHash(ticket);
        bytes memory bySeller = _sign(sellerKey, hash);
        bytes memory byBuyer = _sign(buyerKey, hash);
        vm.prank(anybody);
        blocks.trade(ticket, bySeller, byBuyer);
    }

    function _refused(BlockTicket memory ticket, bytes memory why) internal {
        bytes32 hash = blocks.ticketHash(ticket);
        bytes memory bySeller = _sign(sellerKey, hash);
        bytes memory byBuyer = _sign(buyerKey, hash);
        vm.expectRevert(why);
        blocks.trade(ticket, bySeller, byBuyer);
    }

    function _approve(BlockTicket memory ticket) internal {
        vm.prank(officer);
        blocks.approve(ticket, REASON);
    }

    function _setFees(uint16 sellerPpm, uint16 buyerPpm) internal {
        vm.prank(officer);
        blocks.setFees(market, BlockFees(sellerPpm, buyerPpm));
    }
}
