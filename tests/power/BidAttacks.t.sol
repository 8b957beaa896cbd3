// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {BidDeposit} from "../../interfaces/power/IPowerBidDisputes.sol";
import {BidState, IPowerBids, Opening} from "../../interfaces/power/IPowerBids.sol";
import {BidderTerms, IBidLimits} from "../../interfaces/power/IBidLimits.sol";
import {IPowerMarket, PowerAccountId, Proposal} from "../../interfaces/power/IPowerMarket.sol";
import {ISchemes, Powers} from "../../interfaces/rules/ISchemes.sol";
import {ParticipantId} from "../../interfaces/types/Ids.sol";
import {Merkle} from "../../contracts/lib/Merkle.sol";
import {Clearing} from "../../contracts/power/lib/Clearing.sol";
import {SettlementPrices} from "../../contracts/power/lib/SettlementPrices.sol";
import {PowerCase} from "./PowerCase.sol";

/// @dev Attacks that succeeded on a book of orders, each refused. There 8.6M gas and no credits shut everybody out of an
/// interval and made its price 0, 0.55 credits made it the cap, and flow could go round; all orders were public before
/// the gate, and an interval that lapsed settled at a price up to a day old.
contract BidAttacksTest is PowerCase {
    address private rogue = makeAddr("rogue");

    function setUp() public override {
        super.setUp();
        _node(1, 1);
        _node(1, 2);
        _deposit(sponsor, 1e12);
        _deposit(plant, 1e12);
        _register(rogue);
        _deposit(rogue, 1e9);
    }

    /// @dev A stranger has no commitment, a participant one; it costs what it may be at the cap, and nothing is not a bid.
    function test_aBookIsNotFilledForNothing() public {
        vm.warp(uint256(interval) * 900 - 601);
        vm.prank(stranger);
        vm.expectRevert(abi.encodeWithSelector(IPowerMarket.PowerNotAllowed.selector, stranger));
        market.commit(interval, "x", 1);
        ParticipantId id = _participantOf(rogue);
        vm.startPrank(rogue);
        vm.expectRevert(abi.encodeWithSelector(IPowerBids.BidDepositTooSmall.selector, id, 0, 0));
        market.commit(interval, "x", 0);
        vm.expectRevert(abi.encodeWithSelector(IPowerBids.BidDepositTooSmall.selector, id, 0, 10_000));
        market.commit(interval, "x", 1);
        market.deposit(10_000);
        market.commit(interval, "x", 1);
        vm.expectRevert(abi.encodeWithSelector(IPowerBids.BidWrongState.selector, interval, id, BidState.Committed));
        market.commit(interval, "y", 1);
        vm.stopPrank();
    }

    /// @dev Bids at 0 of energy that is not there: the curve is refused, and its silence costs what it could have been.
    function test_aPriceIsNotMadeForNothing() public {
        _step(rogue, 0, OFFER, 55, 10_000_000);
        _step(sponsor, 0, BID, 1_000, 300_000);
        _commitAll();
        Opening memory o = _opening(rogue);
        ParticipantId id = _participantOf(rogue);
        vm.expectRevert(abi.encodeWithSelector(IBidLimits.LimitsTooManySteps.selector, id, 0, 1, 0));
        market.open(interval, id, o);
        vm.warp(vm.getBlockTimestamp() + 30);
        market.forfeit(interval, id);
        assertEq(market.depositOf(id).amount, 1); // of 550,000 and one
    }

    /// @dev A plant beyond its rating: bounded in energy, whatever its price.
    function test_aPlantBidsNoMoreThanItIs() public {
        _step(plant, 0, OFFER, uint256(RATING) + 1, 0);
        _commitAll();
        Opening memory o = _opening(plant);
        vm.expectRevert(
            abi.encodeWithSelector(IBidLimits.LimitsExceeded.selector, plantId, 0, 1, uint256(RATING) + 1, RATING)
        );
        market.open(interval, plantId, o);
    }

    /// @dev And what it clears, but does not deliver, moves no price of settlement: however far the cleared one is.
    function test_aPriceWithoutDeliveryMovesNothing(uint32 cleared, uint32 ref, uint48 metered) public pure {
        assertEq(SettlementPrices.counted(ref, cleared, 0, metered), ref);
    }

    /// @dev Who copies a commitment cannot open it: it is bound to its participant and interval.
    function test_aCommitmentIsNobodyElses() public {
        _step(plant, 0, OFFER, 100, 40_000);
        _commitAll();
        Opening memory o = _opening(plant);
        bytes24 copied = _commitment(plantId, o);
        ++interval;
        vm.warp(uint256(interval) * 900 - 601);
        _setAside(sponsor, 100);
        vm.prank(sponsor);
        market.commit(interval, copied, 100);
        _toGate();
        vm.expectRevert(abi.encodeWithSelector(IPowerBids.BidOtherCurves.selector, interval, sponsorId));
        market.open(interval, sponsorId, o);
    }

    /// @dev Looking at what others open and then keeping silent costs the whole quantity at the cap, for each interval.
    function test_aLastLookIsPaidFor() public {
        _step(plant, 0, OFFER, 1_000, 40_000);
        vm.warp(uint256(interval) * 900 - 601);
        _setAside(plant, 1_000);
        _commit(plant, _opening(plant), 1_000);
        ++interval; // the next one is open for commitments, too, but not on the same deposit
        bytes24 next = _commitment(plantId, _opening(plant));
        vm.prank(plant);
        vm.expectRevert(abi.encodeWithSelector(IPowerBids.BidDepositTooSmall.selector, plantId, 10_000_001, 20_000_000));
        market.commit(interval, next, 1_000);
        --interval;
        _toGate();
        vm.warp(vm.getBlockTimestamp() + 30);
        market.forfeit(interval, plantId);
        BidDeposit memory d = market.depositOf(plantId);
        assertEq(d.amount, 1);
        assertEq(d.committedWh, 0);
    }

    /// @dev An officer of another scheme could name itself the only customer, or name a friend's and make silence free.
    function test_whatSilenceCosts_isNoForeignOfficers() public {
        ParticipantId id = _participantOf(rogue);
        vm.startPrank(officer);
        uint8 node = grid.addNode(SOUTH, PLACE, 1, 9, 0);
        _bids(node, id);
        limits.setCustomers(node, id, "its customers", 20);
        vm.stopPrank();
        bytes memory foreign =
            abi.encodeWithSelector(ISchemes.SchemesNoPower.selector, bureau, SOUTH, PLACE, Powers.MARKET);
        vm.startPrank(bureau);
        vm.expectRevert(foreign);
        limits.setCustomers(0, id, Merkle.leaf(abi.encode(SALT, bureau)), 1);
        _bids(grid.addNode(NORTH, PLACE, 1, 10, 0), id); // as one of its own, too
        vm.expectRevert(foreign);
        limits.setCustomers(0, id, Merkle.leaf(abi.encode(SALT, bureau)), 1);
        vm.stopPrank();
        _step(rogue, node, BID, 100, 40_000);
        _commitAll();
        vm.warp(vm.getBlockTimestamp() + 30);
        market.forfeit(interval, id);
        assertEq(market.forfeitOf(interval, id).connections, 0);
        vm.warp(uint256(interval) * 900 + 30 days);
        market.endForfeit(interval, id);
        assertEq(_free(PowerAccountId.unwrap(market.reserve())), 1_000_000);
    }

    function _bids(uint8 node, ParticipantId id) private {
        (ParticipantId[] memory ids, BidderTerms[] memory terms) = (new ParticipantId[](1), new BidderTerms[](1));
        (ids[0], terms[0]) = (id, BidderTerms(20, 0, 0, 8));
        limits.register(node, ids, terms);
    }

    /// @dev Energy round two lossless lines, and round three nodes.
    function test_flowDoesNotGoRound() public {
        _node(1, 3);
        _arc(0, 1, 1_000_000, 90_000, 0);
        _arc(1, 0, 1_000_000, 90_000, 0);
        _arc(1, 2, 1_000_000, 90_000, 0);
        _arc(2, 0, 1_000_000, 90_000, 0);
        _step(plant, 0, OFFER, 10, 100);
        _openAll();
        Proposal memory p;
        (p.curves, p.margins, p.prices) = (_curves(), new uint256[](2), _lanes(50, 50, 50));
        (, p.arcs) = grid.gridAt(uint256(interval) * 900);
        p.flows = _lanes(90_000, 90_000);
        vm.expectRevert(abi.encodeWithSelector(Clearing.ClearingCircle.selector, 3));
        market.clear(interval, p);
        p.flows = _lanes(90_000, 0, 90_000);
        p.flows[0] |= 90_000 << 96;
        vm.expectRevert(abi.encodeWithSelector(Clearing.ClearingCircle.selector, 7));
        market.clear(interval, p);
        p.flows = _lanes(0);
        market.clear(interval, p);
    }

    /// @dev The reference, not the price of an interval before.
    function test_aLapseIsSettledAtTheReference() public {
        vm.prank(officer);
        references.start(0, 250_000);
        _step(plant, 0, OFFER, 100, 9_000_000);
        _step(sponsor, 0, BID, 100, 9_000_000);
        _openAll();
        Proposal memory p;
        (p.curves, p.margins, p.prices) = (_curves(), _margins(100, 100, 100, 100), _lanes(9_000_000, 0));
        (p.flows, p.arcs) = (new uint256[](0), new uint256[](0));
        market.clear(interval, p);
        _toEnd();
        (uint32 price, bool isCleared) = market.priceOf(interval, 0);
        assertEq(price, 9_000_000);
        assertTrue(isCleared);
        vm.warp(uint256(interval + 1) * 900);
        (price, isCleared) = market.priceOf(interval + 1, 0);
        assertEq(price, 250_000);
        assertFalse(isCleared);
    }
}
