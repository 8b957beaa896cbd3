// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {ParticipantId} from "../../interfaces/types/Ids.sol";
import {ClassBounds, IEmissionsConfig, OracleRules, Signer} from "../../interfaces/evidence/IEmissionsConfig.sol";
import {ISchemes, ParamKeys, Powers} from "../../interfaces/rules/ISchemes.sol";
import {ParticipantKinds} from "../../interfaces/parties/IParticipants.sol";
import {EvidenceBase} from "./EvidenceBase.sol";

/// @dev Who may sign, and who may not.
contract OracleConfigTest is EvidenceBase {
    bytes32 private constant WHY = keccak256("why");

    /* CONFIGURATION */

    function test_configure_keepsSignersAndBumpsTheVersion() public {
        bytes32 again = _configure();
        assertTrue(again != digest);
        (uint16 version, bytes32 kept,) = oracle.configOf(CHINA);
        assertEq(version, 2);
        assertEq(kept, again);
        Signer[] memory got = oracle.signersOf(CHINA);
        assertEq(got.length, signers.length);
        for (uint256 i; i < got.length; ++i) {
            assertEq(keccak256(abi.encode(got[i])), keccak256(abi.encode(signers[i])));
        }
    }

    function test_configure_needsThePower() public {
        vm.prank(secondOfficer);
        vm.expectRevert(
            abi.encodeWithSelector(ISchemes.SchemesNoPower.selector, secondOfficer, CHINA, 0, Powers.ACCREDIT)
        );
        oracle.configure(CHINA, _rules(), _bounds(), signers);
    }

    function test_configure_refusesUnsortedOrZeroKeys() public {
        address key = signers[0].key;
        signers[0].key = signers[1].key;
        _refusedConfig(abi.encodeWithSelector(IEmissionsConfig.EmissionsSignerOrder.selector, 1, signers[1].key));
        signers[0].key = address(0);
        _refusedConfig(abi.encodeWithSelector(IEmissionsConfig.EmissionsSignerOrder.selector, 0, address(0)));
        signers[0].key = key;
        _configure();
    }

    function test_configure_refusesBadSigners() public {
        bytes memory error_ = abi.encodeWithSelector(IEmissionsConfig.EmissionsBadSigner.selector, 0, signers[0].key);
        Signer memory good = signers[0];
        signers[0].roles = 0;
        _refusedConfig(error_);
        signers[0].roles = 4;
        _refusedConfig(error_);
        signers[0] = good;
        signers[0].scopes = 0;
        _refusedConfig(error_);
        signers[0] = good;
        signers[0].validUntil = good.validFrom;
        _refusedConfig(error_);
    }

    function test_configure_refusesWhoIsNoVerificationBody() public {
        signers[0].body = emitter;
        _refusedConfig(abi.encodeWithSelector(IEmissionsConfig.EmissionsNotBody.selector, emitter));
        (ParticipantId body,,) = _participant("suspended body", ParticipantKinds.VERIFICATION_BODY);
        vm.prank(authority);
        participants.suspend(body, WHY);
        signers[0].body = body;
        _refusedConfig(abi.encodeWithSelector(IEmissionsConfig.EmissionsNotBody.selector, body));
    }

    function test_configure_refusesBadRules() public {
        for (uint256 i; i < 9; ++i) {
            OracleRules memory r = _rules();
            if (i == 0) r.minBodies = 0;
            if (i == 1) r.minBodies = 9;
            if (i == 2) r.minAssurance = 0;
            if (i == 3) r.minAssurance = 3;
            if (i == 4) r.maxMateriality = 1_000_001;
            if (i == 5) r.maxAge = 0;
            if (i == 6) r.maxAge = 367 days;
            if (i == 7) r.maxSkew = 1 days + 1;
            if (i == 8) r.reportDays = 0;
            vm.prank(authority);
            vm.expectPartialRevert(IEmissionsConfig.EmissionsBadRules.selector);
            oracle.configure(CHINA, r, _bounds(), signers);
        }
    }

    /// @dev The last values that are taken, all at once.
    function test_configure_takesRulesAndBoundsAtTheirLimits() public {
        OracleRules memory r = _rules();
        (r.minBodies, r.minAssurance, r.maxMateriality, r.reportDays) = (8, 2, 1_000_000, 1);
        (r.maxAge, r.maxSkew) = (366 days, 1 days);
        ClassBounds[] memory b = new ClassBounds[](16);
        b[COAL] = _bounds()[COAL];
        (b[COAL].minPower, b[COAL].minHeat, b[COAL].scope) = (b[COAL].maxPower, b[COAL].maxHeat, 23);
        vm.prank(authority);
        oracle.configure(CHINA, r, b, signers);
        (uint16 version,,) = oracle.configOf(CHINA);
        assertEq(version, 2);
    }

    function test_configure_refusesBadBounds() public {
        for (uint256 i; i < 4; ++i) {
            ClassBounds[] memory b = _bounds();
            if (i == 0) b[COAL].minPower = b[COAL].maxPower + 1;
            if (i == 1) b[COAL].minHeat = b[COAL].maxHeat + 1;
            if (i == 2) b[COAL].scope = 24;
            if (i == 3) b[COAL].maxLoadPpm = 0;
            vm.prank(authority);
            vm.expectPartialRevert(IEmissionsConfig.EmissionsBadBounds.selector);
            oracle.configure(CHINA, _rules(), b, signers);
        }
    }

    function test_configure_refusesTooManyOrNone() public {
        vm.startPrank(authority);
        vm.expectRevert(abi.encodeWithSelector(IEmissionsConfig.EmissionsTooMany.selector, 17, 16));
        oracle.configure(CHINA, _rules(), new ClassBounds[](17), signers);
        vm.expectRevert(abi.encodeWithSelector(IEmissionsConfig.EmissionsTooMany.selector, 0, 16));
        oracle.configure(CHINA, _rules(), new ClassBounds[](0), signers);
        vm.expectRevert(abi.encodeWithSelector(IEmissionsConfig.EmissionsTooMany.selector, 256, 255));
        oracle.configure(CHINA, _rules(), _bounds(), new Signer[](256));
        vm.expectRevert(abi.encodeWithSelector(IEmissionsConfig.EmissionsTooMany.selector, 0, 255));
        oracle.configure(CHINA, _rules(), _bounds(), new Signer[](0));
        vm.stopPrank();
    }

    /// @dev Three bodies have their numbers from the set-up.
    function test_configure_refusesMoreBodiesThanThereAreNumbersFor() public {
        Signer memory signer = signers[0];
        delete signers;
        for (uint160 i = 4; i <= 256; ++i) {
            (signer.body,,) = _participant(string.concat("body ", vm.toString(i)), ParticipantKinds.VERIFICATION_BODY);
            signer.key = address(i);
            signers.push(signer);
        }
        _configure();
        (signers[0].body,,) = _participant("one body more", ParticipantKinds.VERIFICATION_BODY);
        _refusedConfig(abi.encodeWithSelector(IEmissionsConfig.EmissionsTooManyBodies.selector, 256));
    }

    /// @dev The officer of one scheme could use up the numbers of all: three are taken.
    function test_configure_numbersBodiesInEachSchemeApart() public {
        address south = makeAddr("south");
        schemes.createScheme(OTHER, "other", 8 hours, 30, 0);
        schemes.grantOffice(south, OTHER, 0, Powers.ACCREDIT);
        schemes.setParam(OTHER, ParamKeys.DISPUTE_WINDOW_S, "mrv.dispute_window_s", 0, 1 days, 0);
        Signer[] memory many = new Signer[](253);
        for (uint256 i; i < many.length; ++i) {
            many[i] = signers[0];
            (many[i].body,,) =
                _participant(string.concat("southern body ", vm.toString(i)), ParticipantKinds.VERIFICATION_BODY);
            many[i].key = address(uint160(i + 1));
        }
        vm.prank(south);
        oracle.configure(OTHER, _rules(), _bounds(), many);
        (signers[0].body,,) = _participant("one body more", ParticipantKinds.VERIFICATION_BODY);
        _configure();
    }

    /* INTERESTS */

    function test_setInterest_bodyDeclaresButDoesNotLift() public {
        vm.startPrank(bodyWallets[0]);
        oracle.setInterest(CHINA, bodies[0], emitter, true);
        assertTrue(oracle.hasInterest(CHINA, bodies[0], emitter));
        assertFalse(oracle.hasInterest(CHINA, bodies[1], emitter));
        assertFalse(oracle.hasInterest(OTHER, bodies[0], emitter));
        vm.expectRevert(
            abi.encodeWithSelector(ISchemes.SchemesNoPower.selector, bodyWallets[0], CHINA, 0, Powers.ACCREDIT)
        );
        oracle.setInterest(CHINA, bodies[0], emitter, false);
        vm.expectPartialRevert(ISchemes.SchemesNoPower.selector);
        oracle.setInterest(CHINA, bodies[1], emitter, true);
        vm.stopPrank();
    }

    /// @dev One body's declaration, and the end of one's interest, leave the other's alone.
    function test_setInterest_keepsEachBodysApart() public {
        for (uint256 i; i < 2; ++i) {
            vm.prank(bodyWallets[i]);
            oracle.setInterest(CHINA, bodies[i], emitter, true);
        }
        assertTrue(oracle.hasInterest(CHINA, bodies[0], emitter));
        vm.prank(authority);
        oracle.setInterest(CHINA, bodies[1], emitter, false);
        assertTrue(oracle.hasInterest(CHINA, bodies[0], emitter));
        assertFalse(oracle.hasInterest(CHINA, bodies[1], emitter));
    }

    function test_setInterest_refusesUnknownBody() public {
        vm.prank(authority);
        vm.expectRevert(abi.encodeWithSelector(IEmissionsConfig.EmissionsUnknownBody.selector, emitter));
        oracle.setInterest(CHINA, emitter, emitter, true);
    }

    /* HELP */

    function _refusedConfig(bytes memory error_) private {
        vm.prank(authority);
        vm.expectRevert(error_);
        oracle.configure(CHINA, _rules(), _bounds(), signers);
    }
}
