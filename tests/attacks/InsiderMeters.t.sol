// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {Curve} from "../../interfaces/evidence/IMeters.sol";
import {MeterLeaf, MeterRecord, MeterSignature, RootStatus} from "../../interfaces/evidence/IMeterOracle.sol";
import {MeterId} from "../../interfaces/types/MeterTypes.sol";
import {MeterCase} from "../evidence/MeterCase.sol";

/// @dev An oracle that would not be asked, and a household that holds its meter's key.
contract InsiderMetersTest is MeterCase {
    /// @dev Of an oracle that is its own operator's friend and asks for a leaf it can show, as often as it likes: the reader's
    /// question still counts.
    function test_challenge_placesCannotBeFilled() public {
        Tree memory p = _posted(9);
        _fund(sceptic, 255 * FEE);
        for (uint256 i; i < 255; ++i) {
            _answer(_ask(p, p.shown.index), p);
        }
        uint256 id = _ask(p, 0);
        vm.warp(block.timestamp + 6 hours + 1);
        for (uint256 i = 1; i <= 255; ++i) {
            oracle.close(i);
        }
        oracle.expire(id);
        assertEq(_owed(sceptic), FEE + SLASH / 2);
    }

    /// @dev Both records are signed: the one that the oracle posted, and the one that is to fail it. The interval stands, and
    /// the oracle has the household's fee.
    function test_contradict_costsAMeterThatSignsTwiceTheFee() public {
        MeterId meter = _meter(Curve.Secp256k1, 1);
        _setReader(meter, household);
        Tree memory p = _tree(_leafOf(_record(meter, 5_000)), 0, 3);
        vm.warp(START + QUARTER);
        _post(p, 1);

        MeterRecord memory second = _record(meter, 4_000);
        MeterSignature memory by = _by(Curve.Secp256k1, 1, second);
        MeterLeaf memory leaf = p.shown.leaf;
        _fund(household, FEE);
        vm.prank(household);
        uint256 id =
            oracle.contradict(_place(p.shown, meter, 0), leaf.reading, leaf.recordDigest, by, p.shown.proof, second);

        MeterRecord memory r = _record(meter, 5_000);
        by = _by(Curve.Secp256k1, 1, r);
        bytes memory signed = abi.encodePacked("tonne meter 2", r.meter, r.readAt, r.registers, r.sequence, r.status);
        vm.prank(notary);
        oracle.uphold(id, r.registers, leaf.recordDigest, 0, by, signed);
        assertTrue(oracle.stateOf(node, START).status == RootStatus.Posted);
        assertEq(currency.balanceOf(household), 0);
        assertEq(_owed(household), 0);
        (uint256 bond,,) = oracle.bondOf(poster);
        assertEq(bond, SLASH + FEE);
    }
}
