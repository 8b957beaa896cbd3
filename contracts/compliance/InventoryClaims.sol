// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {ClaimedTotals, IInventories} from "../../interfaces/compliance/IInventories.sol";
import {Certificate, CertificateAnswer, IRetirementRegistry} from "../../interfaces/compliance/IRetirementRegistry.sol";
import {WalletRights} from "../../interfaces/parties/IParticipants.sol";
import {IWalletSource} from "../../interfaces/parties/IWalletSource.sol";
import {ParticipantId} from "../../interfaces/types/Ids.sol";
import {ReportingYear} from "../lib/ReportingYear.sol";
import {UnitIdLib} from "../types/UnitIdLib.sol";

/// @title InventoryClaims
/// @notice Certificates of retirement that organisations claim for their inventories, each for one and for ever.
abstract contract InventoryClaims is IInventories {
    uint256 private constant MOST_CERTIFICATES = 200;
    uint8 private constant ACTIVE = 2;

    /// @dev For which inventory a certificate is claimed.
    struct InventoryClaim {
        ParticipantId organisation;
        uint16 year;
    }

    /// @dev One call's claims.
    struct Claiming {
        InventoryClaim claim;
        uint256 from; //  first moment of the year, in UTC [s]
        uint256 until; // first moment of the next [s]
        ClaimedTotals totals;
    }

    IRetirementRegistry public immutable RETIREMENTS;

    mapping(uint256 number => InventoryClaim) private _claims;
    mapping(ParticipantId organisation => mapping(uint16 year => ClaimedTotals)) private _claimed;

    constructor(IRetirementRegistry retirements) {
        RETIREMENTS = retirements;
    }

    /// @inheritdoc IInventories
    function claim(uint16 year, uint256[] calldata numbers) external {
        if (numbers.length == 0 || numbers.length > MOST_CERTIFICATES) {
            revert InventoriesCount(numbers.length, MOST_CERTIFICATES);
        }
        Claiming memory c;
        c.claim = InventoryClaim(_reporter(msg.sender), year);
        (c.from, c.until) = (ReportingYear.start(year), ReportingYear.start(uint256(year) + 1));
        c.totals = _claimed[c.claim.organisation][year];
        for (uint256 i = 0; i < numbers.length; ++i) {
            _claimOne(c, numbers[i]);
        }
        _claimed[c.claim.organisation][year] = c.totals;
        emit CertificatesClaimed(
            c.claim.organisation, year, numbers, c.totals.certificatesWh, c.totals.creditsT, msg.sender
        );
    }

    /// @dev Adds a certificate to the totals in memory.
    function _claimOne(Claiming memory c, uint256 number) private {
        InventoryClaim memory standing = _claims[number];
        if (ParticipantId.unwrap(standing.organisation) != 0) {
            revert InventoriesClaimed(number, standing.organisation, standing.year);
        }
        Certificate memory found = RETIREMENTS.certificate(number);
        _checkHolder(c, number, found.holder);
        if (_checkUse(c, number, found)) c.totals.certificatesWh += found.amount;
        else c.totals.creditsT += found.amount;
        _claims[number] = c.claim;
    }

    function _checkHolder(Claiming memory c, uint256 number, address wallet) private view {
        (ParticipantId holder,,) = _wallets().walletOf(wallet);
        if (holder != c.claim.organisation) revert InventoriesForeignCertificate(number, wallet, holder);
        if (RETIREMENTS.answerOf(number) == CertificateAnswer.Declined) revert InventoriesDeclined(number);
    }

    /// @dev Whether it is of renewable electricity, and not of credits; its days must touch the year.
    function _checkUse(Claiming memory c, uint256 number, Certificate memory found) private pure returns (bool energy) {
        uint8 class = UnitIdLib.classOf(found.unit);
        energy = class == UnitIdLib.ENERGY_CERTIFICATE;
        if (!energy && class != UnitIdLib.OFFSET_CREDIT) revert InventoriesOtherUnit(number, found.unit);
        bool touches = uint256(found.periodStart) * 1 days < c.until && uint256(found.periodEnd) * 1 days >= c.from;
        if (!touches || (energy && UnitIdLib.vintageOf(found.unit) != c.claim.year)) {
            revert InventoriesOtherPeriod(number, found.periodStart, found.periodEnd, c.claim.year);
        }
    }

    /// @dev The active participant for which `wallet` may report; reverts when there is none.
    function _reporter(address wallet) internal view returns (ParticipantId id) {
        uint8 rights;
        uint8 status;
        (id, rights, status) = _wallets().walletOf(wallet);
        if (status != ACTIVE || rights & WalletRights.REPORT == 0) revert InventoriesNotReporter(wallet, id, rights);
    }

    function _wallets() internal view virtual returns (IWalletSource);

    /// @inheritdoc IInventories
    function claimedOf(ParticipantId organisation, uint16 year) public view returns (ClaimedTotals memory) {
        return _claimed[organisation][year];
    }

    /// @inheritdoc IInventories
    function claimOf(uint256 number) external view returns (ParticipantId organisation, uint16 year) {
        InventoryClaim memory standing = _claims[number];
        return (standing.organisation, standing.year);
    }
}
