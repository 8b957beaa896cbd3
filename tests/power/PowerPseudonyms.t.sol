// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";

import {ParticipantId} from "../../interfaces/types/Ids.sol";
import {WalletRights} from "../../interfaces/parties/IParticipants.sol";
import {IPowerMarket, PowerAccountId} from "../../interfaces/power/IPowerMarket.sol";
import {LedgerRights} from "../../interfaces/power/IPowerLedger.sol";
import {IPowerPseudonyms, NewPseudonym} from "../../interfaces/power/IPowerPseudonyms.sol";
import {PowerCase} from "./PowerCase.sol";

/// @dev A wallet that takes what its owner's key signed.
contract OwnedWallet {
    address private immutable OWNER;

    constructor(address owner) {
        OWNER = owner;
    }

    function isValidSignature(bytes32 digest, bytes calldata signature) external view returns (bytes4) {
        return ECDSA.recover(digest, signature) == OWNER ? this.isValidSignature.selector : bytes4(0);
    }
}

/// @dev Accounts under keys: who opens one for which, and credits that move to them and back.
contract PowerPseudonymsTest is PowerCase {
    function _account(uint32 number) private pure returns (PowerAccountId) {
        return PowerAccountId.wrap(number);
    }

    function _one(uint32 account) private pure returns (PowerAccountId[] memory list) {
        list = new PowerAccountId[](1);
        list[0] = _account(account);
    }

    function _amount(uint96 amount) private pure returns (uint96[] memory list) {
        list = new uint96[](1);
        list[0] = amount;
    }

    function _short(uint32 account, uint256 free, uint256 needed) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IPowerMarket.PowerInsufficientCredits.selector, account, free, needed);
    }

    function _list(NewPseudonym memory n) private pure returns (NewPseudonym[] memory list) {
        list = new NewPseudonym[](1);
        list[0] = n;
    }

    /* opening */

    function test_openPseudonyms_numbersThem_andGivesThemCredits() public {
        _deposit(sponsor, 100);
        NewPseudonym[] memory list = new NewPseudonym[](2);
        (list[0], list[1]) = (_consent(sponsor, _key(0), 30), _consent(sponsor, _key(1), 0));
        (address a, address b) = (list[0].signer, list[1].signer);
        vm.expectEmit(address(market));
        emit IPowerPseudonyms.PseudonymOpened(_account(FIRST_PSEUDONYM), sponsorId, a);
        vm.expectEmit(address(market));
        emit IPowerMarket.CreditsMoved(_account(_own(sponsorId)), _account(FIRST_PSEUDONYM), 30);
        vm.expectEmit(address(market));
        emit IPowerPseudonyms.PseudonymOpened(_account(FIRST_PSEUDONYM + 1), sponsorId, b);
        vm.prank(sponsor);
        assertEq(PowerAccountId.unwrap(market.openPseudonyms(list)), FIRST_PSEUDONYM);

        assertEq(_free(FIRST_PSEUDONYM), 30);
        assertEq(_free(_own(sponsorId)), 100 * MICRO - 30);
        assertEq(PowerAccountId.unwrap(market.pseudonymOf(b)), FIRST_PSEUDONYM + 1);
        assertEq(ParticipantId.unwrap(market.accountOf(_account(FIRST_PSEUDONYM)).sponsor), _own(sponsorId));
        assertEq(market.pseudonymCount(), 2);
        address third = _pseudonymFor(plant, "a third");
        assertEq(PowerAccountId.unwrap(market.pseudonymOf(third)), FIRST_PSEUDONYM + 2);
    }

    function test_openPseudonyms_aKeyStandsForOneAccount() public {
        _pseudonyms(1, 0);
        _refusesSigner(_key(0), FIRST_PSEUDONYM);
        (, uint256 wallet) = makeAddrAndKey("plant");
        _refusesSigner(wallet, _own(plantId));
        NewPseudonym[] memory list = new NewPseudonym[](2);
        (list[0], list[1]) = (_consent(sponsor, _key(1), 0), _consent(sponsor, _key(1), 0));
        vm.prank(sponsor);
        vm.expectRevert(
            abi.encodeWithSelector(IPowerPseudonyms.PowerSignerTaken.selector, list[0].signer, FIRST_PSEUDONYM + 1)
        );
        market.openPseudonyms(list);
    }

    function _refusesSigner(uint256 key, uint32 account) private {
        NewPseudonym memory n = _consent(sponsor, key, 0);
        vm.prank(sponsor);
        vm.expectRevert(abi.encodeWithSelector(IPowerPseudonyms.PowerSignerTaken.selector, n.signer, account));
        market.openPseudonyms(_list(n));
    }

    /// @dev Who saw a customer's key bound it to itself, ahead of the supplier that the customer applied to.
    function test_openPseudonyms_byTheConsentOfTheKeyAlone() public {
        NewPseudonym memory n = _consent(sponsor, _key(0), 0);
        _refusesConsent(plant, n);
        n.deadline += 1;
        _refusesConsent(sponsor, n);
        n.deadline -= 1;
        n.signature[10] ^= 0x01;
        _refusesConsent(sponsor, n);
        n.signature = "";
        _refusesConsent(sponsor, n);
        n.signer = address(0);
        _refusesConsent(sponsor, n);
        n = _consent(sponsor, _key(0), 0);
        n.signer = vm.addr(_key(1));
        _refusesConsent(sponsor, n);
        n = _consent(sponsor, _key(0), 0);
        vm.warp(n.deadline + 1);
        _refusesConsent(sponsor, n);
        vm.warp(n.deadline);
        vm.prank(sponsor);
        market.openPseudonyms(_list(n));
    }

    /// @dev Two wallets that are contracts of one owner: what it signed for one opened an account for the other, too.
    function test_openPseudonyms_aConsentIsForOneWalletOfItsOwner() public {
        (address owner, uint256 key) = makeAddrAndKey("owner of two wallets");
        NewPseudonym memory n = _consent(sponsor, key, 0);
        n.signer = makeAddr("first wallet");
        n.signature = _signed(key, market.consentDigest(n.signer, sponsorId, n.deadline));
        bytes memory code = address(new OwnedWallet(owner)).code;
        vm.etch(n.signer, code);
        vm.prank(sponsor);
        market.openPseudonyms(_list(n));
        n.signer = makeAddr("second wallet");
        vm.etch(n.signer, code);
        _refusesConsent(sponsor, n);
        n.signer = owner;
        _refusesConsent(sponsor, n);
    }

    /// @dev What a key signed for one market opens no account of another.
    function test_openPseudonyms_aConsentIsForOneMarket() public {
        NewPseudonym memory n = _consent(sponsor, _key(0), 0);
        n.signature =
            _signed(_key(0), IPowerPseudonyms(_deployMarket(_terms())).consentDigest(n.signer, sponsorId, n.deadline));
        _refusesConsent(sponsor, n);
        n = _consent(sponsor, _key(0), 0);
        vm.chainId(block.chainid + 1);
        _refusesConsent(sponsor, n);
    }

    function _refusesConsent(address owner, NewPseudonym memory n) private {
        ParticipantId id = _participantOf(owner);
        vm.prank(owner);
        vm.expectRevert(abi.encodeWithSelector(IPowerPseudonyms.PowerNoConsent.selector, n.signer, id, n.deadline));
        market.openPseudonyms(_list(n));
    }

    function test_openPseudonyms_ofWhatIsThere_upTo200() public {
        _deposit(sponsor, 1);
        NewPseudonym memory n = _consent(sponsor, _key(0), uint96(MICRO) + 1);
        vm.startPrank(sponsor);
        vm.expectRevert(_short(_own(sponsorId), MICRO, MICRO + 1));
        market.openPseudonyms(_list(n));
        vm.expectRevert(abi.encodeWithSelector(IPowerMarket.PowerTooMany.selector, 201, 200));
        market.openPseudonyms(new NewPseudonym[](201));
    }

    function test_openPseudonyms_fund_sweep_areByTradersOfActiveParticipants() public {
        address clerk = makeAddr("clerk");
        vm.prank(sponsor);
        participants.addWallet(clerk, WalletRights.ALL - WalletRights.TRADE);
        vm.prank(clerk);
        participants.confirmWallet(sponsorId);
        _pseudonyms(1, 0);
        _refusesAll(clerk);
        _refusesAll(stranger);
        vm.prank(officer);
        participants.suspend(sponsorId, 0);
        _refusesAll(sponsor);
    }

    function _refusesAll(address who) private {
        NewPseudonym memory n = _consent(sponsor, _key(1), 0);
        bytes memory reason = abi.encodeWithSelector(IPowerMarket.PowerNotAllowed.selector, who);
        vm.startPrank(who);
        vm.expectRevert(reason);
        market.openPseudonyms(_list(n));
        vm.expectRevert(reason);
        market.fund(_one(FIRST_PSEUDONYM), _amount(0));
        vm.expectRevert(reason);
        market.sweep(_one(FIRST_PSEUDONYM));
        vm.stopPrank();
    }

    /* credits */

    function test_fund_andSweep_moveFreeCredits() public {
        _node(1, 1);
        _deposit(sponsor, 100);
        _pseudonyms(1, 0);
        vm.expectEmit(address(market));
        emit IPowerMarket.CreditsMoved(_account(_own(sponsorId)), _account(FIRST_PSEUDONYM), 50 * MICRO);
        vm.prank(sponsor);
        market.fund(_one(FIRST_PSEUDONYM), _amount(50 * MICRO));
        market.setController(address(this), LedgerRights.BIND);
        market.bind(_account(FIRST_PSEUDONYM), uint96(20 * MICRO));

        vm.expectEmit(address(market));
        emit IPowerMarket.CreditsMoved(_account(FIRST_PSEUDONYM), _account(_own(sponsorId)), 30 * MICRO);
        vm.prank(sponsor);
        market.sweep(_one(FIRST_PSEUDONYM));
        assertEq(_free(FIRST_PSEUDONYM), 0);
        assertEq(_bound(FIRST_PSEUDONYM), 20 * MICRO);
        assertEq(_free(_own(sponsorId)), 80 * MICRO);
    }

    function test_fund_andSweep_areOfOnesOwnPseudonyms() public {
        _deposit(plant, 1);
        _pseudonyms(1, 0);
        vm.startPrank(plant);
        uint32[3] memory others = [FIRST_PSEUDONYM, FIRST_PSEUDONYM + 1, _own(plantId)];
        for (uint256 i; i < 3; ++i) {
            bytes memory reason = abi.encodeWithSelector(IPowerPseudonyms.PowerNotSponsor.selector, others[i], plantId);
            vm.expectRevert(reason);
            market.fund(_one(others[i]), _amount(1));
            vm.expectRevert(reason);
            market.sweep(_one(others[i]));
        }
    }

    function test_fund_andSweep_takeListsOfOneLength_upTo200() public {
        vm.startPrank(sponsor);
        vm.expectRevert(abi.encodeWithSelector(IPowerMarket.PowerTooMany.selector, 1, 200));
        market.fund(_one(FIRST_PSEUDONYM), new uint96[](2));
        vm.expectRevert(abi.encodeWithSelector(IPowerMarket.PowerTooMany.selector, 201, 200));
        market.fund(new PowerAccountId[](201), new uint96[](201));
        vm.expectRevert(abi.encodeWithSelector(IPowerMarket.PowerTooMany.selector, 201, 200));
        market.sweep(new PowerAccountId[](201));
    }
}
