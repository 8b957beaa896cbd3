// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {Signatures} from "../../contracts/lib/Signatures.sol";
import {SignerSet} from "../../contracts/lib/SignerSet.sol";
import {IEmissionsReports} from "../../interfaces/evidence/IEmissionsOracle.sol";
import {OracleRules, SignerRoles} from "../../interfaces/evidence/IEmissionsConfig.sol";
import {OpinionWord} from "../../interfaces/types/ReportTypes.sol";
import {OracleCase} from "./OracleCase.sol";

/// @dev Who signs a report: the operator, persons of the bodies, none with an interest.
contract PanelsTest is OracleCase {
    /* WHO SIGNED */

    function test_submit_refusesStrangerAsReporter() public {
        Report memory r = _report();
        bytes32[] memory signatures = _signed(r, _terms(), 1);
        (address other, uint256 otherKey) = makeAddrAndKey("other");
        (signatures[0], signatures[1]) = _sign(otherKey, _hash(r));
        OpinionWord opinion = _word(_terms(), 1);
        vm.expectRevert(abi.encodeWithSelector(IEmissionsReports.EmissionsNotReporter.selector, plant, other, 0));
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
        vm.expectRevert(abi.encodeWithSelector(IEmissionsReports.EmissionsNotReporter.selector, plant, trading, 1));
        _submit(r, opinion, signatures);
    }

    function test_submit_refusesWrongNumberOfSignatures() public {
        Report memory r = _report();
        OpinionWord opinion = _word(_terms(), 1);
        bytes32[] memory signatures = new bytes32[](7);
        vm.expectRevert(abi.encodeWithSelector(IEmissionsReports.EmissionsSignatureCount.selector, 7));
        _submit(r, opinion, signatures);
        signatures = new bytes32[](2);
        vm.expectRevert(abi.encodeWithSelector(IEmissionsReports.EmissionsBodyCount.selector, 0, 1, 8));
        _submit(r, opinion, signatures);
        signatures = new bytes32[](2 + 4 * 9);
        vm.expectRevert(abi.encodeWithSelector(IEmissionsReports.EmissionsBodyCount.selector, 9, 1, 8));
        _submit(r, opinion, signatures);
    }

    function test_submit_refusesFewerBodiesThanTheSchemeAsksFor() public {
        OracleRules memory rules = _rules();
        rules.minBodies = 2;
        digest = _configureWith(rules);
        _refused(abi.encodeWithSelector(IEmissionsReports.EmissionsBodyCount.selector, 1, 2, 8), _report());
        _submit(_report(), _terms(), 2);
    }

    function test_submit_refusesMalformedOpinion() public {
        Report memory r = _report();
        bytes32[] memory signatures = _signed(r, _terms(), 1);
        OpinionWord beyond = _word(_terms(), 2); // persons of two bodies, signatures of one
        vm.expectRevert(abi.encodeWithSelector(IEmissionsReports.EmissionsMalformedOpinion.selector, beyond));
        _submit(r, beyond, signatures);
        OpinionWord nobody = _withPersons(beyond, 1, 0, 0);
        nobody = _withPersons(nobody, 0, 0, 0);
        vm.expectRevert(abi.encodeWithSelector(IEmissionsReports.EmissionsMalformedOpinion.selector, nobody));
        _submit(r, nobody, signatures);
    }

    function test_submit_refusesTermsTheSchemeDoesNotAccept() public {
        Terms memory t = _terms();
        t.assurance = 1;
        _refusedWith(abi.encodeWithSelector(IEmissionsReports.EmissionsAssurance.selector, 1, 2, 2), _report(), t);
        t.assurance = 3;
        _refusedWith(abi.encodeWithSelector(IEmissionsReports.EmissionsAssurance.selector, 3, 2, 2), _report(), t);
        t = _terms();
        t.materialityPpm = 50_001;
        _refusedWith(
            abi.encodeWithSelector(IEmissionsReports.EmissionsMaterialityTooHigh.selector, 50_001, 50_000), _report(), t
        );
    }

    function test_submit_comparesTheLevelOfAQualifiedOpinion() public {
        Terms memory t = _terms();
        t.assurance = QUALIFIED | 1;
        _refusedWith(abi.encodeWithSelector(IEmissionsReports.EmissionsAssurance.selector, 1, 2, 2), _report(), t);
        t.assurance = QUALIFIED | 3;
        _refusedWith(abi.encodeWithSelector(IEmissionsReports.EmissionsAssurance.selector, 3, 2, 2), _report(), t);
        t.assurance = QUALIFIED;
        _refusedWith(abi.encodeWithSelector(IEmissionsReports.EmissionsAssurance.selector, 0, 2, 2), _report(), t);
    }

    /// @dev Who hands a report in can neither leave a qualification out nor add one.
    function test_submit_refusesAQualificationThatWasNotSigned() public {
        Report memory r = _report();
        Terms memory t = _terms();
        t.assurance |= QUALIFIED;
        bytes32[] memory qualified = _signed(r, t, 1);
        bytes32[] memory plain = _signed(r, _terms(), 1);
        OpinionWord dropped = _word(_terms(), 1);
        OpinionWord added = _word(t, 1);
        vm.expectPartialRevert(SignerSet.SignersBadSignature.selector);
        _submit(r, dropped, qualified);
        vm.expectPartialRevert(SignerSet.SignersBadSignature.selector);
        _submit(r, added, plain);
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
        vm.expectRevert(abi.encodeWithSelector(IEmissionsReports.EmissionsBodyOrder.selector, bodies[0], bodies[0]));
        _submit(r, opinion, signatures);

        opinion = _withPersons(_withPersons(_word(t, 2), 0, place[2], place[3]), 1, place[0], place[1]);
        _signOpinion(signatures, 0, _hash(t, bodies[1], r), keys[2], keys[3]);
        vm.expectRevert(abi.encodeWithSelector(IEmissionsReports.EmissionsBodyOrder.selector, bodies[0], bodies[1]));
        _submit(r, opinion, signatures);
    }

    /* IMPARTIALITY */

    function test_submit_refusesBodyWithAnInterest() public {
        vm.prank(authority);
        oracle.setInterest(CHINA, bodies[1], emitter, true);
        Report memory r = _report();
        bytes32[] memory signatures = _signed(r, _terms(), 2);
        OpinionWord opinion = _word(_terms(), 2);
        vm.expectPartialRevert(IEmissionsReports.EmissionsInterest.selector);
        _submit(r, opinion, signatures);

        _submit(r); // the first body alone is impartial
    }

    /// @dev In which place it signs makes no difference.
    function test_submit_refusesAnInterestOfAnyOfTheBodies() public {
        Report memory r = _report();
        bytes32[] memory signatures = _signed(r, _terms(), 3);
        OpinionWord opinion = _word(_terms(), 3);
        for (uint256 i; i < 3; ++i) {
            vm.prank(authority);
            oracle.setInterest(CHINA, bodies[i], emitter, true);
            vm.expectPartialRevert(IEmissionsReports.EmissionsInterest.selector);
            _submit(r, opinion, signatures);
            vm.prank(authority);
            oracle.setInterest(CHINA, bodies[i], emitter, false);
        }
        _submit(r, opinion, signatures);
    }

    function test_submit_acceptsAfterTheInterestIsLifted() public {
        vm.startPrank(authority);
        oracle.setInterest(CHINA, bodies[0], emitter, true);
        oracle.setInterest(CHINA, bodies[0], emitter, false);
        vm.stopPrank();
        _submit(_report());
    }
}
