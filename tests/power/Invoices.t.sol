// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IPausable} from "../../interfaces/rules/IPausable.sol";
import {IERC1155Receiver} from "@openzeppelin/contracts/token/ERC1155/IERC1155Receiver.sol";
import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";

import {BillShares, ICreditBills, Invoice, InvoiceStatus, InvoiceTerms} from "../../interfaces/power/ICreditBills.sol";
import {ParticipantId, UnitId} from "../../interfaces/types/Ids.sol";
import {IPayouts} from "../../interfaces/parties/IPayouts.sol";
import {WalletRights} from "../../interfaces/parties/IParticipants.sol";
import {Horizon} from "../../contracts/lib/Horizon.sol";
import {BillsCase} from "./BillsCase.sol";

/// @dev Mason insulates Alice's house and is paid when it is done.
contract InvoicesTest is BillsCase {
    /* invoices */

    function _invoice() private view returns (InvoiceTerms memory) {
        return InvoiceTerms({
            seller: masonId,
            buyer: alpha,
            confirmer: gridId,
            credit: series,
            amount: PRICE,
            tariff: 0,
            deadline: uint40(block.timestamp + 30 days),
            subject: "insulation",
            nonce: 1
        });
    }

    function _issueInvoice(InvoiceTerms memory terms) private returns (uint256) {
        vm.prank(mason);
        return bills.issueInvoice(terms);
    }

    function _fund(uint256 invoice) private {
        vm.prank(alice);
        bills.fund(invoice);
    }

    function _settle(address by, uint256 invoice) private {
        vm.prank(by);
        bills.settle(invoice);
    }

    function _end(address by, uint256 invoice) private {
        vm.prank(by);
        bills.end(invoice);
    }

    function test_issueInvoice_isTheSellers() public {
        InvoiceTerms memory terms = _invoice();
        vm.expectEmit(address(bills));
        emit ICreditBills.InvoiceIssued(1, masonId, alpha, terms, mason);
        assertEq(_issueInvoice(terms), 1);
        Invoice memory i = bills.invoiceOf(1);
        assertTrue(i.status == InvoiceStatus.Issued);
        assertEq(i.amount, PRICE);

        vm.prank(bob);
        vm.expectRevert(abi.encodeWithSelector(ICreditBills.BillsNotParty.selector, bob, masonId));
        bills.issueInvoice(terms);
    }

    function test_issueInvoice_isByAWalletThatTradesForAnActiveSeller() public {
        address apprentice = makeAddr("apprentice");
        _addWallet(mason, apprentice, WalletRights.ALL - WalletRights.TRADE);
        vm.prank(apprentice);
        vm.expectRevert(abi.encodeWithSelector(ICreditBills.BillsNotParty.selector, apprentice, masonId));
        bills.issueInvoice(_invoice());
        _suspend(masonId);
        vm.expectRevert(abi.encodeWithSelector(ICreditBills.BillsNotParty.selector, mason, masonId));
        _issueInvoice(_invoice());
    }

    function test_issueInvoice_isNobodysWhereTheSellerIsNobody() public {
        InvoiceTerms memory terms = _invoice();
        terms.seller = NOBODY;
        vm.prank(stranger);
        vm.expectRevert(abi.encodeWithSelector(ICreditBills.BillsNotParty.selector, stranger, NOBODY));
        bills.issueInvoice(terms);
    }

    function test_issueInvoice_refusesTermsThatSayNothing() public {
        InvoiceTerms memory terms = _invoice();
        terms.buyer = NOBODY;
        _refusesInvoice(terms);
        terms = _invoice();
        terms.buyer = masonId;
        _refusesInvoice(terms);
        terms = _invoice();
        terms.confirmer = masonId;
        _refusesInvoice(terms);
        terms = _invoice();
        terms.amount = 0;
        _refusesInvoice(terms);
        terms = _invoice();
        terms.subject = 0;
        _refusesInvoice(terms);
    }

    function _refusesInvoice(InvoiceTerms memory terms) private {
        vm.expectRevert(abi.encodeWithSelector(ICreditBills.BillsBadInvoice.selector, terms));
        _issueInvoice(terms);
    }

    function test_issueInvoice_namesATariffThatIsOpen() public {
        InvoiceTerms memory terms = _invoice();
        terms.tariff = 9;
        vm.expectRevert(abi.encodeWithSelector(ICreditBills.BillsTariffNotOpen.selector, 9));
        _issueInvoice(terms);
        terms.tariff = tariff;
        vm.prank(province);
        bills.closeTariff(tariff);
        vm.expectRevert(abi.encodeWithSelector(ICreditBills.BillsTariffNotOpen.selector, tariff));
        _issueInvoice(terms);
    }

    function test_issueInvoice_comesInTime() public {
        InvoiceTerms memory terms = _invoice();
        terms.deadline = uint40(block.timestamp - 1);
        vm.expectRevert(abi.encodeWithSelector(ICreditBills.BillsTooLate.selector, 1, terms.deadline));
        _issueInvoice(terms);
    }

    function test_issueInvoice_countsOnce() public {
        _issueInvoice(_invoice());
        bytes32 digest = bills.invoiceDigest(_invoice());
        vm.expectRevert(abi.encodeWithSelector(ICreditBills.BillsIssuedBefore.selector, digest));
        _issueInvoice(_invoice());
        bytes memory signature = _signed(masonKey, _invoice());
        vm.expectRevert(abi.encodeWithSelector(ICreditBills.BillsIssuedBefore.selector, digest));
        bills.issueSigned(_invoice(), mason, signature);
    }

    function test_issueSigned_isBroughtByAnybody() public {
        bytes memory signature = _signed(masonKey, _invoice());
        vm.prank(stranger);
        assertEq(bills.issueSigned(_invoice(), mason, signature), 1);
        _fund(1);
        _settle(alice, 1);
        assertEq(_owed(masonId), PRICE);
    }

    function test_issueSigned_isTheSignersOverTheseTerms() public {
        bytes memory signature = _signed(masonKey, _invoice());
        InvoiceTerms memory other = _invoice();
        other.amount = PRICE + 1;
        bytes32 digest = bills.invoiceDigest(other);
        vm.expectRevert(abi.encodeWithSelector(ICreditBills.BillsBadSignature.selector, mason, digest));
        bills.issueSigned(other, mason, signature);

        // A good signature of somebody else's wallet.
        (address thief, uint256 key) = makeAddrAndKey("thief");
        signature = _signed(key, _invoice());
        vm.expectRevert(abi.encodeWithSelector(ICreditBills.BillsNotParty.selector, thief, masonId));
        bills.issueSigned(_invoice(), thief, signature);
    }

    function _signed(uint256 key, InvoiceTerms memory terms) private view returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, bills.invoiceDigest(terms));
        return abi.encodePacked(r, s, v);
    }

    /// @dev Written down once more: domain and struct, field by field.
    function test_invoiceDigest_isOfTheTypeThatIsPublished() public view {
        InvoiceTerms memory t = _invoice();
        bytes32 domain = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("tonne CreditBills"),
                keccak256("1"),
                block.chainid,
                address(bills)
            )
        );
        bytes32 hash = keccak256(
            abi.encode(
                keccak256(
                    "InvoiceTerms(uint24 seller,uint24 buyer,uint24 confirmer,uint256 credit,uint64 amount,uint32 tariff,uint40 deadline,bytes32 subject,uint64 nonce)"
                ),
                t.seller,
                t.buyer,
                t.confirmer,
                t.credit,
                t.amount,
                t.tariff,
                t.deadline,
                t.subject,
                t.nonce
            )
        );
        assertEq(bills.invoiceDigest(t), keccak256(abi.encodePacked(hex"1901", domain, hash)));
    }

    function test_fund_isTheBuyersOnce() public {
        uint256 invoice = _issueInvoice(_invoice());
        vm.prank(bob);
        vm.expectRevert(abi.encodeWithSelector(ICreditBills.BillsNotParty.selector, bob, alpha));
        bills.fund(invoice);
        vm.expectEmit(address(bills));
        emit ICreditBills.InvoiceFunded(invoice, alice);
        _fund(invoice);
        assertEq(_held(address(bills)), PRICE);
        vm.expectRevert(abi.encodeWithSelector(ICreditBills.BillsWrongStatus.selector, invoice, InvoiceStatus.Funded));
        _fund(invoice);
    }

    function test_fund_endsWithTheDeadline() public {
        uint256 invoice = _issueInvoice(_invoice());
        uint40 deadline = _invoice().deadline;
        vm.warp(deadline + 1);
        vm.expectRevert(abi.encodeWithSelector(ICreditBills.BillsTooLate.selector, invoice, deadline));
        _fund(invoice);
    }

    function test_settle_paysOnTheBuyersWord() public {
        uint256 invoice = _issueInvoice(_invoice());
        _fund(invoice);
        vm.expectEmit(address(bills));
        emit ICreditBills.InvoiceSettled(invoice, alice);
        _settle(alice, invoice);
        assertEq(_owed(masonId), PRICE);
        _withdraw(mason, masonId);
        assertEq(_held(mason), PRICE);
        assertEq(_held(address(bills)), 0);
    }

    function test_settle_paysOnTheWordOfWhoReadsTheMeter() public {
        uint256 invoice = _issueInvoice(_invoice());
        _fund(invoice);
        _settle(grid, invoice);
        assertEq(_owed(masonId), PRICE);
    }

    function test_settle_paysOutOfTheBuyersWalletWithoutEscrow() public {
        uint256 invoice = _issueInvoice(_invoice());
        _settle(alice, invoice);
        assertEq(_owed(masonId), PRICE);
        assertEq(_held(alice), HERS - PRICE);
    }

    function test_settle_takesNothingOutOfAWalletOnAnothersWord() public {
        uint256 invoice = _issueInvoice(_invoice());
        vm.prank(grid);
        energy.setApprovalForAll(address(bills), true);
        vm.expectRevert(abi.encodeWithSelector(ICreditBills.BillsNotParty.selector, grid, alpha));
        _settle(grid, invoice);
    }

    function test_settle_isNobodyElses() public {
        uint256 invoice = _issueInvoice(_invoice());
        _fund(invoice);
        vm.expectRevert(abi.encodeWithSelector(ICreditBills.BillsNotParty.selector, mason, alpha));
        _settle(mason, invoice);
        vm.expectRevert(abi.encodeWithSelector(ICreditBills.BillsNotParty.selector, stranger, alpha));
        _settle(stranger, invoice);
    }

    function test_settle_isNobodysWhereThereIsNoConfirmer() public {
        InvoiceTerms memory terms = _invoice();
        terms.confirmer = NOBODY;
        uint256 invoice = _issueInvoice(terms);
        _fund(invoice);
        vm.expectRevert(abi.encodeWithSelector(ICreditBills.BillsNotParty.selector, stranger, alpha));
        _settle(stranger, invoice);
    }

    function test_settle_happensOnceAndInTime() public {
        uint256 invoice = _issueInvoice(_invoice());
        uint40 deadline = _invoice().deadline;
        _fund(invoice);
        vm.warp(deadline + 1);
        vm.expectRevert(abi.encodeWithSelector(ICreditBills.BillsTooLate.selector, invoice, deadline));
        _settle(alice, invoice);
        vm.warp(deadline);
        _settle(alice, invoice);
        vm.expectRevert(abi.encodeWithSelector(ICreditBills.BillsWrongStatus.selector, invoice, InvoiceStatus.Settled));
        _settle(alice, invoice);
    }

    function test_settle_dividesByTheTariffAgreedThoughItIsClosed() public {
        InvoiceTerms memory terms = _invoice();
        terms.tariff = tariff;
        uint256 invoice = _issueInvoice(terms);
        _fund(invoice);
        vm.prank(province);
        bills.closeTariff(tariff);
        BillShares memory due = bills.sharesOf(tariff, PRICE);
        vm.expectEmit(address(bills));
        emit ICreditBills.BillPaid(tariff, series, address(bills), PRICE, due, bytes32(invoice));
        _settle(alice, invoice);
        assertEq(_owed(plantId), uint256(PRICE) * 6 / 10);
        assertEq(_owed(masonId), 0);
        assertEq(_held(address(bills)), PRICE);
    }

    function test_end_givesBack() public {
        uint256 invoice = _issueInvoice(_invoice());
        _fund(invoice);
        vm.expectEmit(address(bills));
        emit ICreditBills.InvoiceEnded(invoice, mason, PRICE);
        _end(mason, invoice);
        assertEq(_owed(alpha), PRICE);
        vm.expectRevert(abi.encodeWithSelector(ICreditBills.BillsWrongStatus.selector, invoice, InvoiceStatus.Ended));
        _end(mason, invoice);
        vm.expectRevert(abi.encodeWithSelector(ICreditBills.BillsWrongStatus.selector, invoice, InvoiceStatus.Ended));
        _settle(alice, invoice);
    }

    function test_end_isTheBuyersWhileNothingIsHere() public {
        uint256 invoice = _issueInvoice(_invoice());
        vm.expectEmit(address(bills));
        emit ICreditBills.InvoiceEnded(invoice, alice, 0);
        _end(alice, invoice);
        assertEq(_held(alice), HERS);
    }

    function test_end_bindsTheBuyerWhoFunded() public {
        uint256 invoice = _issueInvoice(_invoice());
        _fund(invoice);
        vm.expectRevert(abi.encodeWithSelector(ICreditBills.BillsBound.selector, invoice, _invoice().deadline));
        _end(alice, invoice);
    }

    function test_end_isAnybodysAfterTheDeadline() public {
        uint256 invoice = _issueInvoice(_invoice());
        uint40 deadline = _invoice().deadline;
        _fund(invoice);
        vm.warp(deadline);
        vm.expectRevert(abi.encodeWithSelector(ICreditBills.BillsNotParty.selector, stranger, alpha));
        _end(stranger, invoice);
        vm.warp(deadline + 1);
        _end(stranger, invoice);
        assertEq(_owed(alpha), PRICE);
    }

    function test_end_givesBackToAParticipantWhoseWalletIsGone() public {
        uint256 invoice = _issueInvoice(_invoice());
        _pass(alice, aliceDesk, PRICE);
        vm.prank(aliceDesk);
        energy.setApprovalForAll(address(bills), true);
        vm.prank(aliceDesk);
        bills.fund(invoice);
        vm.prank(alice);
        participants.removeWallet(aliceDesk);
        _end(mason, invoice);
        assertEq(_owed(alpha), PRICE);
    }

    function test_end_givesBackWhatExpiredMeanwhile() public {
        InvoiceTerms memory terms = _invoice();
        terms.deadline = EXPIRY;
        uint256 invoice = _issueInvoice(terms);
        _fund(invoice);
        vm.warp(EXPIRY + 1);
        _end(stranger, invoice);
        assertEq(_owed(alpha), PRICE);
    }

    function test_invoiceOf_knowsWhatWasIssued() public {
        vm.expectRevert(abi.encodeWithSelector(ICreditBills.BillsUnknownInvoice.selector, 1));
        bills.invoiceOf(1);
        vm.expectRevert(abi.encodeWithSelector(ICreditBills.BillsUnknownInvoice.selector, 0));
        _fund(0);
    }

    /* what arrives */

    function test_receiving_takesNothingUnasked() public {
        vm.prank(alice);
        vm.expectRevert(abi.encodeWithSelector(ICreditBills.BillsNotAsked.selector, address(energy), alice));
        energy.safeTransferFrom(alice, address(bills), UnitId.unwrap(series), 1, "");
        uint256[] memory ids = new uint256[](1);
        (ids[0]) = UnitId.unwrap(series);
        uint256[] memory amounts = new uint256[](1);
        amounts[0] = 1;
        vm.prank(alice);
        vm.expectRevert(abi.encodeWithSelector(ICreditBills.BillsNotAsked.selector, address(energy), alice));
        energy.safeBatchTransferFrom(alice, address(bills), ids, amounts, "");
        vm.expectRevert(abi.encodeWithSelector(ICreditBills.BillsNotAsked.selector, address(this), address(bills)));
        IERC1155Receiver(address(bills)).onERC1155Received(address(bills), alice, 1, 1, "");
    }

    /// @dev A payee that refuses or is suspended returned a funded, confirmed invoice to its buyer at the deadline.
    function test_settle_isStoppedByNoPayee() public {
        InvoiceTerms memory terms = _invoice();
        terms.tariff = tariff;
        uint256 invoice = _issueInvoice(terms);
        _fund(invoice);
        _suspend(shopId);
        vm.etch(plant, hex"fe");
        _settle(grid, invoice);
        assertEq(_owed(plantId), uint256(PRICE) * 6 / 10);
        assertEq(_owed(shopId), uint256(PRICE) * 99_999 / 1_000_000);
    }

    function test_issueInvoice_hasADeadlineWithinAHundredYears() public {
        InvoiceTerms memory terms = _invoice();
        uint256 latest = block.timestamp + Horizon.TERM;
        terms.deadline = uint40(latest);
        _issueInvoice(terms);
        terms.deadline = uint40(latest + 1);
        vm.expectRevert(abi.encodeWithSelector(Horizon.HorizonExceeded.selector, latest + 1, latest));
        _issueInvoice(terms);
        terms.deadline = type(uint40).max;
        vm.expectRevert(abi.encodeWithSelector(Horizon.HorizonExceeded.selector, type(uint40).max, latest));
        _issueInvoice(terms);
    }

    function test_withdrawPayout_cannotBeRepeatedWhileItPays() public {
        StrikingSeller seller = new StrikingSeller(bills);
        _addWallet(mason, address(seller), WalletRights.ALL);
        uint256 invoice = _issueInvoice(_invoice());
        InvoiceTerms memory second = _invoice();
        second.nonce = 2;
        _fund(_issueInvoice(second)); // credits of another invoice are here too
        _fund(invoice);
        _settle(alice, invoice);
        seller.withdraw(ParticipantId.unwrap(masonId), UnitId.unwrap(series));
        assertEq(seller.calls(), 1);
        assertEq(seller.succeeded(), 0);
        assertEq(_held(address(seller)), PRICE);
        assertEq(_held(address(bills)), PRICE);
    }

    /* PAUSE */

    /// @dev A deadline that falls into a pause moves with it, for the buyer and for the seller.
    function test_aPause_stopsSettlementAndMovesTheDeadline() public {
        uint256 id = _issueInvoice(_invoice());
        _fund(id);
        uint40 deadline = bills.invoiceOf(id).deadline;
        vm.warp(deadline - 1 hours);
        IPausable(address(bills)).pause(1 days);
        bytes memory why = abi.encodeWithSelector(IPausable.PauseInForce.selector, deadline + 23 hours);
        vm.startPrank(alice);
        vm.expectRevert(why);
        bills.settle(id);
        vm.expectRevert(why);
        bills.end(id);
        vm.warp(deadline + 1 days);
        bills.settle(id);
        vm.stopPrank();
    }
}

/// @dev A seller's wallet that comes back while it is paid.
contract StrikingSeller is IERC1155Receiver {
    ICreditBills private immutable BILLS;
    uint256 private _payee;
    uint256 private _asset;
    uint256 public calls;
    uint256 public succeeded;

    constructor(ICreditBills bills) {
        BILLS = bills;
    }

    function withdraw(uint256 payee, uint256 asset) external {
        (_payee, _asset) = (payee, asset);
        IPayouts(address(BILLS)).withdrawPayout(payee, asset, address(this));
    }

    function onERC1155Received(address, address, uint256, uint256, bytes calldata) external returns (bytes4) {
        ++calls;
        try IPayouts(address(BILLS)).withdrawPayout(_payee, _asset, address(this)) {
            ++succeeded;
        } catch {}
        return this.onERC1155Received.selector;
    }

    function onERC1155BatchReceived(address, address, uint256[] calldata, uint256[] calldata, bytes calldata)
        external
        pure
        returns (bytes4)
    {
        return this.onERC1155BatchReceived.selector;
    }

    function supportsInterface(bytes4 interfaceId) external pure returns (bool) {
        return interfaceId == type(IERC165).interfaceId || interfaceId == type(IERC1155Receiver).interfaceId;
    }
}
