// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {MeteredLeaf} from "../../interfaces/units/IEnergyCertificates.sol";
import {ParticipantId} from "../../interfaces/types/Ids.sol";
import {MeterId} from "../../interfaces/types/MeterTypes.sol";
import {IParticipants, WalletRights} from "../../interfaces/parties/IParticipants.sol";
import {IPowerMarket, PowerAccountId} from "../../interfaces/power/IPowerMarket.sol";
import {
    GridFee,
    IPowerTrades,
    PowerContract,
    PowerContractState,
    PowerSignatures
} from "../../interfaces/power/IPowerTrades.sol";
import {NewPseudonym} from "../../interfaces/power/IPowerPseudonyms.sol";
import {ISchemes, Powers} from "../../interfaces/rules/ISchemes.sol";
import {Horizon} from "../../contracts/lib/Horizon.sol";
import {TradeCase} from "./TradeCase.sol";

/// @dev A wallet that is a contract and signs one digest (ERC-1271).
contract SigningWallet {
    bytes32 private immutable DIGEST;

    constructor(bytes32 digest) {
        DIGEST = digest;
    }

    function isValidSignature(bytes32 digest, bytes calldata) external view returns (bytes4) {
        return digest == DIGEST ? this.isValidSignature.selector : bytes4(0);
    }
}

contract PowerTradesTest is TradeCase {
    /* AGREE */

    function test_agree_isTold() public {
        PowerContract memory t = _neighbours();
        assertEq(trades.digestOf(t), _digest(t));
        PowerSignatures memory s = _signed(t);
        PowerContractState memory c;
        (c.seller, c.buyer) = (PowerAccountId.wrap(SELLER), PowerAccountId.wrap(BUYER));
        (c.fromInterval, c.untilInterval, c.price, c.energyWh) = (interval, interval, 250_001, 1_001);
        vm.expectEmit(address(trades));
        emit IPowerTrades.ContractAgreed(1, c.seller, c.buyer, _digest(t), t, c, _none());
        vm.expectEmit(address(trades));
        emit IPowerTrades.IntervalsBooked(1, interval, 1);
        vm.prank(stranger);
        uint64 id = trades.agree(t, s, _none());
        assertEq(id, 1);
        assertEq(trades.contractCount(), 1);
        assertEq(trades.idOf(_digest(t)), 1);
        assertEq(abi.encode(trades.contractOf(1)), abi.encode(c));
        assertEq(_bound(BUYER), COST);
        assertEq(_bound(SELLER), 0);
        vm.expectRevert(abi.encodeWithSelector(IPowerTrades.TradesUnknown.selector, 2));
        trades.contractOf(2);
    }

    function test_agree_needsEverySignature() public {
        PowerContract memory t = _supply();
        PowerSignatures memory s = _signed(t);
        (s.seller, s.buyer) = (s.buyer, s.seller);
        _badSignature(t, s, t.seller);
        (s.seller, s.buyer) = (s.buyer, s.seller);
        bytes memory right = s.buyer;
        s.buyer = _sign(_key(2), _digest(t));
        _badSignature(t, s, t.buyer);
        (s.buyer, s.carrier) = (right, right);
        _badSignature(t, s, t.carrier);
    }

    function _badSignature(PowerContract memory t, PowerSignatures memory s, address signer) private {
        bytes32 digest = _digest(t);
        vm.expectRevert(abi.encodeWithSelector(IPowerTrades.TradesBadSignature.selector, signer, digest));
        trades.agree(t, s, _none());
    }

    /// @dev Whoever submits cannot change a word of it: the price least of all.
    function test_agree_nobodyMisprices() public {
        PowerContract memory t = _neighbours();
        PowerSignatures memory s = _signed(t);
        for (uint256 i; i < 5; ++i) {
            PowerContract memory other = _neighbours();
            if (i == 0) other.price += 1;
            if (i == 1) other.price -= 1;
            if (i == 2) other.energyWh += 1;
            if (i == 3) other.fromInterval = other.untilInterval = interval + 1;
            if (i == 4) other.salt = 1;
            _badSignature(other, s, t.seller);
        }
        trades.agree(t, s, _none());
    }

    function test_agree_once() public {
        PowerContract memory t = _neighbours();
        _agree(t);
        _refused(t, abi.encodeWithSelector(IPowerTrades.TradesAgreedBefore.selector, 1));
        t.salt = 1;
        assertEq(_agree(t), 2);
    }

    function test_agree_untilItsDeadlineAndItsGate() public {
        PowerContract memory t = _neighbours();
        t.deadline = uint40(vm.getBlockTimestamp() - 1);
        _refused(t, abi.encodeWithSelector(IPowerTrades.TradesTooLate.selector, uint256(t.deadline), interval));
        t = _neighbours();
        vm.warp(uint256(interval) * 900 - 600);
        _refused(t, abi.encodeWithSelector(IPowerTrades.TradesTooLate.selector, uint256(t.deadline), interval));
        vm.warp(uint256(interval) * 900 - 601);
        t.deadline = uint40(vm.getBlockTimestamp());
        _agree(t);
    }

    function test_agree_refusesTermsThatContradictThemselves() public {
        PowerContract memory t = _supply();
        t.untilInterval = interval - 1;
        _badTerms(t, "untilInterval");
        t.untilInterval = interval + 2_976;
        _badTerms(t, "untilInterval");
        t = _supply();
        t.energyWh = 0;
        _badTerms(t, "energyWh");
        (t.energyWh, t.profile) = (1, keccak256("profile"));
        _badTerms(t, "energyWh");
        t = _neighbours();
        t.carrier = carrier;
        _badTerms(t, "carrier");
        t = _supply();
        t.carrier = address(0);
        _badTerms(t, "carrier");
        t = _neighbours();
        t.wheelingFee = 1;
        _badTerms(t, "wheelingFee");
        t = _neighbours();
        t.penalty = 1;
        _badTerms(t, "penalty");
        t = _supply();
        t.penalty = 0;
        _badTerms(t, "penalty");
        t = _supply();
        t.sellerMeter = buyerMeter;
        _badTerms(t, "sellerMeter");
        t = _supply();
        t.buyerMeter = sellerMeter;
        _badTerms(t, "buyerMeter");
        t = _supply();
        t.buyerNode = _node(2, 9);
        t.buyerMeter = MeterId.wrap(0);
        _badTerms(t, "buyerNode");
    }

    /// @dev Words that are not those of the hash, or whose hash is signed but which are not a day's.
    function test_agree_withTheProfileThatWasSigned() public {
        uint256[] memory day = new uint256[](12);
        PowerContract memory t = _supply();
        (t.energyWh, t.profile) = (0, keccak256(abi.encodePacked(day)));
        _otherProfile(t, _none());
        day[3] = 1;
        _otherProfile(t, day);
        for (uint256 words = 11; words < 14; words += 2) {
            uint256[] memory other = new uint256[](words);
            t.profile = keccak256(abi.encodePacked(other));
            _otherProfile(t, other);
        }
        _otherProfile(_supply(), day);
    }

    function _otherProfile(PowerContract memory t, uint256[] memory words) private {
        PowerSignatures memory s = _signed(t);
        vm.expectRevert(abi.encodeWithSelector(IPowerTrades.TradesOtherProfile.selector, 1));
        trades.agree(t, s, words);
    }

    /// @dev A node that comes later cannot be traded at before.
    function test_agree_atNodesThatAreThere() public {
        vm.warp(uint256(interval) * 900 - 700);
        PowerContract memory t = _supply();
        t.buyerNode = _node(1, 9);
        (t.buyerMeter, t.sellerMeter, t.penalty) = (MeterId.wrap(0), MeterId.wrap(0), 0);
        _badTerms(t, "fromInterval");
        (t.sellerNode, t.buyerNode) = (t.buyerNode, t.sellerNode);
        _badTerms(t, "fromInterval");
    }

    /// @dev Escrow of intervals in the year 120,000 would be bound for ever.
    function test_agree_withinTheHorizon() public {
        uint256 latest = vm.getBlockTimestamp() + 366 days;
        PowerContract memory t = _neighbours();
        t.fromInterval = t.untilInterval = uint32(latest / 900 + 1);
        uint256 start = uint256(t.fromInterval) * 900;
        PowerSignatures memory s = _signed(t);
        vm.expectRevert(abi.encodeWithSelector(Horizon.HorizonExceeded.selector, start, latest));
        trades.agree(t, s, _none());

        uint32 soon = _neighbours().fromInterval;
        for (uint256 i; i < 2; ++i) {
            (t.fromInterval, t.untilInterval) = (i == 0 ? type(uint32).max : soon, type(uint32).max);
            s = _signed(t);
            // Of terms that are too long, that is said first.
            vm.expectPartialRevert(i == 0 ? Horizon.HorizonExceeded.selector : IPowerTrades.TradesBadTerms.selector);
            trades.agree(t, s, _none());
        }
    }

    function test_agree_amongThreeAccounts() public {
        PowerContract memory t = _neighbours();
        t.buyer = t.seller;
        PowerSignatures memory s = _signed(t);
        s.buyer = s.seller;
        vm.expectRevert(abi.encodeWithSelector(IPowerTrades.TradesBadTerms.selector, bytes32("buyer")));
        trades.agree(t, s, _none());
        for (uint256 i; i < 2; ++i) {
            t = _supply();
            t.carrier = i == 0 ? t.seller : t.buyer;
            s = _signed(t);
            s.carrier = i == 0 ? s.seller : s.buyer;
            vm.expectRevert(abi.encodeWithSelector(IPowerTrades.TradesBadTerms.selector, bytes32("buyer")));
            trades.agree(t, s, _none());
        }
    }

    function test_agree_byKeysThatMayTrade() public {
        PowerContract memory t = _neighbours();
        (address nobody, uint256 key) = makeAddrAndKey("nobody");
        t.seller = nobody;
        PowerSignatures memory s = _signed(t);
        s.seller = _sign(key, _digest(t));
        _notAllowed(t, s, nobody);

        // A participant's wallet without the right, and a pseudonym whose sponsor is suspended.
        vm.prank(carrier);
        participants.addWallet(nobody, WalletRights.REPORT);
        vm.startPrank(nobody);
        (ParticipantId of_,,) = participants.walletOf(carrier);
        participants.confirmWallet(of_);
        vm.stopPrank();
        _notAllowed(t, s, nobody);
        t = _neighbours();
        s = _signed(t);
        vm.prank(officer);
        participants.suspend(sponsorId, "reason");
        _notAllowed(t, s, t.seller);

        // A wallet with the right, of a participant that is suspended itself.
        t.seller = carrier;
        s.seller = _sign(carrierKey, _digest(t));
        vm.prank(officer);
        participants.suspend(of_, "reason");
        _notAllowed(t, s, carrier);
    }

    function _notAllowed(PowerContract memory t, PowerSignatures memory s, address signer) private {
        vm.expectRevert(abi.encodeWithSelector(IPowerTrades.TradesNotAllowed.selector, signer));
        trades.agree(t, s, _none());
    }

    /// @dev Also where a stranger opened an account for its address, before it was a participant's: that one's credits are the stranger's.
    function test_agree_byAWalletThatIsAContract() public {
        PowerContract memory t = _neighbours();
        address wallet = makeAddr("contract wallet");
        t.seller = wallet;
        NewPseudonym[] memory list = new NewPseudonym[](1);
        (list[0].signer, list[0].deadline) = (wallet, t.deadline);
        bytes32 consent = market.consentDigest(wallet, _participantOf(sponsor), t.deadline);
        vm.etch(wallet, address(new SigningWallet(consent)).code);
        vm.prank(sponsor);
        market.openPseudonyms(list);
        vm.etch(wallet, address(new SigningWallet(_digest(t))).code);
        vm.prank(carrier);
        participants.addWallet(wallet, WalletRights.ALL);
        (ParticipantId id,,) = participants.walletOf(carrier);
        vm.prank(wallet);
        participants.confirmWallet(id);
        assertEq(PowerAccountId.unwrap(trades.contractOf(_agree(t)).seller), ParticipantId.unwrap(id));
        t.salt = 1;
        _refused(t, abi.encodeWithSelector(IPowerTrades.TradesBadSignature.selector, wallet, _digest(t)));
    }

    function test_agree_bindsWhatItCanCost() public {
        PowerContract memory t = _supply();
        vm.prank(officer);
        trades.setGridFee(1, 20_001, PowerAccountId.wrap(ParticipantId.unwrap(plantId)));
        _agree(t);
        // 1,001 Wh at 0.250001 + 0.030001 + 0.020001 a kWh, up; penalties at 0.100001, down; 96 times.
        assertEq(_bound(BUYER), 96 * (300_304 + 100_101));
        assertEq(_bound(SELLER), 96 * 100_101);
        assertEq(_free(BUYER), FUNDS - _bound(BUYER));
    }

    function test_agree_needsTheMoney() public {
        PowerAccountId[] memory buyer = new PowerAccountId[](1);
        buyer[0] = PowerAccountId.wrap(BUYER);
        vm.prank(sponsor);
        market.sweep(buyer);
        uint96[] memory amount = new uint96[](1);
        amount[0] = uint96(COST - 1);
        vm.prank(sponsor);
        market.fund(buyer, amount);
        _refused(
            _neighbours(),
            abi.encodeWithSelector(IPowerMarket.PowerInsufficientCredits.selector, buyer[0], COST - 1, COST)
        );
    }

    function test_revoke_byTheSigner() public {
        PowerContract memory t = _neighbours();
        bytes32 digest = _digest(t);
        vm.expectEmit(address(trades));
        emit IPowerTrades.SignatureRevoked(t.buyer, digest);
        vm.prank(t.buyer);
        trades.revoke(digest);
        _refused(t, abi.encodeWithSelector(IPowerTrades.TradesBadSignature.selector, t.buyer, digest));
        t.salt = 1;
        _agree(t);
        vm.prank(t.buyer);
        digest = _digest(t);
        vm.expectRevert(abi.encodeWithSelector(IPowerTrades.TradesAgreedBefore.selector, 1));
        trades.revoke(digest);
    }

    /* GRID FEES */

    function test_setGridFee_byTheOffice() public {
        PowerAccountId to = PowerAccountId.wrap(ParticipantId.unwrap(plantId));
        vm.prank(stranger);
        vm.expectRevert(abi.encodeWithSelector(ISchemes.SchemesNoPower.selector, stranger, NORTH, PLACE, Powers.MARKET));
        trades.setGridFee(0, 5, to);
        vm.startPrank(officer);
        vm.expectRevert(abi.encodeWithSelector(IPowerTrades.TradesBadTerms.selector, bytes32("to")));
        trades.setGridFee(0, 5, PowerAccountId.wrap(0));
        // A name is nobody's for certain, not even one whose low half is a participant's number.
        vm.expectRevert(abi.encodeWithSelector(IPowerTrades.TradesBadTerms.selector, bytes32("to")));
        trades.setGridFee(0, 5, PowerAccountId.wrap(FIRST_PSEUDONYM + ParticipantId.unwrap(plantId)));
        vm.expectRevert(abi.encodeWithSelector(IParticipants.ParticipantsUnknown.selector, 9_999));
        trades.setGridFee(0, 5, PowerAccountId.wrap(9_999));
        vm.expectEmit(address(trades));
        emit IPowerTrades.GridFeeSet(0, 5, to, officer);
        trades.setGridFee(0, 5, to);
        vm.stopPrank();
        GridFee memory set = trades.gridFeeOf(0);
        assertTrue(set.fee == 5 && PowerAccountId.unwrap(set.to) == PowerAccountId.unwrap(to));
        // What costs nothing is paid to nobody.
        vm.prank(officer);
        trades.setGridFee(0, 0, PowerAccountId.wrap(0));
        assertEq(trades.gridFeeOf(0).fee, 0);
    }

    function test_gridFee_isThatOfTheAgreementAndNoneAboveWhatWasSigned() public {
        PowerAccountId to = PowerAccountId.wrap(ParticipantId.unwrap(plantId));
        vm.prank(officer);
        trades.setGridFee(0, 100_001, to);
        PowerContract memory t = _neighbours();
        _refused(t, abi.encodeWithSelector(IPowerTrades.TradesGridFee.selector, 100_001, 100_000));
        vm.prank(officer);
        trades.setGridFee(0, 100_000, to);
        uint64 id = _agree(t);
        vm.prank(officer);
        trades.setGridFee(0, 7, to);
        _toEndOf(interval);
        trades.execute(id, interval, 1, _none(), new MeteredLeaf[](0));
        assertEq(_free(PowerAccountId.unwrap(to)), 100_100); // 1,001 Wh at 0.1
    }

    /* BOOK */

    function test_book_isSoldAndBought() public {
        uint64 id = _agree(_supply());
        vm.expectEmit(address(trades));
        emit IPowerTrades.IntervalsBooked(id, interval + 3, 7);
        vm.prank(stranger);
        trades.book(id, interval + 3, 7, _none());
        for (uint32 i; i < 12; ++i) {
            bool booked = i >= 3 && i < 10;
            uint256 wh = booked ? 1_001 : 0;
            _assertPosition(SELLER, 0, interval + i, wh, 0);
            _assertPosition(_carrierAccount(), 0, interval + i, 0, wh);
            _assertPosition(_carrierAccount(), 1, interval + i, wh, 0);
            _assertPosition(BUYER, 1, interval + i, 0, wh);
            assertEq(trades.soldBy(sponsorId, 0, interval + i), wh);
            assertEq(trades.soldBy(carrierId, 1, interval + i), wh);
            (bool told, bool done) = trades.stateOf(id, interval + i);
            assertTrue(told == booked && !done);
        }
    }

    function test_book_onceAndBeforeTheEnd() public {
        uint64 id = _agree(_supply());
        trades.book(id, interval, 2, _none());
        _wrong(id, interval + 1);
        trades.book(id, interval + 1, 1, _none());
        _toEndOf(interval + 2);
        _wrong(id, interval + 2);
        trades.book(id, interval + 2, 5, _none());
        vm.warp((uint256(interval) + 4) * 900 - 1);
        trades.book(id, interval + 3, 1, _none());
    }

    function test_book_ofItsOwnIntervals() public {
        uint64 id = _agree(_supply());
        _wrong(id, interval - 1);
        trades.book(id, interval - 1, 1, _none());
        _wrong(id, interval + 95);
        trades.book(id, interval + 90, 7, _none());
        vm.expectRevert(abi.encodeWithSelector(IPowerTrades.TradesTooMany.selector, 0, 96));
        trades.book(id, interval, 0, _none());
        vm.expectRevert(abi.encodeWithSelector(IPowerTrades.TradesTooMany.selector, 97, 96));
        trades.book(id, interval, 97, _none());
        vm.expectRevert(abi.encodeWithSelector(IPowerTrades.TradesOtherProfile.selector, id));
        trades.book(id, interval, 1, new uint256[](12));
        trades.book(id, interval, 96, _none());
    }

    /// @dev With no limit two accounts of one participant sold each other what nobody makes: the buyer's was paid for it as surplus
    /// energy, and what the seller's owed was lent.
    function test_book_noMoreThanTheSellerMayOffer() public {
        PowerContract memory t = _supply();
        (t.untilInterval, t.energyWh, t.price, t.wheelingFee) = (interval, CARRIED + 1, 0, 0);
        _refused(
            t,
            abi.encodeWithSelector(
                IPowerTrades.TradesBeyondLimit.selector, carrierId, 1, interval, CARRIED + 1, CARRIED
            )
        );
        t.energyWh = CARRIED;
        t.penalty = 1;
        _agree(t);
        assertEq(trades.soldBy(carrierId, 1, interval), CARRIED);
        assertEq(trades.soldBy(sponsorId, 0, interval), CARRIED);
        (t.energyWh, t.salt) = (1, 1);
        _refused(
            t,
            abi.encodeWithSelector(
                IPowerTrades.TradesBeyondLimit.selector, carrierId, 1, interval, CARRIED + 1, CARRIED
            )
        );
    }

    /// @dev A roof offers at noon what it has not at night.
    function test_book_noMoreThanInEachHour() public {
        PowerContract memory t = _neighbours();
        t.untilInterval = interval + 95;
        uint64 id = _agree(t);
        uint32 dusk = interval + 8 - interval % 4; // begins an hour
        bytes memory asked = abi.encodeCall(limits.mostOf, (sponsorId, 0, 1, uint256(dusk) * 900));
        vm.mockCall(address(limits), asked, abi.encode(1_000));
        vm.expectRevert(
            abi.encodeWithSelector(IPowerTrades.TradesBeyondLimit.selector, sponsorId, 0, dusk, 1_001, 1_000)
        );
        trades.book(id, interval, 96, _none());
        trades.book(id, interval, dusk - interval, _none());
    }

    function test_book_nothingOfWhoIsNotRegistered() public {
        PowerContract memory t = _neighbours();
        (address meterer, uint256 key) = makeAddrAndKey("notary");
        (ParticipantId id,,) = participants.walletOf(meterer);
        t.seller = meterer;
        PowerSignatures memory s = _signed(t);
        s.seller = _sign(key, _digest(t));
        vm.expectRevert(abi.encodeWithSelector(IPowerTrades.TradesBeyondLimit.selector, id, 0, interval, 1_001, 0));
        trades.agree(t, s, _none());
    }

    /// @dev As many accounts as it may have sell no more.
    function test_book_allAccountsOfASellerTogether() public {
        PowerContract memory t = _neighbours();
        (t.price, t.energyWh) = (0, 1 << 31);
        _agree(t);
        t.seller = vm.addr(_key(2));
        PowerSignatures memory s = _signed(t);
        s.seller = _sign(_key(2), _digest(t));
        vm.expectRevert(abi.encodeWithSelector(IPowerTrades.TradesTooMuch.selector, 0, interval));
        trades.agree(t, s, _none());
    }

    /// @dev Booked a month ahead, sales stood when their seller was registered with nothing.
    function test_book_noMoreThanTwoDaysAhead() public {
        PowerContract memory t = _neighbours();
        t.untilInterval = interval + 400;
        uint64 id = _agree(t);
        uint32 last = uint32((vm.getBlockTimestamp() + 2 days) / 900);
        vm.expectRevert(abi.encodeWithSelector(IPowerTrades.TradesTooEarly.selector, id, last + 1, 2 days));
        trades.book(id, last, 2, _none());
        trades.book(id, last, 1, _none());
        (t.fromInterval, t.untilInterval, t.salt) = (last + 1, last + 1, 1);
        uint64 one = _agree(t);
        (bool booked,) = trades.stateOf(one, last + 1);
        assertFalse(booked);
        vm.warp(vm.getBlockTimestamp() + 900);
        trades.book(one, last + 1, 1, _none());
    }

    function test_book_withinALane() public {
        PowerContract memory t = _neighbours();
        (t.price, t.energyWh) = (1, type(uint32).max);
        _agree(t);
        t.salt = 1;
        t.energyWh = 1;
        _refused(t, abi.encodeWithSelector(IPowerTrades.TradesTooMuch.selector, 0, interval));
        (t.fromInterval, t.untilInterval) = (interval + 1, interval + 1);
        _agree(t);
        (uint256 sold,) = _position(SELLER, 0, interval);
        assertEq(sold, type(uint32).max);
        _assertPosition(SELLER, 0, interval + 1, 1, 0);
    }

    /// @dev A profile of a day, which begins at midnight in UTC; nothing in the first quarter.
    function test_book_byAProfile() public {
        uint256[] memory profile = new uint256[](12);
        for (uint256 i; i < 96; ++i) {
            profile[i / 8] += i * 100 * 2 ** (32 * (i % 8));
        }
        PowerContract memory t = _supply();
        (t.energyWh, t.profile) = (0, keccak256(abi.encodePacked(profile)));
        t.untilInterval = interval + 191;
        uint64 id = trades.agree(t, _signed(t), profile);
        uint256 bound;
        for (uint32 i; i < 192; ++i) {
            uint256 wh = (interval + i) % 96 * 100;
            bound += (wh * 280_002 + 999) / 1_000 + wh * 100_001 / 1_000;
        }
        assertEq(_bound(BUYER), bound);
        trades.book(id, interval, 96, profile);
        for (uint32 i; i < 96; ++i) {
            assertEq(trades.soldBy(carrierId, 1, interval + i), (interval + i) % 96 * 100);
        }
        profile[0] += 1;
        vm.expectRevert(abi.encodeWithSelector(IPowerTrades.TradesOtherProfile.selector, id));
        trades.book(id, interval + 96, 96, profile);
        vm.expectRevert(abi.encodeWithSelector(IPowerTrades.TradesOtherProfile.selector, id));
        trades.book(id, interval + 96, 96, _none());
    }
}
