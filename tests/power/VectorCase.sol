// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {PowerRound, Proposal} from "../../interfaces/power/IPowerMarket.sol";
import {PackedArc} from "../../contracts/types/PackedArc.sol";
import {PackedCurve} from "../../contracts/types/PackedCurve.sol";
import {Opening} from "../../interfaces/power/IPowerBids.sol";
import {BidderTerms} from "../../interfaces/power/IBidLimits.sol";
import {ParticipantId} from "../../interfaces/types/Ids.sol";
import {PowerCase} from "./PowerCase.sol";

/// @dev Rounds of `tests/vectors/clearings.json`, solved and judged by `tonne/power`. Bidders are the participants from 1 on.
abstract contract VectorCase is PowerCase {
    uint256 private constant MOST_BIDDERS = 8;

    string internal json;
    address[] private _wallets;

    function setUp() public override {
        super.setUp();
        json = vm.readFile(string.concat(vm.projectRoot(), "/tests/vectors/clearings.json"));
        _wallets.push(sponsor);
        _wallets.push(plant);
        for (uint256 i = 2; i < MOST_BIDDERS; ++i) {
            _wallets.push(makeAddr(string.concat("bidder ", vm.toString(i))));
            _register(_wallets[i]);
        }
    }

    /// @dev Builds the grid of a case, opens its curves and so comes to the clearing.
    function _load(string memory at) internal returns (Proposal memory c) {
        _build();
        uint256 carriers = vm.parseJsonUint(json, string.concat(at, ".carriers"));
        uint256 nodes = vm.parseJsonUint(json, string.concat(at, ".nodes"));
        for (uint256 i; i < nodes; ++i) {
            vm.prank(officer);
            grid.addNode(NORTH, PLACE, uint8(i % carriers + 1), uint24(i / carriers), 0);
            _rate(uint8(i));
        }
        uint256[] memory arcs = _array(at, ".arcs");
        for (uint256 i; i < arcs.length; ++i) {
            PackedArc w = PackedArc.wrap(arcs[i]);
            _arc(w.from(), w.to(), uint32(w.efficiency()), uint32(w.capacity()), uint32(w.cost()));
        }
        c.margins = _array(at, ".margins");
        c.prices = _array(at, ".prices");
        c.flows = _array(at, ".flows");
        (, c.arcs) = grid.gridAt(uint256(interval) * 900);
        c.curves = _split(_array(at, ".curves"));
        _open(c.curves);
    }

    function _rate(uint8 node) private {
        ParticipantId[] memory ids = new ParticipantId[](MOST_BIDDERS);
        BidderTerms[] memory terms = new BidderTerms[](MOST_BIDDERS);
        for (uint256 i; i < MOST_BIDDERS; ++i) {
            (ids[i], terms[i]) = (_participantOf(_wallets[i]), BidderTerms(0, RATING, RATING, 64));
        }
        vm.prank(officer);
        limits.register(node, ids, terms);
    }

    /// @dev The words of each bidder: heads of one account follow each other.
    function _split(uint256[] memory words) private pure returns (uint256[][] memory list) {
        list = new uint256[][](MOST_BIDDERS);
        uint256 count;
        for (uint256 i; i < words.length;) {
            (uint256 first, uint256 account) = (i, PackedCurve.wrap(words[i]).account());
            while (i < words.length && PackedCurve.wrap(words[i]).account() == account) {
                i += 1 + (PackedCurve.wrap(words[i]).steps() + 3) / 4;
            }
            list[count] = new uint256[](i - first);
            for (uint256 j; j < i - first; ++j) {
                list[count][j] = words[first + j];
            }
            ++count;
        }
        assembly ("memory-safe") {
            mstore(list, count)
        }
    }

    function _open(uint256[][] memory curves) private {
        vm.warp(uint256(interval) * 900 - 601);
        for (uint256 i; i < curves.length; ++i) {
            address wallet = _walletOf(curves[i]);
            _deposit(wallet, 1e14);
            vm.prank(wallet);
            market.deposit(1e16);
            _commit(wallet, Opening(SALT, 0, 0, curves[i]), 1e9);
        }
        _toGate();
        for (uint256 i; i < curves.length; ++i) {
            market.open(interval, _participantOf(_walletOf(curves[i])), Opening(SALT, 0, 0, curves[i]));
        }
    }

    function _walletOf(uint256[] memory curves) private view returns (address) {
        return _wallets[PackedCurve.wrap(curves[0]).account() - 1];
    }

    function _array(string memory at, string memory name) internal view returns (uint256[] memory) {
        return vm.parseJsonUintArray(json, string.concat(at, name));
    }

    function _clear(Proposal memory c) internal {
        market.clear(interval, c);
    }

    /// @dev What the chain keeps is what the plain model says.
    function _assertOutcome(string memory at) internal view {
        PowerRound memory round = market.roundOf(interval);
        assertEq(round.welfare, vm.parseJsonInt(json, string.concat(at, ".outcome[0]")));
        assertEq(round.energyWh, vm.parseJsonUint(json, string.concat(at, ".outcome[1]")));
        assertEq(round.lossWh, vm.parseJsonUint(json, string.concat(at, ".outcome[2]")));
        assertEq(round.rent, vm.parseJsonInt(json, string.concat(at, ".outcome[3]")));
    }
}
