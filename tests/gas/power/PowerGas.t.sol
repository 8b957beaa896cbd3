// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {BidderTerms, IBidLimits} from "../../../interfaces/power/IBidLimits.sol";
import {Opening} from "../../../interfaces/power/IPowerBids.sol";
import {Proposal} from "../../../interfaces/power/IPowerMarket.sol";
import {ParticipantId} from "../../../interfaces/types/Ids.sol";
import {PowerCase} from "../../power/PowerCase.sol";
import {VectorCase} from "../../power/VectorCase.sol";

/// @dev Gas of whole transactions, written to `snapshots/energy.json`. Run with `--isolate`.
///
/// State: 480 steps of four bidders at 12 nodes, five a curve, with 36 arcs, in storage nothing but their running hash; the clearing is
/// the first of its interval, so that every slot it writes is new. Prices and flows are stored, losses and rent are booked.
/// forge-config: default.isolate = true
contract PowerGasTest is VectorCase {
    uint256 private constant CEILING = 650_000;

    function test_clear_12_nodes_480_steps_36_arcs() public {
        Proposal memory c = _load(".large");
        _clear(c);
        uint256 gas = vm.lastCallGas().gasTotalUsed;
        vm.snapshotValue("energy", "clearing_12_nodes_480_steps_36_arcs", gas);
        assertLe(gas, CEILING);
        _assertOutcome(".large");
    }
}

/// @dev What bidders pay, and the largest clearing there can be. Run with `--isolate`.
///
/// State: 12 nodes and 36 arcs; the bidders that are measured have opened bids of an earlier interval, so that what an interval
/// does not begin was written before.
/// forge-config: default.isolate = true
contract BidGasTest is PowerCase {
    uint256 private constant NODES = 12;
    uint256 private constant CURVE = 16; // steps of a curve in the largest clearing
    uint256 private constant LARGE = 21; // its bidders
    uint256 private constant MOST_CALLDATA = 100_000;
    uint256 private constant MOST_GAS = 8_000_000;

    function setUp() public override {
        super.setUp();
        for (uint8 i; i < NODES; ++i) {
            vm.prank(officer);
            grid.addNode(NORTH, PLACE, 1, i, 0);
        }
        for (uint8 i; i < NODES; ++i) {
            for (uint8 reach = 1; reach <= 3; ++reach) {
                _arc(i, uint8((i + reach) % NODES), 980_000, 1_000, 100);
            }
        }
    }

    function _gas() private view returns (uint256) {
        return vm.lastCallGas().gasTotalUsed;
    }

    function _rate(ParticipantId id, uint8 node, uint8 most) private {
        (ParticipantId[] memory ids, BidderTerms[] memory terms) = (new ParticipantId[](1), new BidderTerms[](1));
        (ids[0], terms[0]) = (id, BidderTerms(0, RATING, RATING, most));
        vm.prank(officer);
        limits.register(node, ids, terms);
        vm.warp(vm.getBlockTimestamp() + NOTICE);
    }

    /// @dev Curves of both sides at the first `nodes`, all in the money, as much bid as offered.
    function _words(ParticipantId id, uint256 nodes, uint256 count) private pure returns (uint256[] memory words) {
        uint256 each = 1 + (count + 3) / 4;
        words = new uint256[](2 * nodes * each);
        for (uint256 class; class < 2 * nodes; ++class) {
            words[class * each] = ParticipantId.unwrap(id) | class / 2 << 32 | class % 2 << 40 | count << 48;
            for (uint256 i; i < count; ++i) {
                uint256 price = class % 2 == BID ? 200_000 - 100 * i : 1_000 + 100 * i;
                words[class * each + 1 + i / 4] |= (price | 100 << 32) << 64 * (i % 4);
            }
        }
    }

    function _deposited(address wallet) private {
        _deposit(wallet, 1e12);
        vm.prank(wallet);
        market.deposit(1e14);
    }

    function _committed(address wallet, Opening memory o, uint48 wh) private returns (uint256) {
        _commit(wallet, o, wh);
        return _gas();
    }

    function test_commitAndOpen_24Curves() public {
        for (uint8 node; node < NODES; ++node) {
            _rate(sponsorId, node, 64);
            _rate(plantId, node, 64);
        }
        _deposited(sponsor);
        _deposited(plant);
        uint8[3] memory counts = [8, 16, 32];
        for (uint256 i; i <= counts.length; ++i) {
            uint256 count = counts[i == 0 ? 0 : i - 1]; // the first once more, of an earlier interval
            interval = uint32((vm.getBlockTimestamp() + NOTICE) / 900 + 1);
            Opening memory o = Opening(SALT, 0, 0, _words(sponsorId, NODES, count));
            Opening memory others = Opening(SALT, 0, 0, _words(plantId, NODES, count));
            uint48 wh = uint48(2 * NODES * count * 100);
            vm.warp(uint256(interval) * 900 - 601);
            _commit(plant, others, wh);
            uint256 commitGas = _committed(sponsor, o, wh);
            _toGate();
            market.open(interval, plantId, others);
            market.open(interval, sponsorId, o);
            if (i == 0) continue;
            if (i == 1) vm.snapshotValue("energy", "bid_commit", commitGas);
            string memory key = string.concat("bid_open_24_curves_", vm.toString(count), "_steps");
            vm.snapshotValue("energy", key, _gas());
        }
    }

    /// @dev One account of 96, without credits, by its key's consent.
    function test_openPseudonyms() public {
        uint256[] memory keys = new uint256[](96);
        for (uint256 round; round < 2; ++round) {
            for (uint256 i; i < keys.length; ++i) {
                keys[i] = _key(keys.length * round + i);
            }
            _pseudonymsOf(sponsor, keys, 0);
        }
        vm.snapshotValue("energy", "open_pseudonym_in_batch", _gas() / keys.length);
    }

    /// @dev 8,000 steps of 21 bidders, as many as can be registered: within 100 kB of call data and 8M gas.
    function test_clear_mostSteps() public {
        ParticipantId[] memory ids = new ParticipantId[](LARGE);
        uint256[][] memory curves = new uint256[][](LARGE);
        address[] memory wallets = new address[](LARGE);
        for (uint256 i; i < LARGE; ++i) {
            wallets[i] = makeAddr(string.concat("bidder ", vm.toString(i)));
            ids[i] = _register(wallets[i]);
            _deposited(wallets[i]);
            curves[i] = _words(ids[i], i + 1 < LARGE ? NODES : 10, CURVE);
        }
        for (uint8 node; node < NODES; ++node) {
            _admit(node, ids);
        }
        vm.warp(vm.getBlockTimestamp() + NOTICE);
        _admitNoMore(ids[LARGE - 1]);
        interval = uint32((vm.getBlockTimestamp() + NOTICE) / 900 + 1);
        vm.warp(uint256(interval) * 900 - 601);
        for (uint256 i; i < LARGE; ++i) {
            _commit(wallets[i], Opening(SALT, 0, 0, curves[i]), 1e6);
        }
        _toGate();
        for (uint256 i; i < LARGE; ++i) {
            market.open(interval, ids[i], Opening(SALT, 0, 0, curves[i]));
        }
        _clearMost(curves);
    }

    function _admit(uint8 node, ParticipantId[] memory ids) private {
        uint256 count = node < 10 ? LARGE : LARGE - 1;
        ParticipantId[] memory some = new ParticipantId[](count);
        BidderTerms[] memory terms = new BidderTerms[](count);
        for (uint256 i; i < count; ++i) {
            (some[i], terms[i]) = (ids[i], BidderTerms(0, RATING, RATING, uint8(2 * CURVE)));
        }
        vm.prank(officer);
        limits.register(node, some, terms);
    }

    function _admitNoMore(ParticipantId id) private {
        (ParticipantId[] memory ids, BidderTerms[] memory terms) = (new ParticipantId[](1), new BidderTerms[](1));
        (ids[0], terms[0]) = (id, BidderTerms(0, RATING, RATING, 1));
        vm.expectRevert(abi.encodeWithSelector(IBidLimits.LimitsStepsUsed.selector, 8_001, 8_000));
        vm.prank(officer);
        limits.register(11, ids, terms);
    }

    function _clearMost(uint256[][] memory curves) private {
        Proposal memory p;
        p.curves = curves;
        uint256[] memory prices = new uint256[](NODES);
        for (uint256 i; i < NODES; ++i) {
            prices[i] = 100_000;
        }
        (p.prices, p.margins) = (_lanes(prices), _lanes(new uint256[](4 * NODES)));
        (, p.arcs) = grid.gridAt(uint256(interval) * 900);
        p.flows = _lanes(new uint256[](p.arcs.length));
        market.clear(interval, p);
        uint256 gas = _gas();
        vm.snapshotValue("energy", "clearing_most_steps", gas);
        assertLe(gas, MOST_GAS);
        assertLe(abi.encodeCall(market.clear, (interval, p)).length, MOST_CALLDATA);
        assertEq(market.roundOf(interval).energyWh, 8_000 / 2 * 100);
    }
}
