// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {AuctionId, AuctionStage, AuctionTerms, TieRule} from "../../interfaces/market/IAuction.sol";
import {IAuctionBase} from "../../interfaces/market/IAuctionBase.sol";
import {IExchangeBase} from "../../interfaces/market/IExchangeBase.sol";
import {MarketId, ParticipantId, UnitId} from "../../interfaces/types/Ids.sol";
import {AuctionBase} from "./AuctionBase.sol";
import {RulesDouble} from "./MarketDoubles.sol";

/// @dev Announcing, opening, cancelling: what is taken, what is refused.
contract AuctionTest is AuctionBase {
    // ------------------------------------------------------------------ announcing

    function test_announce_needsThePowerMarket() public {
        vm.expectRevert(abi.encodeWithSelector(RulesDouble.RulesDoubleNoPower.selector, seller, 16));
        vm.prank(seller);
        house.announce(_terms(), NOTICE);
    }

    function test_announce_saysTheTermsAndTheNotice() public {
        AuctionTerms memory t = _terms();
        vm.expectEmit(address(house));
        emit IAuctionBase.AuctionAnnounced(AuctionId.wrap(1), market, t.seller, t, NOTICE);
        assertEq(AuctionId.unwrap(_announce(t)), 1);
        assertEq(uint8(_state(AuctionId.wrap(1)).stage), uint8(AuctionStage.Announced));
    }

    function _refused(AuctionTerms memory t, bytes32 field) private {
        vm.expectRevert(abi.encodeWithSelector(IAuctionBase.AuctionBadTerms.selector, field));
        vm.prank(officer);
        house.announce(t, NOTICE);
    }

    function test_announce_refusesTermsThatCannotHold() public {
        AuctionTerms memory t = _terms();
        t.market = MarketId.wrap(9);
        vm.expectRevert(abi.encodeWithSelector(IExchangeBase.ExchangeMarketUnknown.selector, t.market));
        vm.prank(officer);
        house.announce(t, NOTICE);
        t = _terms();
        t.seller = ParticipantId.wrap(999);
        _refused(t, "seller");
        t = _terms();
        t.proceeds = ParticipantId.wrap(999);
        _refused(t, "proceeds");
        t = _terms();
        t.forfeits = ParticipantId.wrap(999);
        _refused(t, "forfeits");
        t = _terms();
        t.multiple = 0;
        _refused(t, "multiple");
        t = _terms();
        t.lots = 0;
        _refused(t, "lots");
        t.lots = 10_001;
        _refused(t, "lots");
        t = _terms();
        t.tickSize = 150;
        _refused(t, "tickSize");
        t.tickSize = 0;
        _refused(t, "tickSize");
        t = _terms();
        t.reserveTick = 1;
        t.reserveCommitment = "x";
        _refused(t, "reserveTick");
        t = _terms();
        t.spread = 5;
        _refused(t, "spread");
        t = _terms();
        t.limitPpm = 1_000_001;
        _refused(t, "limitPpm");
        t = _terms();
        t.minimumPpm = 1_000_001;
        _refused(t, "minimumPpm");
        t = _terms();
        t.depositPpm = 0;
        _refused(t, "depositPpm");
        t.depositPpm = 1_000_001;
        _refused(t, "depositPpm");
        t = _terms();
        t.leastDeposit = 0;
        _refused(t, "leastDeposit");
        t = _terms();
        t.maximumBids = 7;
        _refused(t, "maximumBids");
        t = _terms();
        t.bidsEach = 0;
        _refused(t, "bidsEach");
        t.maximumBids = 799;
        t.bidsEach = 100;
        _refused(t, "bidsEach");
        t = _terms();
        t.placeFee = 0;
        _refused(t, "placeFee");
        t = _terms();
        (t.floorPpm, t.floorVolumePpm) = (1, 1);
        uint8[4] memory badDays = [0, 1, 4, 23];
        for (uint256 i; i < 4; ++i) {
            t.floorDays = badDays[i];
            _refused(t, "floorDays");
        }
        t.floorDays = 3;
        t.floorVolumePpm = 0;
        _refused(t, "floorVolumePpm");
        t.floorVolumePpm = 1_000_001;
        _refused(t, "floorVolumePpm");
        t = _terms();
        t.tie = TieRule.Random;
        t.seedCommitment = 0;
        _refused(t, "tie");
        t.seedCommitment = "x";
        t.revealFrom = t.commitUntil;
        _refused(t, "tie");
    }

    function test_announce_refusesTimesOutOfOrder() public {
        AuctionTerms memory t = _terms();
        t.commitFrom = uint40(vm.getBlockTimestamp() - 1);
        _refused(t, "commitFrom");
        t.commitFrom = uint40(vm.getBlockTimestamp() + 366 days + 1);
        _refused(t, "commitFrom");
        t = _terms();
        t.deliverFrom = t.commitFrom + 92 days + 1;
        _refused(t, "deliverFrom");
        t = _terms();
        t.commitUntil = t.commitFrom;
        _refused(t, "commitUntil");
        t = _terms();
        t.revealFrom = t.commitUntil - 1;
        _refused(t, "revealFrom");
        t = _terms();
        t.revealUntil = t.revealFrom;
        _refused(t, "revealUntil");
        t = _terms();
        t.deliverFrom = t.revealUntil - 1;
        _refused(t, "deliverFrom");
        t.deliverFrom = t.revealUntil;
        t.reserveCommitment = "x";
        _refused(t, "deliverFrom");
        t = _openTerms();
        t.revealUntil += 1;
        _refused(t, "revealUntil");
    }

    // ------------------------------------------------------------------ opening

    function test_open_bringsTheSellersLotsIn() public {
        AuctionId id = _announce(_terms());
        vm.expectEmit(address(house));
        emit IAuctionBase.AuctionOpened(id, OFFERED);
        vm.prank(seller);
        house.open(id);
        assertEq(_account(sellerId).lots, 1_000_000 - OFFERED);
        assertEq(_account(_houseId()).lots, OFFERED);
        assertEq(_state(id).volume, OFFERED);
    }

    function test_open_byOthersNeedsConsent() public {
        AuctionTerms memory t = _terms();
        t.proceeds = t.seller;
        t.reserveTick = 4_000;
        AuctionId id = _announce(t);
        vm.expectRevert(
            abi.encodeWithSelector(IAuctionBase.AuctionConsentShort.selector, ParticipantId.wrap(sellerId), 0, OFFERED)
        );
        house.open(id);

        vm.prank(seller);
        house.setConsent(market, OFFERED + 1, 4_000 * CENT);
        house.open(id);
        (uint256 lots, uint256 leastPrice) = house.consentOf(ParticipantId.wrap(sellerId), market);
        assertEq(lots, 1);
        assertEq(leastPrice, 4_000 * CENT);
    }

    /// @dev A consent is for one market: an officer brings no lots of another to an auction by it.
    function test_open_aConsentIsForItsMarketAlone() public {
        UnitId other = UnitId.wrap(UnitId.unwrap(UNIT) + 1);
        vm.prank(officer);
        MarketId second = exchange.createMarket(other, SCHEME, address(currency), _config());
        vm.prank(seller);
        house.setConsent(second, OFFERED, 4_000 * CENT);
        AuctionTerms memory t = _terms();
        t.proceeds = t.seller;
        t.reserveTick = 4_000;
        AuctionId id = _announce(t);
        vm.expectRevert(
            abi.encodeWithSelector(IAuctionBase.AuctionConsentShort.selector, ParticipantId.wrap(sellerId), 0, OFFERED)
        );
        house.open(id);
        (uint256 lots,) = house.consentOf(ParticipantId.wrap(sellerId), second);
        assertEq(lots, OFFERED);
    }

    /// @dev What one auction took of a consent is gone for the next one; the last lot of it may be taken.
    function test_open_ofTwoAuctionsByOneConsent() public {
        AuctionTerms memory t = _terms();
        t.proceeds = t.seller;
        t.reserveTick = 4_000;
        (AuctionId first, AuctionId second) = (_announce(t), _announce(t));
        vm.prank(seller);
        house.setConsent(market, OFFERED, 4_000 * CENT);
        house.open(first);
        vm.expectRevert(
            abi.encodeWithSelector(IAuctionBase.AuctionConsentShort.selector, ParticipantId.wrap(sellerId), 0, OFFERED)
        );
        house.open(second);
    }

    function test_open_isNotForOtherTraders() public {
        AuctionId id = _announce(_terms());
        (, address other) = _trader("other", 0, 1);
        vm.expectRevert(
            abi.encodeWithSelector(IAuctionBase.AuctionConsentShort.selector, ParticipantId.wrap(sellerId), 0, OFFERED)
        );
        vm.prank(other);
        house.open(id);
        address reader = makeAddr("reader");
        participants.add(sellerId, reader, 2);
        vm.expectRevert(
            abi.encodeWithSelector(IAuctionBase.AuctionConsentShort.selector, ParticipantId.wrap(sellerId), 0, OFFERED)
        );
        vm.prank(reader);
        house.open(id);
    }

    function test_setConsent_revertsForOneWhoMayNotTrade() public {
        address wallet = makeAddr("reader");
        participants.add(sellerId, wallet, 2);
        vm.expectRevert(abi.encodeWithSelector(IAuctionBase.AuctionNotTrader.selector, wallet));
        vm.prank(wallet);
        house.setConsent(market, 1, 0);
    }

    function test_setConsent_refusesWhatItCannotHold() public {
        uint256 most = type(uint64).max;
        vm.startPrank(seller);
        vm.expectRevert(abi.encodeWithSelector(IAuctionBase.AuctionBadTerms.selector, bytes32("lots")));
        house.setConsent(market, most + 1, 0);
        vm.expectRevert(abi.encodeWithSelector(IAuctionBase.AuctionBadTerms.selector, bytes32("leastPrice")));
        house.setConsent(market, 1, most + 1);
        house.setConsent(market, most, most);
        vm.stopPrank();
        (uint256 lots, uint256 leastPrice) = house.consentOf(ParticipantId.wrap(sellerId), market);
        assertEq(lots, most);
        assertEq(leastPrice, most);
    }

    function test_open_isPossibleOnceAndBeforeTheFirstBid() public {
        AuctionTerms memory t = _terms();
        AuctionId id = _opened(t);
        vm.expectRevert(abi.encodeWithSelector(IAuctionBase.AuctionWrongStage.selector, id, AuctionStage.Open));
        vm.prank(seller);
        house.open(id);

        t.commitFrom += 10;
        id = _announce(t);
        vm.warp(t.commitFrom);
        vm.expectRevert(abi.encodeWithSelector(IAuctionBase.AuctionNotNow.selector, id, 0, t.commitFrom));
        vm.prank(seller);
        house.open(id);
    }

    // ------------------------------------------------------------------ cancelling

    function test_cancel_byTheOfficerReturnsEverything() public {
        AuctionId id = _opened(_terms());
        Sealed memory b = _bid(id, "bidder", 4_800, 500);
        vm.expectRevert(abi.encodeWithSelector(RulesDouble.RulesDoubleNoPower.selector, seller, 16));
        vm.prank(seller);
        house.cancel(id, "no");
        vm.prank(officer);
        house.cancel(id, "fault");
        house.settle(id, 200);
        assertEq(_cash(b.id), 10_000_000_000_000);
        assertEq(_account(sellerId).lots, 1_000_000);
        assertEq(uint8(_state(id).stage), uint8(AuctionStage.Closed));
        _assertHouseEmpty();
    }

    function test_cancel_notOnceBidsAreKnown() public {
        AuctionTerms memory t = _terms();
        AuctionId id = _opened(t);
        _toReveals();
        vm.expectRevert(abi.encodeWithSelector(IAuctionBase.AuctionNotNow.selector, id, 0, t.revealFrom));
        vm.prank(officer);
        house.cancel(id, "price");
    }

    function test_cancel_byAnyoneWhenTheLotsDidNotCome() public {
        AuctionId id = _announce(_terms());
        vm.expectRevert(abi.encodeWithSelector(RulesDouble.RulesDoubleNoPower.selector, address(this), 16));
        house.cancel(id, "early");
        vm.warp(start);
        house.cancel(id, "no lots");
        house.settle(id, 0);
        vm.expectRevert(abi.encodeWithSelector(IAuctionBase.AuctionWrongStage.selector, id, AuctionStage.Closed));
        house.cancel(id, "again");
    }

    function test_unknownAuctionsAreRefused() public {
        vm.expectRevert(abi.encodeWithSelector(IAuctionBase.AuctionUnknown.selector, AuctionId.wrap(3)));
        house.settle(AuctionId.wrap(3), 1);
    }
}
