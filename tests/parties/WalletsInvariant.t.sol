// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {ParticipantId} from "../../interfaces/types/Ids.sol";
import {IParticipants, Participant, ParticipantStatus, WalletRights} from "../../interfaces/parties/IParticipants.sol";
import {Test} from "forge-std/Test.sol";
import {IWalletRecovery} from "../../interfaces/parties/IWalletRecovery.sol";
import {Applications} from "./Applications.sol";
import {PartiesTest} from "./PartiesTest.sol";

/// @dev Three participants and twelve keys; makes legal moves only.
contract WalletsHandler is Test {
    IParticipants private immutable PARTIES;
    address private immutable REGISTRAR;
    address private immutable ARBITER;
    address[12] public keys;
    uint256 public lost;

    constructor(IParticipants parties, address registrar, address arbiter) {
        (PARTIES, REGISTRAR, ARBITER) = (parties, registrar, arbiter);
        for (uint256 i; i < 12; ++i) {
            keys[i] = makeAddr(string(abi.encodePacked("key ", bytes1(uint8(65 + i)))));
        }
        for (uint256 i; i < 3; ++i) {
            Applications.join(PARTIES, keys[i], 1, 1, 0, registrar);
        }
    }

    function add(uint256 who, uint256 key, uint8 rights) external {
        ParticipantId id = some(who);
        address wallet = keys[key % 12];
        if (ownerOf(wallet) != 0 || PARTIES.walletsOf(id).length == 8) return;
        vm.prank(manager(id));
        PARTIES.addWallet(wallet, uint8(bound(rights, 1, WalletRights.ALL)));
        vm.prank(wallet);
        PARTIES.confirmWallet(id);
    }

    function setRights(uint256 who, uint256 which, uint8 rights) external {
        ParticipantId id = some(who);
        address wallet = walletOf(id, which);
        address by = manager(id);
        rights = uint8(bound(rights, 1, WalletRights.ALL));
        vm.prank(by);
        PARTIES.setRights(wallet, wallet == by ? rights | WalletRights.MANAGE : rights);
    }

    function remove(uint256 who, uint256 which) external {
        ParticipantId id = some(who);
        address wallet = walletOf(id, which);
        address by = manager(id);
        if (wallet == by || wallet == PARTIES.primaryWallet(id)) return;
        vm.prank(by);
        PARTIES.removeWallet(wallet);
    }

    function makePrimary(uint256 who, uint256 which) external {
        ParticipantId id = some(who);
        address wallet = walletOf(id, which);
        if (wallet == PARTIES.primaryWallet(id)) return;
        vm.prank(manager(id));
        PARTIES.setPrimaryWallet(wallet);
    }

    /// @dev A fresh key takes the place of one; all others stay.
    function replace(uint256 who, uint256 which, uint256 key) external {
        ParticipantId id = some(who);
        address fresh = keys[key % 12];
        if (ownerOf(fresh) != 0) return;
        address[] memory wallets = PARTIES.walletsOf(id);
        uint8[] memory rights = new uint8[](wallets.length);
        wallets[which % wallets.length] = fresh;
        for (uint256 i; i < wallets.length; ++i) {
            rights[i] = WalletRights.ALL;
        }
        IWalletRecovery recoveries = IWalletRecovery(address(PARTIES));
        vm.prank(fresh);
        recoveries.joinRecovery(id);
        vm.prank(REGISTRAR);
        recoveries.proposeRecovery(id, wallets, rights, 0);
        skip(7 days);
        vm.prank(ARBITER);
        recoveries.upholdRecovery(id, wallets, rights);
        ++lost;
    }

    /// @dev Suspends or reinstates, whichever is next.
    function moveStatus(uint256 who) external {
        ParticipantId id = some(who);
        ParticipantStatus status = PARTIES.participant(id).status;
        vm.prank(REGISTRAR);
        if (status == ParticipantStatus.Active) PARTIES.suspend(id, 0);
        else PARTIES.reinstate(id);
    }

    function some(uint256 who) private pure returns (ParticipantId) {
        return ParticipantId.wrap(uint24(1 + who % 3));
    }

    function walletOf(ParticipantId id, uint256 which) private view returns (address) {
        address[] memory wallets = PARTIES.walletsOf(id);
        return wallets[which % wallets.length];
    }

    function ownerOf(address wallet) private view returns (uint24) {
        (ParticipantId id,,) = PARTIES.walletOf(wallet);
        return ParticipantId.unwrap(id);
    }

    /// @dev The last of its wallets that may manage; there always is one, which is what the invariant says.
    function manager(ParticipantId id) public view returns (address found) {
        address[] memory wallets = PARTIES.walletsOf(id);
        for (uint256 i; i < wallets.length; ++i) {
            (, uint8 rights,) = PARTIES.walletOf(wallets[i]);
            if (rights & WalletRights.MANAGE != 0) found = wallets[i];
        }
    }
}

contract WalletsInvariantTest is PartiesTest {
    WalletsHandler internal handler;

    function setUp() public override {
        super.setUp();
        handler = new WalletsHandler(parties, MINISTRY, COURT);
        targetContract(address(handler));
    }

    function invariant_everyListedWalletBelongsToItsListAndRepeatsItsStatus() public view {
        uint256 listed;
        for (uint24 i = 1; i <= 3; ++i) {
            ParticipantId id = ParticipantId.wrap(i);
            address[] memory wallets = parties.walletsOf(id);
            listed += wallets.length;
            Participant memory p = parties.participant(id);
            assertEq(wallets[0], p.primary);
            assertLe(wallets.length, 8);
            for (uint256 k; k < wallets.length; ++k) {
                (ParticipantId owner,, ParticipantStatus status) = parties.walletOf(wallets[k]);
                assertId(owner, id);
                assertTrue(status == p.status);
                for (uint256 j; j < k; ++j) {
                    assertTrue(wallets[j] != wallets[k]);
                }
            }
        }
        uint256 bound_;
        for (uint256 i; i < 12; ++i) {
            (ParticipantId owner,,) = parties.walletOf(handler.keys(i));
            if (owner != NOBODY) ++bound_;
        }
        assertEq(bound_, listed + handler.lost()); // a lost wallet stays bound
    }

    function invariant_somebodyCanManageEveryParticipant() public view {
        for (uint24 i = 1; i <= 3; ++i) {
            assertTrue(handler.manager(ParticipantId.wrap(i)) != address(0));
        }
    }
}
