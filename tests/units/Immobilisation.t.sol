// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {HeldAccounts} from "../../interfaces/types/HeldAccounts.sol";
import {IERC1155Receiver, IERC165} from "@openzeppelin/contracts/token/ERC1155/IERC1155Receiver.sol";
import {IntervalSet} from "../../contracts/lib/IntervalSet.sol";
import {IPausable} from "../../interfaces/rules/IPausable.sol";
import {ICreditOrigin, Traits} from "../../interfaces/units/ICreditOrigin.sol";
import {WalletRights} from "../../interfaces/parties/IParticipants.sol";
import {IWalletRecovery} from "../../interfaces/parties/IWalletRecovery.sol";
import {ParticipantId, SchemeId, UnitId} from "../../interfaces/types/Ids.sol";
import {
    BatchTerms,
    IImmobilisation,
    Lodging,
    Place,
    Request,
    RequestKind
} from "../../interfaces/units/IImmobilisation.sol";
import {BatchStatus, IOffsetCredits, SerialBlock} from "../../interfaces/units/IOffsetCredits.sol";
import {Activity, ProjectId, ProjectKind} from "../../interfaces/evidence/IProjects.sol";
import {ISchemes, Powers} from "../../interfaces/rules/ISchemes.sol";
import {ISerialSets, Stretch} from "../../interfaces/units/ISerialSets.sol";
import {Exit} from "../../interfaces/units/IUnit1155.sol";
import {ImmobilisationBase} from "./ImmobilisationBase.sol";

/// @dev Blocks of other registries: in by request or in one step, and back to where they came from.
contract ImmobilisationTest is ImmobilisationBase {
    function test_supportsInterface_ofAReceiver() public view {
        IERC165 receiver = IERC165(address(desk));
        assertTrue(receiver.supportsInterface(type(IERC165).interfaceId));
        assertTrue(receiver.supportsInterface(type(IERC1155Receiver).interfaceId));
        assertFalse(receiver.supportsInterface(0xffffffff));
    }

    function test_batches_sayWhatTheyAre() public view {
        assertEq(UnitId.unwrap(forest), ((uint256(2) * 65_536 + 1) * 65_536 + VINTAGE) * 2 ** 64 + 2 ** 63 + 1);
        BatchTerms memory terms = desk.termsOf(forest);
        assertEq(terms.registry, verra);
        assertEq(terms.project, "2498");
        assertEq(terms.account, ACCOUNT);
        Traits memory traits = desk.traitsOf(forest);
        assertEq(uint8(traits.kind), uint8(ProjectKind.Forest));
        assertEq(traits.hostCountry, 600);
        assertEq(UnitId.unwrap(desk.batchAt(2)), UnitId.unwrap(ozone));
        assertEq(desk.batchCount(), 2);
        assertEq(ProjectId.unwrap(desk.projectOf(forest)), 0);
    }

    function test_openBatch_needsTheWholeOfTheTerms() public {
        for (uint256 i; i < 8; ++i) {
            BatchTerms memory terms = _terms(verra);
            if (i == 0) terms.vintage = 0;
            if (i == 1) terms.registry = 9;
            if (i == 2) terms.activity = Activity.None;
            if (i == 3) terms.kind = ProjectKind.None;
            if (i == 4) terms.hostCountry = 0;
            if (i == 5) terms.project = "";
            if (i == 6) terms.account = "";
            if (i == 7) terms.methodologyText = string(new bytes(201));
            vm.expectRevert(abi.encodeWithSelector(IImmobilisation.ImmobilisationBadTerms.selector, terms));
            vm.prank(officer);
            desk.openBatch(terms);
        }
    }

    function test_openBatch_needsThePowerInItsScheme() public {
        address[3] memory others = [alice, otherOfficer, address(this)];
        for (uint256 i; i < 3; ++i) {
            vm.expectRevert(
                abi.encodeWithSelector(ISchemes.SchemesNoPower.selector, others[i], SCHEME, 0, Powers.ISSUE)
            );
            vm.prank(others[i]);
            desk.openBatch(_terms(verra));
        }
        assertEq(desk.batchCount(), 2);
    }

    /* IMMOBILISE */

    function test_request_reservesAndFinaliseIssues() public {
        SerialBlock memory b = SerialBlock(verra, 0, 505_972_385, 505_973_109);
        uint40 until = uint40(vm.getBlockTimestamp() + 30 days);
        vm.expectEmit(address(desk));
        emit IImmobilisation.ImmobilisationRequested(1, forest, alice, b, SERIAL, PROOF, until, 0);
        uint64 number = _request(505_972_385, 505_973_109, 0);
        (uint64 last, Stretch kind, uint64 ref) = desk.stretchAt(verra, 0, 505_972_385);
        assertEq(last, 505_973_109);
        assertEq(uint8(kind), uint8(Stretch.Requested));
        assertEq(ref, number);
        assertEq(_held(alice), 0);

        vm.expectEmit(address(desk));
        emit IImmobilisation.BlockImmobilised(forest, number, alice, b, "", PROOF, officer);
        vm.prank(officer);
        desk.finaliseImmobilisation(number, PROOF);

        assertEq(_held(alice), 725);
        (last, kind, ref) = desk.stretchAt(verra, 0, 505_972_385);
        assertEq(uint8(kind), uint8(Stretch.Immobilised));
        assertEq(ref, 1);
        assertEq(credits.batch(forest).blocks[0].first, 505_972_385);
        vm.expectRevert(
            abi.encodeWithSelector(IImmobilisation.ImmobilisationNoRequest.selector, number, RequestKind.Immobilise)
        );
        vm.prank(officer);
        desk.finaliseImmobilisation(number, PROOF);
    }

    function test_request_needsAnActiveWalletABatchAndAWholeBlock() public {
        vm.expectRevert(abi.encodeWithSelector(IImmobilisation.ImmobilisationNotWallet.selector, stranger));
        vm.prank(stranger);
        desk.request(_lodging(forest, 0, 1, 9), 0);

        UnitId other = UnitId.wrap(UnitId.unwrap(forest) + (1 << 64)); // of another vintage
        bytes memory unknown = abi.encodeWithSelector(IImmobilisation.ImmobilisationUnknownBatch.selector, other);
        vm.expectRevert(unknown);
        desk.projectOf(other);
        vm.expectRevert(unknown);
        desk.traitsOf(other);
        vm.expectRevert(abi.encodeWithSelector(IImmobilisation.ImmobilisationUnknownBatch.selector, other));
        vm.prank(alice);
        desk.request(_lodging(other, 0, 1, 9), 0);

        vm.expectRevert(abi.encodeWithSelector(ISerialSets.SerialsBadBlock.selector, 9, 8, SERIAL));
        _request(9, 8, 0);
        vm.expectRevert(abi.encodeWithSelector(ISerialSets.SerialsBadBlock.selector, 9, type(uint64).max, SERIAL));
        _request(9, type(uint64).max, 0);
        Lodging memory silent = _lodging(forest, 0, 1, 9);
        silent.serial = "";
        vm.expectRevert(abi.encodeWithSelector(ISerialSets.SerialsBadBlock.selector, 1, 9, ""));
        vm.prank(alice);
        desk.request(silent, 0);

        vm.prank(officer);
        participants.suspend(alpha, REASON);
        vm.expectRevert(abi.encodeWithSelector(IImmobilisation.ImmobilisationNotWallet.selector, alice));
        _request(1, 9, 0);
    }

    function test_request_overlapsNeitherRequestNorUnitsNorUse() public {
        _request(100, 199, 0);
        _immobilise(300, 399, 100);
        vm.prank(officer);
        desk.recordUsed(SCHEME, verra, _used(0, 500, 599, 300), PROOF);
        for (uint64 first = 100; first < 700; first += 200) {
            vm.expectRevert(
                abi.encodeWithSelector(
                    IntervalSet.IntervalsOverlap.selector, first + 50, first + 61, first, first + 100
                )
            );
            _request(first + 50, first + 60, first);
        }
    }

    /// @dev String equality would take the fourth.
    function test_request_takesAdjacentBlocksInAnyOrderAndNoOverlap() public {
        uint64[2][3] memory b = [
            [uint64(505_972_385), 505_973_109], [uint64(505_973_110), 505_982_055], [uint64(505_982_056), 505_982_352]
        ];
        uint8[3][6] memory orders = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];
        for (uint256 i; i < 6; ++i) {
            uint256 mark = vm.snapshotState();
            for (uint256 j; j < 3; ++j) {
                uint64[2] memory one = b[orders[i][j]];
                _request(one[0], one[1], desk.stretchBefore(verra, 0, one[0], 10));
            }
            vm.expectRevert(
                abi.encodeWithSelector(
                    IntervalSet.IntervalsOverlap.selector, 505_973_000, 505_973_201, 505_972_385, 505_973_110
                )
            );
            _request(505_973_000, 505_973_200, 505_972_385);
            vm.revertToState(mark);
        }
    }

    function test_immobilise_isAnOfficersAndNeverToTheDesk() public {
        vm.expectRevert(abi.encodeWithSelector(ISchemes.SchemesNoPower.selector, otherOfficer, SCHEME, 0, Powers.ISSUE));
        vm.prank(otherOfficer);
        desk.immobilise(_lodging(forest, 0, 1, 9), alice, 0);
        vm.expectRevert(abi.encodeWithSelector(IImmobilisation.ImmobilisationNotWallet.selector, address(desk)));
        vm.prank(officer);
        desk.immobilise(_lodging(forest, 0, 1, 9), address(desk), 0);
    }

    function test_finalise_isAnOfficersOfTheBatchsScheme() public {
        uint64 number = _request(1, 9, 0);
        for (uint256 i; i < 2; ++i) {
            address who = i == 0 ? alice : otherOfficer;
            vm.expectRevert(abi.encodeWithSelector(ISchemes.SchemesNoPower.selector, who, SCHEME, 0, Powers.ISSUE));
            vm.prank(who);
            desk.finaliseImmobilisation(number, PROOF);
        }
        vm.expectRevert(abi.encodeWithSelector(IImmobilisation.ImmobilisationNotYours.selector, number, otherOfficer));
        vm.prank(otherOfficer);
        desk.revertImmobilisation(number, 0, REASON);
    }

    function test_revertImmobilisation_freesTheBlock() public {
        uint64 number = _request(100, 199, 0);
        vm.expectRevert(abi.encodeWithSelector(IImmobilisation.ImmobilisationNotYours.selector, number, bob));
        vm.prank(bob);
        desk.revertImmobilisation(number, 0, REASON);
        vm.expectRevert(abi.encodeWithSelector(IImmobilisation.ImmobilisationNotYours.selector, number, otherOfficer));
        vm.prank(otherOfficer);
        desk.revertImmobilisation(number, 0, REASON);

        vm.prank(aliceDesk);
        desk.revertImmobilisation(number, 0, REASON);
        number = _request(150, 160, 0);
        vm.prank(officer);
        desk.revertImmobilisation(number, 0, REASON);
        _immobilise(100, 199, 0);
    }

    /// @dev What became units here cannot be reverted as a request.
    function test_revertImmobilisation_onlyBeforeItIsFinal() public {
        uint64 number = _request(100, 199, 0);
        vm.prank(officer);
        desk.finaliseImmobilisation(number, PROOF);
        vm.expectRevert(
            abi.encodeWithSelector(IImmobilisation.ImmobilisationNoRequest.selector, number, RequestKind.Immobilise)
        );
        vm.prank(officer);
        desk.revertImmobilisation(number, 0, REASON);
    }

    /// @dev A thief's wallet, decided lost, stays bound to the applicant, and ends neither kind of its requests.
    function test_revert_isNoLostWallets() public {
        _immobilise(1, 9, 0);
        uint64 release = _hand(4);
        uint64 number = _request(100, 199, 1);
        _lose(aliceDesk);
        vm.startPrank(aliceDesk);
        vm.expectRevert(abi.encodeWithSelector(IImmobilisation.ImmobilisationNotYours.selector, number, aliceDesk));
        desk.revertImmobilisation(number, 1, REASON);
        vm.expectRevert(abi.encodeWithSelector(IImmobilisation.ImmobilisationNotYours.selector, release, aliceDesk));
        desk.revertRelease(release, REASON);
        vm.stopPrank();
        vm.startPrank(alice);
        desk.revertImmobilisation(number, 1, REASON);
        desk.revertRelease(release, REASON);
        vm.stopPrank();
    }

    /// @dev By the decision that leaves Alice's wallet alone.
    function _lose(address wallet) private {
        (address[] memory wallets, uint8[] memory rights) = (new address[](1), new uint8[](1));
        (wallets[0], rights[0]) = (alice, WalletRights.ALL);
        IWalletRecovery recoveries = IWalletRecovery(address(participants));
        vm.prank(officer);
        recoveries.proposeRecovery(alpha, wallets, rights, REASON);
        skip(7 days);
        recoveries.setArbiter(address(this), 0, true);
        recoveries.upholdRecovery(alpha, wallets, rights);
        (ParticipantId owner, uint8 left,) = participants.walletOf(wallet);
        assertEq(ParticipantId.unwrap(owner), ParticipantId.unwrap(alpha));
        assertEq(left, 0);
    }

    function test_finalise_creditsThePrimaryWalletWhenTheAskersIsGone() public {
        vm.prank(aliceDesk);
        uint64 number = desk.request(_lodging(forest, 0, 1, 9), 0);
        vm.prank(alice);
        participants.removeWallet(aliceDesk);
        vm.prank(officer);
        desk.finaliseImmobilisation(number, PROOF);
        assertEq(_held(alice), 9);
    }

    /// @dev A lost wallet is still bound to its participant.
    function test_finalise_creditsThePrimaryWalletWhenTheAskersIsLost() public {
        vm.prank(aliceDesk);
        uint64 number = desk.request(_lodging(forest, 0, 1, 9), 0);
        _lose(aliceDesk);
        vm.prank(officer);
        desk.finaliseImmobilisation(number, PROOF);
        assertEq(_held(alice), 9);
    }

    /// @dev A batch of another scheme in a registry that this one keeps and admitted it to.
    function _theirs() private returns (UnitId theirs) {
        BatchTerms memory terms = _terms(verra);
        terms.scheme = OTHER_SCHEME;
        vm.prank(officer);
        desk.admitScheme(verra, OTHER_SCHEME, true);
        vm.prank(otherOfficer);
        theirs = desk.openBatch(terms);
    }

    /// @dev Who keeps the registry admits schemes to it, and has no say in their batches.
    function test_finalise_isNoOfficersOfTheRegistrysKeeper() public {
        UnitId theirs = _theirs();
        vm.prank(alice);
        uint64 number = desk.request(_lodging(theirs, 0, 1, 9), 0);
        bytes memory no =
            abi.encodeWithSelector(ISchemes.SchemesNoPower.selector, officer, OTHER_SCHEME, 0, Powers.ISSUE);
        vm.startPrank(officer);
        vm.expectRevert(no);
        desk.finaliseImmobilisation(number, PROOF);
        vm.expectRevert(no);
        desk.immobilise(_lodging(theirs, 0, 11, 19), alice, 1);
        vm.expectRevert(abi.encodeWithSelector(IImmobilisation.ImmobilisationNotYours.selector, number, officer));
        desk.revertImmobilisation(number, 0, REASON);
        vm.stopPrank();
        vm.prank(otherOfficer);
        desk.finaliseImmobilisation(number, PROOF);
        assertEq(credits.balanceOf(alice, UnitId.unwrap(theirs)), 9);
    }

    function test_finaliseRelease_isNoOfficersOfTheRegistrysKeeper() public {
        UnitId theirs = _theirs();
        vm.prank(otherOfficer);
        desk.immobilise(_lodging(theirs, 0, 1, 9), alice, 0);
        vm.prank(alice);
        credits.safeTransferFrom(alice, address(desk), UnitId.unwrap(theirs), 9, abi.encode(ACCOUNT));
        vm.startPrank(officer);
        vm.expectRevert(
            abi.encodeWithSelector(ISchemes.SchemesNoPower.selector, officer, OTHER_SCHEME, 0, Powers.ISSUE)
        );
        desk.finaliseRelease(1, _places(1, 0), PROOF);
        vm.expectRevert(abi.encodeWithSelector(IImmobilisation.ImmobilisationNotYours.selector, 1, officer));
        desk.revertRelease(1, REASON);
        vm.stopPrank();
        vm.prank(otherOfficer);
        desk.finaliseRelease(1, _places(1, 0), PROOF);
    }

    /// @dev The second place of a release is another batch's: its serial numbers stay.
    function test_release_looksAtEachOfItsPlaces() public {
        vm.prank(officer);
        UnitId other = desk.openBatch(_terms(verra));
        _immobilise(100, 199, 0);
        vm.prank(officer);
        desk.immobilise(_lodging(other, 0, 200, 299), alice, 100);
        _immobilise(300, 399, 200);
        uint64 number = _hand(150); // 100 to 199 and 300 to 349
        Place[] memory places = new Place[](2);
        (places[0], places[1]) = (Place(100, 0), Place(200, 0));
        vm.expectRevert(
            abi.encodeWithSelector(
                IImmobilisation.ImmobilisationNotHere.selector, forest, SerialBlock(verra, 0, 300, 349)
            )
        );
        vm.prank(officer);
        desk.finaliseRelease(number, places, PROOF);
    }

    /* RELEASE */

    function test_release_takesTheNextSerialsOutOfTheirStretches() public {
        _immobilise(100, 199, 0);
        _immobilise(200, 299, 100);
        vm.expectEmit(address(desk));
        emit IImmobilisation.ReleaseRequested(1, forest, alice, 150);
        uint64 number = _hand(150);
        assertEq(_held(address(desk)), 150);

        Place[] memory places = new Place[](2);
        places[0] = Place(100, 0);
        places[1] = Place(200, 0); // the first one will be gone, and what is left begins here
        SerialBlock[] memory blocks = new SerialBlock[](2);
        blocks[0] = SerialBlock(verra, 0, 100, 199);
        blocks[1] = SerialBlock(verra, 0, 200, 249);
        vm.expectEmit(address(desk));
        emit IImmobilisation.UnitsReleased(number, forest, alice, ACCOUNT, blocks, PROOF, officer);
        vm.prank(officer);
        desk.finaliseRelease(number, places, PROOF);

        assertEq(credits.exitedOf(forest, Exit.Released), 150);
        assertEq(_held(address(desk)), 0);
        (uint64 last, Stretch kind,) = desk.stretchAt(verra, 0, 250);
        assertEq(last, 299);
        assertEq(uint8(kind), uint8(Stretch.Immobilised));
        // What went back may come again.
        _request(100, 249, 0);
    }

    /// @dev Adjacent blocks of one batch are one stretch, so that a release over both names one place.
    function test_immobilise_growsTheStretchBefore() public {
        _immobilise(100, 199, 0);
        _immobilise(200, 299, 100);
        (uint64 last, Stretch kind,) = desk.stretchAt(verra, 0, 100);
        assertEq(last, 299);
        assertEq(uint8(kind), uint8(Stretch.Immobilised));
        (last,,) = desk.stretchAt(verra, 0, 200);
        assertEq(last, 0, "no stretch begins there");
    }

    /// @dev What was retired here stays taken, on both sides of what was released.
    function test_release_carvesTheMiddleOfAStretch() public {
        address retirer = makeAddr("retirer");
        credits.setController(retirer, EXIT);
        _immobilise(100, 199, 0);
        vm.prank(retirer);
        credits.exit(alice, forest, 30, Exit.Retired, REASON);
        uint64 number = _hand(20);
        vm.prank(officer);
        desk.finaliseRelease(number, _places(100, 0), PROOF);

        _request(130, 149, 100);
        vm.expectRevert(abi.encodeWithSelector(IntervalSet.IntervalsOverlap.selector, 129, 130, 100, 130));
        _request(129, 129, 100);
        vm.expectRevert(abi.encodeWithSelector(IntervalSet.IntervalsOverlap.selector, 150, 151, 150, 200));
        _request(150, 150, 130);
    }

    function test_release_wrongPlacesOnlyRevert() public {
        _immobilise(100, 199, 0);
        _immobilise(300, 399, 100);
        uint64 number = _hand(20);
        vm.startPrank(officer);
        vm.expectRevert(abi.encodeWithSelector(IImmobilisation.ImmobilisationPlaces.selector, 1, 0));
        desk.finaliseRelease(number, new Place[](0), PROOF);
        vm.expectRevert(abi.encodeWithSelector(IntervalSet.IntervalsOutside.selector, 100, 120, 300, 400));
        desk.finaliseRelease(number, _places(300, 100), PROOF);
        vm.expectRevert(abi.encodeWithSelector(IntervalSet.IntervalsWrongHint.selector, 300, 100));
        desk.finaliseRelease(number, _places(100, 300), PROOF);
        vm.expectRevert(
            abi.encodeWithSelector(
                IImmobilisation.ImmobilisationNotHere.selector, forest, SerialBlock(verra, 0, 100, 119)
            )
        );
        desk.finaliseRelease(number, _places(110, 100), PROOF);
        desk.finaliseRelease(number, _places(100, 0), PROOF);
    }

    function test_release_onlyToTheAccountTheyCameFrom() public {
        _immobilise(100, 199, 0);
        vm.expectRevert(
            abi.encodeWithSelector(IImmobilisation.ImmobilisationOtherAccount.selector, forest, "somebody else's")
        );
        vm.prank(alice);
        credits.safeTransferFrom(alice, address(desk), UnitId.unwrap(forest), 1, abi.encode("somebody else's"));
    }

    function test_release_asksForTheRightToWithdraw() public {
        vm.prank(officer);
        desk.immobilise(_lodging(forest, 0, 1, 9), aliceDesk, 0);
        vm.expectRevert(abi.encodeWithSelector(IImmobilisation.ImmobilisationNotWallet.selector, aliceDesk));
        vm.prank(aliceDesk);
        credits.safeTransferFrom(aliceDesk, address(desk), UnitId.unwrap(forest), 9, abi.encode(ACCOUNT));
    }

    function test_release_takesNothingFromTheVenue() public {
        _immobilise(1, 9, 0);
        vm.prank(alice);
        credits.safeTransferFrom(alice, address(venue), UnitId.unwrap(forest), 9, "");
        vm.expectRevert(abi.encodeWithSelector(IImmobilisation.ImmobilisationNotWallet.selector, address(venue)));
        venue.give(credits, address(desk), forest, 9);
    }

    function test_release_takesOneBatchAtATimeAndOnlyCredits() public {
        _immobilise(1, 9, 0);
        uint256[] memory one = new uint256[](1);
        (one[0]) = UnitId.unwrap(forest);
        vm.expectPartialRevert(IImmobilisation.ImmobilisationRefused.selector);
        vm.prank(alice);
        credits.safeBatchTransferFrom(alice, address(desk), one, new uint256[](1), "");
        vm.expectRevert(abi.encodeWithSelector(IImmobilisation.ImmobilisationRefused.selector, alice, 9));
        vm.prank(alice);
        IERC1155Receiver(address(desk)).onERC1155Received(alice, alice, UnitId.unwrap(forest), 9, abi.encode(ACCOUNT));
        vm.expectRevert(abi.encodeWithSelector(IImmobilisation.ImmobilisationRefused.selector, address(credits), 0));
        _hand(0);
    }

    function test_finaliseRelease_isAnOfficers() public {
        _immobilise(1, 9, 0);
        uint64 number = _hand(9);
        for (uint256 i; i < 2; ++i) {
            address who = i == 0 ? alice : otherOfficer;
            vm.expectRevert(abi.encodeWithSelector(ISchemes.SchemesNoPower.selector, who, SCHEME, 0, Powers.ISSUE));
            vm.prank(who);
            desk.finaliseRelease(number, _places(1, 0), PROOF);
        }
        vm.expectRevert(abi.encodeWithSelector(IImmobilisation.ImmobilisationNotYours.selector, number, otherOfficer));
        vm.prank(otherOfficer);
        desk.revertRelease(number, REASON);
        vm.expectRevert(
            abi.encodeWithSelector(IImmobilisation.ImmobilisationNoRequest.selector, number, RequestKind.Immobilise)
        );
        vm.prank(officer);
        desk.finaliseImmobilisation(number, PROOF);
    }

    function test_revertRelease_givesTheUnitsBack() public {
        _immobilise(1, 9, 0);
        uint64 number = _hand(4);
        vm.expectRevert(abi.encodeWithSelector(IImmobilisation.ImmobilisationNotYours.selector, number, bob));
        vm.prank(bob);
        desk.revertRelease(number, REASON);
        vm.prank(alice);
        desk.revertRelease(number, REASON);
        assertEq(_held(alice), 9);
        number = _hand(9);
        vm.prank(officer);
        desk.revertRelease(number, REASON);
        assertEq(_held(alice), 9);
        vm.expectRevert(
            abi.encodeWithSelector(IImmobilisation.ImmobilisationNoRequest.selector, number, RequestKind.Release)
        );
        vm.prank(officer);
        desk.finaliseRelease(number, _places(1, 0), PROOF);
    }

    /// @dev A suspended or closed applicant does not leave them at the desk for ever.
    function test_revertRelease_holdsThemForAnApplicantThatIsNotActive() public {
        _immobilise(1, 9, 0);
        uint64 number = _hand(9);
        vm.startPrank(officer);
        participants.close(alpha);
        desk.revertRelease(number, REASON);
        vm.stopPrank();
        assertEq(_held(address(desk)), 0);
        assertEq(_held(HeldAccounts.accountOf(alpha)), 9);
    }

    /// @dev Of an invalid batch nothing is released and nothing comes back.
    function test_revertRelease_ofAnInvalidBatchOnlyEndsTheRequest() public {
        _immobilise(1, 9, 0);
        uint64 number = _hand(9);
        BatchStatus[2] memory statuses = [BatchStatus.Locked, BatchStatus.Invalidated];
        for (uint256 i; i < 2; ++i) {
            credits.setBatchStatus(forest, statuses[i], officer, REASON);
            vm.expectRevert(abi.encodeWithSelector(IOffsetCredits.OffsetBatchStatus.selector, forest, statuses[i]));
            vm.prank(officer);
            desk.finaliseRelease(number, _places(1, 0), PROOF);
        }
        address[] memory holders = new address[](1);
        holders[0] = address(desk);
        credits.clearInvalidated(forest, holders);
        vm.expectEmit(address(desk));
        emit IImmobilisation.ReleaseReverted(number, forest, address(0), alice, REASON);
        vm.prank(alice);
        desk.revertRelease(number, REASON);
        assertEq(uint8(desk.requestOf(number).kind), uint8(RequestKind.None));
    }

    /* ANY ORDER OF EVENTS */

    /// @dev Units here and stretches immobilised agree, whatever is asked, made final, reverted, retired and released.
    function testFuzz_unitsAreAlwaysAsManyAsImmobilisedSerials(uint256 seed) public {
        address retirer = makeAddr("retirer");
        credits.setController(retirer, EXIT);
        uint256 waiting;
        for (uint256 i; i < 24; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            uint64 first = uint64(1 + (seed >> 8) % 500);
            uint64 last = first + uint64((seed >> 80) % 60);
            uint64 number = uint64(1 + (seed >> 160) % (desk.requestCount() + 1));
            uint256 act = seed % 6;
            Request memory r = desk.requestOf(number);
            if (act == 0) {
                try this.ask(first, last) {} catch {}
            } else if (act == 1) {
                vm.prank(officer);
                try desk.finaliseImmobilisation(number, PROOF) {} catch {}
            } else if (act == 2) {
                uint64 hint = desk.stretchBefore(verra, 0, r.first, 100);
                vm.prank(officer);
                try desk.revertImmobilisation(number, hint, REASON) {} catch {}
            } else if (act == 3 && _held(alice) != 0) {
                _hand(1 + (seed >> 200) % _held(alice));
            } else if (act == 4 && r.kind == RequestKind.Release) {
                _release(number);
            } else if (act == 5 && _held(alice) > 3) {
                vm.prank(retirer);
                credits.exit(alice, forest, 3, Exit.Retired, REASON);
            }
        }
        uint256 taken;
        for (uint64 n = 1; n < 600; ++n) {
            (uint64 last, Stretch kind,) = desk.stretchAt(verra, 0, n);
            if (kind == Stretch.Immobilised) taken += last - n + 1;
            if (kind == Stretch.Requested) waiting += last - n + 1;
        }
        uint256 held = credits.issuedOf(forest) - credits.exitedOf(forest, Exit.Released);
        assertEq(taken, held);
        for (uint64 n = 1; n <= desk.requestCount(); ++n) {
            Request memory r = desk.requestOf(n);
            if (r.kind == RequestKind.Immobilise) waiting -= r.last - r.first + 1;
        }
        assertEq(waiting, 0);
    }

    function ask(uint64 first, uint64 last) external {
        _request(first, last, desk.stretchBefore(verra, 0, first, 100));
    }

    /// @dev Finds where each block lies by looking, as a client would; serials leave first in first out.
    function _release(uint64 number) private {
        uint256 mark = vm.snapshotState();
        uint256 amount = desk.requestOf(number).amount;
        vm.prank(address(desk));
        SerialBlock[] memory blocks = credits.exitWithSerials(address(desk), forest, amount, Exit.Released, bytes32(0));
        vm.revertToState(mark);
        Place[] memory places = new Place[](blocks.length);
        uint64 gone; //     stretch that a block before took whole
        for (uint256 i; i < blocks.length; ++i) {
            uint64 start = desk.stretchBefore(verra, 0, blocks[i].first + 1, 100);
            uint64 hint = desk.stretchBefore(verra, 0, start, 100);
            if (hint != 0 && hint == gone) hint = desk.stretchBefore(verra, 0, hint, 100);
            places[i] = Place(start, hint);
            (uint64 last,,) = desk.stretchAt(verra, 0, start);
            if (start == blocks[i].first && last == blocks[i].last) gone = start;
        }
        vm.prank(officer);
        try desk.finaliseRelease(number, places, PROOF) {} catch {}
    }

    function test_aPause_stopsImmobilisation() public {
        IPausable(address(desk)).pause(1 days);
        vm.prank(officer);
        vm.expectRevert(abi.encodeWithSelector(IPausable.PauseInForce.selector, vm.getBlockTimestamp() + 1 days));
        desk.immobilise(_lodging(forest, 0, 1, 9), alice, 0);
    }

    /// @dev The other way in, by a request, is as closed; its answer comes after the pause.
    function test_aPause_stopsTheAnswerToARequest() public {
        uint64 number = _request(1, 9, 0);
        IPausable(address(desk)).pause(1 days);
        vm.prank(officer);
        vm.expectRevert(abi.encodeWithSelector(IPausable.PauseInForce.selector, vm.getBlockTimestamp() + 1 days));
        desk.finaliseImmobilisation(number, PROOF);
        assertEq(_held(alice), 0);
        skip(1 days);
        vm.prank(officer);
        desk.finaliseImmobilisation(number, PROOF);
        assertEq(_held(alice), 9);
    }

    function test_aPause_stopsReleases() public {
        _immobilise(100, 199, 0);
        uint64 number = _hand(20);
        IPausable(address(desk)).pause(1 days);
        vm.prank(officer);
        vm.expectRevert(abi.encodeWithSelector(IPausable.PauseInForce.selector, vm.getBlockTimestamp() + 1 days));
        desk.finaliseRelease(number, _places(100, 0), PROOF);
        vm.prank(officer);
        desk.revertRelease(number, REASON);
    }
}
