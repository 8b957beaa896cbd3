// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {ParticipantId} from "../../interfaces/types/Ids.sol";
import {
    Challenge,
    ChallengeState,
    IMeterPostings,
    LeafAsked,
    OneTimeKey,
    RootStatus
} from "../../interfaces/evidence/IMeterOracle.sol";
import {Curve, IMeters, Node} from "../../interfaces/evidence/IMeters.sol";
import {ParticipantStatus} from "../../interfaces/parties/IParticipants.sol";
import {IWalletSource} from "../../interfaces/parties/IWalletSource.sol";
import {ISchemes, Powers} from "../../interfaces/rules/ISchemes.sol";
import {MeterId} from "../../interfaces/types/MeterTypes.sol";
import {MeterCase} from "./MeterCase.sol";

/// @dev Who may ask for a leaf, and answers that are sealed to a one-time key.
contract MeterAnswersTest is MeterCase {
    uint256 private constant WINDOW = 6 hours;

    /// @dev A meter whose reader is the household, and the tree with its leaf.
    function _read() private returns (MeterId meter, Tree memory p) {
        _meter(Curve.Secp256k1, 77); // the street's
        meter = _meter(Curve.P256, 1);
        vm.warp(START - 1);
        _name(meter, household);
        vm.warp(START + QUARTER);
        p = _tree(_leafOf(_record(meter, 123_456)), 6, 13);
        _post(p, 1);
        _fund(household, 10 * FEE);
    }

    function _name(MeterId meter, address reader) private {
        (MeterId[] memory ids, address[] memory readers) = (new MeterId[](1), new address[](1));
        (ids[0], readers[0]) = (meter, reader);
        vm.prank(officer);
        meters.setReaders(ids, readers);
    }

    function _expose(uint256 id, bytes memory sealed_) private {
        oracle.expose(id, ASKING, _shared(), sealed_);
    }

    /* STANDING */

    /// @dev For 5.00 any account had any leaf published, and with it its meter.
    function test_aStranger_asksForNoLeaf() public {
        (MeterId meter, Tree memory p) = _read();
        OneTimeKey memory key = _public(ASKING);
        address[2] memory strangers = [makeAddr("stranger"), notary];
        for (uint256 i; i < 4; ++i) {
            (uint32 which, bool byPlace) = (i / 2 == 0 ? 6 : MeterId.unwrap(meter), i / 2 == 0);
            address stranger = strangers[i % 2];
            vm.expectRevert(
                abi.encodeWithSelector(IMeterPostings.MeterOracleNoStanding.selector, node, which, byPlace, stranger)
            );
            vm.prank(stranger);
            oracle.challenge(LeafAsked(node, START, which, byPlace), p.root, p.sums, key);
        }
    }

    function test_aReader_asksForItsOwnMeterAlone() public {
        (, Tree memory p) = _read();
        MeterId other = _meter(Curve.P256, 2);
        vm.expectRevert(
            abi.encodeWithSelector(
                IMeterPostings.MeterOracleNoStanding.selector, node, MeterId.unwrap(other), false, household
            )
        );
        _askOf(other, p);
    }

    /// @dev Who moves in sees nothing of who lived there.
    function test_aReader_seesNothingFromBeforeItWasNamed() public {
        (MeterId meter, Tree memory p) = _read();
        _name(meter, household);
        vm.expectRevert(
            abi.encodeWithSelector(
                IMeterPostings.MeterOracleNoStanding.selector, node, MeterId.unwrap(meter), false, household
            )
        );
        _askOf(meter, p);
    }

    /// @dev An officer could enter a meter afterwards, with a past, and have an honest oracle asked for it.
    function test_aMeterEnteredAfterwards_isAskedOfNoOracle() public {
        (, Tree memory p) = _read();
        MeterId late = _meter(Curve.P256, 9);
        _name(late, household);
        vm.expectRevert(
            abi.encodeWithSelector(
                IMeterPostings.MeterOracleNoStanding.selector, node, MeterId.unwrap(late), false, household
            )
        );
        _askOf(late, p);
        vm.expectRevert(
            abi.encodeWithSelector(
                IMeterPostings.MeterOracleNoStanding.selector, node, MeterId.unwrap(late), false, sceptic
            )
        );
        vm.prank(sceptic);
        oracle.challenge(LeafAsked(node, START, MeterId.unwrap(late), false), p.root, p.sums, OneTimeKey(0, 0));
    }

    function test_anOperatorThatIsSuspended_asksForNoLeaf() public {
        Tree memory p = _posted(13);
        (ParticipantId id, uint8 rights,) = IWalletSource(address(participants)).walletOf(sceptic);
        vm.mockCall(
            address(participants),
            abi.encodeCall(IWalletSource.walletOf, (sceptic)),
            abi.encode(id, rights, ParticipantStatus.Suspended)
        );
        vm.expectRevert(abi.encodeWithSelector(IMeterPostings.MeterOracleNoStanding.selector, node, 6, true, sceptic));
        _ask(p, 6);
    }

    function test_aMeterThatDoesNotCount_isAskedForInVain() public {
        (MeterId meter, Tree memory p) = _read();
        vm.warp(START);
        vm.prank(officer);
        meters.closeMeter(meter, START + QUARTER - 1);
        vm.warp(START + QUARTER);
        vm.expectRevert(abi.encodeWithSelector(IMeterPostings.MeterOracleNotAtNode.selector, meter, node, 0, START));
        _askOf(meter, p);
    }

    function test_readersAndOperators_areNamedByTheOffice() public {
        MeterId meter = _meter(Curve.P256, 1);
        (MeterId[] memory ids, address[] memory readers) = (new MeterId[](1), new address[](1));
        (ids[0], readers[0]) = (meter, notary);
        vm.startPrank(notary);
        vm.expectRevert();
        meters.setReaders(ids, readers);
        vm.expectRevert();
        meters.setOperator(node, poster);
        vm.stopPrank();
        vm.expectRevert(abi.encodeWithSelector(IMeters.MetersBadBatch.selector, 0, 1, 100));
        meters.setReaders(new MeterId[](0), readers);

        vm.expectEmit(address(oracle));
        emit IMeters.MeterReaderSet(meter, notary, START, officer);
        _name(meter, notary);
        (address reader, uint40 since) = meters.readerOf(meter);
        assertEq(reader, notary);
        assertEq(since, START);
        vm.expectEmit(address(oracle));
        emit IMeters.NodeOperatorSet(node, poster, officer);
        vm.prank(officer);
        meters.setOperator(node, poster);
        assertEq(ParticipantId.unwrap(meters.operatorOf(node)), ParticipantId.unwrap(poster));
    }

    /// @dev Of each meter its own node's office is asked, not the first one's for all of a batch.
    function test_setReaders_isOfTheOfficeOfEachMetersNode() public {
        (MeterId[] memory ids, address[] memory readers) = (new MeterId[](2), new address[](2));
        ids[0] = _meter(Curve.P256, 1);
        Node memory elsewhere = _node();
        elsewhere.jurisdiction = 4501;
        vm.prank(officer);
        node = meters.openNode(elsewhere);
        ids[1] = _meter(Curve.P256, 2);
        readers[0] = readers[1] = notary;
        bytes memory refusal =
            abi.encodeWithSelector(ISchemes.SchemesNoPower.selector, officer, SCHEME, 4501, Powers.METER);
        vm.mockCallRevert(rules, abi.encodeCall(ISchemes.checkPower, (officer, SCHEME, 4501, Powers.METER)), refusal);
        vm.expectRevert(refusal);
        vm.prank(officer);
        meters.setReaders(ids, readers);
    }

    /* ANSWERS */

    /// @dev Nothing of the leaf is in any event or call; the reader alone opens it.
    function test_anAnswer_isSealedAndTheFeeIsTheOracles() public {
        (MeterId meter, Tree memory p) = _read();
        OneTimeKey memory key = _public(ASKING);
        vm.expectEmit(address(oracle));
        emit IMeterPostings.LeafChallenged(
            1, node, START, 1, MeterId.unwrap(meter), false, key, uint40(block.timestamp + WINDOW), household
        );
        uint256 id = _askOf(meter, p);
        bytes memory opened = _openedOf(p, meter, SALT);
        bytes memory sealed_ = _seal(id, opened);
        vm.warp(START + 1 hours);
        vm.expectEmit(address(oracle));
        emit IMeterPostings.LeafAnswered(id, uint40(START + 1 hours + WINDOW), sealed_);
        vm.prank(notary);
        oracle.answer(id, sealed_);
        Challenge memory c = oracle.challengeOf(id);
        assertTrue(c.state == ChallengeState.Answered);
        assertEq(c.answer, keccak256(sealed_));
        assertTrue(oracle.isAnswer(id, opened));

        vm.expectRevert(abi.encodeWithSelector(IMeterPostings.MeterOracleGoodAnswer.selector, id));
        _expose(id, sealed_);
        vm.expectEmit(address(oracle));
        emit IMeterPostings.ChallengeClosed(id);
        vm.prank(household);
        oracle.close(id);
        (uint256 bond,, uint32 open) = oracle.bondOf(poster);
        assertEq(bond, SLASH + FEE);
        assertEq(open, 0);
        assertEq(currency.balanceOf(household), 9 * FEE);
        assertEq(currency.balanceOf(address(oracle)), bond);
    }

    /// @dev Each way in which an answer can be of no use: all are exposed, and pay the challenger.
    function test_garbage_isExposedByTheOneTimeKey() public {
        for (uint256 kind; kind < 8; ++kind) {
            setUp();
            (MeterId meter, Tree memory p) = _read();
            uint256 id = _askOf(meter, p);
            bytes memory sealed_ = _garbage(kind, id, meter, p);
            vm.prank(notary);
            oracle.answer(id, sealed_);
            vm.expectEmit(address(oracle));
            emit IMeterPostings.AnswerExposed(id, ASKING);
            vm.expectEmit(address(oracle));
            emit IMeterPostings.IntervalFailed(node, START, 1, id, household, SLASH / 2 + FEE, SLASH / 2);
            _expose(id, sealed_);
            assertTrue(oracle.stateOf(node, START).status == RootStatus.Failed);
            assertEq(_owed(household), SLASH / 2 + FEE);
        }
    }

    function _garbage(uint256 kind, uint256 id, MeterId meter, Tree memory p) private returns (bytes memory made) {
        if (kind == 0) return "";
        if (kind == 1) return _seal(id, "a leaf, later");
        if (kind == 2) return _seal(id, _openedOf(p, MeterId.wrap(MeterId.unwrap(meter) + 1), SALT));
        if (kind == 3) return _seal(id, abi.encodePacked(_openedOf(p, meter, SALT), uint8(0)));
        if (kind == 4) return _seal(id + 1, _openedOf(p, meter, SALT)); // another challenge's
        made = _seal(id, _openedOf(p, meter, SALT));
        if (kind == 5) made[0] = 0x05;
        if (kind == 6) (made[0], made[1]) = (0x02, made[1] ^ 0x01); // another point, or none
        if (kind == 6) return _noPoint(made);
        if (kind == 7) made[made.length - 1] ^= 0x01;
    }

    /// @dev x = 5 is of no point of the curve.
    function _noPoint(bytes memory made) private pure returns (bytes memory) {
        for (uint256 i = 1; i < 33; ++i) {
            made[i] = bytes1(uint8(i == 32 ? 5 : 0));
        }
        return made;
    }

    function test_anExposure_isOfTheAnswerAndItsKey() public {
        (MeterId meter, Tree memory p) = _read();
        uint256 id = _askOf(meter, p);
        bytes memory sealed_ = _seal(id, "garbage");
        vm.prank(notary);
        oracle.answer(id, sealed_);
        OneTimeKey memory shared = _shared();
        OneTimeKey memory another = _public(7);
        bytes memory refusal = abi.encodeWithSelector(IMeterPostings.MeterOracleNotOfAnswer.selector, id);
        vm.expectRevert(refusal);
        oracle.expose(id, ASKING + 1, shared, sealed_);
        vm.expectRevert(refusal);
        oracle.expose(id, ASKING, another, sealed_);
        vm.expectRevert(refusal);
        oracle.expose(id, ASKING, shared, "other bytes");
        vm.expectRevert(refusal);
        oracle.expose(id, 0, shared, sealed_);
        oracle.expose(id, ASKING, shared, sealed_);
    }

    function test_anExposure_endsWithItsTime() public {
        (MeterId meter, Tree memory p) = _read();
        uint256 id = _askOf(meter, p);
        bytes memory sealed_ = _seal(id, "garbage");
        vm.prank(notary);
        oracle.answer(id, sealed_);
        uint256 deadline = block.timestamp + WINDOW;
        OneTimeKey memory shared = _shared();
        vm.expectRevert(_state(id, ChallengeState.Answered, deadline));
        vm.prank(notary);
        oracle.close(id);
        vm.warp(deadline + 1);
        vm.expectRevert(_state(id, ChallengeState.Answered, deadline));
        oracle.expose(id, ASKING, shared, sealed_);
        vm.prank(notary);
        oracle.close(id);
        vm.expectRevert(_state(id, ChallengeState.Closed, deadline));
        oracle.close(id);
    }

    function _state(uint256 id, ChallengeState state, uint256 deadline) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IMeterPostings.MeterOracleChallengeState.selector, id, state, deadline);
    }

    function test_anAnswer_isTheOraclesInTimeAndOnce() public {
        (MeterId meter, Tree memory p) = _read();
        uint256 id = _askOf(meter, p);
        bytes memory sealed_ = _seal(id, _openedOf(p, meter, SALT));
        vm.expectRevert(
            abi.encodeWithSelector(
                IMeterPostings.MeterOracleNotOracle.selector, node, household, ParticipantId.wrap(0), 0
            )
        );
        vm.prank(household);
        oracle.answer(id, sealed_);
        uint256 deadline = START + QUARTER + WINDOW;
        vm.warp(deadline + 1);
        vm.expectRevert(_state(id, ChallengeState.Open, deadline));
        vm.prank(notary);
        oracle.answer(id, sealed_);
        vm.warp(deadline);
        vm.expectRevert(abi.encodeWithSelector(IMeterPostings.MeterOracleAnswerTooLong.selector, id, 3_073, 3_072));
        vm.prank(notary);
        oracle.answer(id, new bytes(3_073));
        vm.startPrank(notary);
        oracle.answer(id, new bytes(3_072));
        vm.expectRevert(_state(id, ChallengeState.Answered, deadline + WINDOW));
        oracle.answer(id, sealed_);
    }

    /// @dev An oracle could not seal to what is no key, and would lose its bond.
    function test_aKeyThatIsNoPoint_isRefused() public {
        (MeterId meter, Tree memory p) = _read();
        OneTimeKey memory good = _public(ASKING);
        OneTimeKey[3] memory bad =
            [OneTimeKey(good.x, bytes32(uint256(good.y) + 1)), OneTimeKey(0, 0), OneTimeKey(good.y, good.x)];
        for (uint256 i; i < 3; ++i) {
            vm.expectRevert(abi.encodeWithSelector(IMeterPostings.MeterOracleBadKey.selector, bad[i].x, bad[i].y));
            vm.prank(household);
            oracle.challenge(LeafAsked(node, START, MeterId.unwrap(meter), false), p.root, p.sums, bad[i]);
        }
    }

    /* PLACES */

    function test_theOperator_seesWhoseALeafIs() public {
        Tree memory p = _posted(13);
        uint256 id = _ask(p, p.shown.index);
        assertTrue(oracle.isAnswer(id, _opened(p)));
        Tree memory other = _tree(_other(7), 7, 13);
        assertFalse(oracle.isAnswer(id, _opened(other)));
        assertTrue(oracle.isAnswer(_ask(p, 7), _opened(other)));
    }

    /// @dev Energy that no meter stands behind could be posted, and its leaf be shown.
    function test_aLeafOfNoMeter_isNoAnswer() public {
        Tree memory p = _posted(13);
        MeterId none = MeterId.wrap(99);
        p.shown.leaf.salted = _salted(SALT, none);
        p = _tree(p.shown.leaf, 4, 13);
        vm.warp(START + QUARTER + 1);
        _post(p, 2);
        uint256 id = _ask(p, 4);
        bytes memory sealed_ = _seal(id, _openedOf(p, none, SALT));
        vm.prank(notary);
        oracle.answer(id, sealed_);
        _expose(id, sealed_);
        assertEq(_owed(sceptic), SLASH / 2 + FEE);
    }

    /// @dev A leaf left out cannot be shown: who is left out wins by asking for its meter.
    function test_aMeterLeftOut_winsByAsking() public {
        (MeterId meter,) = _read();
        Tree memory without = _tree(_other(3), 3, 12);
        _post(without, 2);
        uint256 id = _askOf(meter, without);
        assertFalse(oracle.isAnswer(id, _openedOf(without, meter, _saltOf(3))));
        vm.warp(START + QUARTER + WINDOW + 1);
        oracle.expire(id);
        assertEq(_owed(household), SLASH / 2 + FEE);
    }

    /// @dev What is asked of a root that failed meanwhile gets its fee back by exposure too.
    function test_anAnswerUnderAFailedRoot_isStillJudged() public {
        (MeterId meter, Tree memory p) = _read();
        uint256 id = _askOf(meter, p);
        uint256 second = _ask(p, 7);
        bytes memory sealed_ = _seal(id, _openedOf(p, meter, SALT));
        vm.prank(notary);
        oracle.answer(id, sealed_);
        vm.warp(START + QUARTER + WINDOW);
        bytes memory garbage = _seal(second, "garbage");
        vm.prank(notary);
        oracle.answer(second, garbage);
        _expose(second, garbage);
        vm.expectRevert(abi.encodeWithSelector(IMeterPostings.MeterOracleGoodAnswer.selector, id));
        _expose(id, sealed_);
    }
}
