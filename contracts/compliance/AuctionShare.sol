// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IAllowances} from "../../interfaces/units/IAllowances.sol";
import {IAuctionShare, auctionShareRef} from "../../interfaces/compliance/IAuctionShare.sol";
import {ParticipantId, SchemeId, UnitId} from "../../interfaces/types/Ids.sol";
import {IParticipants, ParticipantStatus} from "../../interfaces/parties/IParticipants.sol";
import {ISchemes, Powers} from "../../interfaces/rules/ISchemes.sol";
import {UnitIdLib} from "../types/UnitIdLib.sol";

/// @title AuctionShare
/// @notice The auctioned share of a vintage, issued to the seller of its auctions; see {IAuctionShare}.
/// @dev Assumes that the contracts below are this project's own; only {IAllowances-issue} reaches a stranger's code (a
/// wallet's receiver hook), and it comes last.
contract AuctionShare is IAuctionShare {
    IParticipants public immutable PARTICIPANTS;
    ISchemes public immutable SCHEMES;
    IAllowances public immutable ALLOWANCES;

    mapping(UnitId allowance => uint256 amount) private _issued;

    constructor(IParticipants participants, ISchemes schemes, IAllowances allowances) {
        PARTICIPANTS = participants;
        SCHEMES = schemes;
        ALLOWANCES = allowances;
    }

    /// @inheritdoc IAuctionShare
    function issue(SchemeId scheme, uint16 vintage, address wallet, uint256 amount) external {
        SCHEMES.checkPower(msg.sender, scheme, 0, Powers.ALLOCATE);
        (ParticipantId seller,, ParticipantStatus status) = PARTICIPANTS.walletOf(wallet);
        if (status != ParticipantStatus.Active) revert AuctionShareNoSeller(wallet);
        UnitId allowance = UnitIdLib.encode(UnitIdLib.ALLOWANCE, scheme, vintage, 0);
        uint256 disclosed = SCHEMES.disclosure(scheme, vintage).auctionT;
        uint256 total = _issued[allowance] + amount;
        if (total > disclosed) revert AuctionShareExceeded(scheme, vintage, total, disclosed);

        _issued[allowance] = total;
        emit AuctionShareIssued(scheme, vintage, seller, wallet, msg.sender, amount);

        ALLOWANCES.issue(wallet, allowance, amount, auctionShareRef(scheme, seller));
    }

    /// @inheritdoc IAuctionShare
    function issuedOf(UnitId allowance) external view returns (uint256) {
        return _issued[allowance];
    }
}
