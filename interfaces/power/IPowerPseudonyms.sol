// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {ParticipantId} from "../types/Ids.sol";
import {PowerAccountId} from "./IPowerMarket.sol";

/// @dev A pseudonym to be opened, by the consent of its key.
struct NewPseudonym {
    address signer; //   key that signs for the account
    uint96 credits; //   [micro-credit] moved to it from the sponsor's account
    uint40 deadline; //  [s] of the consent
    bytes signature; //  of the consent by the key (EIP-712), or as the key's contract takes it (ERC-1271)
}

/// @title IPowerPseudonyms
/// @notice Pseudonymous accounts of the power market: a key is public, the customer behind it is known to its sponsor alone, and
/// with a new key each day accounts cannot be linked. A pseudonym's credits are its sponsor's.
/// @dev A key stands for one account for good, so that no one may open one for a key but whom the key itself agreed to: who saw
/// a customer's key could bind it to another supplier than the one that the customer applied to. The key signs
/// `AccountConsent(address key,uint24 sponsor,uint40 deadline)` in the market's domain; it needs no credits and sends nothing. It names
/// itself, so that of wallets that are contracts with one owner each agrees for itself.
interface IPowerPseudonyms {
    /// @notice Emitted when a participant opens a pseudonymous account.
    event PseudonymOpened(PowerAccountId indexed account, ParticipantId indexed sponsor, address signer);

    /// @notice Thrown when the account is not a pseudonym of the caller's participant.
    error PowerNotSponsor(PowerAccountId account, ParticipantId participant);
    /// @notice Thrown when a key already has an account, or is a participant's wallet.
    error PowerSignerTaken(address signer, PowerAccountId account);
    /// @notice Thrown when a key did not sign that this sponsor opens its account until that deadline [s], or it is over.
    /// Remedy: the key signs {consentDigest}.
    error PowerNoConsent(address signer, ParticipantId sponsor, uint40 deadline);

    /// @notice Opens pseudonymous accounts, at most 200. Caller: wallet with TRADE.
    /// @return first number of the first account; the others follow
    function openPseudonyms(NewPseudonym[] calldata accounts) external returns (PowerAccountId first);

    /// @notice Moves credits to pseudonyms [micro-credit]; at most 200. Caller: wallet with TRADE of their sponsor.
    function fund(PowerAccountId[] calldata accounts, uint96[] calldata credits) external;

    /// @notice Moves all free credits of pseudonyms back; at most 200. Caller: wallet with TRADE of their sponsor.
    function sweep(PowerAccountId[] calldata accounts) external;

    /// @notice Digest that a key signs so that a sponsor may open its account until a deadline [s].
    function consentDigest(address key, ParticipantId sponsor, uint40 deadline) external view returns (bytes32);
}
