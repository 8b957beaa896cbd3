// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {ParticipantId, SchemeId, UnitId} from "../types/Ids.sol";

/// @dev Reference of an issue by AuctionShare: `3 | scheme 16 | seller 32`, seller lowest; no other reference has the
/// leading 3.
function auctionShareRef(SchemeId scheme, ParticipantId seller) pure returns (bytes32) {
    return bytes32(uint256(3) << 64 | uint256(SchemeId.unwrap(scheme)) << 48 | uint256(ParticipantId.unwrap(seller)));
}

/// @title IAuctionShare
/// @notice Brings the auctioned share of a vintage into being, for the seller of its auctions.
/// @dev Never more than the disclosed auction share. Unsold units stay with the seller.
/// @dev Storage: issued amounts by unit; rebuilt from events.
interface IAuctionShare {
    /// @notice Emitted for each issue; the units carry {auctionShareRef}.
    /// @param amount [the scheme's measure]
    event AuctionShareIssued(
        SchemeId indexed scheme,
        uint16 indexed vintage,
        ParticipantId indexed seller,
        address wallet,
        address officer,
        uint256 amount
    );

    /// @notice Thrown when so much of the vintage would be issued for auctions as was not disclosed.
    error AuctionShareExceeded(SchemeId scheme, uint16 vintage, uint256 total, uint256 disclosed);
    /// @notice Thrown when the wallet is none of an active participant.
    error AuctionShareNoSeller(address wallet);

    /// @notice Issues `amount` of a vintage to a seller's wallet. Power ALLOCATE in the whole scheme.
    function issue(SchemeId scheme, uint16 vintage, address wallet, uint256 amount) external;

    /// @notice How much of an allowance was issued for auctions so far.
    function issuedOf(UnitId allowance) external view returns (uint256);
}
