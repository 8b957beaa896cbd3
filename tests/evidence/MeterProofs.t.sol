// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {LeafPlace, MeterReadings} from "../../contracts/lib/MeterReadings.sol";
import {ParticipantId} from "../../interfaces/types/Ids.sol";
import {
    MeterLeaf,
    MeterRecord,
    LeafProof,
    MeterSignature,
    IMeterPostings,
    RootStatus
} from "../../interfaces/evidence/IMeterOracle.sol";
import {Curve, IMeters, MeterKey, Node} from "../../interfaces/evidence/IMeters.sol";
import {MeterId, NodeId, Quality} from "../../interfaces/types/MeterTypes.sol";
import {MeterCase} from "./MeterCase.sol";

/// @dev Leaves that are proved by the meter's own signature, and records that contradict them.
contract MeterProofsTest is MeterCase {
    /* PROOFS */

    struct Proven {
        Tree p;
        MeterRecord record;
        MeterSignature by;
        MeterId meter;
        uint8 keyIndex;
    }

    function _proven(Curve curve) private returns (Proven memory v) {
        v.record = _record(_meter(curve, 1), 123_456);
        v.by = _by(curve, 1, v.record);
        v.meter = v.record.meter;
        vm.warp(START + QUARTER);
        v.p = _tree(_leafOf(v.record), 6, 13);
        _post(v.p, 1);
    }

    function _prove(Proven memory v) private {
        LeafProof memory p = v.p.shown;
        oracle.proveLeaf(_place(p, v.meter, v.keyIndex), p.leaf.reading, p.leaf.recordDigest, v.by, p.proof);
    }

    function test_proveLeaf_byTheMetersOwnSignatureOnBothCurves() public {
        for (uint256 i = 1; i <= 2; ++i) {
            setUp();
            Proven memory v = _proven(Curve(i));
            vm.expectEmit(address(oracle));
            MeterLeaf memory l = v.p.shown.leaf;
            emit IMeterPostings.LeafProved(v.meter, _place(v.p.shown, v.meter, 0), 1, l.reading, l.recordDigest);
            _prove(v);
        }
    }

    /// @dev Meters do not normalise: the mirror image of s is as good.
    function test_proveLeaf_acceptsBothHalvesOfS() public {
        uint256[2] memory orders = [
            0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141,
            0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
        ];
        for (uint256 i = 1; i <= 2; ++i) {
            setUp();
            Proven memory v = _proven(Curve(i));
            v.by.s = bytes32(orders[i - 1] - uint256(v.by.s));
            _prove(v);
        }
    }

    function test_proveLeaf_refusesSOfZeroAndROfTheOrder() public {
        bytes32[2] memory orders = [
            bytes32(0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141),
            bytes32(0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551)
        ];
        for (uint256 i = 1; i <= 2; ++i) {
            setUp();
            Proven memory v = _proven(Curve(i));
            (bytes32 r, bytes32 s) = (v.by.r, v.by.s);
            (v.by.r, v.by.s) = (r, 0);
            _refused(v);
            (v.by.r, v.by.s) = (orders[i - 1], s);
            _refused(v);
            (v.by.r, v.by.s) = (r, orders[i - 1]);
            _refused(v);
        }
    }

    function _refused(Proven memory v) private {
        vm.expectRevert(
            abi.encodeWithSelector(
                IMeterPostings.MeterOracleNotSigned.selector, v.record.meter, 0, v.p.shown.leaf.recordDigest
            )
        );
        _prove(v);
    }

    function test_proveLeaf_refusesAnotherMetersSignature() public {
        for (uint256 i = 1; i <= 2; ++i) {
            setUp();
            Proven memory v = _proven(Curve(i));
            (v.by.r, v.by.s) = _sign(Curve(i), 2, _digest(v.record));
            _refused(v);
        }
    }

    function test_proveLeaf_refusesAnotherMeterUnderTheSalt() public {
        Proven memory v = _proven(Curve.P256);
        v.meter = _meter(Curve.P256, 2);
        vm.expectRevert(abi.encodeWithSelector(IMeterPostings.MeterOracleNotInRoot.selector, node, START, 6, 13));
        _prove(v);
    }

    function test_proveLeaf_refusesAMeterOfAnotherNode() public {
        Proven memory v = _proven(Curve.P256);
        Node memory n = _node();
        n.region = 13;
        vm.prank(officer);
        NodeId other = meters.openNode(n);
        vm.prank(notary);
        oracle.post(other, START, 1, v.p.root, v.p.sums, DATA);
        node = other;
        vm.expectRevert(
            abi.encodeWithSelector(IMeterPostings.MeterOracleNotAtNode.selector, v.meter, other, 0, START + QUARTER)
        );
        _prove(v);
    }

    function test_proveLeaf_byTheKeyOfItsTime() public {
        Proven memory v = _proven(Curve.P256);
        MeterKey memory next = _key(Curve.P256, 5, START + QUARTER - 1);
        vm.warp(START);
        vm.prank(officer);
        meters.rotateKey(v.record.meter, next);
        vm.warp(START + QUARTER);
        vm.expectRevert(
            abi.encodeWithSelector(
                IMeterPostings.MeterOracleNotAtNode.selector, v.record.meter, node, 0, START + QUARTER
            )
        );
        _prove(v);
        v.by = _by(Curve.P256, 5, v.record);
        v.keyIndex = 1;
        _prove(v);
        v.keyIndex = 2;
        vm.expectRevert(
            abi.encodeWithSelector(
                IMeterPostings.MeterOracleNotAtNode.selector, v.record.meter, node, 2, START + QUARTER
            )
        );
        _prove(v);
    }

    function test_proveLeaf_refusesAMeterThatHasEnded() public {
        Proven memory v = _proven(Curve.P256);
        vm.warp(START);
        vm.prank(officer);
        meters.closeMeter(v.record.meter, START + QUARTER - 1);
        vm.warp(START + QUARTER);
        vm.expectRevert(
            abi.encodeWithSelector(
                IMeterPostings.MeterOracleNotAtNode.selector, v.record.meter, node, 0, START + QUARTER
            )
        );
        _prove(v);
    }

    /* CONTRADICTIONS */

    function _contradictBy(Proven memory v, MeterRecord memory record, MeterSignature memory by) private {
        LeafProof memory p = v.p.shown;
        LeafPlace place = _place(p, v.meter, 0);
        vm.prank(sceptic);
        oracle.contradict(place, p.leaf.reading, p.leaf.recordDigest, by, p.proof, record);
    }

    /// @dev Reverts with `refusal`, if there is one. What a digest calls comes before what is expected of the next call.
    function _contradict(Proven memory v, MeterRecord memory record, bytes memory refusal) private {
        MeterSignature memory by = _by(Curve.P256, 1, record);
        if (refusal.length != 0) vm.expectRevert(refusal);
        _contradictBy(v, record, by);
    }

    function test_contradict_failsTheIntervalOfAnOracleThatChangedAReading() public {
        Proven memory v = _proven(Curve.P256);
        MeterRecord memory signed = _record(v.record.meter, v.record.importWh + 1);
        vm.expectEmit(address(oracle));
        emit IMeterPostings.IntervalFailed(node, START, 1, 0, sceptic, 0, SLASH);
        _contradict(v, signed, "");
        assertTrue(oracle.stateOf(node, START).status == RootStatus.Failed);
        assertEq(_owed(treasury), SLASH);
    }

    /// @dev With a key of its own, registered afterwards, an officer could contradict an honest oracle.
    function test_contradict_notByAKeyThatAnOfficerAddsAfterwards() public {
        Proven memory v = _proven(Curve.P256);
        MeterKey memory forged = _key(Curve.P256, 5, START + QUARTER);
        vm.warp(START + QUARTER + 1);
        vm.prank(officer);
        vm.expectRevert(
            abi.encodeWithSelector(IMeters.MetersBadTime.selector, v.record.meter, START + QUARTER, START + QUARTER + 1)
        );
        meters.rotateKey(v.record.meter, forged);
    }

    function test_contradict_refusesARecordThatAgreesOrIsOfAnotherTime() public {
        Proven memory v = _proven(Curve.P256);
        bytes memory refusal =
            abi.encodeWithSelector(IMeterPostings.MeterOracleNoContradiction.selector, v.record.meter, START + QUARTER);
        MeterRecord memory signed = v.record;
        signed.sequence = 99; // the same registers
        _contradict(v, signed, refusal);

        signed = _record(v.record.meter, 1);
        signed.readAt = START;
        _contradict(
            v, signed, abi.encodeWithSelector(IMeterPostings.MeterOracleNoContradiction.selector, v.record.meter, START)
        );
    }

    function test_contradict_sparesALeafThatSaysItWasSubstituted() public {
        MeterRecord memory record = _record(_meter(Curve.P256, 1), 123_456);
        MeterLeaf memory leaf = _leafOf(record);
        leaf.reading = MeterReadings.pack(record.importWh, record.exportWh, 250, 30, 11, Quality.Substituted);
        vm.warp(START + QUARTER);
        Proven memory v;
        v.meter = record.meter;
        v.p = _tree(leaf, 6, 13);
        _post(v.p, 1);
        _contradict(
            v,
            _record(record.meter, 1),
            abi.encodeWithSelector(IMeterPostings.MeterOracleNoContradiction.selector, record.meter, START + QUARTER)
        );
    }

    /// @dev What is final stays: a record that comes late cannot undo what was settled.
    function test_contradict_endsWithTheChallengeWindow() public {
        Proven memory v = _proven(Curve.P256);
        MeterRecord memory signed = _record(v.record.meter, v.record.importWh + 1);
        uint256 until = START + QUARTER + 1 days;
        vm.warp(until + 1);
        _contradict(v, signed, abi.encodeWithSelector(IMeterPostings.MeterOracleTooLate.selector, node, START, until));
        vm.warp(until);
        _contradict(v, signed, "");
    }

    function test_aBrainpoolKeyIsRegisteredAndNotProvable() public {
        MeterId id = _meter(Curve.P256, 1);
        MeterKey memory key = MeterKey(bytes32(uint256(1)), bytes32(uint256(2)), START, Curve.BrainpoolP256r1);
        vm.prank(officer);
        meters.rotateKey(id, key);
        assertTrue(meters.keyWord(id, 1).curve == Curve.BrainpoolP256r1);

        Proven memory v;
        v.meter = id;
        v.keyIndex = 1;
        v.by = MeterSignature(SALT, key.x, key.y, bytes32(uint256(3)), bytes32(uint256(4)));
        vm.warp(START + QUARTER);
        v.p = _tree(_leafOf(_record(id, 5)), 6, 13);
        _post(v.p, 1);
        vm.expectRevert(
            abi.encodeWithSelector(IMeterPostings.MeterOracleNotProvable.selector, id, 1, Curve.BrainpoolP256r1)
        );
        _prove(v);
    }

    function test_contradict_refusesARecordOfAnotherMeterThanTheSigners() public {
        Proven memory v = _proven(Curve.P256);
        MeterRecord memory others = _record(_meter(Curve.P256, 2), 1);
        bytes memory refusal =
            abi.encodeWithSelector(IMeterPostings.MeterOracleNoContradiction.selector, others.meter, others.readAt);
        vm.expectRevert(refusal);
        _contradictBy(v, others, v.by);
    }

    function test_proveLeaf_refusesAKeyThatIsNotTheMeters() public {
        Proven memory v = _proven(Curve.P256);
        v.by = _by(Curve.P256, 3, v.record);
        vm.expectRevert(abi.encodeWithSelector(IMeterPostings.MeterOracleOtherKey.selector, v.meter, 0, v.by.x, v.by.y));
        _prove(v);
    }

    function test_contradict_needsTheMetersSignature() public {
        Proven memory v = _proven(Curve.P256);
        MeterRecord memory forged = _record(v.record.meter, 1);
        MeterSignature memory by = _by(Curve.P256, 1, v.record);
        bytes32 digest = _digest(forged);
        vm.expectRevert(abi.encodeWithSelector(IMeterPostings.MeterOracleNotSigned.selector, v.record.meter, 0, digest));
        _contradictBy(v, forged, by);
    }

    /// @dev An oracle that was replaced still answers for what it posted.
    function test_theOracleThatPostedAnswers() public {
        Tree memory p = _posted(13);
        vm.prank(sceptic);
        ParticipantId successor = participants.join();
        vm.prank(officer);
        meters.setOracle(node, successor);
        uint256 id = _ask(p, 7);
        vm.warp(START + 1 days);
        oracle.expire(id);
        (uint256 bond,,) = oracle.bondOf(poster);
        assertEq(bond, 0);
    }
}
