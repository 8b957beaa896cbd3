// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {IERC1155Receiver} from "@openzeppelin/contracts/token/ERC1155/IERC1155Receiver.sol";
import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";

import {ParticipantId} from "../../interfaces/types/Ids.sol";
import {WalletRights} from "../../interfaces/parties/IParticipants.sol";
import {IPowerMarket, PowerAccountId, PowerTerms} from "../../interfaces/power/IPowerMarket.sol";
import {IPowerVenue, LedgerRights} from "../../interfaces/power/IPowerLedger.sol";
import {PlainToken} from "../standalone/Doubles.sol";
import {PowerCase} from "./PowerCase.sol";

/// @dev What a market is made with, and its ledger: credits that come, go, and move to pseudonyms and back.
contract PowerMarketTest is PowerCase {
    uint256 private constant MOST = type(uint64).max;

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

    function _signer(address signer) private pure returns (address[] memory list) {
        list = new address[](1);
        list[0] = signer;
    }

    function _notAllowed(address wallet) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IPowerMarket.PowerNotAllowed.selector, wallet);
    }

    function _short(uint32 account, uint256 free, uint256 needed) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IPowerMarket.PowerInsufficientCredits.selector, account, free, needed);
    }

    /// @dev A second wallet of `first`'s participant.
    function _wallet(address first, string memory name, uint8 rights) private returns (address wallet) {
        wallet = makeAddr(name);
        vm.prank(first);
        participants.addWallet(wallet, rights);
        (ParticipantId id,,) = participants.walletOf(first);
        vm.prank(wallet);
        participants.confirmWallet(id);
    }

    /* terms */

    function test_terms_areWhatItWasMadeWith() public view {
        assertEq(keccak256(abi.encode(market.terms())), keccak256(abi.encode(_terms())));
        assertEq(address(market.GRID()), address(grid));
        assertEq(address(market.LIMITS()), address(limits));
        assertEq(address(market.REFERENCES()), address(references));
    }

    function test_terms_contradictNeitherThemselvesNorTheGrid() public {
        PowerTerms memory t = _terms();
        t.intervalS = 0;
        _refusesTerms(t);
        t = _terms();
        t.windowS = 0;
        _refusesTerms(t);
        t.windowS = t.gateLeadS + 1;
        _refusesTerms(t);
        t = _terms();
        t.gateLeadS = uint32(NOTICE);
        _refusesTerms(t);
        t = _terms();
        t.openingS = 0;
        _refusesTerms(t);
        t.openingS = 31;
        _refusesTerms(t);
        (t.openingS, t.windowS) = (30, 30);
        _refusesTerms(t);
        t = _terms();
        t.priceCap = 0;
        _refusesTerms(t);
        t.priceCap = 2 ** 28 + 1;
        _refusesTerms(t);
        t = _terms();
        t.guarantee = 2 ** 28 + 1;
        _refusesTerms(t);
        t = _terms();
        t.stepFee = 2 ** 28 + 1;
        _refusesTerms(t);

        t = PowerTerms(1, uint32(NOTICE) - 1, 1, uint32(NOTICE) - 1, 0, 2 ** 28, 2 ** 28, 2 ** 28);
        assertEq(IPowerMarket(_deployMarket(t)).terms().priceCap, 2 ** 28);
    }

    function _refusesTerms(PowerTerms memory t) private {
        bytes memory code = abi.encodePacked(
            vm.getCode("PowerMarket.sol:PowerMarket"), abi.encode(manager, participants, limits, references, t)
        );
        // Without a cheat: what a refused creation says is looked at as it is.
        address made;
        bytes memory reason = abi.encodeWithSelector(IPowerMarket.PowerBadTerms.selector, t);
        bytes32 said;
        assembly ("memory-safe") {
            made := create(0, add(code, 0x20), mload(code))
            let free := mload(0x40)
            returndatacopy(free, 0, returndatasize())
            said := keccak256(free, returndatasize())
        }
        assertEq(made, address(0));
        assertEq(said, keccak256(reason));
    }

    /* credits */

    function test_setCredits_isTheAdministratorsAndOnce() public {
        market = IPowerVenue(_deployMarket(_terms()));
        vm.prank(officer);
        vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, officer));
        market.setCredits(address(token), 5, 1);
        bytes memory nothing = abi.encodeWithSelector(IPowerMarket.PowerCreditsFixed.selector, address(0), 0);
        vm.expectRevert(nothing);
        market.setCredits(address(0), 5, 1);
        vm.expectRevert(nothing);
        market.setCredits(address(token), 5, 0);

        vm.expectEmit(address(market));
        emit IPowerMarket.CreditsSet(address(token), 5, 7);
        market.setCredits(address(token), 5, 7);
        (address paidIn, uint256 id, uint64 microPerUnit) = market.credits();
        assertEq(paidIn, address(token));
        assertEq(id, 5);
        assertEq(microPerUnit, 7);
        vm.expectRevert(abi.encodeWithSelector(IPowerMarket.PowerCreditsFixed.selector, address(token), 5));
        market.setCredits(address(token), 5, 7);
    }

    function test_deposit_arrivesOnTheParticipantsAccount() public {
        token.mint(plant, CREDIT, 40);
        vm.expectEmit(address(market));
        emit IPowerMarket.CreditsDeposited(_account(_own(plantId)), plant, 40 * MICRO);
        vm.prank(plant);
        token.safeTransferFrom(plant, address(market), CREDIT, 40, "");
        assertEq(_free(_own(plantId)), 40 * MICRO);
        assertEq(_bound(_own(plantId)), 0);
    }

    function test_deposit_isOfTheCreditsAlone() public {
        PlainToken other = new PlainToken();
        other.mint(plant, CREDIT, 1);
        vm.prank(plant);
        vm.expectRevert(abi.encodeWithSelector(IPowerMarket.PowerForeignCredits.selector, address(other), CREDIT));
        other.safeTransferFrom(plant, address(market), CREDIT, 1, "");
        token.mint(plant, CREDIT + 1, 1);
        vm.prank(plant);
        vm.expectRevert(abi.encodeWithSelector(IPowerMarket.PowerForeignCredits.selector, address(token), CREDIT + 1));
        token.safeTransferFrom(plant, address(market), CREDIT + 1, 1, "");
        // Several kinds at once are not taken, whatever they are.
        token.mint(plant, CREDIT, 2);
        (uint256[] memory ids, uint256[] memory amounts) = (new uint256[](2), new uint256[](2));
        (ids[0], ids[1], amounts[0], amounts[1]) = (CREDIT, CREDIT, 1, 1);
        vm.prank(plant);
        vm.expectRevert(abi.encodeWithSelector(IPowerMarket.PowerForeignCredits.selector, address(token), 0));
        token.safeBatchTransferFrom(plant, address(market), ids, amounts, "");
    }

    function test_deposit_isAParticipants() public {
        token.mint(stranger, CREDIT, 1);
        vm.prank(stranger);
        vm.expectRevert(_notAllowed(stranger));
        token.safeTransferFrom(stranger, address(market), CREDIT, 1, "");
    }

    function test_deposit_isSomethingThatTheLedgerHolds() public {
        token.mint(plant, CREDIT, MOST + 1);
        vm.startPrank(plant);
        vm.expectRevert(abi.encodeWithSelector(IPowerMarket.PowerBadAmount.selector, 0));
        token.safeTransferFrom(plant, address(market), CREDIT, 0, "");
        vm.expectRevert(abi.encodeWithSelector(IPowerMarket.PowerBadAmount.selector, MOST + 1));
        token.safeTransferFrom(plant, address(market), CREDIT, MOST + 1, "");
        token.safeTransferFrom(plant, address(market), CREDIT, MOST, "");
        vm.stopPrank();
        assertEq(_free(_own(plantId)), MOST * MICRO);
        // 2^96 is far away: written instead of deposited.
        vm.store(address(market), _slotOf(_own(plantId)), bytes32(uint256(type(uint96).max - 3 * MICRO)));
        token.mint(plant, CREDIT, 4);
        vm.startPrank(plant);
        vm.expectRevert(abi.encodeWithSelector(IPowerMarket.PowerBadAmount.selector, 4 * MICRO));
        token.safeTransferFrom(plant, address(market), CREDIT, 4, "");
        token.safeTransferFrom(plant, address(market), CREDIT, 3, "");
        assertEq(_free(_own(plantId)), type(uint96).max);
    }

    /// @dev Where an account is: the first slot that reading it touches.
    function _slotOf(uint32 account) private returns (bytes32) {
        vm.record();
        market.accountOf(_account(account));
        (bytes32[] memory reads,) = vm.accesses(address(market));
        return reads[0];
    }

    function test_withdraw_takesFreeCreditsOut() public {
        _deposit(plant, 40);
        vm.expectEmit(address(market));
        emit IPowerMarket.CreditsWithdrawn(_account(_own(plantId)), plant, 15 * MICRO);
        vm.prank(plant);
        market.withdraw(15, plant);
        assertEq(_free(_own(plantId)), 25 * MICRO);
        assertEq(token.balanceOf(plant, CREDIT), 15);
        assertEq(token.balanceOf(address(market), CREDIT), 25);
    }

    function test_withdraw_isToAWalletOfOnesOwn() public {
        _deposit(plant, 40);
        address safe = _wallet(plant, "safe", WalletRights.ALL - WalletRights.WITHDRAW);
        vm.startPrank(plant);
        vm.expectRevert(abi.encodeWithSelector(IPowerMarket.PowerForeignWallet.selector, sponsor, plantId));
        market.withdraw(1, sponsor);
        vm.expectRevert(abi.encodeWithSelector(IPowerMarket.PowerForeignWallet.selector, stranger, plantId));
        market.withdraw(1, stranger);
        market.withdraw(1, safe);
        vm.stopPrank();
        assertEq(token.balanceOf(safe, CREDIT), 1);
        vm.prank(safe);
        vm.expectRevert(_notAllowed(safe));
        market.withdraw(1, safe);
    }

    function test_withdraw_isOfSomethingThatIsThere() public {
        _deposit(plant, 40);
        vm.startPrank(plant);
        vm.expectRevert(abi.encodeWithSelector(IPowerMarket.PowerBadAmount.selector, 0));
        market.withdraw(0, plant);
        vm.expectRevert(abi.encodeWithSelector(IPowerMarket.PowerBadAmount.selector, MOST + 1));
        market.withdraw(MOST + 1, plant);
        vm.expectRevert(_short(_own(plantId), 40 * MICRO, 41 * MICRO));
        market.withdraw(41, plant);
    }

    function test_withdraw_leavesWhatIsSetAside() public {
        _deposit(plant, 40);
        vm.startPrank(plant);
        market.deposit(uint96(10 * MICRO)); // 10 units of the token
        vm.expectRevert(_short(_own(plantId), 30 * MICRO, 31 * MICRO));
        market.withdraw(31, plant);
        market.withdraw(30, plant);
    }

    function test_withdraw_notByASuspendedParticipant() public {
        _deposit(plant, 40);
        vm.prank(officer);
        participants.suspend(plantId, 0);
        vm.prank(plant);
        vm.expectRevert(_notAllowed(plant));
        market.withdraw(1, plant);
    }

    function test_supportsInterface() public view {
        assertTrue(market.supportsInterface(type(IERC1155Receiver).interfaceId));
        assertTrue(market.supportsInterface(type(IERC165).interfaceId));
        assertFalse(market.supportsInterface(0xffffffff));
    }

    /* pseudonyms */

    function test_openPseudonyms_numbersThem_andGivesThemCredits() public {
        _deposit(sponsor, 100);
        address a = makeAddr("a key");
        address b = makeAddr("another key");
        (address[] memory signers, uint96[] memory amounts) = (new address[](2), new uint96[](2));
        (signers[0], signers[1], amounts[0]) = (a, b, 30);
        vm.expectEmit(address(market));
        emit IPowerMarket.PseudonymOpened(_account(FIRST_PSEUDONYM), sponsorId, a);
        vm.expectEmit(address(market));
        emit IPowerMarket.CreditsMoved(_account(_own(sponsorId)), _account(FIRST_PSEUDONYM), 30);
        vm.expectEmit(address(market));
        emit IPowerMarket.PseudonymOpened(_account(FIRST_PSEUDONYM + 1), sponsorId, b);
        vm.prank(sponsor);
        assertEq(PowerAccountId.unwrap(market.openPseudonyms(signers, amounts)), FIRST_PSEUDONYM);

        assertEq(_free(FIRST_PSEUDONYM), 30);
        assertEq(_free(_own(sponsorId)), 100 * MICRO - 30);
        assertEq(PowerAccountId.unwrap(market.pseudonymOf(b)), FIRST_PSEUDONYM + 1);
        assertEq(ParticipantId.unwrap(market.accountOf(_account(FIRST_PSEUDONYM)).sponsor), _own(sponsorId));
        assertEq(market.pseudonymCount(), 2);
        vm.prank(plant);
        market.openPseudonyms(_signer(makeAddr("a third")), _amount(0));
        assertEq(PowerAccountId.unwrap(market.pseudonymOf(makeAddr("a third"))), FIRST_PSEUDONYM + 2);
    }

    function test_openPseudonyms_aKeyStandsForOneAccount() public {
        _pseudonyms(1, 0);
        _refusesSigner(vm.addr(_key(0)), FIRST_PSEUDONYM);
        _refusesSigner(plant, 0);
        _refusesSigner(address(0), 0);
        (address[] memory signers, uint96[] memory amounts) = (new address[](2), new uint96[](2));
        (signers[0], signers[1]) = (stranger, stranger);
        vm.prank(sponsor);
        vm.expectRevert(abi.encodeWithSelector(IPowerMarket.PowerSignerTaken.selector, stranger, FIRST_PSEUDONYM + 1));
        market.openPseudonyms(signers, amounts);
    }

    function _refusesSigner(address signer, uint32 account) private {
        vm.prank(sponsor);
        vm.expectRevert(abi.encodeWithSelector(IPowerMarket.PowerSignerTaken.selector, signer, account));
        market.openPseudonyms(_signer(signer), _amount(0));
    }

    function test_openPseudonyms_ofWhatIsThere_inListsOfOneLength() public {
        _deposit(sponsor, 1);
        vm.startPrank(sponsor);
        vm.expectRevert(_short(_own(sponsorId), MICRO, MICRO + 1));
        market.openPseudonyms(_signer(stranger), _amount(uint96(MICRO) + 1));
        vm.expectRevert(abi.encodeWithSelector(IPowerMarket.PowerTooMany.selector, 1, 200));
        market.openPseudonyms(_signer(stranger), new uint96[](0));
        vm.expectRevert(abi.encodeWithSelector(IPowerMarket.PowerTooMany.selector, 201, 200));
        market.openPseudonyms(new address[](201), new uint96[](201));
    }

    function test_openPseudonyms_fund_sweep_areByTradersOfActiveParticipants() public {
        address clerk = _wallet(sponsor, "clerk", WalletRights.ALL - WalletRights.TRADE);
        _pseudonyms(1, 0);
        _refusesAll(clerk);
        _refusesAll(stranger);
        vm.prank(officer);
        participants.suspend(sponsorId, 0);
        _refusesAll(sponsor);
    }

    function _refusesAll(address who) private {
        vm.startPrank(who);
        vm.expectRevert(_notAllowed(who));
        market.openPseudonyms(_signer(makeAddr("fresh")), _amount(0));
        vm.expectRevert(_notAllowed(who));
        market.fund(_one(FIRST_PSEUDONYM), _amount(0));
        vm.expectRevert(_notAllowed(who));
        market.sweep(_one(FIRST_PSEUDONYM));
        vm.stopPrank();
    }

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
            bytes memory reason = abi.encodeWithSelector(IPowerMarket.PowerNotSponsor.selector, others[i], plantId);
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
