// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {ERC1155Holder} from "@openzeppelin/contracts/token/ERC1155/utils/ERC1155Holder.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";

import {
    BillShares,
    ICreditBills,
    Invoice,
    InvoiceStatus,
    InvoiceTerms,
    Tariff
} from "../../interfaces/power/ICreditBills.sol";
import {IEnergyCredits} from "../../interfaces/units/IEnergyCredits.sol";
import {ParticipantId, UnitId} from "../../interfaces/types/Ids.sol";
import {IParticipants, ParticipantStatus, WalletRights} from "../../interfaces/parties/IParticipants.sol";
import {ISchemes, Powers} from "../../interfaces/rules/ISchemes.sol";
import {Horizon} from "../lib/Horizon.sol";
import {CreditPayouts} from "./CreditPayouts.sol";

/// @title CreditBills
/// @notice See {ICreditBills}.
/// @dev Assumes that Participants, Schemes and EnergyCredits are this project's own. Wallets that are contracts are called
/// back by EnergyCredits: every number is written before credits move.
contract CreditBills is ICreditBills, CreditPayouts, EIP712, ERC1155Holder {
    uint256 private constant PPM = 1_000_000;
    ParticipantId private constant NONE = ParticipantId.wrap(0);
    bytes32 private constant INVOICE_TYPEHASH = keccak256(
        "InvoiceTerms(uint24 seller,uint24 buyer,uint24 confirmer,uint256 credit,uint64 amount,uint32 tariff,uint40 deadline,bytes32 subject,uint64 nonce)"
    );

    ISchemes public immutable SCHEMES;

    /// @inheritdoc ICreditBills
    uint32 public tariffCount;
    /// @inheritdoc ICreditBills
    uint256 public invoiceCount;
    mapping(uint32 tariff => Tariff) private _tariffs;
    mapping(uint32 tariff => uint16) private _jurisdictions;
    mapping(uint256 invoice => Invoice) private _invoices;
    mapping(bytes32 digest => bool) private _issued;
    /// @inheritdoc ICreditBills
    mapping(address payer => mapping(bytes32 ref => uint256 amount)) public paidOf;

    constructor(IParticipants participants, ISchemes schemes, IEnergyCredits credits)
        CreditPayouts(participants, credits)
        EIP712("tonne CreditBills", "1")
    {
        SCHEMES = schemes;
    }

    /* TARIFFS */

    /// @inheritdoc ICreditBills
    function publishTariff(Tariff calldata terms, uint16 jurisdiction) external returns (uint32 tariff) {
        SCHEMES.checkPower(msg.sender, terms.scheme, jurisdiction, Powers.RULES);
        // Four numbers of 24 bits.
        uint256 whole = uint256(terms.generationPpm) + terms.transmissionPpm + terms.distributionPpm + terms.salePpm;
        bool owned = _isOwned(terms.generationPpm, terms.generator)
            && _isOwned(terms.transmissionPpm, terms.transmitter) && _isOwned(terms.distributionPpm, terms.distributor)
            && _isOwned(terms.salePpm, terms.seller);
        if (whole > PPM || !owned || terms.remainderTo == NONE || terms.closed) revert BillsBadTariff(terms);

        tariff = ++tariffCount;
        _tariffs[tariff] = terms;
        _jurisdictions[tariff] = jurisdiction;
        emit TariffPublished(tariff, jurisdiction, terms, msg.sender);
    }

    /// @inheritdoc ICreditBills
    function closeTariff(uint32 tariff) external {
        Tariff memory t = _open(tariff);
        SCHEMES.checkPower(msg.sender, t.scheme, _jurisdictions[tariff], Powers.RULES);
        _tariffs[tariff].closed = true;
        emit TariffClosed(tariff, msg.sender);
    }

    /// @inheritdoc ICreditBills
    function payBill(uint32 tariff, UnitId credit, uint64 amount, bytes32 ref, uint256 paid)
        external
        returns (BillShares memory shares)
    {
        if (amount == 0) revert BillsNothingToPay(tariff);
        uint256 before = paidOf[msg.sender][ref];
        if (before != paid) revert BillsPaidBefore(msg.sender, ref, before, paid);
        paidOf[msg.sender][ref] = before + amount;
        shares = _divide(tariff, _open(tariff), credit, msg.sender, amount, ref);
        _take(credit, msg.sender, amount);
    }

    /* INVOICES */

    /// @inheritdoc ICreditBills
    function issueInvoice(InvoiceTerms calldata terms) external returns (uint256 invoice) {
        return _issue(terms, msg.sender, invoiceDigest(terms));
    }

    /// @inheritdoc ICreditBills
    function issueSigned(InvoiceTerms calldata terms, address wallet, bytes calldata signature)
        external
        returns (uint256 invoice)
    {
        bytes32 digest = invoiceDigest(terms);
        if (!SignatureChecker.isValidSignatureNow(wallet, digest, signature)) revert BillsBadSignature(wallet, digest);
        return _issue(terms, wallet, digest);
    }

    function _issue(InvoiceTerms calldata terms, address wallet, bytes32 digest) private returns (uint256 invoice) {
        _checkParty(wallet, terms.seller);
        bool whole = terms.buyer != NONE && terms.amount != 0 && terms.subject != 0;
        if (!whole || terms.seller == terms.buyer || terms.seller == terms.confirmer) revert BillsBadInvoice(terms);
        if (terms.tariff != 0) _open(terms.tariff);
        if (_issued[digest]) revert BillsIssuedBefore(digest);
        invoice = ++invoiceCount;
        if (block.timestamp > terms.deadline) revert BillsTooLate(invoice, terms.deadline);
        Horizon.checkTerm(terms.deadline);

        _issued[digest] = true;
        _invoices[invoice] = Invoice({
            seller: terms.seller,
            buyer: terms.buyer,
            confirmer: terms.confirmer,
            status: InvoiceStatus.Issued,
            tariff: terms.tariff,
            deadline: terms.deadline,
            amount: terms.amount,
            credit: terms.credit
        });
        emit InvoiceIssued(invoice, terms.seller, terms.buyer, terms, wallet);
    }

    /// @inheritdoc ICreditBills
    function fund(uint256 invoice) external {
        Invoice memory i = _inTime(invoice);
        if (i.status != InvoiceStatus.Issued) revert BillsWrongStatus(invoice, i.status);
        _checkParty(msg.sender, i.buyer);

        _invoices[invoice].status = InvoiceStatus.Funded;
        emit InvoiceFunded(invoice, msg.sender);

        _take(i.credit, msg.sender, i.amount);
    }

    /// @inheritdoc ICreditBills
    function settle(uint256 invoice) external {
        _requireUnpaused();
        Invoice memory i = _inTime(invoice);
        bool funded = i.status == InvoiceStatus.Funded;
        if (!funded && i.status != InvoiceStatus.Issued) revert BillsWrongStatus(invoice, i.status);
        // An invoice without escrow is paid by the buyer itself; a funded one may be settled by the confirmer, too.
        if (!funded || !_isParty(msg.sender, i.confirmer)) _checkParty(msg.sender, i.buyer);

        _invoices[invoice].status = InvoiceStatus.Settled;
        emit InvoiceSettled(invoice, msg.sender);

        address payer = funded ? address(this) : msg.sender;
        // An invoice keeps its tariff, even a closed one.
        if (i.tariff != 0) _divide(i.tariff, tariffOf(i.tariff), i.credit, payer, i.amount, bytes32(invoice));
        else _owe(i.seller, i.credit, i.amount);
        if (!funded) _take(i.credit, msg.sender, i.amount);
    }

    /// @inheritdoc ICreditBills
    function end(uint256 invoice) external {
        _requireUnpaused();
        Invoice memory i = _existing(invoice);
        bool funded = i.status == InvoiceStatus.Funded;
        if (!funded && i.status != InvoiceStatus.Issued) revert BillsWrongStatus(invoice, i.status);
        if (block.timestamp <= _moved(i.deadline) && !_isParty(msg.sender, i.seller)) {
            _checkParty(msg.sender, i.buyer);
            if (funded) revert BillsBound(invoice, i.deadline);
        }

        _invoices[invoice].status = InvoiceStatus.Ended;
        emit InvoiceEnded(invoice, msg.sender, funded ? i.amount : 0);

        if (funded) _owe(i.buyer, i.credit, i.amount);
    }

    /* VIEWS */

    /// @inheritdoc ICreditBills
    function tariffOf(uint32 tariff) public view returns (Tariff memory t) {
        t = _tariffs[tariff];
        if (t.remainderTo == NONE) revert BillsTariffNotOpen(tariff);
    }

    /// @inheritdoc ICreditBills
    function sharesOf(uint32 tariff, uint64 amount) external view returns (BillShares memory) {
        return _shares(tariffOf(tariff), amount);
    }

    /// @inheritdoc ICreditBills
    function invoiceOf(uint256 invoice) external view returns (Invoice memory) {
        return _existing(invoice);
    }

    /// @inheritdoc ICreditBills
    function invoiceDigest(InvoiceTerms calldata terms) public view returns (bytes32) {
        return _hashTypedDataV4(keccak256(abi.encode(INVOICE_TYPEHASH, terms)));
    }

    /* RECEIVING */

    /// @notice Accepts only transfers made by this contract itself.
    function onERC1155Received(address operator, address from, uint256 id, uint256 value, bytes memory data)
        public
        override
        returns (bytes4)
    {
        if (msg.sender != address(CREDITS) || operator != address(this)) {
            revert BillsNotAsked(msg.sender, operator);
        }
        return super.onERC1155Received(operator, from, id, value, data);
    }

    /// @notice Refuses batches.
    function onERC1155BatchReceived(address operator, address, uint256[] memory, uint256[] memory, bytes memory)
        public
        view
        override
        returns (bytes4)
    {
        revert BillsNotAsked(msg.sender, operator);
    }

    /* INSIDE */

    function _divide(uint32 tariff, Tariff memory t, UnitId credit, address payer, uint64 amount, bytes32 ref)
        private
        returns (BillShares memory shares)
    {
        shares = _shares(t, amount);
        emit BillPaid(tariff, credit, payer, amount, shares, ref);

        _owe(t.generator, credit, shares.generation);
        _owe(t.transmitter, credit, shares.transmission);
        _owe(t.distributor, credit, shares.distribution);
        _owe(t.seller, credit, shares.sale);
        _owe(t.remainderTo, credit, shares.remainder);
    }

    function _take(UnitId credit, address payer, uint64 amount) private {
        CREDITS.safeTransferFrom(payer, address(this), UnitId.unwrap(credit), amount, "");
    }

    function _shares(Tariff memory t, uint64 amount) private pure returns (BillShares memory s) {
        s.generation = _shareDown(amount, t.generationPpm);
        s.transmission = _shareDown(amount, t.transmissionPpm);
        s.distribution = _shareDown(amount, t.distributionPpm);
        s.sale = _shareDown(amount, t.salePpm);
        // The shares are a million parts at most, each rounded down.
        s.remainder = amount - s.generation - s.transmission - s.distribution - s.sale;
    }

    /// @dev 64 bits times 24, over a number that the share is not above.
    function _shareDown(uint64 amount, uint24 ppm) private pure returns (uint64) {
        return uint64(uint256(amount) * ppm / PPM);
    }

    function _open(uint32 tariff) private view returns (Tariff memory t) {
        t = tariffOf(tariff);
        if (t.closed) revert BillsTariffNotOpen(tariff);
    }

    function _existing(uint256 invoice) private view returns (Invoice memory i) {
        i = _invoices[invoice];
        if (i.status == InvoiceStatus.None) revert BillsUnknownInvoice(invoice);
    }

    function _inTime(uint256 invoice) private view returns (Invoice memory i) {
        i = _existing(invoice);
        if (block.timestamp > _moved(i.deadline)) revert BillsTooLate(invoice, i.deadline);
    }

    function _checkParty(address wallet, ParticipantId party) private view {
        if (!_isParty(wallet, party)) revert BillsNotParty(wallet, party);
    }

    /// @dev Whether it is a wallet with TRADE of the party, which is active.
    function _isParty(address wallet, ParticipantId party) private view returns (bool) {
        (ParticipantId owner, uint8 rights, ParticipantStatus status) = PARTICIPANTS.walletOf(wallet);
        return owner != NONE && owner == party && status == ParticipantStatus.Active && rights & WalletRights.TRADE != 0;
    }

    function _isOwned(uint24 ppm, ParticipantId to) private pure returns (bool) {
        return ppm == 0 || to != NONE;
    }
}
