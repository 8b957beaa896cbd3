// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {Signatures} from "../../contracts/lib/Signatures.sol";
import {SignerSet} from "../../contracts/lib/SignerSet.sol";
import {InstallationId, ParticipantId} from "../../interfaces/Ids.sol";
import {
    IEmissionsOracle,
    OpinionWord,
    OracleRules,
    RecordWord,
    ReportStatus,
    ReportWord,
    SignerRoles
} from "../../interfaces/IEmissionsOracle.sol";
import {EvidenceBase} from "./EvidenceBase.sol";

/// @dev Reports one by one: every guard has a test that fails without it.
contract EmissionsOracleTest is EvidenceBase {
    /* WHAT IS KEPT */

    function test_submit_keepsOneWord() public {
        Report memory r = _report();
        vm.prank(stranger);
        _submit(r);

        RecordWord w = _record(r);
        assertEq(w.recordEmissions(), EMISSIONS_T);
        assertEq(w.recordPower(), POWER_MWH);
        assertEq(w.recordHeat(), HEAT_GJ);
        assertEq(w.recordRevision(), 1);
        assertEq(uint256(w.recordStatus()), uint256(ReportStatus.Reported));
        assertEq(w.recordSubmittedAt(), NOW);
        assertEq(w.recordFinalAt(), NOW + WINDOW);
        assertEq(w.recordConfig(), 1);
        assertEq(ParticipantId.unwrap(w.recordBody()), ParticipantId.unwrap(bodies[0]));
        assertEq(uint8(RecordWord.unwrap(w) >> 240), 1);
    }

    function test_submit_saysEverythingInTheEvent() public {
        Report memory r = _report();
        uint256 terms = (NOW + WINDOW) | 1 << 32 | uint256(ParticipantId.unwrap(bodies[0])) << 48 | 2 << 72
            | OpinionWord.unwrap(_word(_terms(), 2)) >> 80 << 80;
        vm.expectEmit(address(oracle));
        emit IEmissionsOracle.EmissionsReported(plant, emitter, _word(r), r.linesRoot, r.evidenceRoot, terms);
        _submit(r, _terms(), 2);
    }

    function test_submit_isFinalOnlyAfterTheWindow() public {
        Report memory r = _report();
        _submit(r);
        vm.warp(NOW + WINDOW - 1);
        (bool isFinal, uint256 t,,) = oracle.finalReport(plant, YEAR);
        assertFalse(isFinal);
        assertEq(t, 0);
        vm.warp(NOW + WINDOW);
        uint256 mwh;
        uint256 gj;
        (isFinal, t, mwh, gj) = oracle.finalReport(plant, YEAR);
        assertTrue(isFinal);
        assertEq(t, EMISSIONS_T);
        assertEq(mwh, POWER_MWH);
        assertEq(gj, HEAT_GJ);
    }

    function test_submit_takesThreeBodies() public {
        Report memory r = _report();
        _submit(r, _terms(), 3);
        assertEq(uint8(RecordWord.unwrap(_record(r)) >> 240), 3);
    }

    function testFuzz_submit_plausibleOnly(uint40 emissionsT, uint40 powerMwh, uint40 heatGj) public {
        Report memory r = _report();
        r.emissionsT = uint40(bound(emissionsT, 0, 8e6));
        r.powerMwh = uint40(bound(powerMwh, 0, 6e6));
        r.heatGj = uint40(bound(heatGj, 0, 5e7));
        uint256 mostMwh = uint256(CAPACITY_KW) * 8784 / 1000;
        bool capacity = r.powerMwh <= mostMwh && uint256(r.heatGj) * 10_000 <= mostMwh * 72_000;
        uint256 least = uint256(r.powerMwh) * 6_000 + uint256(r.heatGj) * 500;
        uint256 most = uint256(r.powerMwh) * 13_000 + uint256(r.heatGj) * 1_600 + 1_000 * 10_000;
        bool plausible = uint256(r.emissionsT) * 10_000 >= least && uint256(r.emissionsT) * 10_000 <= most;

        bytes32[] memory signatures = _signed(r, _terms(), 1);
        if (!capacity) {
            vm.expectPartialRevert(IEmissionsOracle.EmissionsBeyondCapacity.selector);
        } else if (!plausible) {
            vm.expectPartialRevert(IEmissionsOracle.EmissionsImplausibleIntensity.selector);
        }
        _submit(r, _word(_terms(), 1), signatures);
    }

    /* REPETITION AND REVISION */

    function test_submit_refusesRepetition() public {
        Report memory r = _report();
        _submit(r);
        _refused(abi.encodeWithSelector(IEmissionsOracle.EmissionsAlreadyReported.selector, plant, YEAR, 1), r);
    }

    function test_submit_refusesSameRevisionSignedByAnother() public {
        Report memory r = _report();
        _submit(r);
        r.emissionsT -= 1;
        _refused(abi.encodeWithSelector(IEmissionsOracle.EmissionsAlreadyReported.selector, plant, YEAR, 1), r);
    }

    function test_submit_refusesGapInRevisions() public {
        Report memory r = _report();
        r.revision = 2;
        _refused(abi.encodeWithSelector(IEmissionsOracle.EmissionsWrongRevision.selector, plant, YEAR, 2, 1), r);
        r.revision = 1;
        _submit(r);
        r.revision = 3;
        _refused(abi.encodeWithSelector(IEmissionsOracle.EmissionsWrongRevision.selector, plant, YEAR, 3, 2), r);
    }

    function test_submit_restatementOpensANewWindow() public {
        Report memory r = _report();
        _submit(r);
        vm.warp(NOW + WINDOW);
        r.revision = 2;
        r.emissionsT += 1000;
        _submit(r);
        (bool isFinal,,,) = oracle.finalReport(plant, YEAR);
        assertFalse(isFinal);
        vm.warp(NOW + 2 * WINDOW);
        (, uint256 t,,) = oracle.finalReport(plant, YEAR);
        assertEq(t, EMISSIONS_T + 1000);
    }

    /* THE PLANT AND THE YEAR */

    function test_submit_refusesUnknownInstallation() public {
        Report memory r = _report();
        r.installation = 999;
        _refused(
            abi.encodeWithSelector(IEmissionsOracle.EmissionsUnknownInstallation.selector, InstallationId.wrap(999)), r
        );
    }

    function test_submit_refusesInstallationOfAnotherScheme() public {
        Report memory r = _report();
        InstallationId other = _installationIn(emitter, OTHER, COAL, CAPACITY_KW);
        r.installation = InstallationId.unwrap(other);
        _refused(abi.encodeWithSelector(IEmissionsOracle.EmissionsWrongScheme.selector, other, OTHER, CHINA), r);
    }

    function test_submit_refusesSchemeWithoutSigners() public {
        Report memory r = _report();
        bytes32[] memory signatures = _signed(r, _terms(), 1);
        OpinionWord opinion = _word(_terms(), 1);
        vm.expectRevert(abi.encodeWithSelector(IEmissionsOracle.EmissionsNotConfigured.selector, OTHER));
        oracle.submit(OTHER, _word(r), r.linesRoot, r.evidenceRoot, opinion, signatures);
    }

    function test_submit_refusesClassWithoutBounds() public {
        Report memory r = _report();
        InstallationId wind = _installation(emitter, 2, CAPACITY_KW);
        r.installation = InstallationId.unwrap(wind);
        _refused(abi.encodeWithSelector(IEmissionsOracle.EmissionsClassWithoutBounds.selector, wind, 2), r);
        wind = _installation(emitter, 200, CAPACITY_KW);
        r.installation = InstallationId.unwrap(wind);
        _refused(abi.encodeWithSelector(IEmissionsOracle.EmissionsClassWithoutBounds.selector, wind, 200), r);
    }

    function test_submit_refusesYearThatIsNotOverOrLongGone() public {
        Report memory r = _report();
        r.year = 2021;
        _refusedPartly(IEmissionsOracle.EmissionsYearClosed.selector, r);
        r.year = 2019;
        _refusedPartly(IEmissionsOracle.EmissionsYearClosed.selector, r);
    }

    function test_submit_refusesWrongTimes() public {
        bytes4 selector = IEmissionsOracle.EmissionsSignedAt.selector;
        Report memory r = _report();
        r.signedAt = uint40(YEAR_END - 1);
        _refused(abi.encodeWithSelector(selector, YEAR_END - 1, YEAR_END, NOW + 5 minutes), r);
        r.signedAt = uint40(NOW + 5 minutes + 1);
        _refusedPartly(selector, r);

        r = _report();
        Terms memory t = _terms();
        t.signedAt = r.signedAt - 1; // before its report
        _refusedWith(abi.encodeWithSelector(selector, t.signedAt, r.signedAt, NOW + 5 minutes), r, t);
        t.signedAt = uint40(NOW + 5 minutes + 1);
        _refusedWith(abi.encodeWithSelector(selector, t.signedAt, r.signedAt, NOW + 5 minutes), r, t);
    }

    function test_submit_refusesStaleSignature() public {
        Report memory r = _report();
        vm.warp(SIGNED_AT + 180 days + 1);
        _refusedPartly(IEmissionsOracle.EmissionsSignedAt.selector, r);
    }

    /* WHO SIGNED */

    function test_submit_refusesStrangerAsReporter() public {
        Report memory r = _report();
        bytes32[] memory signatures = _signed(r, _terms(), 1);
        (address other, uint256 otherKey) = makeAddrAndKey("other");
        (signatures[0], signatures[1]) = _sign(otherKey, _hash(r));
        OpinionWord opinion = _word(_terms(), 1);
        vm.expectRevert(abi.encodeWithSelector(IEmissionsOracle.EmissionsNotReporter.selector, plant, other, 0));
        _submit(r, opinion, signatures);
    }

    function test_submit_refusesWalletWithoutTheRight() public {
        (address trading, uint256 tradingKey) = makeAddrAndKey("trading desk");
        vm.prank(emitterWallet);
        participants.addWallet(trading, 1);
        vm.prank(trading);
        participants.confirmWallet(emitter);
        Report memory r = _report();
        bytes32[] memory signatures = _signed(r, _terms(), 1);
        (signatures[0], signatures[1]) = _sign(tradingKey, _hash(r));
        OpinionWord opinion = _word(_terms(), 1);
        vm.expectRevert(abi.encodeWithSelector(IEmissionsOracle.EmissionsNotReporter.selector, plant, trading, 1));
        _submit(r, opinion, signatures);
    }

    function test_submit_refusesWrongNumberOfSignatures() public {
        Report memory r = _report();
        OpinionWord opinion = _word(_terms(), 1);
        bytes32[] memory signatures = new bytes32[](7);
        vm.expectRevert(abi.encodeWithSelector(IEmissionsOracle.EmissionsSignatureCount.selector, 7));
        _submit(r, opinion, signatures);
        signatures = new bytes32[](2);
        vm.expectRevert(abi.encodeWithSelector(IEmissionsOracle.EmissionsBodyCount.selector, 0, 1, 8));
        _submit(r, opinion, signatures);
        signatures = new bytes32[](2 + 4 * 9);
        vm.expectRevert(abi.encodeWithSelector(IEmissionsOracle.EmissionsBodyCount.selector, 9, 1, 8));
        _submit(r, opinion, signatures);
    }

    function test_submit_refusesFewerBodiesThanTheSchemeAsksFor() public {
        OracleRules memory rules = _rules();
        rules.minBodies = 2;
        digest = _configureWith(rules);
        _refused(abi.encodeWithSelector(IEmissionsOracle.EmissionsBodyCount.selector, 1, 2, 8), _report());
        _submit(_report(), _terms(), 2);
    }

    function test_submit_refusesMalformedOpinion() public {
        Report memory r = _report();
        bytes32[] memory signatures = _signed(r, _terms(), 1);
        OpinionWord beyond = _word(_terms(), 2); // persons of two bodies, signatures of one
        vm.expectRevert(abi.encodeWithSelector(IEmissionsOracle.EmissionsMalformedOpinion.selector, beyond));
        _submit(r, beyond, signatures);
        OpinionWord nobody = _withPersons(beyond, 1, 0, 0);
        nobody = _withPersons(nobody, 0, 0, 0);
        vm.expectRevert(abi.encodeWithSelector(IEmissionsOracle.EmissionsMalformedOpinion.selector, nobody));
        _submit(r, nobody, signatures);
    }

    function test_submit_refusesTermsTheSchemeDoesNotAccept() public {
        Terms memory t = _terms();
        t.assurance = 1;
        _refusedWith(abi.encodeWithSelector(IEmissionsOracle.EmissionsAssurance.selector, 1, 2, 2), _report(), t);
        t.assurance = 3;
        _refusedWith(abi.encodeWithSelector(IEmissionsOracle.EmissionsAssurance.selector, 3, 2, 2), _report(), t);
        t = _terms();
        t.materialityPpm = 50_001;
        _refusedWith(
            abi.encodeWithSelector(IEmissionsOracle.EmissionsMaterialityTooHigh.selector, 50_001, 50_000), _report(), t
        );
    }

    function test_submit_refusesPersonsThatAreNotInTheSet() public {
        _refusedPersons(abi.encodeWithSelector(SignerSet.SignersUnknown.selector, 6, 6), 6, place[1], keys[0], keys[1]);
        _refusedPersons(
            abi.encodeWithSelector(SignerSet.SignersUnknown.selector, 255, 6), place[0], 255, keys[0], keys[1]
        );
    }

    function test_submit_refusesOnePersonForBothRoles() public {
        for (uint256 i; i < signers.length; ++i) {
            signers[i].roles = SignerRoles.LEAD | SignerRoles.REVIEWER;
        }
        digest = _configure();
        _refusedPersons(
            abi.encodeWithSelector(SignerSet.SignersRepeated.selector, place[0]), place[0], place[0], keys[0], keys[0]
        );
    }

    function test_submit_refusesReviewerOfAnotherBody() public {
        _refusedPersons(
            abi.encodeWithSelector(SignerSet.SignersWrongBody.selector, place[3], bodies[1], bodies[0]),
            place[0],
            place[3],
            keys[0],
            keys[3]
        );
    }

    function test_submit_refusesSwappedRoles() public {
        _refusedPersons(
            abi.encodeWithSelector(SignerSet.SignersWrongRole.selector, place[1], 2, 1),
            place[1],
            place[0],
            keys[1],
            keys[0]
        );
    }

    function test_submit_refusesReviewerWithoutTheRole() public {
        signers[place[1]].roles = SignerRoles.LEAD;
        digest = _configure();
        _refused(abi.encodeWithSelector(SignerSet.SignersWrongRole.selector, place[1], 1, 2), _report());
    }

    function test_submit_refusesOutOfScope() public {
        signers[place[0]].scopes = FOREST_SCOPE;
        digest = _configure();
        _refused(
            abi.encodeWithSelector(SignerSet.SignersWrongScope.selector, place[0], FOREST_SCOPE, POWER_SCOPE), _report()
        );
        signers[place[0]].scopes = POWER_SCOPE;
        signers[place[1]].scopes = FOREST_SCOPE;
        digest = _configure();
        _refused(
            abi.encodeWithSelector(SignerSet.SignersWrongScope.selector, place[1], FOREST_SCOPE, POWER_SCOPE), _report()
        );
    }

    function test_submit_refusesAccreditationThatEnded() public {
        for (uint256 person; person < 2; ++person) {
            uint16 until = signers[place[person]].validUntil;
            signers[place[person]].validUntil = uint16(NOW / 1 days);
            digest = _configure();
            _refusedPartly(SignerSet.SignersAccreditationOver.selector, _report());
            signers[place[person]].validUntil = until;
        }
    }

    function test_submit_refusesAccreditationThatHadNotBegun() public {
        for (uint256 person; person < 2; ++person) {
            uint16 from = signers[place[person]].validFrom;
            signers[place[person]].validFrom = uint16(OPINION_AT / 1 days) + 1;
            digest = _configure();
            _refusedPartly(SignerSet.SignersAccreditationOver.selector, _report());
            signers[place[person]].validFrom = from;
        }
    }

    /// @dev The set's dates decide only which way the check goes.
    function test_submit_acceptsWhereAnotherBodysAccreditationEnded() public {
        signers[place[4]].validUntil = uint16(NOW / 1 days);
        digest = _configure();
        _submit(_report(), _terms(), 2);
    }

    function test_submit_refusesForeignSignatures() public {
        (address other, uint256 otherKey) = makeAddrAndKey("other");
        _refusedPersons(
            abi.encodeWithSelector(SignerSet.SignersBadSignature.selector, place[0], other, vm.addr(keys[0])),
            place[0],
            place[1],
            otherKey,
            keys[1]
        );
        _refusedPersons(
            abi.encodeWithSelector(SignerSet.SignersBadSignature.selector, place[1], other, vm.addr(keys[1])),
            place[0],
            place[1],
            keys[0],
            otherKey
        );
    }

    function test_submit_refusesSignatureOfNobody() public {
        Report memory r = _report();
        OpinionWord opinion = _word(_terms(), 1);
        for (uint256 i; i < 3; ++i) {
            bytes32[] memory signatures = _signed(r, _terms(), 1);
            signatures[2 * i] = 0; // r = 0 recovers to nobody
            vm.expectPartialRevert(Signatures.SignaturesInvalid.selector);
            _submit(r, opinion, signatures);
        }
    }

    /// @dev A failed recovery must not leave a key behind that passes for the signer: r is set to the key itself.
    function test_submit_refusesKeyAsSignature() public {
        Report memory r = _report();
        OpinionWord opinion = _word(_terms(), 1);
        for (uint256 person; person < 2; ++person) {
            bytes32[] memory signatures = _signed(r, _terms(), 1);
            signatures[2 + 2 * person] = bytes32(uint256(uint160(vm.addr(keys[person]))));
            signatures[3 + 2 * person] = 0;
            vm.expectPartialRevert(Signatures.SignaturesInvalid.selector);
            _submit(r, opinion, signatures);
        }
    }

    function test_submit_refusesHighS() public {
        Report memory r = _report();
        OpinionWord opinion = _word(_terms(), 1);
        for (uint256 i; i < 3; ++i) {
            bytes32[] memory signatures = _signed(r, _terms(), 1);
            signatures[2 * i + 1] = bytes32(type(uint256).max >> 1);
            vm.expectPartialRevert(Signatures.SignaturesHighS.selector);
            _submit(r, opinion, signatures);
        }
    }

    function testFuzz_submit_refusesAnyOtherBit(uint256 word, uint256 bit) public {
        Report memory r = _report();
        bytes32[] memory signatures = _signed(r, _terms(), 3);
        OpinionWord opinion = _word(_terms(), 3);
        word = bound(word, 0, signatures.length - 1);
        signatures[word] ^= bytes32(1 << bound(bit, 0, 255));
        vm.expectRevert();
        _submit(r, opinion, signatures);
    }

    function testFuzz_submit_refusesAnyOtherReport(uint256 bit) public {
        Report memory r = _report();
        bytes32[] memory signatures = _signed(r, _terms(), 1);
        OpinionWord opinion = _word(_terms(), 1);
        uint256 w = 1 << bound(bit, 0, 255);
        vm.expectRevert();
        oracle.submit(CHINA, _flipped(r, w), r.linesRoot, r.evidenceRoot, opinion, signatures);
    }

    function test_submit_refusesBodiesOutOfOrderOrTwice() public {
        Report memory r = _report();
        Terms memory t = _terms();
        bytes32[] memory signatures = _signed(r, t, 2);
        OpinionWord opinion = _withPersons(_word(t, 1), 1, place[0], place[1]);
        _signOpinion(signatures, 1, _hash(t, bodies[0], r), keys[0], keys[1]);
        vm.expectRevert(abi.encodeWithSelector(IEmissionsOracle.EmissionsBodyOrder.selector, bodies[0], bodies[0]));
        _submit(r, opinion, signatures);

        opinion = _withPersons(_withPersons(_word(t, 2), 0, place[2], place[3]), 1, place[0], place[1]);
        _signOpinion(signatures, 0, _hash(t, bodies[1], r), keys[2], keys[3]);
        vm.expectRevert(abi.encodeWithSelector(IEmissionsOracle.EmissionsBodyOrder.selector, bodies[0], bodies[1]));
        _submit(r, opinion, signatures);
    }

    /* IMPARTIALITY */

    function test_submit_refusesBodyWithAnInterest() public {
        vm.prank(authority);
        oracle.setInterest(CHINA, bodies[1], emitter, true);
        Report memory r = _report();
        bytes32[] memory signatures = _signed(r, _terms(), 2);
        OpinionWord opinion = _word(_terms(), 2);
        vm.expectPartialRevert(IEmissionsOracle.EmissionsInterest.selector);
        _submit(r, opinion, signatures);

        _submit(r); // the first body alone is impartial
    }

    function test_submit_acceptsAfterTheInterestIsLifted() public {
        vm.startPrank(authority);
        oracle.setInterest(CHINA, bodies[0], emitter, true);
        oracle.setInterest(CHINA, bodies[0], emitter, false);
        vm.stopPrank();
        _submit(_report());
    }

    /* REPLAY */

    function test_submit_refusesOldConfiguration() public {
        Report memory r = _report();
        bytes32[] memory signatures = _signed(r, _terms(), 1);
        OpinionWord opinion = _word(_terms(), 1);
        _configure();
        vm.expectPartialRevert(IEmissionsOracle.EmissionsNotReporter.selector);
        _submit(r, opinion, signatures);
    }

    function test_submit_refusesSignaturesForAnotherChainOrContract() public {
        Report memory r = _report();
        bytes32[] memory signatures = _signed(r, _terms(), 1);
        OpinionWord opinion = _word(_terms(), 1);
        vm.chainId(999);
        vm.expectPartialRevert(IEmissionsOracle.EmissionsNotReporter.selector);
        _submit(r, opinion, signatures);
        vm.chainId(31_337);
        domain = _domain("tonne EmissionsOracle", address(1));
        signatures = _signed(r, _terms(), 1);
        vm.expectPartialRevert(IEmissionsOracle.EmissionsNotReporter.selector);
        _submit(r, opinion, signatures);
    }

    /* HELP */

    function _flipped(Report memory r, uint256 bits) private pure returns (ReportWord) {
        return ReportWord.wrap(ReportWord.unwrap(_word(r)) ^ bits);
    }

    function _refused(bytes memory error_, Report memory r) private {
        _refusedWith(error_, r, _terms());
    }

    function _refusedWith(bytes memory error_, Report memory r, Terms memory t) private {
        bytes32[] memory signatures = _signed(r, t, 1);
        OpinionWord opinion = _word(t, 1);
        vm.expectRevert(error_);
        _submit(r, opinion, signatures);
    }

    function _refusedPartly(bytes4 selector, Report memory r) private {
        bytes32[] memory signatures = _signed(r, _terms(), 1);
        OpinionWord opinion = _word(_terms(), 1);
        vm.expectPartialRevert(selector);
        _submit(r, opinion, signatures);
    }

    /// @dev The first body's opinion, by other persons, all of whom sign properly.
    function _refusedPersons(bytes memory error_, uint8 lead, uint8 reviewer, uint256 leadKey, uint256 reviewerKey)
        private
    {
        Report memory r = _report();
        Terms memory t = _terms();
        bytes32[] memory signatures = _signed(r, t, 1);
        _signOpinion(signatures, 0, _hash(t, bodies[0], r), leadKey, reviewerKey);
        OpinionWord opinion = _withPersons(_word(t, 1), 0, lead, reviewer);
        vm.expectRevert(error_);
        _submit(r, opinion, signatures);
    }
}
