// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";

import {GridNode, IPowerGrid} from "../../interfaces/power/IPowerGrid.sol";
import {IReferencePrices} from "../../interfaces/power/IReferencePrices.sol";
import {IRuleSource} from "../../interfaces/rules/ILedgerSources.sol";
import {Powers} from "../../interfaces/rules/ISchemes.sol";
import {PackedCurveLib} from "../types/PackedCurve.sol";
import {SettlementPrices} from "./lib/SettlementPrices.sol";

/// @title ReferencePrices
/// @notice References of nodes by hour of day, see {IReferencePrices}.
/// @dev Storage, by slot:
///
///     sample   day 24 · intervals counted 64 · energy 64 · value 96     by (node, hour of day, day modulo 16)
///     fixed    day 32; prices 32, eight a slot                         one per node and day that was fixed
contract ReferencePrices is IReferencePrices, AccessManaged {
    using PackedCurveLib for uint256;

    struct Sample {
        uint24 day;
        uint64 counted; // a bit for each interval of the hour
        uint64 wh;
        uint96 value; //   [micro-credit/kWh × Wh]
    }

    struct Fixed {
        uint32 day;
        uint256[3] prices;
    }

    uint256 private constant RING = 16;
    uint256 private constant DAYS = 7;
    uint256 private constant HOURS = 24;
    /// @dev Intervals of an hour that {Sample} has room for.
    uint256 private constant MOST_PARTS = 60;

    IPowerGrid private immutable GRID;
    IRuleSource private immutable RULES;
    uint256 private immutable INTERVAL_S;

    /// @inheritdoc IReferencePrices
    address public counter;
    mapping(uint256 node => mapping(uint256 hour => mapping(uint256 place => Sample))) private _samples;
    mapping(uint256 node => Fixed[]) private _fixed;

    constructor(address authority_, IPowerGrid grid, IRuleSource rules, uint32 intervalS) AccessManaged(authority_) {
        if (intervalS * MOST_PARTS < 1 hours) revert ReferenceBadStep(intervalS);
        (GRID, RULES, INTERVAL_S) = (grid, rules, intervalS);
    }

    // ------------------------------------------------------------------ counting

    /// @inheritdoc IReferencePrices
    function setCounter(address next) external restricted {
        emit CounterSet(next, counter);
        counter = next;
    }

    /// @inheritdoc IReferencePrices
    function countPrice(uint8 node, uint32 interval, uint32 price, uint48 backedWh, uint48 meteredWh) external {
        if (msg.sender != counter) revert ReferenceNotCounter(msg.sender);
        if (!SettlementPrices.isBacked(backedWh, meteredWh)) return;
        (Sample storage place, uint256 day, uint64 part) = _placeOf(node, interval);
        Sample memory s = place.day == day ? place : Sample(uint24(day), 0, 0, 0); // 45,000 years
        bool late = day + 1 + DAYS < block.timestamp / 1 days;
        if (late || s.counted & part != 0) revert ReferenceCounted(node, interval);
        s.counted |= part;
        s.wh += meteredWh;
        s.value += uint96(price) * meteredWh; // 32 and 48 bits
        (place.day, place.counted, place.wh, place.value) = (s.day, s.counted, s.wh, s.value);
        emit PriceCounted(node, interval, price, meteredWh);
    }

    /// @inheritdoc IReferencePrices
    function isCounted(uint8 node, uint32 interval) external view returns (bool) {
        (Sample storage place, uint256 day, uint64 part) = _placeOf(node, interval);
        return place.day == day && place.counted & part != 0;
    }

    /// @dev Where an interval is counted, its day, and its bit of the hour, below {MOST_PARTS}.
    function _placeOf(uint8 node, uint32 interval) private view returns (Sample storage, uint256 day, uint64 part) {
        uint256 time = interval * INTERVAL_S;
        (day, part) = (time / 1 days, uint64(1 << time % 1 hours / INTERVAL_S));
        return (_samples[node][time / 1 hours % HOURS][day % RING], day, part);
    }

    // ------------------------------------------------------------------ references

    /// @inheritdoc IReferencePrices
    function start(uint8 node, uint32 price) external {
        GridNode memory g = GRID.node(node);
        RULES.checkPower(msg.sender, g.scheme, g.jurisdiction, Powers.MARKET);
        if (_fixed[node].length != 0 || price == 0) revert ReferenceHas(node, price);
        uint256 lanes = price * (type(uint256).max / type(uint32).max); // in each of eight lanes
        uint32 day = uint32(block.timestamp / 1 days); // 11 million years
        _fixed[node].push(Fixed(day, [lanes, lanes, lanes]));
        emit ReferenceStarted(node, day, price, msg.sender);
    }

    /// @inheritdoc IReferencePrices
    function fix(uint8 node) external {
        Fixed[] storage all = _fixed[node];
        uint32 day = uint32(block.timestamp / 1 days) + 1; // 11 million years
        if (all.length == 0) revert ReferenceNone(node, day);
        Fixed memory last = all[all.length - 1];
        if (last.day >= day) revert ReferenceFixed(node, day);
        Fixed memory next;
        next.day = day;
        for (uint256 hour; hour < HOURS; ++hour) {
            uint256 price = last.prices[hour / 8].lane(hour);
            uint256 target = _median(node, hour, day);
            if (target != 0) price = SettlementPrices.moved(price, target);
            next.prices[hour / 8] |= price << hour % 8 * 32;
        }
        all.push(next);
        emit ReferencesFixed(node, day, next.prices);
    }

    /// @inheritdoc IReferencePrices
    function fixedDay(uint8 node) external view returns (uint32) {
        uint256 count = _fixed[node].length;
        return count == 0 ? 0 : _fixed[node][count - 1].day;
    }

    /// @dev Median of the seven days before, 0 when nothing was delivered. A price of 0 counts as 1, so that it counts.
    function _median(uint8 node, uint256 hour, uint256 day) private view returns (uint256) {
        uint256[] memory prices = new uint256[](DAYS);
        uint256[] memory weights = new uint256[](DAYS);
        for (uint256 i; i < DAYS; ++i) {
            Sample memory s = _samples[node][hour][(day - 1 - i) % RING];
            if (s.day != day - 1 - i || s.wh == 0) continue;
            uint256 mean = s.value / s.wh;
            (prices[i], weights[i]) = (mean == 0 ? 1 : mean, s.wh);
        }
        return SettlementPrices.median(prices, weights);
    }

    /// @inheritdoc IReferencePrices
    function referenceOf(uint8 node, uint32 interval) public view returns (uint32) {
        uint256 time = interval * INTERVAL_S;
        uint32 day = uint32(time / 1 days); // 32 bits of intervals of at most a day
        Fixed[] storage all = _fixed[node];
        // First of those after the day, by bisection.
        (uint256 low, uint256 high) = (0, all.length);
        while (low < high) {
            uint256 middle = (low + high) / 2;
            if (all[middle].day > day) high = middle;
            else low = middle + 1;
        }
        if (low == 0) revert ReferenceNone(node, day);
        uint256 hour = time / 1 hours % HOURS;
        return uint32(all[low - 1].prices[hour / 8].lane(hour)); // a lane has 32 bits
    }

    /// @inheritdoc IReferencePrices
    function imbalancePrices(
        uint8 node,
        uint32 interval,
        uint256 cleared,
        uint256 backedWh,
        uint256 meteredWh,
        uint256 spreadPpm
    ) external view returns (uint256 shortPays, uint256 longGets) {
        uint256 ref = referenceOf(node, interval);
        return SettlementPrices.sides(ref, SettlementPrices.counted(ref, cleared, backedWh, meteredWh), spreadPpm);
    }
}
