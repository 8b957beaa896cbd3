// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {WalletRights} from "../../interfaces/parties/IParticipants.sol";
import {CurveSize} from "../../interfaces/power/IBidLimits.sol";
import {BidDeposit} from "../../interfaces/power/IPowerBidDisputes.sol";
import {BidState, IPowerBids, Opening, PowerBid} from "../../interfaces/power/IPowerBids.sol";
import {IPowerMarket, PowerStage} from "../../interfaces/power/IPowerMarket.sol";
import {ParticipantId} from "../../interfaces/types/Ids.sol";
import {PackedCurve, PackedCurveLib} from "../types/PackedCurve.sol";
import {Openings} from "./lib/Openings.sol";
import {PowerLedger} from "./PowerLedger.sol";

/// @title PowerBids
/// @notice Part of {PowerMarket}: curves committed before the gate and opened after it, see {IPowerBids}.
/// @dev A participant cannot see another's bid before its own is fixed (commitments are salted and bound to the
/// interval and to itself), nor bid energy that is not there ({IBidLimits}), nor look at others' curves and keep silent for nothing (its
/// deposit covers all that it has committed, at the cap), nor keep places from others (steps are registered, and one commitment
/// is all it has in an interval).
abstract contract PowerBids is PowerLedger, IPowerBids {
    using PackedCurveLib for bytes32;
    using PackedCurveLib for uint256[];

    /// @dev [s] after an escrow is free in which a dispute is answered.
    uint256 private constant AFTER = 1 days;

    /// @dev What {_read} adds up.
    struct Sums {
        uint256 wh;
        uint256 escrow;
        uint256 steps;
    }

    /// @inheritdoc IPowerBids
    function commit(uint32 interval, bytes24 commitment, uint48 mostWh) external {
        ParticipantId participant = _participantWith(msg.sender, WalletRights.TRADE);
        _checkStage(interval, PowerStage.Open);
        uint256 start = _startOf(interval);
        if (start > block.timestamp + NOTICE) revert BidTooEarly(interval, start - NOTICE);
        PowerBid storage bid = _bids[interval][participant];
        if (bid.state != BidState.None) revert BidWrongState(interval, participant, bid.state);
        BidDeposit memory d = _deposits[participant];
        if (block.timestamp < d.barredUntil) revert BidBarred(participant, d.barredUntil);
        d.committedWh += mostWh;
        uint256 needed = _atCap(d.committedWh);
        if (mostWh == 0 || d.amount < needed) revert BidDepositTooSmall(participant, d.amount, needed);

        uint40 until = uint40(start + HOLD_S + AFTER); // 34,000 years
        if (until > d.boundUntil) d.boundUntil = until;
        _deposits[participant] = d;
        (bid.commitment, bid.mostWh, bid.state) = (commitment, mostWh, BidState.Committed);
        ++_rounds[interval].commits;
        emit BidCommitted(interval, participant, commitment, mostWh);
    }

    /// @inheritdoc IPowerBids
    function open(uint32 interval, ParticipantId participant, Opening calldata o) external {
        _checkStage(interval, PowerStage.Opening);
        PowerBid memory bid = _bids[interval][participant];
        if (bid.state != BidState.Committed) revert BidWrongState(interval, participant, bid.state);
        if (bid.commitment != Openings.commitmentOf(interval, participant, o)) {
            revert BidOtherCurves(interval, participant);
        }
        Sums memory sums = _read(interval, participant, o.words);
        uint256 tree = o.leaves == 0 ? sums.wh : uint64(o.root);
        if (sums.wh != tree || sums.wh > bid.mostWh) revert BidOtherEnergy(sums.wh, tree, bid.mostWh);

        Round storage round = _rounds[interval];
        round.curves = (round.opened == 0 ? seedOf(interval) : round.curves).chain(o.words.hashOf());
        ++round.opened;
        _deposits[participant].committedWh -= bid.mostWh;
        uint256 fee = sums.steps * STEP_FEE;
        (bid.state, bid.escrow, bid.fee) = (BidState.Opened, uint96(sums.escrow), uint96(fee)); // below, free credits fit
        _bids[interval][participant] = bid;
        _takeFree(ParticipantId.unwrap(participant), sums.escrow + fee);
        emit BidOpened(interval, participant, o.salt, o.root, o.leaves, o.words, sums.escrow, fee);
    }

    /// @dev Checks all curves and adds them up.
    function _read(uint32 interval, ParticipantId participant, uint256[] calldata words)
        private
        view
        returns (Sums memory sums)
    {
        uint256 time = _startOf(interval);
        uint256 nodes = _grid.nodesAt(time);
        CurveSize[] memory sizes = new CurveSize[](words.length / 2); // a head and its steps
        uint256 count;
        uint256 least; // class of the next curve
        for (uint256 i; i < words.length;) {
            PackedCurve head = PackedCurve.wrap(words[i]);
            bool fits = head.isPlain() && head.account() == ParticipantId.unwrap(participant) && head.node() < nodes;
            uint256 next = i + 1 + PackedCurveLib.words(head.steps());
            if (!fits || head.class() < least || next > words.length) revert BidBadCurve(words[i]);
            least = head.class() + 1;
            uint256 wh = _readSteps(head, words, i + 1, sums);
            // Numbers of an 8-bit field each.
            sizes[count++] = CurveSize(uint8(head.node()), uint8(head.side()), uint8(head.steps()), wh);
            i = next;
        }
        assembly ("memory-safe") {
            mstore(sizes, count)
        }
        _limits.check(participant, time, sizes);
    }

    function _readSteps(PackedCurve head, uint256[] calldata words, uint256 at, Sums memory sums)
        private
        view
        returns (uint256 wh)
    {
        bool buys = head.side() == PackedCurveLib.BID;
        uint256 worth;
        uint256 least = buys ? 0 : 1; // of the price, less one where prices fall
        uint256 last = buys ? PRICE_CAP + 1 : 0; // of the price before it, one more for an offer
        uint256 lanes;
        uint256 count = head.steps();
        unchecked {
            for (uint256 i; i < count; ++i) {
                lanes = i & 3 == 0 ? words[at + i / 4] : lanes >> PackedCurveLib.STEP_BITS;
                (uint256 price, uint256 limit) = (uint32(lanes), uint32(lanes >> 32));
                bool worse = buys ? price < last : price + least > last && price <= PRICE_CAP;
                if (limit == 0 || !worse) revert BidBadStep(PackedCurve.unwrap(head), i);
                last = buys ? price : price + 1;
                wh += limit;
                worth += limit * price;
            }
        }
        // Unused lanes are 0, so that curves are written in one way.
        if (count % 4 != 0 && lanes >> PackedCurveLib.STEP_BITS != 0) {
            revert BidBadStep(PackedCurve.unwrap(head), count);
        }
        sums.wh += wh;
        sums.steps += count;
        sums.escrow += ((buys ? worth : wh * GUARANTEE) + 999) / 1_000;
    }

    /// @inheritdoc IPowerMarket
    function seedOf(uint32 interval) public view returns (bytes32) {
        return keccak256(abi.encode(address(this), block.chainid, interval));
    }
}
