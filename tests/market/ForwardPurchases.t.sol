// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IERC1155Receiver, IERC165} from "@openzeppelin/contracts/token/ERC1155/IERC1155Receiver.sol";
import {IERC1155Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";

import {Forward, ForwardStatus, ForwardTerms, IForwardPurchases} from "../../interfaces/market/IForwardPurchases.sol";
import {ParticipantId, UnitId} from "../../interfaces/types/Ids.sol";
import {IPayouts} from "../../interfaces/parties/IPayouts.sol";
import {IPausable} from "../../interfaces/rules/IPausable.sol";
import {IOffsetCredits} from "../../interfaces/units/IOffsetCredits.sol";
import {WalletRights} from "../../interfaces/parties/IParticipants.sol";
import {Monitoring, ProjectId} from "../../interfaces/evidence/IProjects.sol";
import {IERC7943MultiToken} from "../../interfaces/standards/IERC7943MultiToken.sol";
import {ISettlementCurrency} from "../../interfaces/market/ISettlementCurrency.sol";
import {HeldAccounts} from "../../interfaces/types/HeldAccounts.sol";
import {IUnit1155} from "../../interfaces/units/IUnit1155.sol";
import {IWalletRecovery} from "../../interfaces/parties/IWalletRecovery.sol";
import {UnitsBase} from "../units/UnitsBase.sol";
import {BlockingCurrency, LeakyCurrency, StrikingPayer, StrikingCurrency} from "./ForwardDoubles.sol";

/// @dev Alice's company buys from the developer: 1,000 t of project 1 at 5.00 a tonne, within 30 days.
contract ForwardPurchasesTest is UnitsBase {
    uint64 private constant AMOUNT = 1_000;
    uint64 private constant PRICE = 500;
    uint64 private constant BOND = 100; // a tonne
    uint256 private constant TOTAL = 500_000;
    uint256 private constant BONDED = 100_000;
    uint40 private constant DEADLINE = 1_612_137_600 + 30 days;

    IForwardPurchases private forwards;
    ISettlementCurrency private currency;
    address private clerk = makeAddr("clerk"); // wallet of the developer that may not trade

    function setUp() public override {
        super.setUp();
        forwards = IForwardPurchases(
            vm.deployCode("ForwardPurchases.sol:ForwardPurchases", abi.encode(participants, credits))
        );
        currency = ISettlementCurrency(
            vm.deployCode("SettlementCurrency.sol:SettlementCurrency", abi.encode(manager, "Renminbi", "CNY"))
        );
        credits.setController(address(forwards), EXIT | 1 << 8); // keeps units, ends none
        currency.mint(alice, 2 * TOTAL);
        currency.mint(dora, 2 * BONDED);
        vm.prank(alice);
        currency.approve(address(forwards), type(uint256).max);
        vm.startPrank(dora);
        currency.approve(address(forwards), type(uint256).max);
        credits.setApprovalForAll(address(forwards), true);
        vm.stopPrank();
        _addWallet(dora, clerk, WalletRights.ALL - WalletRights.TRADE);
    }

    function _terms() private view returns (ForwardTerms memory) {
        return ForwardTerms({
            seller: developer,
            project: ProjectId.wrap(1),
            vintage: VINTAGE,
            amount: AMOUNT,
            price: PRICE,
            bond: BOND,
            deadline: DEADLINE,
            currency: address(currency)
        });
    }

    function _offer(ForwardTerms memory terms) private returns (uint256) {
        vm.prank(alice);
        return forwards.offer(terms);
    }

    function _accept(uint256 id) private {
        vm.prank(dora);
        forwards.accept(id);
    }

    function _agreed() private returns (uint256 id) {
        id = _offer(_terms());
        _accept(id);
    }

    function _deliver(uint256 id, UnitId unit, uint64 amount) private {
        vm.prank(dora);
        forwards.deliver(id, unit, amount);
    }

    function _end(uint256 id, address by) private {
        vm.prank(by);
        forwards.end(id);
    }

    function _collect(address by) private {
        (ParticipantId payee,,) = participants.walletOf(by);
        vm.prank(by);
        forwards.withdrawPayout(ParticipantId.unwrap(payee), uint160(address(currency)), by);
    }

    function _owed(ParticipantId payee) private view returns (uint256) {
        return forwards.payoutOf(ParticipantId.unwrap(payee), uint160(address(currency)));
    }

    /// @dev The next withdrawal of a payee's money by a wallet to itself is refused.
    function _refuseCollecting(address by, ParticipantId payee) private {
        uint256 number = ParticipantId.unwrap(payee);
        vm.expectRevert(abi.encodeWithSelector(IPayouts.PayoutsNotPayee.selector, by, number, by));
        vm.prank(by);
        forwards.withdrawPayout(number, uint160(address(currency)), by);
    }

    function _refuseTerms(ForwardTerms memory terms) private {
        vm.expectRevert(abi.encodeWithSelector(IForwardPurchases.ForwardBadTerms.selector, terms));
        _offer(terms);
    }

    function _refuseParty(address wallet, ParticipantId party) private {
        vm.expectRevert(abi.encodeWithSelector(IForwardPurchases.ForwardNotParty.selector, wallet, party));
        vm.prank(wallet);
    }

    function _expectStatus(uint256 id, ForwardStatus status) private {
        vm.expectRevert(abi.encodeWithSelector(IForwardPurchases.ForwardWrongStatus.selector, id, status));
    }

    /* OFFER AND ACCEPT */

    function test_offer_escrowsThePrice() public {
        vm.expectEmit(address(forwards));
        emit IForwardPurchases.ForwardOffered(1, alpha, developer, alice, _terms());
        assertEq(_offer(_terms()), 1);
        assertEq(forwards.count(), 1);
        assertEq(currency.balanceOf(address(forwards)), TOTAL);
        assertEq(currency.balanceOf(alice), TOTAL);
        Forward memory f = forwards.forwardOf(1);
        assertTrue(f.buyer == alpha && f.seller == developer && f.status == ForwardStatus.Offered);
        assertTrue(
            f.amount == AMOUNT && f.price == PRICE && f.bond == BOND && f.delivered == 0 && f.deadline == DEADLINE
        );
        assertTrue(f.vintage == VINTAGE && ProjectId.unwrap(f.project) == 1 && f.currency == address(currency));
    }

    function test_offer_refusesTermsThatSayNothing() public {
        ForwardTerms memory terms = _terms();
        terms.seller = ParticipantId.wrap(0);
        _refuseTerms(terms);
        terms.seller = alpha;
        _refuseTerms(terms);
        terms = _terms();
        terms.amount = 0;
        _refuseTerms(terms);
        terms = _terms();
        terms.price = 0;
        _refuseTerms(terms);
        terms = _terms();
        terms.bond = PRICE / 10 - 1;
        _refuseTerms(terms);
        terms.price = type(uint64).max;
        terms.bond = type(uint64).max / 10; // rounded up it is one more
        _refuseTerms(terms);
        terms = _terms();
        terms.project = ProjectId.wrap(0);
        _refuseTerms(terms);
        terms = _terms();
        terms.deadline = uint40(block.timestamp - 1);
        vm.expectRevert(abi.encodeWithSelector(IForwardPurchases.ForwardTooLate.selector, 1, terms.deadline));
        _offer(terms);
    }

    function test_offer_isAsLateAsItsDeadline() public {
        vm.warp(DEADLINE);
        uint256 id = _offer(_terms());
        _accept(id);
        _expectStatus(id, ForwardStatus.Accepted);
        _accept(id);
    }

    function test_offer_isForTradersOnly() public {
        _refuseParty(stranger, ParticipantId.wrap(0));
        forwards.offer(_terms());
        _refuseParty(clerk, developer);
        forwards.offer(_terms());
        _suspend(alpha);
        _refuseParty(alice, alpha);
        forwards.offer(_terms());
    }

    function test_accept_isTheSellers() public {
        uint256 id = _offer(_terms());
        _refuseParty(bob, developer);
        forwards.accept(id);
        _refuseParty(clerk, developer);
        forwards.accept(id);
        vm.expectEmit(address(forwards));
        emit IForwardPurchases.ForwardAccepted(id, dora, BONDED);
        _accept(id);
        assertEq(currency.balanceOf(address(forwards)), TOTAL + BONDED);
        _expectStatus(id, ForwardStatus.Accepted);
        _accept(id);
    }

    function test_accept_endsWithTheDeadline() public {
        uint256 id = _offer(_terms());
        vm.warp(DEADLINE + 1);
        vm.expectRevert(abi.encodeWithSelector(IForwardPurchases.ForwardTooLate.selector, id, DEADLINE));
        _accept(id);
        vm.warp(DEADLINE);
        _accept(id);
    }

    /* DELIVER */

    function testFuzz_deliver_paysForExactlyWhatComes(uint64[3] memory parts) public {
        uint256 id = _agreed();
        UnitId unit = _batch(1, AMOUNT);
        uint64 sent;
        for (uint256 i = 0; i < 3 && sent < AMOUNT; ++i) {
            uint64 part = uint64(bound(parts[i], 1, AMOUNT - sent));
            vm.expectEmit(address(forwards));
            emit IForwardPurchases.ForwardDelivered(
                id, unit, dora, alice, part, uint256(part) * PRICE, uint256(part) * BOND
            );
            _deliver(id, unit, part);
            sent += part;
        }
        assertEq(credits.balanceOf(alice, UnitId.unwrap(unit)), sent);
        uint256 left = AMOUNT - sent;
        assertEq(_owed(developer), uint256(sent) * (PRICE + BOND));
        _collect(dora);
        assertEq(currency.balanceOf(dora), BONDED + uint256(sent) * (PRICE + BOND));
        assertEq(currency.balanceOf(address(forwards)), left * (PRICE + BOND));
        assertEq(forwards.forwardOf(id).delivered, sent);

        vm.warp(DEADLINE + 1);
        vm.expectEmit(address(forwards));
        emit IForwardPurchases.ForwardEnded(id, stranger, left * PRICE, left * BOND);
        _end(id, stranger);
        assertEq(_owed(alpha), left * (PRICE + BOND));
        if (left != 0) _collect(alice);
        assertEq(currency.balanceOf(address(forwards)), 0);
        assertEq(currency.balanceOf(alice), 2 * TOTAL - uint256(sent) * PRICE + left * BOND);
    }

    function test_deliver_takesNoMoreThanAgreed() public {
        uint256 id = _agreed();
        _offer(_terms()); // another's money lies beside it
        UnitId unit = _batch(1, 2 * AMOUNT);
        vm.expectRevert(abi.encodeWithSelector(IForwardPurchases.ForwardBadAmount.selector, id, 0, AMOUNT));
        _deliver(id, unit, 0);
        _deliver(id, unit, AMOUNT - 1);
        vm.expectRevert(abi.encodeWithSelector(IForwardPurchases.ForwardBadAmount.selector, id, 2, 1));
        _deliver(id, unit, 2);
    }

    function test_deliver_takesNoOtherProjectOrVintage() public {
        uint256 id = _agreed();
        Monitoring memory m = _monitoring(AMOUNT, 0);
        m.project = ProjectId.wrap(2);
        projects.set(7, m, true);
        vm.prank(officer);
        UnitId other = issuance.issueFromReport(7);
        bytes4 wrong = IForwardPurchases.ForwardWrongUnits.selector;
        vm.expectRevert(abi.encodeWithSelector(wrong, other, ProjectId.wrap(1), VINTAGE));
        _deliver(id, other, 1);

        m = _monitoring(AMOUNT, 0);
        m.vintage = VINTAGE + 1;
        projects.set(8, m, true);
        vm.prank(officer);
        other = issuance.issueFromReport(8);
        vm.expectRevert(abi.encodeWithSelector(wrong, other, ProjectId.wrap(1), VINTAGE));
        _deliver(id, other, 1);
    }

    function test_deliver_takesNoUnitsThatAreNotIssuedOrDoNotMove() public {
        uint256 id = _agreed();
        UnitId unit = _id(2, VINTAGE, 1);
        vm.expectRevert(abi.encodeWithSelector(IOffsetCredits.OffsetBatchUnknown.selector, unit));
        _deliver(id, unit, 1);
        unit = _batch(1, AMOUNT);
        vm.prank(officer);
        batchDesk.setLocked(unit, true, REASON);
        vm.expectPartialRevert(IERC7943MultiToken.ERC7943CannotTransfer.selector);
        _deliver(id, unit, 1);
        assertEq(currency.balanceOf(dora), BONDED);
    }

    function test_deliver_needsTheSellersApprovalAndUnits() public {
        uint256 id = _agreed();
        UnitId unit = _batch(1, 10);
        vm.prank(dora);
        credits.setApprovalForAll(address(forwards), false);
        vm.expectRevert(
            abi.encodeWithSelector(IERC1155Errors.ERC1155MissingApprovalForAll.selector, address(forwards), dora)
        );
        _deliver(id, unit, 1);
        vm.prank(dora);
        credits.setApprovalForAll(address(forwards), true);
        vm.expectRevert(abi.encodeWithSelector(IERC1155Errors.ERC1155InsufficientBalance.selector, dora, 10, 11, unit));
        _deliver(id, unit, 11);
    }

    function test_deliver_isTheSellersAndInTime() public {
        uint256 id = _offer(_terms());
        UnitId unit = _batch(1, AMOUNT);
        _expectStatus(id, ForwardStatus.Offered);
        _deliver(id, unit, 1);
        _accept(id);
        _refuseParty(bob, developer);
        forwards.deliver(id, unit, 1);
        vm.warp(DEADLINE + 1);
        vm.expectRevert(abi.encodeWithSelector(IForwardPurchases.ForwardTooLate.selector, id, DEADLINE));
        _deliver(id, unit, 1);
        vm.warp(DEADLINE);
        _deliver(id, unit, 1);
        _end(id, dora);
        _expectStatus(id, ForwardStatus.Ended);
        _deliver(id, unit, 1);
    }

    /* END */

    function test_end_isTheBuyersOnlyUntilTheSellerAccepts() public {
        uint256 id = _offer(_terms());
        _end(id, alice);
        _collect(alice);
        assertEq(currency.balanceOf(alice), 2 * TOTAL);
        _expectStatus(id, ForwardStatus.Ended);
        _accept(id);
        _expectStatus(id, ForwardStatus.Ended);
        _end(id, alice);

        id = _agreed();
        vm.expectRevert(abi.encodeWithSelector(IForwardPurchases.ForwardBound.selector, id, DEADLINE));
        _end(id, alice);
        vm.warp(DEADLINE + 1);
        _end(id, alice);
        _collect(alice);
        assertEq(currency.balanceOf(alice), 2 * TOTAL + BONDED);
    }

    /// @dev The seller gives it up, and its bond with it: neither side has a free option.
    function test_end_beforeTheDeadlineIsNobodyElses() public {
        uint256 id = _agreed();
        _refuseParty(bob, alpha);
        forwards.end(id);
        _refuseParty(stranger, ParticipantId.wrap(0));
        forwards.end(id);
        _end(id, dora);
        assertEq(_owed(alpha), TOTAL + BONDED);
        assertEq(currency.balanceOf(dora), BONDED);
        assertTrue(forwards.forwardOf(id).status == ForwardStatus.Ended);
    }

    /// @dev At the deadline itself a delivery is in time: the parties alone may end it before.
    function test_end_isOthersOnlyAfterTheDeadline() public {
        uint256 id = _agreed();
        vm.warp(DEADLINE);
        _refuseParty(stranger, ParticipantId.wrap(0));
        forwards.end(id);
        vm.expectRevert(abi.encodeWithSelector(IForwardPurchases.ForwardBound.selector, id, DEADLINE));
        _end(id, alice);
        vm.warp(DEADLINE + 1);
        _end(id, stranger);
    }

    /* BOUND MEANS BOUND */

    /// @dev The buyer removed its paying wallet, the delivery was refused, and the whole price went back.
    function test_aBuyerThatRemovesItsPayingWallet_isBound() public {
        address payer = makeAddr("payer");
        _addWallet(alice, payer, WalletRights.TRADE);
        currency.mint(payer, TOTAL);
        vm.startPrank(payer);
        currency.approve(address(forwards), TOTAL);
        uint256 id = forwards.offer(_terms());
        vm.stopPrank();
        _accept(id);
        UnitId unit = _batch(1, AMOUNT);
        vm.prank(alice);
        participants.removeWallet(payer);

        _deliver(id, unit, AMOUNT);
        assertEq(credits.balanceOf(alice, UnitId.unwrap(unit)), AMOUNT);
        assertEq(_owed(developer), BONDED + TOTAL);

        // Nor does a removed wallet get anything back.
        vm.startPrank(alice);
        id = forwards.offer(_terms());
        forwards.end(id);
        vm.stopPrank();
        _refuseCollecting(payer, alpha);
    }

    function test_aBuyerThatIsSuspended_isBound_andCollectsOnceReinstated() public {
        uint256 id = _agreed();
        UnitId unit = _batch(1, AMOUNT);
        _suspend(alpha);
        vm.expectEmit(address(forwards));
        emit IForwardPurchases.ForwardDelivered(id, unit, dora, address(forwards), 600, 300_000, 60_000);
        _deliver(id, unit, 600);
        assertEq(forwards.unitsFor(alpha, unit), 600);
        assertEq(_owed(developer), 360_000);
        vm.warp(DEADLINE + 1);
        _end(id, stranger);

        vm.expectRevert(abi.encodeWithSelector(IERC7943MultiToken.ERC7943CannotReceive.selector, alice));
        vm.prank(alice);
        forwards.collectUnits(unit);
        _refuseCollecting(alice, alpha);

        vm.prank(officer);
        participants.reinstate(alpha);
        vm.expectEmit(address(forwards));
        emit IForwardPurchases.ForwardUnitsCollected(alpha, unit, alice, 600);
        vm.prank(alice);
        forwards.collectUnits(unit);
        vm.expectEmit(address(forwards));
        emit IPayouts.PayoutWithdrawn(ParticipantId.unwrap(alpha), uint160(address(currency)), alice, 240_000);
        _collect(alice);
        _collect(dora);
        assertEq(credits.balanceOf(alice, UnitId.unwrap(unit)), 600);
        assertEq(forwards.unitsFor(alpha, unit), 0);
        assertEq(currency.balanceOf(address(forwards)), 0);
    }

    function test_aBuyerThatIsClosed_isBound_andKeepsItsMoney() public {
        uint256 id = _agreed();
        UnitId unit = _batch(1, AMOUNT);
        vm.prank(officer);
        participants.close(alpha);
        _deliver(id, unit, 600);
        _collect(dora);
        assertEq(forwards.unitsFor(alpha, unit), 600);
        vm.warp(DEADLINE + 1);
        _end(id, stranger);
        _collect(alice);
        assertEq(currency.balanceOf(address(forwards)), 0);
    }

    /// @dev Units come by a delivery alone, one id at a time.
    function test_unitsThatNothingDelivers_areRefused() public {
        IERC1155Receiver receiver = IERC1155Receiver(address(forwards));
        vm.startPrank(address(credits));
        vm.expectRevert(abi.encodeWithSelector(IForwardPurchases.ForwardNotDelivered.selector, address(credits), dora));
        receiver.onERC1155Received(dora, dora, 1, 1, "");
        vm.expectRevert(abi.encodeWithSelector(IForwardPurchases.ForwardNotDelivered.selector, address(credits), dora));
        receiver.onERC1155BatchReceived(dora, dora, new uint256[](1), new uint256[](1), "");
        vm.stopPrank();
        assertTrue(receiver.supportsInterface(type(IERC1155Receiver).interfaceId));
        assertTrue(receiver.supportsInterface(type(IERC165).interfaceId));
        assertFalse(receiver.supportsInterface(0xffffffff));
    }

    /// @dev An accepted purchase whose buyer's wallet is a contract, and the batch to deliver.
    function _acceptedByContract() private returns (StrikingPayer payer, ParticipantId buyer, uint256 id, UnitId unit) {
        payer = new StrikingPayer(address(forwards));
        buyer = _register(address(payer));
        currency.mint(address(payer), TOTAL);
        payer.approve(currency, TOTAL);
        id = payer.offer(_terms());
        _accept(id);
        unit = _batch(1, AMOUNT);
    }

    function test_aReceiverThatRefuses_isBound() public {
        (StrikingPayer payer, ParticipantId buyer, uint256 id, UnitId unit) = _acceptedByContract();
        payer.refuse();
        _deliver(id, unit, AMOUNT);
        assertEq(credits.balanceOf(address(forwards), UnitId.unwrap(unit)), AMOUNT);
        assertEq(forwards.unitsFor(buyer, unit), AMOUNT);
        assertEq(_owed(developer), BONDED + TOTAL);
    }

    /// @dev Two million gas are enough, whatever the buyer's wallet does with its share.
    function test_aReceiverThatBurnsItsGas_isBound() public {
        (StrikingPayer payer, ParticipantId buyer, uint256 id, UnitId unit) = _acceptedByContract();
        payer.burn();
        vm.prank(dora);
        forwards.deliver{gas: 2_000_000}(id, unit, AMOUNT);
        assertEq(forwards.unitsFor(buyer, unit), AMOUNT);
        assertEq(_owed(developer), BONDED + TOTAL);
    }

    /// @dev Keys of both were stolen; what each is owed goes to the wallets that the offices decided on.
    function test_aBuyerWhoseKeysWereStolen_getsUnitsAndMoneyAtItsFreshWallet() public {
        uint256 id = _agreed();
        UnitId unit = _batch(1, AMOUNT);
        _deliver(id, unit, 100);
        address fresh = makeAddr("fresh");
        _recover(alpha, fresh);
        _deliver(id, unit, 600);
        assertEq(credits.balanceOf(fresh, UnitId.unwrap(unit)), 600);
        UnitId[] memory ids = new UnitId[](1);
        ids[0] = unit;
        credits.recoverHoldings(alice, ids);
        assertEq(credits.balanceOf(fresh, UnitId.unwrap(unit)), 700);
        vm.warp(DEADLINE + 1);
        _end(id, stranger);
        _refuseCollecting(alice, alpha);
        _collect(fresh);
        assertEq(currency.balanceOf(fresh), 300 * uint256(PRICE + BOND));
    }

    /// @dev A suspended seller cannot deliver; the buyer's money and the bond are free at the deadline.
    function test_aSellerThatIsSuspended_holdsNothingUp() public {
        uint256 id = _agreed();
        _suspend(developer);
        vm.warp(DEADLINE + 1);
        _end(id, stranger);
        _collect(alice);
        assertEq(currency.balanceOf(alice), 2 * TOTAL + BONDED);
    }

    /// @dev What the contract keeps is neither an officer's to move nor to freeze, and none sends it anything else.
    function test_whatIsKept_isTheBuyersAlone() public {
        uint256 id = _agreed();
        UnitId unit = _batch(1, AMOUNT);
        _suspend(alpha);
        _deliver(id, unit, 600);
        vm.startPrank(officer);
        vm.expectRevert(abi.encodeWithSelector(IUnit1155.UnitVenueProtected.selector, address(forwards)));
        credits.forcedTransfer(address(forwards), bob, UnitId.unwrap(unit), 600);
        vm.expectRevert(abi.encodeWithSelector(IUnit1155.UnitVenueProtected.selector, address(forwards)));
        credits.setFrozenTokens(address(forwards), UnitId.unwrap(unit), 600);
        vm.stopPrank();
        _refuseParty(clerk, developer);
        forwards.deliver(id, unit, 1);
        assertEq(_owed(developer), 360_000);
        _collect(clerk); // may not trade, may withdraw

        vm.expectRevert(abi.encodeWithSelector(IForwardPurchases.ForwardNotDelivered.selector, address(credits), dora));
        vm.prank(dora);
        credits.safeTransferFrom(dora, address(forwards), UnitId.unwrap(unit), 1, "");
    }

    /// @dev Two deliveries of one batch and one of another are kept; each adds to what is there, and each batch is collected alone.
    function test_whatIsKept_addsUpBatchByBatch() public {
        uint256 id = _agreed();
        (UnitId unit, UnitId other) = (_batch(1, AMOUNT), _batch(2, AMOUNT));
        _suspend(alpha);
        _deliver(id, unit, 600);
        _deliver(id, other, 100);
        _deliver(id, unit, 50);
        assertEq(forwards.unitsFor(alpha, unit), 650);
        assertEq(forwards.unitsFor(alpha, other), 100);
        vm.prank(officer);
        participants.reinstate(alpha);
        vm.prank(alice);
        assertEq(forwards.collectUnits(unit), 650);
        assertEq(credits.balanceOf(alice, UnitId.unwrap(unit)), 650);
        assertEq(forwards.unitsFor(alpha, other), 100);
        assertEq(credits.balanceOf(address(forwards), UnitId.unwrap(other)), 100);
    }

    /// @dev A purchase in a currency that the buyer prints itself, beside one in money: each is paid in its own.
    function test_end_paysEachPurchaseInItsOwnCurrency() public {
        BlockingCurrency printed = new BlockingCurrency();
        printed.mint(alice, TOTAL);
        vm.prank(alice);
        printed.approve(address(forwards), TOTAL);
        ForwardTerms memory terms = _terms();
        uint256 first = _offer(terms);
        terms.currency = address(printed);
        uint256 second = _offer(terms);
        _end(second, alice);
        assertEq(_owed(alpha), 0);
        assertEq(forwards.payoutOf(ParticipantId.unwrap(alpha), uint160(address(printed))), TOTAL);
        _end(first, alice);
        assertEq(_owed(alpha), TOTAL);
    }

    /// @dev Two purchases of the same two parties at other prices: each delivery is paid by the terms of its own.
    function test_deliver_paysByTheTermsOfItsOwnPurchase() public {
        uint256 dear = _agreed();
        ForwardTerms memory terms = _terms();
        (terms.price, terms.bond) = (PRICE / 5, PRICE / 50); // the least bond there may be
        uint256 cheap = _offer(terms);
        _accept(cheap);
        UnitId unit = _batch(1, AMOUNT);
        _deliver(cheap, unit, 10);
        assertEq(_owed(developer), 10 * uint256(terms.price + terms.bond));
        _deliver(dear, unit, 1);
        assertEq(_owed(developer), 10 * uint256(terms.price + terms.bond) + PRICE + BOND);
        assertEq(forwards.forwardOf(dear).delivered, 1);
        assertEq(forwards.forwardOf(cheap).delivered, 10);
    }

    function test_collect_needsTheRightToWithdraw() public {
        address desk = makeAddr("desk without withdrawals");
        _addWallet(alice, desk, WalletRights.ALL - WalletRights.WITHDRAW);
        _refuseCollecting(desk, alpha);
        _refuseParty(desk, alpha);
        forwards.collectUnits(UnitId.wrap(1));
    }

    function _recover(ParticipantId id, address fresh) private {
        (address[] memory wallets, uint8[] memory rights) = (new address[](1), new uint8[](1));
        (wallets[0], rights[0]) = (fresh, WalletRights.ALL);
        IWalletRecovery recoveries = IWalletRecovery(address(participants));
        vm.prank(alice);
        recoveries.claimTheft(id, REASON);
        vm.prank(fresh);
        recoveries.joinRecovery(id);
        vm.prank(officer);
        recoveries.proposeRecovery(id, wallets, rights, REASON);
        skip(7 days);
        vm.prank(arbiter);
        recoveries.upholdRecovery(id, wallets, rights);
    }

    function test_forwardOf_knowsOnlyWhatWasOffered() public {
        vm.expectRevert(abi.encodeWithSelector(IForwardPurchases.ForwardUnknown.selector, 1));
        forwards.forwardOf(1);
        vm.expectRevert(abi.encodeWithSelector(IForwardPurchases.ForwardUnknown.selector, 1));
        _end(1, alice);
        vm.expectRevert(abi.encodeWithSelector(IForwardPurchases.ForwardUnknown.selector, 0));
        _accept(0);
    }

    /* HOSTILE TOKENS AND RECEIVERS */

    function test_offer_refusesACurrencyThatKeepsAPart() public {
        LeakyCurrency leaky = new LeakyCurrency();
        leaky.mint(alice, TOTAL);
        vm.prank(alice);
        leaky.approve(address(forwards), TOTAL);
        ForwardTerms memory terms = _terms();
        terms.currency = address(leaky);
        vm.expectRevert(
            abi.encodeWithSelector(
                IForwardPurchases.ForwardCurrencyShort.selector, address(leaky), TOTAL, TOTAL - TOTAL / 100
            )
        );
        _offer(terms);
    }

    /// @dev While its receipt is announced to it, the payer tries to have more delivered, to take its money back, and to be
    /// the seller. Its state is already that after the delivery.
    function test_deliver_isNotEnteredAgainByThePayer() public {
        StrikingPayer payer = new StrikingPayer(address(forwards));
        _register(address(payer));
        currency.mint(address(payer), TOTAL);
        payer.approve(currency, TOTAL);
        uint256 id = payer.offer(_terms());
        _accept(id);
        UnitId unit = _batch(1, AMOUNT);
        payer.plan(id, unit);
        _deliver(id, unit, 600);
        assertEq(payer.succeeded(), 0);
        assertEq(forwards.forwardOf(id).delivered, 600);
        (ParticipantId buyer,,) = participants.walletOf(address(payer));
        // In its wallet, or kept for it where its hook ran out of gas.
        uint256 held = forwards.unitsFor(buyer, unit);
        assertEq(credits.balanceOf(address(payer), UnitId.unwrap(unit)) + held, 600);
        assertEq(_owed(developer), 600 * uint256(PRICE + BOND));
        _collect(dora);
        assertEq(currency.balanceOf(address(forwards)), 400 * uint256(PRICE + BOND));
    }

    /// @dev The currency refuses the seller's wallet: no delivery was possible, and the bond went to the buyer.
    function test_deliver_isNotStoppedByACurrencyThatRefusesTheSeller() public {
        BlockingCurrency blocking = new BlockingCurrency();
        blocking.mint(alice, TOTAL);
        blocking.mint(dora, BONDED);
        vm.prank(alice);
        blocking.approve(address(forwards), TOTAL);
        vm.prank(dora);
        blocking.approve(address(forwards), BONDED);
        ForwardTerms memory terms = _terms();
        terms.currency = address(blocking);
        uint256 id = _offer(terms);
        _accept(id);
        blocking.refuse(dora);

        UnitId unit = _batch(1, AMOUNT);
        _deliver(id, unit, AMOUNT);
        assertEq(credits.balanceOf(alice, UnitId.unwrap(unit)), AMOUNT);
        uint256 seller = ParticipantId.unwrap(developer);
        vm.startPrank(dora);
        vm.expectRevert();
        forwards.withdrawPayout(seller, uint160(address(blocking)), dora);
        forwards.withdrawPayout(seller, uint160(address(blocking)), clerk); // its other wallet
        vm.stopPrank();
        assertEq(blocking.balanceOf(clerk), TOTAL + BONDED);
    }

    /// @dev A seller that wrote the currency comes back in the middle of its own payment, to be paid or to end it twice.
    function test_deliver_isNotEnteredAgainByTheCurrency() public {
        StrikingCurrency striking = new StrikingCurrency(forwards, participants);
        _register(address(striking));
        striking.mint(alice, 2 * TOTAL);
        striking.mint(address(striking), BONDED);
        vm.prank(alice);
        striking.approve(address(forwards), 2 * TOTAL);
        ForwardTerms memory terms = _terms();
        terms.currency = address(striking);
        (terms.seller,,) = participants.walletOf(address(striking));
        uint256 id = _offer(terms);
        _offer(terms); // its money lies beside, to be taken
        striking.accept(id);
        UnitId unit = _batch(1, AMOUNT);
        vm.prank(dora);
        credits.safeTransferFrom(dora, address(striking), UnitId.unwrap(unit), AMOUNT, "");
        striking.approveUnits(credits);

        striking.deliverAgain(id, unit, 600); // and 600 again in the middle: only 400 are left
        assertEq(striking.succeeded(), 0);
        assertEq(forwards.forwardOf(id).delivered, 600);

        _end(id, address(striking));
        striking.collectAgain(); // its own, once: the rest is the buyer's
        assertEq(striking.succeeded(), 0);
        assertEq(striking.balanceOf(address(forwards)), TOTAL + 400 * uint256(PRICE + BOND));
    }

    /* PAUSE */

    function test_aPause_givesTheSellerTheTimeBack() public {
        uint256 id = _agreed();
        vm.warp(DEADLINE - 1 hours);
        IPausable(address(forwards)).pause(1 days);
        bytes memory why = abi.encodeWithSelector(IPausable.PauseInForce.selector, DEADLINE + 23 hours);
        UnitId unit = _batch(1, AMOUNT);
        vm.expectRevert(why);
        _deliver(id, unit, AMOUNT);
        vm.warp(DEADLINE + 1);
        vm.expectRevert(why);
        _end(id, alice);

        vm.warp(DEADLINE + 23 hours);
        vm.expectRevert(abi.encodeWithSelector(IForwardPurchases.ForwardBound.selector, id, DEADLINE));
        _end(id, alice);
        vm.warp(DEADLINE + 1 days);
        _deliver(id, unit, AMOUNT);
        assertGe(_owed(developer), TOTAL);
        vm.warp(DEADLINE + 4 days);
        IPausable(address(forwards)).pause(1 days);
        vm.expectRevert(abi.encodeWithSelector(IPausable.PauseInForce.selector, DEADLINE + 5 days));
        vm.prank(dora);
        forwards.withdrawPayout(ParticipantId.unwrap(developer), uint160(address(currency)), dora);
    }
}
