// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {AccessManager} from "@openzeppelin/contracts/access/manager/AccessManager.sol";
import {Test} from "forge-std/Test.sol";
import {InstallationId, ParticipantId, SchemeId} from "../../interfaces/types/Ids.sol";
import {IInstallations, InstallationData} from "../../interfaces/parties/IInstallations.sol";
import {Application, IParticipants, ParticipantKinds} from "../../interfaces/parties/IParticipants.sol";
import {IWalletRecovery} from "../../interfaces/parties/IWalletRecovery.sol";
import {Applications} from "./Applications.sol";

/// @dev A register with a registrar in each of two jurisdictions and one of all.
abstract contract PartiesTest is Test {
    uint16 internal constant HUBEI = 42;
    uint16 internal constant HUNAN = 43;
    uint16 internal constant EMITTER = ParticipantKinds.EMITTER;
    SchemeId internal constant SCHEME = SchemeId.wrap(1);
    ParticipantId internal constant NOBODY = ParticipantId.wrap(0);
    bytes32 internal constant DETAILS = keccak256("details");

    address internal ADMIN = makeAddr("admin");
    address internal BUREAU_HUBEI = makeAddr("bureau of Hubei");
    address internal BUREAU_HUNAN = makeAddr("bureau of Hunan");
    address internal MINISTRY = makeAddr("ministry");
    address internal COURT = makeAddr("court");
    address internal STRANGER = makeAddr("stranger");
    address internal PLANT_A = makeAddr("operator A");
    address internal PLANT_B = makeAddr("operator B");

    AccessManager internal manager;
    IParticipants internal parties;
    IInstallations internal plants;
    IWalletRecovery internal recoveries;

    function setUp() public virtual {
        vm.warp(1_610_000_000);
        manager = new AccessManager(ADMIN);
        parties = IParticipants(vm.deployCode("Participants.sol:Participants", abi.encode(manager)));
        plants = IInstallations(address(parties));
        recoveries = IWalletRecovery(address(parties));

        vm.startPrank(ADMIN);
        parties.setRegistrar(BUREAU_HUBEI, HUBEI, true);
        parties.setRegistrar(BUREAU_HUNAN, HUNAN, true);
        parties.setRegistrar(MINISTRY, 0, true);
        recoveries.setArbiter(COURT, 0, true);
        vm.stopPrank();
    }

    /* STEPS */

    function applied(address wallet, uint16 kinds, uint16 jurisdiction) internal returns (Application memory) {
        vm.prank(wallet);
        parties.applyFor(kinds, jurisdiction, DETAILS);
        return Applications.one(wallet, kinds, jurisdiction, DETAILS)[0];
    }

    function active(address wallet, uint16 kinds) internal returns (ParticipantId) {
        return approve(applied(wallet, kinds, HUBEI));
    }

    function approve(Application memory application) internal returns (ParticipantId) {
        vm.prank(MINISTRY);
        return parties.approve(one(application))[0];
    }

    function suspend(ParticipantId id) internal {
        vm.prank(MINISTRY);
        parties.suspend(id, DETAILS);
    }

    function close(ParticipantId id) internal {
        vm.prank(MINISTRY);
        parties.close(id);
    }

    function withWallet(address inviter, ParticipantId id, address wallet, uint8 rights) internal {
        vm.prank(inviter);
        parties.addWallet(wallet, rights);
        vm.prank(wallet);
        parties.confirmWallet(id);
    }

    /// @dev Wallets that agree, if they are not the participant's, and both offices.
    function recovered(ParticipantId id, address[] memory wallets, uint8[] memory rights) internal {
        for (uint256 i; i < wallets.length; ++i) {
            (ParticipantId owner,,) = parties.walletOf(wallets[i]);
            if (owner != NOBODY) continue;
            vm.prank(wallets[i]);
            recoveries.joinRecovery(id);
        }
        vm.prank(MINISTRY);
        recoveries.proposeRecovery(id, wallets, rights, DETAILS);
        skip(7 days);
        vm.prank(COURT);
        recoveries.upholdRecovery(id, wallets, rights);
    }

    function registered(ParticipantId operator) internal returns (InstallationId) {
        InstallationData[] memory data = new InstallationData[](1);
        data[0] = plant(operator);
        vm.prank(BUREAU_HUBEI);
        return plants.registerInstallations(data);
    }

    function plant(ParticipantId operator) internal pure returns (InstallationData memory) {
        return InstallationData({
            operator: operator,
            scheme: SCHEME,
            jurisdiction: HUBEI,
            benchmarkClass: 1,
            capacityKw: 660_000,
            detailsHash: DETAILS
        });
    }

    function one(Application memory application) internal pure returns (Application[] memory all) {
        all = new Application[](1);
        all[0] = application;
    }

    function one(ParticipantId id) internal pure returns (ParticipantId[] memory ids) {
        ids = new ParticipantId[](1);
        ids[0] = id;
    }

    function assertId(ParticipantId a, ParticipantId b) internal pure {
        assertEq(ParticipantId.unwrap(a), ParticipantId.unwrap(b));
    }
}
