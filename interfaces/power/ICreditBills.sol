// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {ICreditPayouts} from "./ICreditPayouts.sol";
import {ParticipantId, SchemeId, UnitId} from "../types/Ids.sol";

/// @dev Shares of a bill, in parts per million of the amount, rounded down; the rest, rounding included, goes to
/// `remainderTo`.
struct Tariff {
    ParticipantId generator;
    uint24 generationPpm;
    ParticipantId transmitter;
    uint24 transmissionPpm;
    ParticipantId distributor;
    uint24 distributionPpm;
    ParticipantId seller;
    uint24 salePpm;
    ParticipantId remainderTo;
    SchemeId scheme; // of the officers that published it
    bool closed;
}

/// @dev Parts of a bill [micro-credit].
struct BillShares {
    uint64 generation;
    uint64 transmission;
    uint64 distribution;
    uint64 sale;
    uint64 remainder;
}

/// @dev Terms of an invoice: the signed struct.
struct InvoiceTerms {
    ParticipantId seller;
    ParticipantId buyer;
    ParticipantId confirmer; // may confirm the delivery besides the buyer, for example by its meter; 0 none
    UnitId credit; //           series of the payment
    uint64 amount; //           [micro-credit]
    uint32 tariff; //           divides the payment; 0 all to the seller
    uint40 deadline; //         [s] last moment to fund and to settle
    bytes32 subject; //         hash of the description of the delivery
    uint64 nonce; //            chosen by the seller; distinguishes equal invoices
}

enum InvoiceStatus {
    None,
    Issued, //  not binding on the buyer
    Funded, //  credits in escrow here
    Settled, // delivered and paid
    Ended //    cancelled, refused or past its deadline; escrow returned
}

/// @dev An invoice as stored: two slots.
struct Invoice {
    ParticipantId seller;
    ParticipantId buyer;
    ParticipantId confirmer;
    InvoiceStatus status;
    uint32 tariff;
    uint40 deadline; // [s]
    uint64 amount; //   [micro-credit]
    //
    UnitId credit;
}

/// @title ICreditBills
/// @notice Bills divided among generation, transmission, distribution and sale, and invoices with escrow that are paid on
/// confirmed delivery; all in EnergyCredits.
/// @dev A custodian of EnergyCredits for the use BILLS (see {IEnergyCredits}). Payers approve it there (`setApprovalForAll`).
/// Its balance is the escrow of funded invoices and what it owes: payees withdraw their parts (see {IPayouts}), so that a payee
/// that refuses, is suspended or closed stops no bill and no settlement.
/// @dev EIP-712, domain "tonne CreditBills" version "1": the seller signs {InvoiceTerms},
///
/// `InvoiceTerms(uint24 seller,uint24 buyer,uint24 confirmer,uint256 credit,uint64 amount,uint32 tariff,uint40 deadline,
/// bytes32 subject,uint64 nonce)`
interface ICreditBills is ICreditPayouts {
    /// @notice Emitted when a tariff is published; its terms never change.
    event TariffPublished(uint32 indexed tariff, uint16 indexed jurisdiction, Tariff terms, address indexed officer);

    /// @notice Emitted when a tariff is closed.
    event TariffClosed(uint32 indexed tariff, address indexed officer);

    /// @notice Emitted when a bill is paid. The payer of a funded invoice is this contract.
    /// @param amount [micro-credit]
    /// @param ref the payer's reference: meter, month, or the invoice's number
    event BillPaid(
        uint32 indexed tariff,
        UnitId indexed credit,
        address indexed payer,
        uint64 amount,
        BillShares shares,
        bytes32 ref
    );

    /// @notice Emitted when a seller issues an invoice.
    event InvoiceIssued(
        uint256 indexed invoice,
        ParticipantId indexed seller,
        ParticipantId indexed buyer,
        InvoiceTerms terms,
        address wallet
    );

    /// @notice Emitted when the buyer funds the escrow.
    event InvoiceFunded(uint256 indexed invoice, address indexed payer);

    /// @notice Emitted when a delivery is confirmed and paid.
    event InvoiceSettled(uint256 indexed invoice, address indexed by);

    /// @notice Emitted when an invoice ends unpaid; `refunded` [micro-credit] is owed to the buyer.
    event InvoiceEnded(uint256 indexed invoice, address indexed by, uint64 refunded);

    /// @notice Thrown when no tariff has this number, or it is closed.
    error BillsTariffNotOpen(uint32 tariff);
    /// @notice Thrown when shares add up to more than the whole, or a share or the remainder has no recipient.
    error BillsBadTariff(Tariff terms);
    /// @notice Thrown when the amount to pay is zero.
    error BillsNothingToPay(uint32 tariff);
    /// @notice Thrown when the caller has paid another amount of the bill than it believes [micro-credit]. Remedy: {paidOf}.
    error BillsPaidBefore(address payer, bytes32 ref, uint256 paid, uint256 expected);
    /// @notice Thrown when the wallet is not of the party that acts, not of an active participant, or may not trade.
    error BillsNotParty(address wallet, ParticipantId party);
    /// @notice Thrown when buyer, amount or subject is missing, or the seller is the buyer or the confirmer too.
    error BillsBadInvoice(InvoiceTerms terms);
    /// @notice Thrown when no invoice has this number.
    error BillsUnknownInvoice(uint256 invoice);
    /// @notice Thrown when the status of an invoice does not allow the call.
    error BillsWrongStatus(uint256 invoice, InvoiceStatus status);
    /// @notice Thrown when the deadline has passed [s].
    error BillsTooLate(uint256 invoice, uint256 deadline);
    /// @notice Thrown when a signature is not the wallet's over these terms.
    error BillsBadSignature(address wallet, bytes32 digest);
    /// @notice Thrown when these terms were issued before.
    error BillsIssuedBefore(bytes32 digest);
    /// @notice Thrown when a funded invoice would end before its deadline by another than the seller [s].
    error BillsBound(uint256 invoice, uint256 deadline);
    /// @notice Thrown when tokens arrive that this contract did not transfer in.
    error BillsNotAsked(address token, address operator);

    /// @notice Publishes a tariff. Caller: power RULES in the tariff's scheme and `jurisdiction`.
    function publishTariff(Tariff calldata terms, uint16 jurisdiction) external returns (uint32 tariff);

    /// @notice Closes a tariff to further bills. Caller: as for publishing it.
    function closeTariff(uint32 tariff) external;

    /// @notice Pays `amount` [micro-credit] of `credit` and divides it among payees that withdraw it. Caller: wallet with TRADE that approved this
    /// contract, from its own balance only.
    /// @param ref the bill, by what its payees call it
    /// @param paid [micro-credit] that the caller believes to have paid of the bill, as {paidOf}: a node that leaves a payment out
    /// has none paid twice
    function payBill(uint32 tariff, UnitId credit, uint64 amount, bytes32 ref, uint256 paid)
        external
        returns (BillShares memory);

    /// @notice Issues an invoice. Caller: wallet with TRADE of the seller.
    function issueInvoice(InvoiceTerms calldata terms) external returns (uint256 invoice);

    /// @notice Issues an invoice signed by a wallet with TRADE of the seller. Caller: any account; once.
    function issueSigned(InvoiceTerms calldata terms, address wallet, bytes calldata signature)
        external
        returns (uint256 invoice);

    /// @notice Transfers the amount into escrow until settlement or end. Caller: wallet with TRADE of the buyer.
    function fund(uint256 invoice) external;

    /// @notice Confirms the delivery and pays. Caller: wallet with TRADE of the buyer, which pays unless the invoice is
    /// funded; for a funded one also of the confirmer.
    function settle(uint256 invoice) external;

    /// @notice Ends an invoice; its escrow is owed to the buyer. Caller: after the deadline any account; before it the
    /// seller, and the buyer while it is not funded.
    function end(uint256 invoice) external;

    /// @notice A tariff; reverts when there is none.
    function tariffOf(uint32 tariff) external view returns (Tariff memory);

    /// @notice Parts of an amount [micro-credit] under a tariff.
    function sharesOf(uint32 tariff, uint64 amount) external view returns (BillShares memory);

    /// @notice Credits that a payer has paid of a bill so far [micro-credit], by all tariffs.
    function paidOf(address payer, bytes32 ref) external view returns (uint256);

    /// @notice An invoice; reverts when there is none.
    function invoiceOf(uint256 invoice) external view returns (Invoice memory);

    /// @notice EIP-712 digest of an invoice; each is issued at most once.
    function invoiceDigest(InvoiceTerms calldata terms) external view returns (bytes32);

    /// @notice Count of tariffs; numbers run from 1. So does {invoiceCount}.
    function tariffCount() external view returns (uint32);

    function invoiceCount() external view returns (uint256);
}
