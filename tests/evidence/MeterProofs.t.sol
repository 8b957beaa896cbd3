// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {LeafPlace, MeterReadings} from "../../contracts/lib/MeterReadings.sol";
import {ParticipantId} from "../../interfaces/types/Ids.sol";
import {
    MeterLeaf,
    MeterRecord,
    ChallengeState,
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
        v.record = _record(_doubted(curve, 1), 123_456);
        v.meter = v.record.meter;
        vm.warp(START + QUARTER);
        v.p = _tree(_leafOf(v.record), 6, 13);
        _post(v.p, 1);
        v.record = _record(v.meter, 123_457);
        v.by = _by(curve, 1, v.record);
    }

    function _contradict(Proven memory v) private returns (uint256 id) {
        LeafProof memory p = v.p.shown;
        LeafPlace place = _place(p, v.meter, v.keyIndex);
        vm.prank(sceptic);
        return oracle.contradict(place, p.leaf.reading, p.leaf.recordDigest, v.by, p.proof, v.record);
    }

    /* SIGNATURES */

    function test_contradict_byTheMetersOwnSignatureOnBothCurves() public {
        for (uint256 i = 1; i <= 2; ++i) {
            setUp();
            Proven memory v = _proven(Curve(i));
            MeterLeaf memory leaf = v.p.shown.leaf;
            bytes32 said = keccak256(abi.encode(leaf.reading.registers(), leaf.recordDigest));
            uint40 deadline = uint40(block.timestamp + 6 hours);
            vm.expectEmit(address(oracle));
            emit IMeterPostings.LeafContradicted(1, node, START, 1, v.meter, said, deadline, sceptic);
            uint256 id = _contradict(v);
            (, bool isFinal) = oracle.checkRoot(node, START, v.p.root, v.p.sums);
            assertFalse(isFinal);
            _expired(id, deadline);
        }
    }

    /// @dev Not at the deadline, but after it; by any account.
    function _expired(uint256 id, uint40 deadline) private {
        vm.warp(deadline);
        _wrongState(id, ChallengeState.Contradicted, deadline);
        oracle.expire(id);
        vm.warp(deadline + 1);
        vm.expectEmit(address(oracle));
        emit IMeterPostings.IntervalFailed(node, START, 1, id, sceptic, FEE + SLASH / 2, SLASH / 2);
        oracle.expire(id);
        assertTrue(oracle.stateOf(node, START).status == RootStatus.Failed);
        assertEq(_owed(sceptic), FEE + SLASH / 2);
        assertEq(_owed(treasury), SLASH / 2);
        (uint256 bond,, uint32 open) = oracle.bondOf(poster);
        assertEq(bond, 0);
        assertEq(open, 0);
    }

    function _wrongState(uint256 id, ChallengeState state, uint40 deadline) private {
        vm.expectRevert(abi.encodeWithSelector(IMeterPostings.MeterOracleChallengeState.selector, id, state, deadline));
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
        v.meter = _doubted(Curve.P256, 2);
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
        MeterId id = _doubted(Curve.P256, 1);
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
        _agrees(v, _record(_doubted(Curve.P256, 2), 1));
    }

    function test_contradict_sparesALeafThatSaysItWasSubstituted() public {
        Proven memory v;
        v.meter = _doubted(Curve.P256, 1);
        MeterRecord memory record = _record(v.meter, 123_456);
        MeterLeaf memory leaf = _leafOf(record);
        leaf.reading = MeterReadings.pack(record.registers, 250, 30, 11, Quality.Substituted);
        vm.warp(START + QUARTER);
        v.p = _tree(leaf, 6, 13);
        _post(v.p, 1);
        _agrees(v, _record(v.meter, 1));
    }

    function test_contradict_sparesALeafThatRestsOnNoRecord() public {
        Proven memory v;
        v.meter = _doubted(Curve.P256, 1);
        MeterLeaf memory leaf = _leafOf(_record(v.meter, 123_456));
        leaf.reading = MeterReadings.pack(leaf.reading.registers(), 250, 30, 0, Quality.Settled);
        vm.warp(START + QUARTER);
        v.p = _tree(leaf, 6, 13);
        _post(v.p, 1);
        _agrees(v, _record(v.meter, 1));
    }

    /// @dev Whoever copied the call would have the reward: the oracle that posted, too.
    function test_contradict_isOfTheMetersReader() public {
        Proven memory v = _proven(Curve.P256);
        _setReader(v.meter, household);
        vm.expectRevert(
            abi.encodeWithSelector(
                IMeterPostings.MeterOracleNoStanding.selector, node, MeterId.unwrap(v.meter), false, sceptic
            )
        );
        _contradict(v);
        _setReader(v.meter, sceptic);
        _contradict(v);
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

    /// @dev An oracle that answers at the last moment, to who asked at the last moment.
    function test_contradict_waitsForAnswersToChallengesOfTheWindow() public {
        Proven memory v = _proven(Curve.P256);
        uint256 until = START + QUARTER + 1 days;
        vm.warp(until);
        uint256 asked = _ask(v.p, 6);
        vm.warp(until + 6 hours);
        _answer(asked, v.p);
        vm.warp(until + 12 hours + 1);
        vm.expectRevert(
            abi.encodeWithSelector(IMeterPostings.MeterOracleTooLate.selector, node, START, until + 12 hours)
        );
        _contradict(v);
        vm.warp(until + 12 hours);
        assertEq(_contradict(v), asked + 1);
    }

    /// @dev Without an open challenge the root is final, and settled on.
    function test_contradict_endsWithTheWindowOnceNothingIsOpen() public {
        Proven memory v = _proven(Curve.P256);
        uint256 until = START + QUARTER + 1 days;
        vm.warp(until);
        uint256 asked = _ask(v.p, 6);
        _answer(asked, v.p);
        vm.prank(sceptic);
        oracle.close(asked);
        vm.warp(until + 1);
        vm.expectRevert(abi.encodeWithSelector(IMeterPostings.MeterOracleTooLate.selector, node, START, until));
        _contradict(v);
    }

    /* WHAT UPHOLDS A LEAF */

    /// @dev A leaf that rests on what its meter signed, contradicted by another record of it; `record` is the first.
    function _twice(Curve curve) private returns (Proven memory v, uint256 id) {
        v = _proven(curve);
        v.p.shown.leaf = _leafOf(_record(v.meter, 123_456));
        id = _contradict(v);
        v.record = _record(v.meter, 123_456);
        v.by = _by(curve, 1, v.record);
        v.by.salt = RECORD_SALT;
    }

    function _uphold(uint256 id, Proven memory v, bytes memory signed) private {
        MeterLeaf memory leaf = v.p.shown.leaf;
        oracle.uphold(id, leaf.reading.registers(), leaf.recordDigest, v.keyIndex, v.by, signed);
    }

    /// @dev What a meter signs in the market's own form.
    function _bytesOf(MeterRecord memory r) private pure returns (bytes memory) {
        return abi.encodePacked("tonne meter 2", r.meter, r.readAt, r.registers, r.sequence, r.status);
    }

    function test_uphold_byWhatTheMeterSignedOnBothCurves() public {
        for (uint256 i = 1; i <= 2; ++i) {
            setUp();
            (Proven memory v, uint256 id) = _twice(Curve(i));
            vm.warp(block.timestamp + 6 hours);
            vm.expectEmit(address(oracle));
            emit IMeterPostings.LeafUpheld(id, _digest(v.record));
            _uphold(id, v, _bytesOf(v.record));
            assertTrue(oracle.stateOf(node, START).status == RootStatus.Posted);
            assertEq(oracle.stateOf(node, START).open, 0);
            (uint256 bond,, uint32 open) = oracle.bondOf(poster);
            assertEq(bond, SLASH + FEE);
            assertEq(open, 0);
        }
    }

    /// @dev A better record of the same moment: the leaf stands on the one that it was posted with.
    function test_uphold_byARecordOfAnotherNumberAndStatus() public {
        (Proven memory v, uint256 id) = _twice(Curve.Secp256k1);
        (v.record.sequence, v.record.status) = (3, 1);
        v.by = _by(Curve.Secp256k1, 1, v.record);
        _uphold(id, v, _bytesOf(v.record));
    }

    function _notUpheld(uint256 id, Proven memory v, MeterRecord memory record) private {
        v.by = _by(Curve.P256, 1, record);
        v.by.salt = RECORD_SALT;
        _notUpheldBy(id, v, _bytesOf(record));
    }

    function _notUpheldBy(uint256 id, Proven memory v, bytes memory signed) private {
        vm.expectRevert(abi.encodeWithSelector(IMeterPostings.MeterOracleNotUpheld.selector, id, sha256(signed)));
        _uphold(id, v, signed);
    }

    function test_uphold_refusesARecordOfOtherRegistersMomentOrMeter() public {
        (Proven memory v, uint256 id) = _twice(Curve.P256);
        _notUpheld(id, v, _record(v.meter, 123_457));
        MeterRecord memory other = _record(v.meter, 123_456);
        other.readAt = START;
        _notUpheld(id, v, other);
        other = _record(v.meter, 123_456);
        other.meter = MeterId.wrap(MeterId.unwrap(v.meter) + 1);
        _notUpheld(id, v, other);
    }

    /// @dev Signed bytes with more behind them are no record of the own form, and of no other.
    function test_uphold_refusesTheOwnFormWithMoreBehindIt() public {
        (Proven memory v, uint256 id) = _twice(Curve.P256);
        bytes memory signed = abi.encodePacked(_bytesOf(v.record), uint8(0));
        (v.by.r, v.by.s) = _sign(Curve.P256, 1, sha256(signed));
        _notUpheldBy(id, v, signed);
    }

    function test_uphold_refusesRegistersAndRecordThatAreNotTheLeafs() public {
        (Proven memory v, uint256 id) = _twice(Curve.P256);
        v.record = _record(v.meter, 123_457);
        v.p.shown.leaf.reading = _leafOf(v.record).reading;
        _notUpheld(id, v, v.record);
        v.p.shown.leaf = _leafOf(_record(v.meter, 123_456));
        v.p.shown.leaf.recordDigest = keccak256("of no leaf");
        _notUpheld(id, v, _record(v.meter, 123_456));
    }

    function test_uphold_needsTheMetersSignature() public {
        (Proven memory v, uint256 id) = _twice(Curve.P256);
        (v.by.r, v.by.s) = _sign(Curve.P256, 2, _digest(v.record));
        vm.expectRevert(
            abi.encodeWithSelector(IMeterPostings.MeterOracleNotSigned.selector, v.meter, 0, _digest(v.record))
        );
        _uphold(id, v, _bytesOf(v.record));
        v.keyIndex = 1;
        vm.expectRevert(
            abi.encodeWithSelector(IMeterPostings.MeterOracleNotAtNode.selector, v.meter, node, 1, START + QUARTER)
        );
        _uphold(id, v, _bytesOf(v.record));
    }

    function test_uphold_onceAndInTimeOnly() public {
        (Proven memory v, uint256 id) = _twice(Curve.P256);
        uint40 deadline = uint40(block.timestamp + 6 hours);
        vm.warp(deadline + 1);
        _wrongState(id, ChallengeState.Contradicted, deadline);
        _uphold(id, v, _bytesOf(v.record));
        vm.warp(deadline);
        _uphold(id, v, _bytesOf(v.record));
        _wrongState(id, ChallengeState.Closed, deadline);
        _uphold(id, v, _bytesOf(v.record));
    }

    /// @dev Neither an answer nor its acceptance ends a contradiction; and no challenge is upheld.
    function test_uphold_isOfContradictionsAndAnswersAreOfChallenges() public {
        (Proven memory v, uint256 id) = _twice(Curve.P256);
        uint40 deadline = uint40(block.timestamp + 6 hours);
        vm.prank(notary);
        _wrongState(id, ChallengeState.Contradicted, deadline);
        oracle.answer(id, "anything");
        _wrongState(id, ChallengeState.Contradicted, deadline);
        oracle.close(id);
        uint256 asked = _ask(v.p, 6);
        _wrongState(asked, ChallengeState.Open, deadline);
        _uphold(asked, v, _bytesOf(v.record));
    }

    /* LEAVES OF RECORDS IN OTHER FORMS */

    bytes private constant OTHER_FORM = '{"FV":"1.0","RD":[{"RV":123.456,"RU":"kWh"}]}';

    /// @dev A leaf of a record that no chain reads, contradicted by one that it does.
    function _ofOtherForm() private returns (Proven memory v, uint256 id) {
        v.meter = _doubted(Curve.P256, 1);
        v.record = _record(v.meter, 123_457);
        v.by = _by(Curve.P256, 1, v.record);
        MeterLeaf memory leaf = _leafOf(_record(v.meter, 123_456));
        leaf.recordDigest = keccak256(abi.encode(RECORD_SALT, sha256(OTHER_FORM)));
        vm.warp(START + QUARTER);
        v.p = _tree(leaf, 6, 13);
        _post(v.p, 1);
        id = _contradict(v);
        v.by.salt = RECORD_SALT;
        (v.by.r, v.by.s) = _sign(Curve.P256, 1, sha256(OTHER_FORM));
    }

    function test_uphold_byARecordInAnotherForm() public {
        (Proven memory v, uint256 id) = _ofOtherForm();
        _uphold(id, v, OTHER_FORM);
        assertEq(oracle.stateOf(node, START).open, 0);
    }

    function test_uphold_refusesAnotherRecordInAnotherForm() public {
        (Proven memory v, uint256 id) = _ofOtherForm();
        bytes memory other = '{"FV":"1.0"}';
        (v.by.r, v.by.s) = _sign(Curve.P256, 1, sha256(other));
        _notUpheldBy(id, v, other);
        v.by.salt = SALT;
        _notUpheldBy(id, v, OTHER_FORM);
    }

    /// @dev A leaf of another moment's record, whose digest it has: what the meter signed does not have its registers.
    function test_uphold_refusesTheRecordOfAnotherMomentUnderTheLeafsDigest() public {
        MeterId meter = _doubted(Curve.P256, 1);
        MeterRecord memory earlier = _record(meter, 123_456);
        earlier.readAt = START;
        Proven memory v;
        (v.meter, v.record) = (meter, _record(meter, 123_457));
        v.by = _by(Curve.P256, 1, v.record);
        MeterLeaf memory leaf = _leafOf(_record(meter, 1));
        leaf.recordDigest = keccak256(abi.encode(RECORD_SALT, _digest(earlier)));
        vm.warp(START + QUARTER);
        v.p = _tree(leaf, 6, 13);
        _post(v.p, 1);
        uint256 id = _contradict(v);
        _notUpheld(id, v, earlier);
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
