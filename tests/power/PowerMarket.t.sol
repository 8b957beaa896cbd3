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

/// @dev What a market is made with, and its ledger: credits that come and go.
contract PowerMarketTest is PowerCase {
    uint256 private constant MOST = type(uint64).max;

    function _account(uint32 number) private pure returns (PowerAccountId) {
        return PowerAccountId.wrap(number);
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
}
