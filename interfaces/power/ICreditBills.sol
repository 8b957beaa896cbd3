// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {ParticipantId, SchemeId, UnitId} from "../types/Ids.sol";

/// @dev How a bill is divided. Shares are parts per million of the amount, rounded down; what is left over, rounding
/// included, is the remainder's.
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
    SchemeId scheme; // whose officers published it
    bool closed;
}

/// @dev What a bill came to for each [micro-credit].
struct BillShares {
    uint64 generation;
    uint64 transmission;
    uint64 distribution;
    uint64 sale;
    uint64 remainder;
}

/// @dev What a seller asks for: the signed struct.
struct InvoiceTerms {
    ParticipantId seller;
    ParticipantId buyer;
    ParticipantId confirmer; // who besides the buyer may say that it was delivered, by its meter for one; 0 nobody
    UnitId credit; //           the series it is paid in
    uint64 amount; //           [micro-credit]
    uint32 tariff; //           whose shares divide the payment; 0 all to the seller
    uint40 deadline; //         [s] last moment to fund and to settle
    bytes32 subject; //         hash of what is delivered
    uint64 nonce; //            chosen by the seller, so that two equal invoices differ
}

enum InvoiceStatus {
    None,
    Issued, //  the buyer owes nothing yet
    Funded, //  the buyer's credits are here
    Settled, // delivered and paid
    Ended //    cancelled, refused or out of time; what was here went back
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
/// @notice Bills that divide themselves among generation, transmission, distribution and sale, and invoices that are paid
/// when what they ask for was delivered. All of it in EnergyCredits.
/// @dev A house of EnergyCredits that serves bills (see {IEnergyCredits}). Payers approve it there (`setApprovalForAll`).
/// It holds the amounts of funded invoices and nothing else. Payments go to primary wallets.
/// @dev EIP-712, domain "tonne CreditBills" version "1": the seller signs {InvoiceTerms},
///
/// `InvoiceTerms(uint24 seller,uint24 buyer,uint24 confirmer,uint256 credit,uint64 amount,uint32 tariff,uint40 deadline,
/// bytes32 subject,uint64 nonce)`
interface ICreditBills {
    /// @notice Emitted when a tariff is published; it never changes, but is closed one day.
    event TariffPublished(uint32 indexed tariff, uint16 indexed jurisdiction, Tariff terms, address indexed officer);

    /// @notice Emitted when a tariff is closed.
    event TariffClosed(uint32 indexed tariff, address indexed officer);

    /// @notice Emitted when an amount was divided. A settled invoice's payer is this contract if it was funded.
    /// @param amount [micro-credit]
    /// @param ref what the payer names: meter, month, or the invoice's number
    event BillPaid(
        uint32 indexed tariff,
        UnitId indexed credit,
        address indexed payer,
        uint64 amount,
        BillShares shares,
        bytes32 ref
    );

    /// @notice Emitted when a seller asks for a payment.
    event InvoiceIssued(
        uint256 indexed invoice,
        ParticipantId indexed seller,
        ParticipantId indexed buyer,
        InvoiceTerms terms,
        address wallet
    );

    /// @notice Emitted when the buyer put the amount here.
    event InvoiceFunded(uint256 indexed invoice, address indexed payer);

    /// @notice Emitted when it was confirmed that the delivery is there, and the amount paid.
    event InvoiceSettled(uint256 indexed invoice, address indexed by);

    /// @notice Emitted when an invoice came to nothing; `refunded` [micro-credit] went back to the buyer.
    event InvoiceEnded(uint256 indexed invoice, address indexed by, uint64 refunded);

    /// @notice Thrown when no tariff has this number, or it is closed.
    error BillsTariffNotOpen(uint32 tariff);
    /// @notice Thrown when shares are more than the whole, a share has nobody to go to, or nobody has the remainder.
    error BillsBadTariff(Tariff terms);
    /// @notice Thrown when nothing would be paid.
    error BillsNothingToPay(uint32 tariff);
    /// @notice Thrown when the wallet is not of the party that acts, not of an active participant, or may not trade.
    error BillsNotParty(address wallet, ParticipantId party);
    /// @notice Thrown when buyer, amount or subject is missing, or the seller is the buyer or the confirmer too.
    error BillsBadInvoice(InvoiceTerms terms);
    /// @notice Thrown when no invoice has this number.
    error BillsUnknownInvoice(uint256 invoice);
    /// @notice Thrown when an invoice is not in the status the act needs.
    error BillsWrongStatus(uint256 invoice, InvoiceStatus status);
    /// @notice Thrown when the deadline has passed [s].
    error BillsTooLate(uint256 invoice, uint256 deadline);
    /// @notice Thrown when a signature is not the wallet's over these terms.
    error BillsBadSignature(address wallet, bytes32 digest);
    /// @notice Thrown when these terms were issued before.
    error BillsIssuedBefore(bytes32 digest);
    /// @notice Thrown when a funded invoice would end before its deadline by another than the seller [s].
    error BillsBound(uint256 invoice, uint256 deadline);
    /// @notice Thrown when tokens arrive that nobody owes here.
    error BillsNotAsked(address token, address operator);

    /// @notice Publishes how bills are divided. Caller: power RULES in the tariff's scheme and `jurisdiction`.
    function publishTariff(Tariff calldata terms, uint16 jurisdiction) external returns (uint32 tariff);

    /// @notice Closes a tariff: no bill is divided by it any more. Caller: as for publishing it.
    function closeTariff(uint32 tariff) external;

    /// @notice Pays `amount` [micro-credit] of `credit` and divides it. Caller: wallet with TRADE that approved this
    /// contract; nobody pays for another.
    function payBill(uint32 tariff, UnitId credit, uint64 amount, bytes32 ref) external returns (BillShares memory);

    /// @notice Asks for a payment. Caller: wallet with TRADE of the seller.
    function issueInvoice(InvoiceTerms calldata terms) external returns (uint256 invoice);

    /// @notice The same by whoever brings the signature of a wallet with TRADE of the seller. Once.
    function issueSigned(InvoiceTerms calldata terms, address wallet, bytes calldata signature)
        external
        returns (uint256 invoice);

    /// @notice Puts the amount here until it is settled or ends. Caller: wallet with TRADE of the buyer.
    function fund(uint256 invoice) external;

    /// @notice Confirms the delivery and pays. Caller: wallet with TRADE of the buyer, who pays from it unless the invoice
    /// is funded; or, of a funded one, of the confirmer.
    function settle(uint256 invoice) external;

    /// @notice Ends an invoice; what is here goes back to the buyer. After the deadline anybody; before it the seller, and
    /// while it is not funded the buyer.
    function end(uint256 invoice) external;

    /// @notice A tariff; reverts when there is none.
    function tariffOf(uint32 tariff) external view returns (Tariff memory);

    /// @notice What an amount [micro-credit] comes to for each.
    function sharesOf(uint32 tariff, uint64 amount) external view returns (BillShares memory);

    /// @notice An invoice; reverts when there is none.
    function invoiceOf(uint256 invoice) external view returns (Invoice memory);

    /// @notice What a seller signs, and what counts as one invoice.
    function invoiceDigest(InvoiceTerms calldata terms) external view returns (bytes32);

    /// @notice The last numbers given; both run from 1.
    function tariffCount() external view returns (uint32);

    function invoiceCount() external view returns (uint256);
}
