// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {Test} from "forge-std/Test.sol";

import {InstallationId, ParticipantId, SchemeId} from "../../interfaces/types/Ids.sol";
import {InstallationStatus, InstallationWord} from "../../interfaces/types/InstallationTypes.sol";
import {IOpenParticipants} from "../../interfaces/open/IOpenParticipants.sol";
import {Participant, ParticipantStatus} from "../../interfaces/parties/IParticipants.sol";

contract OpenParticipantsTest is Test {
    SchemeId private constant SCHEME = SchemeId.wrap(3);
    ParticipantId private constant FIRST = ParticipantId.wrap(1);

    IOpenParticipants private register;
    address private ada = makeAddr("ada");
    address private bob = makeAddr("bob");

    function setUp() public {
        register = IOpenParticipants(vm.deployCode("OpenParticipants.sol:OpenParticipants"));
    }

    function test_join_makesAnybodyAnActiveParticipantOfEveryKind() public {
        vm.expectEmit(address(register));
        emit IOpenParticipants.OpenParticipantJoined(FIRST, ada);
        vm.prank(ada);
        register.join();
        vm.prank(bob);
        assertEq(ParticipantId.unwrap(register.join()), 2);

        (ParticipantId id, uint8 rights, uint8 status) = register.walletOf(ada);
        assertEq(ParticipantId.unwrap(id), 1);
        assertEq(rights, 31);
        assertEq(status, 2);
        assertEq(register.walletsOf(FIRST).length, 1);
        assertEq(register.walletsOf(FIRST)[0], ada);
        Participant memory p = register.participant(FIRST);
        assertEq(p.primary, ada);
        assertEq(p.kinds, 63);
        assertEq(uint8(p.status), uint8(ParticipantStatus.Active));
        assertEq(register.participantCount(), 2);
    }

    function test_walletOf_isNobodyBeforeJoining() public view {
        (ParticipantId id, uint8 rights, uint8 status) = register.walletOf(ada);
        assertEq(ParticipantId.unwrap(id), 0);
        assertEq(rights, 0);
        assertEq(status, 0);
        assertEq(register.walletsOf(FIRST).length, 0);
        assertEq(uint8(register.participant(FIRST).status), uint8(ParticipantStatus.None));
    }

    function test_join_revertsTheSecondTime() public {
        vm.startPrank(ada);
        register.join();
        vm.expectRevert(abi.encodeWithSelector(IOpenParticipants.OpenParticipantsJoined.selector, ada, 1));
        register.join();
    }

    function test_join_leavesTheNumbersOfHousesAlone() public {
        vm.store(address(register), bytes32(0), bytes32(uint256(0xFFFEFE)));
        vm.prank(ada);
        assertEq(ParticipantId.unwrap(register.join()), 0xFFFEFF);
        vm.expectRevert(abi.encodeWithSelector(IOpenParticipants.OpenParticipantsFull.selector, 0xFFFEFF));
        vm.prank(bob);
        register.join();
    }

    function test_declareInstallation_letsItsOperatorAloneReport() public {
        vm.prank(bob);
        register.join();
        vm.startPrank(ada);
        register.join();
        InstallationId id = register.declareInstallation(SCHEME, 11, 4, 900_000);
        vm.stopPrank();

        InstallationWord word = register.installation(id);
        assertEq(ParticipantId.unwrap(word.operatorOf()), 2);
        assertEq(SchemeId.unwrap(word.schemeOf()), 3);
        assertEq(word.jurisdictionOf(), 11);
        assertEq(word.classOf(), 4);
        assertEq(word.capacityOf(), 900_000);
        assertEq(uint8(word.statusOf()), uint8(InstallationStatus.Open));
        assertEq(_rights(id, ada), 31);
        assertEq(_rights(id, bob), 0);
        assertEq(_rights(InstallationId.wrap(9), makeAddr("who never joined")), 0);
    }

    function test_installationWords_areInTheOrderAsked() public {
        vm.startPrank(ada);
        register.join();
        register.declareInstallation(SCHEME, 1, 1, 10);
        register.declareInstallation(SCHEME, 1, 1, 20);
        InstallationId[] memory ids = new InstallationId[](3);
        (ids[0], ids[1], ids[2]) = (InstallationId.wrap(2), InstallationId.wrap(7), InstallationId.wrap(1));

        InstallationWord[] memory words = register.installationWords(ids);
        assertEq(words[0].capacityOf(), 20);
        assertEq(InstallationWord.unwrap(words[1]), 0);
        assertEq(words[2].capacityOf(), 10);
    }

    function test_installationWords_revertsAboveItsBound() public {
        vm.expectRevert(abi.encodeWithSelector(IOpenParticipants.OpenParticipantsTooMany.selector, 201, 200));
        register.installationWords(new InstallationId[](201));
        assertEq(register.installationWords(new InstallationId[](200)).length, 200);
    }

    function test_declareInstallation_revertsForWhoHasNotJoined() public {
        vm.expectRevert(abi.encodeWithSelector(IOpenParticipants.OpenParticipantsUnknown.selector, ada));
        vm.prank(ada);
        register.declareInstallation(SCHEME, 1, 1, 10);
    }

    function test_declareInstallation_revertsWithoutAScheme() public {
        vm.startPrank(ada);
        register.join();
        vm.expectRevert(IOpenParticipants.OpenParticipantsSchemeMissing.selector);
        register.declareInstallation(SchemeId.wrap(0), 1, 1, 10);
    }

    function _rights(InstallationId id, address signer) private view returns (uint8 rights) {
        (, rights) = register.reporterOf(id, signer);
    }
}
