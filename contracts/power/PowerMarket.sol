// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";

import {IParticipants} from "../../interfaces/parties/IParticipants.sol";
import {IBidLimits} from "../../interfaces/power/IBidLimits.sol";
import {IPowerGrid} from "../../interfaces/power/IPowerGrid.sol";
import {
    CurvePart,
    IPowerMarket,
    PowerAccount,
    PowerAccountId,
    PowerRound,
    PowerStage,
    PowerTerms,
    Proposal,
    ScheduledFlow
} from "../../interfaces/power/IPowerMarket.sol";
import {IReferencePrices} from "../../interfaces/power/IReferencePrices.sol";
import {Extendable} from "../lib/Extendable.sol";
import {PackedArc} from "../types/PackedArc.sol";
import {PackedCurveLib} from "../types/PackedCurve.sol";
import {Clearing} from "./lib/Clearing.sol";
import {PowerBids} from "./PowerBids.sol";
import {PowerMarketExtension} from "./PowerMarketExtension.sol";
import {PowerStore} from "./PowerStore.sol";

/// @title PowerMarket
/// @notice Power market by node and interval: curves, checked clearing, ledger; see {IPowerMarket} and {IPowerBids}.
/// @dev An interval runs: commitments until the gate, openings until all are open and at most 30 s, clearings until the window
/// ends. Curves are in the running hash, prices and flows in storage; what was accepted follows from them and the margins.
contract PowerMarket is PowerBids, Extendable {
    using PackedCurveLib for bytes32;
    using PackedCurveLib for uint256;

    IReferencePrices private immutable _references;

    constructor(
        address authority_,
        IParticipants participants,
        IBidLimits limits,
        IReferencePrices references,
        PowerTerms memory t
    )
        PowerStore(participants, limits, t)
        AccessManaged(authority_)
        Extendable(address(new PowerMarketExtension(authority_, participants, limits, t)))
    {
        _references = references;
    }

    // ------------------------------------------------------------------ clearing

    /// @inheritdoc IPowerMarket
    function clear(uint32 interval, Proposal calldata p) external {
        _checkStage(interval, PowerStage.Clearing);
        Round storage round = _rounds[interval];
        if (round.opened == 0) revert PowerNoCurves(interval);
        bytes32 expected = round.curves;
        Clearing.Outcome memory o;
        o.curves = seedOf(interval);
        uint256 nodes = _grid.checkArcs(_startOf(interval), p.arcs);
        Clearing.check(o, nodes, p.arcs, p.curves, p.margins, p.prices, p.flows);
        if (o.curves != expected) revert PowerOtherCurves(interval, expected, o.curves);
        _checkBetter(interval, round, o, p.prices);

        bytes32 result = keccak256(abi.encode(expected, p.margins));
        _store(round, o, result, p.prices, p.flows);
        emit IntervalCleared(
            interval, msg.sender, result, o.welfare, o.energy, o.loss, o.rent, p.prices, p.flows, p.margins
        );
    }

    /// @dev Highest welfare, then lowest prices. `welfare` of a round is the highest offered so far, so that clearings that
    /// count as equal cannot lead down step by step.
    function _checkBetter(uint32 interval, Round storage round, Clearing.Outcome memory o, uint256[] calldata prices)
        private
        view
    {
        if (round.proposer == address(0)) return;
        int256 gain = o.welfare - round.welfare;
        int256 margin = int256(uint256(round.energy));
        bool better = gain > margin || (gain >= -margin && _isLower(prices, round));
        if (!better) revert PowerNotBetter(interval, round.welfare, o.welfare);
    }

    /// @dev Whether the first price that differs is lower.
    function _isLower(uint256[] calldata prices, Round storage round) private view returns (bool) {
        for (uint256 i; i < prices.length; ++i) {
            uint256 standing = round.prices[i];
            if (prices[i] == standing) continue;
            for (uint256 j; j < 8; ++j) {
                (uint256 a, uint256 b) = (prices[i].lane(j), standing.lane(j));
                if (a != b) return a < b;
            }
        }
        return false;
    }

    function _store(
        Round storage round,
        Clearing.Outcome memory o,
        bytes32 result,
        uint256[] calldata prices,
        uint256[] calldata flows
    ) private {
        bool first = round.proposer == address(0);
        round.proposer = msg.sender;
        round.clearedAt = uint40(block.timestamp); // 40 bits of seconds last 34,000 years
        round.result = result;
        // See the bounds of {Clearing}: prices of steps have 28 bits, the others 32.
        if (first || o.welfare > round.welfare) round.welfare = int88(o.welfare);
        round.energy = uint48(o.energy);
        round.loss = uint48(o.loss);
        round.rent = int72(o.rent);
        for (uint256 i; i < prices.length; ++i) {
            round.prices[i] = prices[i];
        }
        for (uint256 i; i < flows.length; ++i) {
            round.flows[i] = flows[i];
        }
    }

    // ------------------------------------------------------------------ views

    /// @inheritdoc IPowerMarket
    function roundOf(uint32 interval) external view returns (PowerRound memory) {
        Round storage round = _rounds[interval];
        return PowerRound({
            stage: _stageOf(interval),
            commits: round.commits,
            opened: round.opened,
            proposer: round.proposer,
            clearedAt: round.clearedAt,
            curvesHash: round.curves,
            resultHash: round.result,
            welfare: round.welfare,
            energyWh: round.energy,
            lossWh: round.loss,
            rent: round.rent
        });
    }

    /// @inheritdoc IPowerMarket
    function resultOf(uint32 interval) external view returns (bytes32 curvesHash, bytes32 resultHash) {
        Round storage round = _rounds[interval];
        return (round.curves, round.result);
    }

    /// @inheritdoc IPowerMarket
    function stageOf(uint32 interval) external view returns (PowerStage) {
        return _stageOf(interval);
    }

    /// @inheritdoc IPowerMarket
    function priceOf(uint32 interval, uint8 node) public view returns (uint32 price, bool isCleared) {
        isCleared = _rounds[interval].proposer != address(0);
        bool has = node < _grid.nodesAt(_startOf(interval)) && (isCleared || _stageOf(interval) == PowerStage.Lapsed);
        if (!has) revert PowerNoPrice(interval, node);
        if (!isCleared) return (_references.referenceOf(node, interval), false);
        return (uint32(_rounds[interval].prices[node / 8].lane(node)), true); // a lane has 32 bits
    }

    /// @inheritdoc IPowerMarket
    function acceptedOf(uint32 interval, CurvePart calldata part, uint256[] calldata margins)
        external
        view
        returns (uint256)
    {
        Round storage round = _rounds[interval];
        if (round.proposer == address(0)) return 0;
        if (round.result != keccak256(abi.encode(round.curves, margins))) revert PowerOtherMargins(interval);
        (uint32 price,) = priceOf(interval, part.node);
        if (part.price == price) {
            uint256 lane = 4 * uint256(part.node) + 2 * uint256(part.side);
            uint256 word = margins[lane / 8];
            return PackedCurveLib.share(word.lane(lane), word.lane(lane + 1), part.pastWh, part.limitWh);
        }
        return part.side == PackedCurveLib.BID == (part.price > price) ? part.limitWh : 0;
    }

    /// @inheritdoc IPowerMarket
    function pricesOf(uint32 interval) external view returns (uint256[] memory packed) {
        packed = new uint256[](_grid.nodesAt(_startOf(interval)).laneWords());
        for (uint256 i; i < packed.length; ++i) {
            packed[i] = _rounds[interval].prices[i];
        }
    }

    /// @inheritdoc IPowerMarket
    function scheduledOf(uint32 interval, uint8 arc) external view returns (ScheduledFlow memory s) {
        Round storage round = _rounds[interval];
        PackedArc word = PackedArc.wrap(_grid.arcAt(arc, _startOf(interval)));
        s.sentWh = round.flows[arc / 8].lane(arc);
        s.arrivingWh = word.arriving(s.sentWh);
        (uint256 from, uint256 to) = (word.from(), word.to());
        uint256 sent = round.prices[from / 8].lane(from) + word.cost();
        s.rent = int256(s.arrivingWh * round.prices[to / 8].lane(to)) - int256(s.sentWh * sent); // 32 bits each
    }

    /// @inheritdoc IPowerMarket
    function accountOf(PowerAccountId account) external view returns (PowerAccount memory) {
        return _accounts[PowerAccountId.unwrap(account)];
    }

    /// @inheritdoc IPowerMarket
    function pseudonymOf(address signer) external view returns (PowerAccountId) {
        return _pseudonyms[signer];
    }

    /// @inheritdoc IPowerMarket
    function pseudonymCount() external view returns (uint256) {
        return _pseudonymCount;
    }

    /// @inheritdoc IPowerMarket
    function terms() external view returns (PowerTerms memory) {
        // All are of these widths in the constructor's argument.
        return PowerTerms({
            intervalS: uint32(INTERVAL_S),
            gateLeadS: uint32(GATE_LEAD_S),
            openingS: uint32(OPENING_S),
            windowS: uint32(WINDOW_S),
            holdS: uint32(HOLD_S),
            priceCap: uint32(PRICE_CAP),
            guarantee: uint32(GUARANTEE),
            stepFee: uint32(STEP_FEE)
        });
    }

    /// @inheritdoc IPowerMarket
    function GRID() external view returns (IPowerGrid) {
        return _grid;
    }

    /// @inheritdoc IPowerMarket
    function LIMITS() external view returns (IBidLimits) {
        return _limits;
    }

    /// @inheritdoc IPowerMarket
    function REFERENCES() external view returns (IReferencePrices) {
        return _references;
    }
}
