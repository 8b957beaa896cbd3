// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {AuctionId, AuctionStage} from "../../interfaces/market/IAuctionBase.sol";
import {ParticipantId} from "../../interfaces/types/Ids.sol";
import {AuctionBase} from "../market/AuctionBase.sol";
import {AuctionInsiders} from "./AuctionInsiders.sol";
import {Campaign} from "./Campaign.sol";
import {Stage} from "./MarketInsiders.sol";

/// @dev Promises about auctions, whatever auctioneer, seller and bidders do.
contract AuctionsTest is AuctionBase, Campaign {
    uint256 private constant BIDDERS = 4;

    AuctionInsiders private _handler;

    function setUp() public override {
        super.setUp();
        Stage memory stage = Stage(
            exchange, currency, units, market, UNIT, officer, new uint24[](3 + BIDDERS), new address[](3 + BIDDERS)
        );
        (stage.ids[0], stage.wallets[0]) = (sellerId, seller);
        (stage.ids[1], stage.wallets[1]) = (treasury, makeAddr("treasury"));
        (stage.ids[2], stage.wallets[2]) = (penalties, makeAddr("penalties"));
        for (uint256 i = 3; i < stage.ids.length; ++i) {
            (stage.ids[i], stage.wallets[i]) =
                _trader(string.concat("bidder ", vm.toString(i)), 10_000, 100_000_000_000);
        }
        _handler = new AuctionInsiders(stage, house);
        _enlist(_handler);
    }

    function _checkPromises() internal view override {
        _custodyIsWhatAuctionsHold();
    }

    /// @dev Lots and money of the auctions' account are those of the auctions that are not over, to the last unit.
    function _custodyIsWhatAuctionsHold() private view {
        assertEq(_account(_houseId()).lots, _handler.lotsHeld(), "lots in custody");
        assertEq(_account(_houseId()).cash, _handler.cashHeld(), "money in custody");
    }

    /// @dev Every escrow can be freed: with the auctioneer silent and all accounts frozen, strangers end every auction by 30
    /// days after its delivery, and the seller has what was not sold.
    function _checkEnd() internal override {
        AuctionId[] memory ids = _handler.auctions();
        uint256 last = vm.getBlockTimestamp();
        for (uint256 i = 0; i < ids.length; ++i) {
            uint256 end = _handler.termsOf(ids[i]).deliverFrom + 30 days;
            if (end > last) last = end;
        }
        vm.warp(last);
        for (uint256 i = 0; i < ids.length; ++i) {
            _end(ids[i]);
        }
        _assertHouseEmpty();
        _checkPromises();
    }

    function _end(AuctionId id) private {
        AuctionStage stage = _state(id).stage;
        if (stage == AuctionStage.Announced) house.cancel(id, "late");
        if (stage == AuctionStage.Open) house.clear(id, 2_000);
        while (_state(id).stage != AuctionStage.Closed) {
            _handler.settleOne(id);
        }
        if (_state(id).unsold != 0) _handler.reclaimOne(id);
    }

    /* FOUND SEQUENCES */

    /// @dev An expiry or a fine that names the auctions' account takes nothing out of an open auction.
    function test_sequence_openThenDebitOfCustody() public {
        _openSealed();
        exchange.setController(address(this), 1);
        assertEq(
            exchange.debitUnits(ParticipantId.wrap(_houseId()), market, type(uint256).max, address(7)),
            0,
            "custody debited"
        );
        _checkPromises();
        _checkEnd();
    }

    /// @dev One bidder fills no more than its share of the places.
    function test_sequence_oneBidderFillsItsShare() public {
        _openSealed();
        vm.warp(vm.getBlockTimestamp() + 10 minutes);
        for (uint256 i = 0; i < 3; ++i) {
            _handler.commit(0, 0, 4_700 + i, 1, 0);
        }
        _refuses(abi.encodeCall(_handler.commit, (0, 0, 4_710, 1, 0)), "a bidder beyond its share");
        _handler.commit(0, 1, 4_710, 1, 0);
        _checkEnd();
    }

    function _openSealed() private {
        _handler.announce(32, 50, 0, 1);
        _handler.open(0, 1);
    }

    function test_insiders_reachEveryAct() public {
        vm.pauseGasMetering(); // more acts than the gas of a test pays for
        _play(1_500, 5);
    }
}
