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

/// @dev Records that contradict a leaf, by the meter's own signature over commitments.
contract MeterProofsTest is MeterCase {
    struct Proven {
        Tree p;
        MeterRecord record;
        MeterSignature by;
        MeterId meter;
        uint8 keyIndex;
    }

    /// @dev A leaf of other registers than its meter signed; `record` is what it signed.
    function _proven(Curve curve) private returns (Proven memory v) {
        v.record = _record(_meter(curve, 1), 123_456);
        v.meter = v.record.meter;
        vm.warp(START + QUARTER);
        v.p = _tree(_leafOf(v.record), 6, 13);
        _post(v.p, 1);
        v.record = _record(v.meter, 123_457);
        v.by = _by(curve, 1, v.record);
    }

    function _contradict(Proven memory v) private {
        LeafProof memory p = v.p.shown;
        LeafPlace place = _place(p, v.meter, v.keyIndex);
        vm.prank(sceptic);
        oracle.contradict(place, p.leaf.reading, p.leaf.recordDigest, v.by, p.proof, v.record);
    }

    /* SIGNATURES */

    function test_contradict_byTheMetersOwnSignatureOnBothCurves() public {
        for (uint256 i = 1; i <= 2; ++i) {
            setUp();
            Proven memory v = _proven(Curve(i));
            vm.expectEmit(address(oracle));
            emit IMeterPostings.IntervalFailed(node, START, 1, 0, sceptic, 0, SLASH);
            _contradict(v);
            assertTrue(oracle.stateOf(node, START).status == RootStatus.Failed);
            assertEq(_owed(treasury), SLASH);
        }
    }

    /// @dev Meters do not normalise: the mirror image of s is as good.
    function test_contradict_acceptsBothHalvesOfS() public {
        uint256[2] memory orders = [ORDER, 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551];
        for (uint256 i = 1; i <= 2; ++i) {
            setUp();
            Proven memory v = _proven(Curve(i));
            v.by.s = bytes32(orders[i - 1] - uint256(v.by.s));
            _contradict(v);
        }
    }

    function test_contradict_refusesSOfZeroAndROfTheOrder() public {
        bytes32[2] memory orders =
            [bytes32(ORDER), bytes32(0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551)];
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
            abi.encodeWithSelector(IMeterPostings.MeterOracleNotSigned.selector, v.meter, 0, _digest(v.record))
        );
        _contradict(v);
    }

    function test_contradict_refusesAnotherMetersSignature() public {
        for (uint256 i = 1; i <= 2; ++i) {
            setUp();
            Proven memory v = _proven(Curve(i));
            (v.by.r, v.by.s) = _sign(Curve(i), 2, _digest(v.record));
            _refused(v);
        }
    }

    function test_contradict_needsTheMetersSignatureOfThatRecord() public {
        Proven memory v = _proven(Curve.P256);
        v.record = _record(v.meter, 1);
        _refused(v);
    }

    function test_contradict_refusesAnotherMeterUnderTheSalt() public {
        Proven memory v = _proven(Curve.P256);
        v.meter = _meter(Curve.P256, 2);
        vm.expectRevert(abi.encodeWithSelector(IMeterPostings.MeterOracleNotInRoot.selector, node, START, 6, 13));
        _contradict(v);
    }

    function test_contradict_refusesAMeterOfAnotherNode() public {
        Proven memory v = _proven(Curve.P256);
        Node memory n = _node();
        n.region = 13;
        vm.prank(officer);
        NodeId other = meters.openNode(n);
        vm.prank(notary);
        oracle.post(other, START, 1, v.p.root, v.p.sums, DATA);
        node = other;
        _refusedAt(v, 0);
    }

    function _refusedAt(Proven memory v, uint256 index) private {
        vm.expectRevert(
            abi.encodeWithSelector(IMeterPostings.MeterOracleNotAtNode.selector, v.meter, node, index, START + QUARTER)
        );
        _contradict(v);
    }

    function test_contradict_byTheKeyOfItsTime() public {
        Proven memory v = _proven(Curve.P256);
        MeterKey memory next = _key(Curve.P256, 5, START + QUARTER - 1);
        vm.warp(START);
        vm.prank(officer);
        meters.rotateKey(v.meter, next);
        vm.warp(START + QUARTER);
        _refusedAt(v, 0);
        v.keyIndex = 2;
        _refusedAt(v, 2);
        v.by = _by(Curve.P256, 5, v.record);
        v.keyIndex = 1;
        _contradict(v);
    }

    function test_contradict_refusesAMeterThatHasEnded() public {
        Proven memory v = _proven(Curve.P256);
        vm.warp(START);
        vm.prank(officer);
        meters.closeMeter(v.meter, START + QUARTER - 1);
        vm.warp(START + QUARTER);
        _refusedAt(v, 0);
    }

    function test_contradict_refusesAKeyThatIsNotTheMeters() public {
        Proven memory v = _proven(Curve.P256);
        v.by = _by(Curve.P256, 3, v.record);
        vm.expectRevert(abi.encodeWithSelector(IMeterPostings.MeterOracleOtherKey.selector, v.meter, 0, v.by.x, v.by.y));
        _contradict(v);
    }

    function test_aBrainpoolKeyIsRegisteredAndProvesNothing() public {
        MeterId id = _meter(Curve.P256, 1);
        MeterKey memory key = MeterKey(bytes32(uint256(1)), bytes32(uint256(2)), START, Curve.BrainpoolP256r1);
        vm.prank(officer);
        meters.rotateKey(id, key);
        assertTrue(meters.keyWord(id, 1).curve == Curve.BrainpoolP256r1);

        Proven memory v;
        (v.meter, v.keyIndex, v.record) = (id, 1, _record(id, 6));
        v.by = MeterSignature(SALT, key.x, key.y, bytes32(uint256(3)), bytes32(uint256(4)));
        vm.warp(START + QUARTER);
        v.p = _tree(_leafOf(_record(id, 5)), 6, 13);
        _post(v.p, 1);
        vm.expectRevert(
            abi.encodeWithSelector(IMeterPostings.MeterOracleNotProvable.selector, id, 1, Curve.BrainpoolP256r1)
        );
        _contradict(v);
    }

    /* WHAT CONTRADICTS */

    /// @dev Reverts as no contradiction.
    function _agrees(Proven memory v, MeterRecord memory record) private {
        v.record = record;
        v.by = _by(Curve.P256, 1, record);
        vm.expectRevert(
            abi.encodeWithSelector(IMeterPostings.MeterOracleNoContradiction.selector, record.meter, record.readAt)
        );
        _contradict(v);
    }

    function test_contradict_refusesARecordThatAgreesOrIsOfAnotherTime() public {
        Proven memory v = _proven(Curve.P256);
        MeterRecord memory signed = _record(v.meter, 123_456);
        signed.sequence = 99; // the same registers, under the same salt
        _agrees(v, signed);
        signed = _record(v.meter, 1);
        signed.readAt = START;
        _agrees(v, signed);
    }

    function test_contradict_refusesARecordOfAnotherMeterThanTheSigners() public {
        Proven memory v = _proven(Curve.P256);
        _agrees(v, _record(_meter(Curve.P256, 2), 1));
    }

    function test_contradict_sparesALeafThatSaysItWasSubstituted() public {
        Proven memory v;
        v.meter = _meter(Curve.P256, 1);
        MeterRecord memory record = _record(v.meter, 123_456);
        MeterLeaf memory leaf = _leafOf(record);
        leaf.reading = MeterReadings.pack(record.registers, 250, 30, 11, Quality.Substituted);
        vm.warp(START + QUARTER);
        v.p = _tree(leaf, 6, 13);
        _post(v.p, 1);
        _agrees(v, _record(v.meter, 1));
    }

    /// @dev With a key of its own, registered afterwards, an officer could contradict an honest oracle.
    function test_contradict_notByAKeyThatAnOfficerAddsAfterwards() public {
        Proven memory v = _proven(Curve.P256);
        MeterKey memory forged = _key(Curve.P256, 5, START + QUARTER);
        vm.warp(START + QUARTER + 1);
        vm.prank(officer);
        vm.expectRevert(
            abi.encodeWithSelector(IMeters.MetersBadTime.selector, v.meter, START + QUARTER, START + QUARTER + 1)
        );
        meters.rotateKey(v.meter, forged);
    }

    /// @dev What is final stays: a record that comes late cannot undo what was settled.
    function test_contradict_endsWithTheChallengeWindow() public {
        Proven memory v = _proven(Curve.P256);
        uint256 until = START + QUARTER + 1 days;
        vm.warp(until + 1);
        vm.expectRevert(abi.encodeWithSelector(IMeterPostings.MeterOracleTooLate.selector, node, START, until));
        _contradict(v);
        vm.warp(until);
        _contradict(v);
    }

    /// @dev An oracle that was replaced still answers for what it posted.
    function test_theOracleThatPostedAnswers() public {
        Tree memory p = _posted(13);
        vm.prank(household);
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
