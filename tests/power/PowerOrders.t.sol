// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {WalletRights} from "../../interfaces/parties/IParticipants.sol";
import {
    InstructedOrder,
    IPowerMarket,
    PowerAccountId,
    PowerStage,
    PowerTerms,
    StandingInstruction
} from "../../interfaces/power/IPowerMarket.sol";
import {ContractWallet} from "../market/GatewayDoubles.sol";
import {PowerCase} from "./PowerCase.sol";

/// @dev Orders of one's own and by standing instructions: two nodes, a sponsor with a pseudonym, a plant.
contract PowerOrdersTest is PowerCase {
    uint32 private constant MAXIMUM = 12;
    uint256 private constant PRICE = 80_000;

    address private home;
    uint256 private homeKey;

    function setUp() public override {
        super.setUp();
        _node(1, 1);
        _node(1, 2);
        _deposit(sponsor, 1_000_000);
        _deposit(plant, 1_000_000);
        _pseudonyms(1, 500_000_000);
        homeKey = _key(0);
        home = vm.addr(homeKey);
    }

    function _terms() internal pure override returns (PowerTerms memory t) {
        t = super._terms();
        t.maximumOrders = uint16(MAXIMUM);
    }

    function _bid(uint256 limit, uint256 price) private view returns (uint256) {
        return _word(_own(plantId), 0, BID, limit, price);
    }

    function _words(uint256 count, uint256 word) private pure returns (uint256[] memory words) {
        words = new uint256[](count);
        for (uint256 i; i < count; ++i) {
            words[i] = word;
        }
    }

    function _refuses(address signer, uint256 word, bytes memory reason) private {
        vm.prank(signer);
        vm.expectRevert(reason);
        market.place(interval, _words(1, word));
    }

    function _refusesWord(uint256 word) private {
        _refuses(plant, word, abi.encodeWithSelector(IPowerMarket.PowerBadOrder.selector, word));
    }

    /* placing */

    function test_place_bindsAndTellsAndChains() public {
        uint256[] memory words = new uint256[](2);
        words[0] = _bid(999, PRICE); //                                   79,920
        words[1] = _word(_own(plantId), 1, OFFER, 1_001, PRICE); //       50,050 of the guarantee
        vm.expectEmit(address(market));
        emit IPowerMarket.OrdersPlaced(interval, 0, words);
        vm.prank(plant);
        market.place(interval, words);
        assertEq(_bound(_own(plantId)), 79_920 + 50_050);
        assertEq(_free(_own(plantId)), 1_000_000_000 - 79_920 - 50_050);
        bytes32 hash = keccak256(abi.encode(market.seedOf(interval), words[0]));
        hash = keccak256(abi.encode(hash, words[1]));
        assertEq(market.roundOf(interval).orderHash, hash);

        vm.expectEmit(address(market));
        emit IPowerMarket.OrdersPlaced(interval, 2, _words(1, words[0]));
        _place(plant, words[0]);
        assertEq(market.roundOf(interval).orderHash, keccak256(abi.encode(hash, words[0])));
        assertEq(market.roundOf(interval).count, 3);
        assertEq(market.seedOf(interval), keccak256(abi.encode(market, block.chainid, interval)));
    }

    function testFuzz_place_thePayerRoundsUp(uint32 limit, uint32 price, bool offers) public {
        limit = uint32(bound(limit, 1, 90_000));
        price = uint32(bound(price, 0, 10_000_000));
        _place(plant, _word(_own(plantId), 0, offers ? OFFER : BID, limit, price));
        uint256 each = offers ? 50_000 : price;
        uint256 binds = _bound(_own(plantId));
        assertGe(binds * 1_000, uint256(limit) * each);
        assertLt(binds * 1_000, uint256(limit) * each + 1_000);
        assertEq(_free(_own(plantId)) + binds, 1_000_000_000);
    }

    function test_place_ofAPseudonymsKey_andOfNobodyElses() public {
        uint256 word = _word(FIRST_PSEUDONYM, 0, BID, 1, 1);
        _place(home, word);
        _refuses(sponsor, word, abi.encodeWithSelector(IPowerMarket.PowerBadOrder.selector, word));
        _refuses(plant, word, abi.encodeWithSelector(IPowerMarket.PowerBadOrder.selector, word));
        _refuses(stranger, word, abi.encodeWithSelector(IPowerMarket.PowerNotAllowed.selector, stranger));
    }

    function test_place_byActiveParticipants_andTheirTraders() public {
        address clerk = makeAddr("clerk");
        vm.prank(plant);
        participants.addWallet(clerk, WalletRights.ALL - WalletRights.TRADE);
        vm.prank(clerk);
        participants.confirmWallet(plantId);
        _refuses(clerk, _bid(1, 1), abi.encodeWithSelector(IPowerMarket.PowerNotAllowed.selector, clerk));
        vm.startPrank(officer);
        participants.suspend(plantId, 0);
        participants.suspend(sponsorId, 0);
        vm.stopPrank();
        _refuses(plant, _bid(1, 1), abi.encodeWithSelector(IPowerMarket.PowerNotAllowed.selector, plant));
        uint256 theirs = _word(FIRST_PSEUDONYM, 0, BID, 1, 1);
        _refuses(home, theirs, abi.encodeWithSelector(IPowerMarket.PowerNotAllowed.selector, home));
    }

    function test_place_aPlainWord() public {
        _refusesWord(_bid(1, 1) | 1); //         something accepted
        _refusesWord(_bid(1, 1) | 1 << 144); //  beyond the fields
        _refusesWord(_bid(0, 1));
        _refusesWord(_word(_own(plantId), 2, BID, 1, 1)); //  no such node
        _refusesWord(_word(_own(plantId), 0, 2, 1, 1)); //    no such side
        _place(plant, _word(_own(plantId), 1, OFFER, 1, 0));
    }

    function test_place_upToTheCap_andNeverBelowNothing() public {
        _refusesWord(_bid(1, 10_000_001));
        _refusesWord(_bid(1, type(uint32).max)); // -1, if it were signed
        _place(plant, _bid(1, 10_000_000));
        _place(plant, _bid(1, 0));
    }

    function test_place_allOrNone() public {
        uint256[] memory words = _words(2, _bid(1, 1));
        words[1] = _bid(0, 1);
        vm.prank(plant);
        vm.expectRevert(abi.encodeWithSelector(IPowerMarket.PowerBadOrder.selector, words[1]));
        market.place(interval, words);
        assertEq(_bound(_own(plantId)), 0);
    }

    function test_place_ofWhatIsFree() public {
        _refuses(
            plant,
            _bid(1_000_000, 1_000_001),
            abi.encodeWithSelector(
                IPowerMarket.PowerInsufficientCredits.selector, plantId, 1_000_000_000, 1_000_001_000
            )
        );
        _place(plant, _bid(1_000_000, 1_000_000));
        assertEq(_free(_own(plantId)), 0);
    }

    function test_place_untilTheGateCloses() public {
        uint256 gate = uint256(interval) * 900 - 600;
        vm.warp(gate - 1);
        assertEq(uint8(market.stageOf(interval)), uint8(PowerStage.Open));
        _place(plant, _bid(1, 1));
        vm.warp(gate);
        _refuses(plant, _bid(1, 1), _wrongStage(PowerStage.Clearing));
        vm.warp(gate + 299);
        _refuses(plant, _bid(1, 1), _wrongStage(PowerStage.Clearing));
        vm.warp(gate + 300);
        _refuses(plant, _bid(1, 1), _wrongStage(PowerStage.Lapsed));
        // The first interval of all had no gate ahead of it.
        assertEq(uint8(market.stageOf(0)), uint8(PowerStage.Lapsed));
    }

    function _wrongStage(PowerStage stage) private view returns (bytes memory) {
        return abi.encodeWithSelector(IPowerMarket.PowerWrongStage.selector, interval, stage);
    }

    function test_place_atMostEightDaysAhead() public {
        uint256 latest = (vm.getBlockTimestamp() + 8 days) / 900;
        interval = uint32(latest + 1);
        _refuses(plant, _bid(1, 1), abi.encodeWithSelector(IPowerMarket.PowerTooFarAhead.selector, interval, latest));
        interval = type(uint32).max;
        _refuses(plant, _bid(1, 1), abi.encodeWithSelector(IPowerMarket.PowerTooFarAhead.selector, interval, latest));
        interval = uint32(latest);
        _place(plant, _bid(1, 1));
    }

    function test_place_atNodesThatAreThereThen() public {
        vm.warp(uint256(interval) * 900 + 1 - NOTICE);
        uint8 later = _node(1, 9);
        uint256 word = _word(_own(plantId), later, BID, 1, 1);
        _refusesWord(word);
        ++interval;
        _place(plant, word);
    }

    function test_place_soManyOfAnInterval() public {
        vm.startPrank(plant);
        market.place(interval, _words(MAXIMUM - 1, _bid(1, 1)));
        vm.expectRevert(abi.encodeWithSelector(IPowerMarket.PowerIntervalFull.selector, interval, MAXIMUM));
        market.place(interval, _words(2, _bid(1, 1)));
        market.place(interval, _words(1, _bid(1, 1)));
        market.place(interval + 1, _words(1, _bid(1, 1)));
        vm.expectRevert(abi.encodeWithSelector(IPowerMarket.PowerTooMany.selector, 201, 200));
        market.place(interval + 1, _words(201, _bid(1, 1)));
    }

    /* instructions */

    function _instruction() private view returns (StandingInstruction memory) {
        return StandingInstruction({
            signer: home,
            node: 0,
            side: uint8(BID),
            price: 90_000,
            maximumWh: 700,
            fromInterval: interval,
            untilInterval: interval + 4,
            aggregator: sponsor,
            salt: 1
        });
    }

    function _ordered(StandingInstruction memory s) private view returns (InstructedOrder memory) {
        return InstructedOrder(s, 700, 90_000, _sign(homeKey, s));
    }

    function _sign(uint256 key, StandingInstruction memory s) private view returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 ss) = vm.sign(key, market.instructionDigest(s));
        return abi.encodePacked(r, ss, v);
    }

    function _submit(InstructedOrder memory order) private {
        InstructedOrder[] memory orders = new InstructedOrder[](1);
        orders[0] = order;
        vm.prank(sponsor);
        market.placeInstructed(interval, orders);
    }

    function _refusesOrder(InstructedOrder memory order, bytes4 reason) private {
        bytes32 digest = market.instructionDigest(order.instruction);
        vm.expectRevert(abi.encodeWithSelector(reason, order.instruction.signer, digest));
        _submit(order);
    }

    function test_placeInstructed_placesForTheSigner() public {
        StandingInstruction memory s = _instruction();
        bytes32 digest = market.instructionDigest(s);
        uint256 word = _word(FIRST_PSEUDONYM, 0, BID, 600, 80_000);
        vm.expectEmit(address(market));
        emit IPowerMarket.InstructionUsed(home, digest, interval);
        vm.expectEmit(address(market));
        emit IPowerMarket.OrdersPlaced(interval, 0, _words(1, word));
        _submit(InstructedOrder(s, 600, 80_000, _sign(homeKey, s)));
        assertEq(_bound(FIRST_PSEUDONYM), 48_000);
        assertEq(market.usedUntil(home, digest), interval);
    }

    function test_placeInstructed_onceAnInterval_andForwardOnly() public {
        InstructedOrder memory order = _ordered(_instruction());
        bytes32 digest = market.instructionDigest(order.instruction);
        ++interval;
        _submit(order);
        bytes memory used = abi.encodeWithSelector(IPowerMarket.PowerInstructionUsed.selector, home, digest, interval);
        vm.expectRevert(used);
        _submit(order);
        --interval;
        vm.expectRevert(used);
        _submit(order);
        interval += 2;
        _submit(order);
    }

    function test_placeInstructed_ofTwoWithOneText_bySalt() public {
        StandingInstruction memory s = _instruction();
        _submit(_ordered(s));
        s.salt = 2;
        _submit(_ordered(s));
        assertEq(market.roundOf(interval).count, 2);
    }

    function test_placeInstructed_withinWhatWasInstructed() public {
        bytes4 other = IPowerMarket.PowerNotInstructed.selector;
        InstructedOrder memory order = _ordered(_instruction());
        order.price = 90_001;
        _refusesOrder(order, other);
        order.price = 0;
        order.limitWh = 701;
        _refusesOrder(order, other);
        order.limitWh = 1;
        interval -= 1;
        _refusesOrder(order, other);
        interval += 6;
        _refusesOrder(order, other);
        interval -= 1;
        _submit(order);

        StandingInstruction memory s = _instruction();
        s.side = uint8(OFFER);
        order = _ordered(s);
        order.price = 89_999;
        _refusesOrder(order, other);
        order.price = 90_001;
        _submit(order);
    }

    function test_placeInstructed_byItsAggregator_orByAnybody() public {
        StandingInstruction memory s = _instruction();
        s.aggregator = plant;
        _refusesOrder(_ordered(s), IPowerMarket.PowerNotInstructed.selector);
        s.aggregator = address(0);
        InstructedOrder[] memory orders = new InstructedOrder[](1);
        orders[0] = _ordered(s);
        vm.prank(stranger);
        market.placeInstructed(interval, orders);
    }

    function test_placeInstructed_isSignedInEveryField() public {
        StandingInstruction memory s = _instruction();
        bytes memory signature = _sign(homeKey, s);
        bytes4 bad = IPowerMarket.PowerBadSignature.selector;
        for (uint256 field; field < 8; ++field) {
            StandingInstruction memory t = _instruction();
            if (field == 0) t.node = 1;
            if (field == 1) t.price = 90_001;
            if (field == 2) t.maximumWh = 701;
            if (field == 3) t.fromInterval = interval - 1;
            if (field == 4) t.untilInterval = interval + 5;
            if (field == 5) t.aggregator = address(0);
            if (field == 6) t.salt = 2;
            if (field == 7) (t.side, t.price) = (uint8(OFFER), 90_000);
            _refusesOrder(InstructedOrder(t, 700, 90_000, signature), bad);
        }
        _refusesOrder(InstructedOrder(s, 700, 90_000, _sign(_key(1), s)), bad);
        s.signer = plant;
        _refusesOrder(InstructedOrder(s, 700, 90_000, signature), bad);
    }

    function test_instructionDigest_isEip712() public view {
        StandingInstruction memory s = _instruction();
        bytes32 domain = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("tonne PowerMarket"),
                keccak256("1"),
                block.chainid,
                market
            )
        );
        bytes32 kind = keccak256(
            "StandingInstruction(address signer,uint8 node,uint8 side,uint32 price,uint32 maximumWh,uint32 fromInterval,uint32 untilInterval,address aggregator,uint256 salt)"
        );
        bytes32 content = keccak256(abi.encode(kind, s));
        assertEq(market.instructionDigest(s), keccak256(abi.encodePacked(hex"1901", domain, content)));
    }

    function test_placeInstructed_aContractSignsByERC1271() public {
        ContractWallet wallet = new ContractWallet();
        (address[] memory signers, uint96[] memory amounts) = (new address[](1), new uint96[](1));
        (signers[0], amounts[0]) = (address(wallet), 100_000);
        vm.prank(sponsor);
        market.openPseudonyms(signers, amounts);
        StandingInstruction memory s = _instruction();
        s.signer = address(wallet);
        InstructedOrder memory order = InstructedOrder(s, 700, 90_000, "");
        bytes4 bad = IPowerMarket.PowerBadSignature.selector;
        _refusesOrder(order, bad);
        wallet.approve(market.instructionDigest(s), ContractWallet.Mood.Refusing);
        _refusesOrder(order, bad);
        wallet.approve(market.instructionDigest(s), ContractWallet.Mood.Failing);
        _refusesOrder(order, bad);
        wallet.approve(market.instructionDigest(s), ContractWallet.Mood.Honest);
        _submit(order);
        assertEq(_bound(FIRST_PSEUDONYM + 1), 63_000);
    }

    function test_placeInstructed_allOrNone_atMost200() public {
        InstructedOrder[] memory orders = new InstructedOrder[](2);
        orders[0] = _ordered(_instruction());
        orders[1] = orders[0];
        vm.startPrank(sponsor);
        vm.expectPartialRevert(IPowerMarket.PowerInstructionUsed.selector);
        market.placeInstructed(interval, orders);
        vm.expectRevert(abi.encodeWithSelector(IPowerMarket.PowerTooMany.selector, 201, 200));
        market.placeInstructed(interval, new InstructedOrder[](201));
        assertEq(market.roundOf(interval).count, 0);
    }

    function test_placeInstructed_notForASuspendedSponsor() public {
        InstructedOrder memory order = _ordered(_instruction());
        order.instruction.aggregator = address(0);
        order.signature = _sign(homeKey, order.instruction);
        vm.prank(officer);
        participants.suspend(sponsorId, 0);
        vm.expectRevert(abi.encodeWithSelector(IPowerMarket.PowerNotAllowed.selector, home));
        _submit(order);
    }

    function test_revoke_endsAnInstruction() public {
        InstructedOrder memory order = _ordered(_instruction());
        bytes32 digest = market.instructionDigest(order.instruction);
        vm.expectEmit(address(market));
        emit IPowerMarket.InstructionRevoked(home, digest, home);
        vm.prank(home);
        market.revoke(home, digest);
        assertEq(market.usedUntil(home, digest), type(uint32).max);
        vm.expectRevert(
            abi.encodeWithSelector(IPowerMarket.PowerInstructionUsed.selector, home, digest, type(uint32).max)
        );
        _submit(order);
    }

    function test_revoke_byTheSponsorToo_andByNobodyElse() public {
        bytes32 digest = market.instructionDigest(_instruction());
        vm.prank(plant);
        vm.expectRevert(
            abi.encodeWithSelector(IPowerMarket.PowerNotSponsor.selector, PowerAccountId.wrap(FIRST_PSEUDONYM), plantId)
        );
        market.revoke(home, digest);
        vm.prank(stranger);
        vm.expectRevert(abi.encodeWithSelector(IPowerMarket.PowerNotAllowed.selector, stranger));
        market.revoke(home, digest);
        vm.prank(sponsor);
        vm.expectRevert(
            abi.encodeWithSelector(IPowerMarket.PowerNotSponsor.selector, PowerAccountId.wrap(0), sponsorId)
        );
        market.revoke(plant, digest);
        vm.expectEmit(address(market));
        emit IPowerMarket.InstructionRevoked(home, digest, sponsor);
        vm.prank(sponsor);
        market.revoke(home, digest);
    }
}
