// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {Vm} from "forge-std/Vm.sol";

import {ParticipantId, SchemeId} from "../../interfaces/types/Ids.sol";
import {Carrier, Curve, IMeters, Meter, MeterKey, Node, Registers} from "../../interfaces/evidence/IMeters.sol";
import {IOpenRules} from "../../interfaces/open/IOpenRules.sol";
import {MeterId, NodeId} from "../../interfaces/types/MeterTypes.sol";
import {Horizon} from "../../contracts/lib/Horizon.sol";
import {MeterCase} from "./MeterCase.sol";

contract MetersTest is MeterCase {
    uint40 private constant FROM = START - 1 days;

    function _new() private view returns (Meter memory) {
        return Meter({
            owner: ParticipantId.wrap(9),
            node: node,
            nameplateW: 5_000,
            validFrom: FROM,
            validUntil: 0,
            multiplierMilli: 1_000,
            digits: 9,
            keyCount: 0,
            intervalS: 0
        });
    }

    function test_registerMeter_keepsMeterAndKey() public {
        MeterId id = _meter(Curve.P256, 1);
        Meter memory m = meters.meter(id);
        assertEq(m.nameplateW, 5_000);
        assertEq(m.keyCount, 1);
        MeterKey memory key = _key(Curve.P256, 1, FROM);
        assertTrue(meters.keyWord(id, 0).curve == Curve.P256);
        assertEq(meters.keyWord(id, 0).hash, uint256(keccak256(abi.encode(key.x, key.y))) >> 48);
        assertEq(meters.meterCount(), 1);
        assertEq(meters.keyIndexAt(id, FROM), 0);
    }

    function test_registerMeter_tellsTheMeterAsItIsKept() public {
        vm.recordLogs();
        MeterId id = _meter(Curve.P256, 1);
        Vm.Log[] memory logs = vm.getRecordedLogs();
        bool told;
        for (uint256 i; i < logs.length; ++i) {
            if (logs[i].topics[0] != IMeters.MeterRegistered.selector) continue;
            (Meter memory m,) = abi.decode(logs[i].data, (Meter, MeterKey));
            assertEq(keccak256(abi.encode(m)), keccak256(abi.encode(meters.meter(id))));
            told = true;
        }
        assertTrue(told);
    }

    function test_everyActNeedsTheOffice() public {
        MeterId id = _meter(Curve.P256, 1);
        MeterKey memory key = _key(Curve.P256, 2, START);
        Node memory n = _node();
        Meter memory m = _new();
        Registers memory none;
        vm.startPrank(sceptic);
        bytes memory refusal = abi.encodeWithSelector(IOpenRules.OpenRulesNotOfficer.selector, sceptic, 2048);
        vm.expectRevert(refusal);
        meters.openNode(n);
        vm.expectRevert(refusal);
        meters.setOracle(node, poster);
        vm.expectRevert(refusal);
        meters.registerMeter(m, key);
        vm.expectRevert(refusal);
        meters.rotateKey(id, key);
        vm.expectRevert(refusal);
        meters.exchangeMeter(id, key, none, none);
        vm.expectRevert(refusal);
        meters.closeMeter(id, START);
    }

    function test_openNode_refusesTermsThatContradictThemselves() public {
        vm.startPrank(officer);
        for (uint256 i; i < 10; ++i) {
            Node memory n = _node();
            if (i == 0) n.scheme = SchemeId.wrap(0);
            if (i == 1) n.carrier = Carrier.None;
            if (i == 2) n.region = 0;
            if (i == 3) n.intervalS = 0;
            if (i == 4) n.challengeS = 0;
            if (i == 5) n.revealS = 0;
            if (i == 6) n.oracle = ParticipantId.wrap(0);
            if (i == 7) n.correctionS = 366 days + 1;
            if (i == 8) n.challengeS = 366 days + 1;
            if (i == 9) n.revealS = 366 days + 1;
            vm.expectRevert(abi.encodeWithSelector(IMeters.MetersBadNode.selector, n));
            meters.openNode(n);
        }
    }

    function test_setOracle_changesNothingElse() public {
        Node memory n = _node();
        n.oracle = ParticipantId.wrap(77);
        vm.expectEmit(address(meters));
        emit IMeters.NodeSet(node, SCHEME, n, officer);
        vm.startPrank(officer);
        meters.setOracle(node, n.oracle);
        assertEq(keccak256(abi.encode(meters.node(node))), keccak256(abi.encode(n)));
        assertEq(meters.nodeCount(), 1);

        n.oracle = ParticipantId.wrap(0);
        vm.expectRevert(abi.encodeWithSelector(IMeters.MetersBadNode.selector, n));
        meters.setOracle(node, n.oracle);
        vm.expectRevert(abi.encodeWithSelector(IMeters.MetersUnknownNode.selector, NodeId.wrap(2)));
        meters.setOracle(NodeId.wrap(2), ParticipantId.wrap(77));
    }

    function test_registerMeter_refusesWhatIsIncomplete() public {
        vm.startPrank(officer);
        for (uint256 i; i < 7; ++i) {
            Meter memory m = _new();
            if (i == 0) m.owner = ParticipantId.wrap(0);
            if (i == 1) m.nameplateW = 0;
            if (i == 2) m.validFrom = 0;
            if (i == 3) m.multiplierMilli = 0;
            if (i == 4) m.digits = 0;
            if (i == 5) m.digits = 19;
            if (i == 6) m.validUntil = START;
            MeterKey memory key = _key(Curve.P256, 1, m.validFrom);
            vm.expectRevert(
                abi.encodeWithSelector(
                    IMeters.MetersBadMeter.selector, m.owner, m.nameplateW, m.validFrom, m.multiplierMilli, m.digits
                )
            );
            meters.registerMeter(m, key);
        }
    }

    function test_registerMeter_takesAsManyDigitsAs64BitsHold() public {
        Meter memory m = _new();
        m.digits = 18;
        vm.prank(officer);
        MeterId id = meters.registerMeter(m, _key(Curve.P256, 1, m.validFrom));
        assertEq(meters.meter(id).digits, 18);
    }

    function test_registerMeter_refusesAKeyOfNoCurveOrOfAnotherTime() public {
        vm.startPrank(officer);
        MeterKey memory key = _key(Curve.P256, 1, FROM + 1);
        vm.expectRevert(abi.encodeWithSelector(IMeters.MetersBadTime.selector, MeterId.wrap(1), FROM + 1, FROM));
        meters.registerMeter(_new(), key);
        key = _key(Curve.P256, 1, FROM);
        for (uint256 i; i < 3; ++i) {
            MeterKey memory bad = MeterKey(i == 0 ? bytes32(0) : key.x, i == 1 ? bytes32(0) : key.y, FROM, key.curve);
            if (i == 2) bad.curve = Curve.None;
            vm.expectRevert(abi.encodeWithSelector(IMeters.MetersBadKey.selector, bad.curve, bad.x, bad.y));
            meters.registerMeter(_new(), bad);
        }
    }

    function test_registerMeter_refusesAnUnknownNode() public {
        Meter memory m = _new();
        m.node = NodeId.wrap(77);
        vm.expectRevert(abi.encodeWithSelector(IMeters.MetersUnknownNode.selector, m.node));
        vm.prank(officer);
        meters.registerMeter(m, _keyOf(1));
    }

    function _keyOf(uint256 n) private returns (MeterKey memory) {
        return _key(Curve.Secp256k1, n, FROM);
    }

    function test_registerMeters_takesAHundred() public {
        Meter[] memory many = new Meter[](100);
        MeterKey[] memory keys = new MeterKey[](100);
        for (uint256 i; i < 100; ++i) {
            (many[i], keys[i]) = (_new(), MeterKey(bytes32(i + 1), bytes32(i + 1), FROM, Curve.P256));
        }
        vm.prank(officer);
        assertEq(MeterId.unwrap(meters.registerMeters(many, keys)), 1);
        assertEq(meters.meterCount(), 100);
    }

    function test_registerMeters_refusesNoneTooManyAndUnequal() public {
        vm.startPrank(officer);
        uint256[2][3] memory sizes = [[uint256(0), 0], [uint256(101), 101], [uint256(2), 1]];
        for (uint256 i; i < 3; ++i) {
            Meter[] memory many = new Meter[](sizes[i][0]);
            MeterKey[] memory keys = new MeterKey[](sizes[i][1]);
            vm.expectRevert(abi.encodeWithSelector(IMeters.MetersBadBatch.selector, many.length, keys.length, 100));
            meters.registerMeters(many, keys);
        }
    }

    function test_keyIndexAt_findsTheKeyOfATime() public {
        MeterId id = _meter(Curve.P256, 1);
        vm.startPrank(officer);
        MeterKey memory second = _key(Curve.P256, 2, START);
        meters.rotateKey(id, second);
        vm.warp(START + 1);
        MeterKey memory third = _key(Curve.Secp256k1, 3, START + 10);
        vm.expectEmit(address(meters));
        emit IMeters.MeterExchanged(id, 2, third, Registers(9, 8), Registers(1, 0), officer);
        meters.exchangeMeter(id, third, Registers(9, 8), Registers(1, 0));
        meters.closeMeter(id, START + 20);

        assertEq(meters.keyIndexAt(id, START - 1), 0);
        assertEq(meters.keyIndexAt(id, START), 1);
        assertEq(meters.keyIndexAt(id, START + 9), 1);
        assertEq(meters.keyIndexAt(id, START + 20), 2);
        vm.expectRevert(abi.encodeWithSelector(IMeters.MetersBadTime.selector, id, START + 21, FROM));
        meters.keyIndexAt(id, START + 21);
        vm.expectRevert(abi.encodeWithSelector(IMeters.MetersBadTime.selector, id, FROM - 1, FROM));
        meters.keyIndexAt(id, FROM - 1);
    }

    function test_aKeyFollowsTheOneInUseAndNoneAfterTheEnd() public {
        vm.warp(FROM - 1);
        MeterId id = _meter(Curve.P256, 1);
        vm.startPrank(officer);
        MeterKey memory key = _key(Curve.P256, 2, FROM);
        vm.expectRevert(abi.encodeWithSelector(IMeters.MetersBadTime.selector, id, FROM, FROM + 1));
        meters.rotateKey(id, key);
        vm.expectRevert(abi.encodeWithSelector(IMeters.MetersBadTime.selector, id, FROM, FROM + 1));
        meters.closeMeter(id, FROM);
        meters.closeMeter(id, START);
        key.from = START;
        vm.expectRevert(abi.encodeWithSelector(IMeters.MetersBadTime.selector, id, START, FROM + 1));
        meters.rotateKey(id, key);
    }

    function test_keysAndEndsAreNeverRetroactive() public {
        MeterId id = _meter(Curve.P256, 1);
        MeterKey memory key = _key(Curve.P256, 2, START - 1);
        vm.startPrank(officer);
        bytes memory late = abi.encodeWithSelector(IMeters.MetersBadTime.selector, id, START - 1, START);
        vm.expectRevert(late);
        meters.rotateKey(id, key);
        vm.expectRevert(late);
        meters.closeMeter(id, START - 1);
        meters.closeMeter(id, START);
        vm.warp(START + 1);
        vm.expectRevert(abi.encodeWithSelector(IMeters.MetersBadTime.selector, id, START + 9, START + 1));
        meters.closeMeter(id, START + 9);
        vm.expectRevert(abi.encodeWithSelector(IMeters.MetersBadTime.selector, id, 0, START + 1));
        meters.closeMeter(id, 0);
    }

    /// @dev A date far ahead could not be taken back.
    function test_anEndToComeIsChangedAndWithdrawn() public {
        MeterId id = _meter(Curve.P256, 1);
        vm.startPrank(officer);
        vm.expectRevert(abi.encodeWithSelector(IMeters.MetersBadTime.selector, id, 0, START));
        meters.closeMeter(id, 0);
        meters.closeMeter(id, START + 366 days);
        meters.closeMeter(id, START + 1);
        assertEq(meters.meter(id).validUntil, START + 1);
        meters.closeMeter(id, 0);
        assertEq(meters.meter(id).validUntil, 0);
        meters.rotateKey(id, _key(Curve.P256, 2, START));
    }

    function test_aKeyToComeIsReplaced() public {
        MeterId id = _meter(Curve.P256, 1);
        MeterKey memory far = _key(Curve.P256, 2, START + 366 days);
        MeterKey memory next = _key(Curve.P256, 3, START + 1);
        MeterKey memory third = _key(Curve.P256, 4, START + 2);
        vm.startPrank(officer);
        meters.rotateKey(id, far);
        meters.rotateKey(id, next);
        assertEq(meters.meter(id).keyCount, 2);
        assertEq(meters.keyIndexAt(id, START + 1), 1);
        assertEq(meters.keyWord(id, 1).from, START + 1);
        vm.warp(START + 1);
        meters.rotateKey(id, third);
        assertEq(meters.meter(id).keyCount, 3);
    }

    function test_datesAreWithinTheHorizon() public {
        MeterId id = _meter(Curve.P256, 1);
        uint40 latest = START + 366 days;
        bytes memory far = abi.encodeWithSelector(Horizon.HorizonExceeded.selector, latest + 1, latest);
        MeterKey memory key = _key(Curve.P256, 2, latest + 1);
        Meter memory m = _new();
        m.validFrom = latest + 1;
        Registers memory none;
        vm.startPrank(officer);
        vm.expectRevert(far);
        meters.registerMeter(m, key);
        vm.expectRevert(far);
        meters.rotateKey(id, key);
        vm.expectRevert(far);
        meters.exchangeMeter(id, key, none, none);
        vm.expectRevert(far);
        meters.closeMeter(id, latest + 1);
        (key.from, m.validFrom) = (latest, latest);
        meters.registerMeter(m, key);
        meters.rotateKey(id, key);
    }

    function test_aMeterHasAtMost255Keys() public {
        MeterId id = _meter(Curve.P256, 1);
        vm.startPrank(officer);
        for (uint40 i = 1; i < 255; ++i) {
            vm.warp(FROM + i);
            meters.rotateKey(id, MeterKey(bytes32(uint256(i)), bytes32(uint256(i)), FROM + i, Curve.P256));
        }
        MeterKey memory key = MeterKey(bytes32(uint256(1)), bytes32(uint256(1)), START, Curve.P256);
        vm.expectRevert(abi.encodeWithSelector(IMeters.MetersTooManyKeys.selector, id, 255));
        meters.rotateKey(id, key);
    }

    function test_unknownOnesRevert() public {
        vm.expectRevert(abi.encodeWithSelector(IMeters.MetersUnknown.selector, MeterId.wrap(5)));
        meters.meter(MeterId.wrap(5));
        vm.expectRevert(abi.encodeWithSelector(IMeters.MetersUnknownNode.selector, NodeId.wrap(5)));
        meters.node(NodeId.wrap(5));
    }
}
