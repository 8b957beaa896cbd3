// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {BlockFees, BlockTicket, IBlockTrades} from "../../../interfaces/market/IBlockTrades.sol";
import {IPledges} from "../../../interfaces/market/IPledges.sol";
import {DeskBase} from "../../market/DeskBase.sol";

/// @dev What desks cost, as whole transactions in the steady state: later trades and pledges of the same day between
/// accounts that are in use. Figures go to `snapshots/desks.json`.
/// forge-config: default.isolate = true
contract DesksGasTest is DeskBase {
    IBlockTrades private blocks;
    IPledges private pledges;

    function setUp() public override {
        super.setUp();
        blocks = IBlockTrades(deployCode("BlockTrades.sol:BlockTrades", abi.encode(exchange)));
        pledges = IPledges(deployCode("Pledges.sol:Pledges", abi.encode(exchange)));
        exchange.setController(address(blocks), 16);
        exchange.setController(address(pledges), 16);
        vm.prank(officer);
        blocks.setFees(market, BlockFees(100, 100));
        _open(FIRST_DAY);
        _afternoon(FIRST_DAY + 3);
    }

    function _trade(uint64 nonce) private returns (uint256) {
        BlockTicket memory ticket = BlockTicket({
            market: market,
            seller: _id(sellerId),
            sellerWallet: seller,
            buyer: _id(buyerId),
            buyerWallet: buyer,
            lots: 100_000,
            price: 480_000,
            nonce: nonce,
            deadline: type(uint64).max
        });
        bytes32 hash = blocks.ticketHash(ticket);
        blocks.trade(ticket, _sign(sellerKey, hash), _sign(buyerKey, hash));
        return vm.lastCallGas().gasTotalUsed;
    }

    function _sign(uint256 key, bytes32 hash) private pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, hash);
        return abi.encodePacked(r, s, v);
    }

    function test_gas_ofABlockTrade() public {
        _trade(1);
        uint256 used = _trade(2);
        vm.snapshotValue("desks", "block_trade", used);
        assertLe(used, 150_000);
    }

    function test_gas_ofPledges() public {
        vm.prank(seller);
        pledges.pledge(market, _id(buyerId), 1_000, uint40(block.timestamp + 365 days), "loan");
        vm.prank(seller);
        uint256 id = pledges.pledge(market, _id(buyerId), 1_000, uint40(block.timestamp + 365 days), "loan");
        uint256 used = vm.lastCallGas().gasTotalUsed;
        vm.snapshotValue("desks", "pledge", used);
        assertLe(used, 140_000);
        vm.prank(seller);
        pledges.agree(id, 500, false);
        vm.prank(buyer);
        pledges.agree(id, 500, false);
        used = vm.lastCallGas().gasTotalUsed;
        vm.snapshotValue("desks", "release", used);
        assertLe(used, 110_000);
    }
}
