// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {Test} from "forge-std/Test.sol";

import {Horizon} from "../../contracts/lib/Horizon.sol";
import {EvidenceStanding, Holder, IEvidenceCustody} from "../../interfaces/evidence/IEvidenceCustody.sol";
import {IParticipants, ParticipantStatus} from "../../interfaces/parties/IParticipants.sol";
import {ParticipantId} from "../../interfaces/types/Ids.sol";

/// @dev Ten participants, each with the wallet of its number.
contract EvidenceCustodyTest is Test {
    bytes32 internal constant FILES = keccak256("files");
    uint256 internal constant START = 1_700_000_000;

    IParticipants internal participants = IParticipants(makeAddr("participants"));
    IEvidenceCustody internal custody;

    function setUp() public {
        vm.warp(START);
        custody = IEvidenceCustody(vm.deployCode("EvidenceCustody.sol:EvidenceCustody", abi.encode(participants)));
        for (uint24 i = 1; i <= 10; ++i) {
            _register(i, 16, ParticipantStatus.Active);
        }
        _mock(address(99), 0, 0, ParticipantStatus.None);
    }

    function test_keep_isOfActiveParticipantsWithTheRight() public {
        _register(3, 15, ParticipantStatus.Active);
        _expectNot(_wallet(3));
        _register(3, 16, ParticipantStatus.Suspended);
        _expectNot(_wallet(3));
        _expectNot(address(99));
    }

    function test_keep_isForAYearAtLeastAndTenAtMost() public {
        vm.startPrank(_wallet(1));
        vm.expectRevert(
            abi.encodeWithSelector(
                IEvidenceCustody.CustodyTooShort.selector, FILES, START + 365 days - 1, START + 365 days
            )
        );
        custody.keep(FILES, uint40(START + 365 days - 1));
        vm.expectRevert(abi.encodeWithSelector(Horizon.HorizonExceeded.selector, type(uint40).max, START + 3_660 days));
        custody.keep(FILES, type(uint40).max);
        vm.expectRevert(IEvidenceCustody.CustodyNoDigest.selector);
        custody.keep(0, uint40(START + 366 days));
    }

    function test_keep_lengthensAndNeverShortens() public {
        _keep(1, 800 days);
        vm.prank(_wallet(1));
        vm.expectRevert(
            abi.encodeWithSelector(
                IEvidenceCustody.CustodyTooShort.selector, FILES, START + 400 days, START + 800 days + 1
            )
        );
        custody.keep(FILES, uint40(START + 400 days));
        _keep(1, 900 days);
        assertEq(custody.holdersOf(FILES).length, 1, "the same holder");
        assertEq(custody.holdersOf(FILES)[0].until, START + 900 days);
    }

    function test_aRecord_hasRoomForEight() public {
        for (uint24 i = 1; i <= 8; ++i) {
            _keep(i, 400 days);
        }
        vm.prank(_wallet(9));
        vm.expectRevert(abi.encodeWithSelector(IEvidenceCustody.CustodyFull.selector, FILES, 8));
        custody.keep(FILES, uint40(START + 400 days));
        vm.warp(START + 400 days);
        _keep(9, 400 days);
        assertEq(custody.holdersOf(FILES).length, 1, "what ended makes room");
    }

    function test_evidence_needsTwoHolders() public {
        _expect(EvidenceStanding.Unrecorded, 0);
        _keep(1, 400 days);
        _expect(EvidenceStanding.AtRisk, START + 30 days);
        _keep(1, 500 days);
        _expect(EvidenceStanding.AtRisk, START + 30 days);
        _keep(2, 400 days);
        _expect(EvidenceStanding.Kept, 0);
    }

    function test_aSecondWallet_isNoSecondHolder() public {
        _mock(address(0xB0B), 1, 16, ParticipantStatus.Active);
        _keep(1, 400 days);
        vm.prank(address(0xB0B));
        custody.keep(FILES, uint40(START + 500 days));
        _expect(EvidenceStanding.AtRisk, START + 30 days);
    }

    function test_evidence_isLostThirtyDaysAfterASecondHolderIsGone() public {
        _keep(1, 400 days);
        _keep(2, 500 days);
        vm.warp(START + 100 days);
        vm.prank(_wallet(2));
        custody.giveUp(FILES, "burnt");
        _expect(EvidenceStanding.AtRisk, START + 130 days);
        vm.warp(START + 130 days);
        _expect(EvidenceStanding.AtRisk, START + 130 days);
        vm.warp(START + 130 days + 1);
        _expect(EvidenceStanding.Lost, 0);
        _keep(3, 400 days);
        _expect(EvidenceStanding.Kept, 0);
    }

    function test_custodyThatEnds_isMissedFromThatMomentOn() public {
        _keep(1, 400 days);
        _keep(2, 500 days);
        _keep(3, 600 days);
        vm.warp(START + 499 days);
        _expect(EvidenceStanding.Kept, 0);
        vm.warp(START + 510 days);
        _expect(EvidenceStanding.AtRisk, START + 530 days);
        _keep(3, 400 days);
        _expect(EvidenceStanding.AtRisk, START + 530 days);
        vm.warp(START + 531 days);
        _expect(EvidenceStanding.Lost, 0);
    }

    /// @dev Whoever came first, it is the last but one to end that counts.
    function test_custodyThatEnds_isMissedInWhateverOrderItWasTaken() public {
        _keep(1, 600 days);
        _keep(2, 400 days);
        _keep(3, 500 days);
        vm.warp(START + 499 days);
        _expect(EvidenceStanding.Kept, 0);
        vm.warp(START + 510 days);
        _expect(EvidenceStanding.AtRisk, START + 530 days);
    }

    /// @dev Who leaves last, or is struck, takes no time along in which it was the only one.
    function test_whoLeaves_leavesTheTimeSinceWhichItWasAlone() public {
        _keep(1, 400 days);
        _keep(2, 500 days);
        uint256 snapshot = vm.snapshotState();
        vm.warp(START + 410 days);
        vm.prank(_wallet(2));
        custody.giveUp(FILES, "moved");
        _expect(EvidenceStanding.AtRisk, START + 430 days);
        vm.revertToState(snapshot);
        vm.warp(START + 390 days);
        _ask(3, 2);
        vm.warp(START + 410 days);
        custody.strike(FILES, ParticipantId.wrap(2));
        _expect(EvidenceStanding.AtRisk, START + 430 days);
    }

    function test_nobodyGivesUpForAnother() public {
        _keep(1, 400 days);
        vm.prank(_wallet(2));
        vm.expectRevert(
            abi.encodeWithSelector(IEvidenceCustody.CustodyNotHolder.selector, FILES, ParticipantId.wrap(2))
        );
        custody.giveUp(FILES, "why");
    }

    function test_aSuspendedHolder_canStillAnswerAndGiveUp() public {
        _keep(1, 400 days);
        _ask(2, 1);
        _register(1, 16, ParticipantStatus.Suspended);
        vm.startPrank(_wallet(1));
        custody.confirm(FILES);
        custody.giveUp(FILES, "why");
        assertEq(custody.holdersOf(FILES).length, 0);
    }

    function test_aHolderThatIsSilent_isStruckByAnyone() public {
        _keep(1, 400 days);
        _keep(2, 400 days);
        _ask(2, 1);
        vm.warp(START + 14 days);
        _expectNoRequest(1, START + 14 days);
        vm.warp(START + 14 days + 1);
        vm.prank(address(99));
        custody.strike(FILES, ParticipantId.wrap(1));
        _expect(EvidenceStanding.AtRisk, START + 44 days + 1);
    }

    /// @dev A promise of more years is no answer: what was asked for stays asked, and the next request keeps its day.
    function test_aPromiseAnew_isNoAnswer() public {
        _keep(1, 400 days);
        _keep(2, 400 days);
        _ask(2, 1);
        _keep(1, 500 days);
        Holder memory holder = custody.holdersOf(FILES)[0];
        assertEq(holder.until, START + 500 days);
        assertEq(holder.answerBy, START + 14 days);
        assertEq(holder.nextRequest, START + 60 days);
        vm.warp(START + 14 days + 1);
        _keep(1, 600 days);
        custody.strike(FILES, ParticipantId.wrap(1));
        _expect(EvidenceStanding.AtRisk, START + 44 days + 1);
    }

    function test_aHolderThatAnswers_isNotStruck() public {
        _keep(1, 400 days);
        _ask(2, 1);
        vm.prank(_wallet(1));
        custody.confirm(FILES);
        vm.warp(START + 15 days);
        _expectNoRequest(1, 0);
        vm.prank(_wallet(1));
        vm.expectRevert(
            abi.encodeWithSelector(IEvidenceCustody.CustodyNoRequest.selector, FILES, ParticipantId.wrap(1), 0)
        );
        custody.confirm(FILES);
    }

    function test_anAnswer_isInTimeOrNone() public {
        _keep(1, 400 days);
        _ask(2, 1);
        vm.warp(START + 14 days + 1);
        vm.prank(_wallet(1));
        vm.expectRevert(
            abi.encodeWithSelector(
                IEvidenceCustody.CustodyNoRequest.selector, FILES, ParticipantId.wrap(1), START + 14 days
            )
        );
        custody.confirm(FILES);
    }

    function test_aHolder_isAskedOnceInSixtyDays() public {
        _keep(1, 400 days);
        _ask(2, 1);
        vm.prank(_wallet(1));
        custody.confirm(FILES);
        vm.warp(START + 60 days - 1);
        vm.prank(_wallet(3));
        vm.expectRevert(
            abi.encodeWithSelector(
                IEvidenceCustody.CustodyAskedAlready.selector, FILES, ParticipantId.wrap(1), START + 60 days
            )
        );
        custody.request(FILES, ParticipantId.wrap(1));
        vm.warp(START + 60 days);
        _ask(3, 1);
    }

    function test_custodyThatEnded_isNeitherAskedNorStruck() public {
        _keep(1, 400 days);
        vm.warp(START + 400 days);
        vm.prank(_wallet(2));
        vm.expectRevert(
            abi.encodeWithSelector(IEvidenceCustody.CustodyNotHolder.selector, FILES, ParticipantId.wrap(1))
        );
        custody.request(FILES, ParticipantId.wrap(1));
    }

    /* HELP */

    function _wallet(uint24 i) private pure returns (address) {
        return address(uint160(i));
    }

    function _register(uint24 i, uint8 rights, ParticipantStatus status) private {
        _mock(_wallet(i), i, rights, status);
    }

    function _mock(address wallet, uint24 i, uint8 rights, ParticipantStatus status) private {
        vm.mockCall(
            address(participants),
            abi.encodeCall(IParticipants.walletOf, (wallet)),
            abi.encode(ParticipantId.wrap(i), rights, status)
        );
    }

    function _keep(uint24 i, uint256 term) private {
        vm.prank(_wallet(i));
        custody.keep(FILES, uint40(block.timestamp + term));
    }

    function _ask(uint24 by, uint24 holder) private {
        vm.prank(_wallet(by));
        custody.request(FILES, ParticipantId.wrap(holder));
    }

    function _expect(EvidenceStanding expected, uint256 expectedDeadline) private view {
        (EvidenceStanding standing, uint40 deadline) = custody.standingOf(FILES);
        assertEq(uint8(standing), uint8(expected));
        assertEq(deadline, expectedDeadline);
    }

    function _expectNot(address wallet) private {
        vm.prank(wallet);
        vm.expectRevert(abi.encodeWithSelector(IEvidenceCustody.CustodyNotParticipant.selector, wallet));
        custody.keep(FILES, uint40(block.timestamp + 366 days));
    }

    function _expectNoRequest(uint24 holder, uint256 answerBy) private {
        vm.expectRevert(
            abi.encodeWithSelector(
                IEvidenceCustody.CustodyNoRequest.selector, FILES, ParticipantId.wrap(holder), answerBy
            )
        );
        custody.strike(FILES, ParticipantId.wrap(holder));
    }
}
