// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {IERC1155Receiver} from "@openzeppelin/contracts/token/ERC1155/IERC1155Receiver.sol";
import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";

import {OrderId, OrderRequest} from "../../interfaces/types/BookTypes.sol";
import {MarketAssets} from "../../interfaces/market/IExchange.sol";
import {MarketId, ParticipantId, UnitId} from "../../interfaces/types/Ids.sol";
import {SerialBlock} from "../../interfaces/units/IOffsetCredits.sol";
import {IOutcomeBatches, Outcome, OutcomeUse} from "../../interfaces/units/IOutcomeBatches.sol";
import {ParticipantStatus, WalletRights} from "../../interfaces/parties/IParticipants.sol";
import {
    CertificateAnswer,
    Claim,
    IRetirementRegistry,
    Purchase
} from "../../interfaces/compliance/IRetirementRegistry.sol";
import {IRetirableUnits, IRetirementLedger, ISerialUnits} from "../../interfaces/market/IRetirementSources.sol";
import {Exit} from "../../interfaces/units/IUnit1155.sol";
import {IWalletSource} from "../../interfaces/parties/IWalletSource.sol";
import {BatchNumbers} from "../types/BatchNumbers.sol";
import {OrderRequestLib} from "../types/OrderRequestLib.sol";
import {UnitIdLib} from "../types/UnitIdLib.sol";
import {Certificates} from "./Certificates.sol";
import {Countries} from "./lib/Countries.sol";

/// @title RetirementRegistry
/// @notice Units given up for a claim, or destroyed without one; see {IRetirementRegistry}.
/// @dev A controller with the right to exit at each unit contract, and with the rights to debit and to trade for the
/// caller at the exchange.
contract RetirementRegistry is Certificates, AccessManaged, IERC1155Receiver {
    uint256 private constant MAX_BENEFICIARY = 128; // [bytes]
    uint256 private constant MAX_PURPOSE = 256; //     [bytes]
    uint256 private constant MAX_ITEMS = 50;
    uint256 private constant MAX_DAYS_AHEAD = 366;

    IWalletSource public immutable PARTICIPANTS;
    /// @notice The ledger units can be retired from; zero where there is none.
    IRetirementLedger public immutable EXCHANGE;

    mapping(uint8 class => address) private _unitContracts;
    /// @inheritdoc IRetirementRegistry
    mapping(uint256 number => CertificateAnswer) public answerOf;
    uint256 private _lastCancellation;
    /// @dev Hash of unit and serial numbers, of cancellations of units that have such.
    mapping(uint256 number => bytes32) private _cancelled;

    constructor(
        address authority_,
        IWalletSource participants,
        IRetirementLedger exchange,
        address[] memory unitContracts
    ) AccessManaged(authority_) {
        PARTICIPANTS = participants;
        EXCHANGE = exchange;
        for (uint256 i = 0; i < unitContracts.length; ++i) {
            _addUnitContract(unitContracts[i]);
        }
    }

    /* RETIRE */

    /// @inheritdoc IRetirementRegistry
    function retire(UnitId id, uint256 amount, Claim calldata claim) external returns (uint256 number) {
        ParticipantId participant = _checkCaller(WalletRights.SURRENDER);
        return _retire(msg.sender, participant, id, amount, claim, msg.sender);
    }

    /// @inheritdoc IRetirementRegistry
    function retireFor(UnitId id, uint256 amount, Claim calldata claim, address holder)
        external
        returns (uint256 number)
    {
        ParticipantId participant = _checkCaller(WalletRights.SURRENDER);
        return _retire(msg.sender, participant, id, amount, claim, holder);
    }

    /// @inheritdoc IRetirementRegistry
    function retireForMany(UnitId id, uint256[] calldata amounts, Claim[] calldata claims, address[] calldata holders)
        external
        returns (uint256 first)
    {
        if (amounts.length != claims.length) revert RetirementLengthMismatch(amounts.length, claims.length);
        if (amounts.length != holders.length) revert RetirementLengthMismatch(amounts.length, holders.length);
        if (amounts.length == 0 || amounts.length > MAX_ITEMS) revert RetirementItemCount(amounts.length, MAX_ITEMS);
        ParticipantId participant = _checkCaller(WalletRights.SURRENDER);

        first = lastCertificate() + 1;
        for (uint256 i = 0; i < amounts.length; ++i) {
            _retire(msg.sender, participant, id, amounts[i], claims[i], holders[i]);
        }
    }

    /// @inheritdoc IRetirementRegistry
    function retireFromLedger(UnitId id, uint256 amount, Claim calldata claim, address holder)
        external
        returns (uint256 number)
    {
        if (address(EXCHANGE) == address(0)) revert RetirementWithoutLedger();
        ParticipantId participant = _checkCaller(WalletRights.SURRENDER);
        MarketId market = EXCHANGE.marketOf(id);
        if (EXCHANGE.account(participant, market).frozen) revert RetirementLedgerFrozen(id);
        MarketAssets memory assets = EXCHANGE.marketAssets(market);
        if (assets.lotSize == 0 || amount % assets.lotSize != 0) {
            revert RetirementNotWholeLots(id, amount, assets.lotSize);
        }
        return _retireLots(participant, market, assets, amount / assets.lotSize, claim, holder);
    }

    /// @inheritdoc IRetirementRegistry
    function retireOnPurchase(Purchase calldata purchase, Claim calldata claim, address holder)
        external
        returns (uint256 number, uint256 filled)
    {
        if (address(EXCHANGE) == address(0)) revert RetirementWithoutLedger();
        ParticipantId participant = _checkCaller(WalletRights.TRADE | WalletRights.SURRENDER);
        MarketAssets memory assets = EXCHANGE.marketAssets(purchase.market);

        // Nothing of an immediate order rests: the increase of the account is the quantity bought.
        uint256 before = EXCHANGE.account(participant, purchase.market).lots;
        OrderRequest[] memory requests = new OrderRequest[](1);
        requests[0] = _immediate(purchase);
        EXCHANGE.batchFor(msg.sender, new OrderId[](0), requests);
        filled = EXCHANGE.account(participant, purchase.market).lots - before;
        if (filled == 0) revert RetirementNothingBought(purchase.market, purchase.tick);

        number = _retireLots(participant, purchase.market, assets, filled, claim, holder);
        emit UnitsBoughtToRetire(number, purchase.market, participant, purchase.lots, filled);
    }

    /* USE OF OUTCOMES */

    /// @inheritdoc IRetirementRegistry
    function retireOutcome(UnitId id, uint256 amount, Claim calldata claim, address holder, uint16 party)
        external
        returns (uint256 number)
    {
        ParticipantId participant = _checkCaller(WalletRights.SURRENDER);
        Outcome memory o = _outcomeOf(id);
        if (o.use != OutcomeUse.Marked || o.party != party) revert RetirementOutcomeRefused(id, party, o.party, o.use);

        number = _retireMarked(msg.sender, participant, id, amount, claim, holder);
        _mark(number, party);
        emit OutcomeRetired(number, id, party);
    }

    function _outcomeOf(UnitId id) private view returns (Outcome memory) {
        if (!BatchNumbers.isAuthorised(id)) revert RetirementOutcomeRefused(id, 0, 0, OutcomeUse.None);
        (address issuer,) = ISerialUnits(address(_unitsOf(id))).originOf(id);
        return IOutcomeBatches(issuer).outcomeOf(id);
    }

    /* CERTIFICATES TO OTHERS */

    /// @inheritdoc IRetirementRegistry
    function answerCertificate(uint256 number, bool accepted) external {
        address holder = certificate(number).holder;
        if (msg.sender != holder) revert RetirementNotItsHolder(number, msg.sender);

        answerOf[number] = accepted ? CertificateAnswer.Accepted : CertificateAnswer.Declined;
        emit CertificateAnswered(number, holder, accepted);
    }

    /* CANCEL */

    /// @inheritdoc IRetirementRegistry
    function cancel(UnitId id, uint256 amount, bytes32 reason) external returns (uint256 number) {
        ParticipantId participant = _checkCaller(WalletRights.MANAGE);

        number = ++_lastCancellation;
        SerialBlock[] memory blocks = _exit(msg.sender, id, amount, Exit.Cancelled, bytes32(number));
        if (blocks.length != 0) _cancelled[number] = keccak256(abi.encode(id, blocks));
        emit UnitsCancelled(number, id, participant, msg.sender, amount, reason);
    }

    /// @inheritdoc IRetirementRegistry
    function isCancellationOf(uint256 number, UnitId id, SerialBlock[] calldata blocks) external view returns (bool) {
        return _cancelled[number] == keccak256(abi.encode(id, blocks));
    }

    /* INVALID UNITS IN THE LEDGER */

    /// @inheritdoc IRetirementRegistry
    function clearInvalidated(UnitId id, ParticipantId[] calldata owners) external {
        if (address(EXCHANGE) == address(0)) revert RetirementWithoutLedger();
        if (owners.length == 0 || owners.length > MAX_ITEMS) revert RetirementItemCount(owners.length, MAX_ITEMS);
        address units = address(_unitsOf(id));
        if (UnitIdLib.classOf(id) != UnitIdLib.OFFSET_CREDIT) revert RetirementClassUnknown(id);
        MarketId market = EXCHANGE.marketOf(id);

        for (uint256 i = 0; i < owners.length; ++i) {
            EXCHANGE.debitUnits(owners[i], market, type(uint256).max, address(this));
        }
        address[] memory here = new address[](1);
        here[0] = address(this);
        ISerialUnits(units).clearInvalidated(id, here); // refuses a batch that is not invalid, so that all is undone
    }

    /* WIRING */

    /// @inheritdoc IRetirementRegistry
    function addUnitContract(address unitContract_) external restricted {
        _addUnitContract(unitContract_);
    }

    /// @inheritdoc IRetirementRegistry
    function unitContract(uint8 class) external view returns (address) {
        return _unitContracts[class];
    }

    /* VIEWS */

    /// @inheritdoc IERC165
    function supportsInterface(bytes4 interfaceId) external pure returns (bool) {
        return _supports(interfaceId) || interfaceId == type(IERC1155Receiver).interfaceId;
    }

    /* UNITS OUT OF THE LEDGER */

    /// @inheritdoc IERC1155Receiver
    /// @dev Takes units of the Exchange only; others would be stuck here.
    function onERC1155Received(address operator, address from, uint256, uint256, bytes calldata)
        external
        view
        returns (bytes4)
    {
        if (from != address(EXCHANGE) || operator != address(EXCHANGE)) {
            revert RetirementNotExpected(operator, from);
        }
        return this.onERC1155Received.selector;
    }

    /// @inheritdoc IERC1155Receiver
    function onERC1155BatchReceived(
        address operator,
        address from,
        uint256[] calldata,
        uint256[] calldata,
        bytes calldata
    ) external pure returns (bytes4) {
        revert RetirementNotExpected(operator, from);
    }

    /* INSIDE */

    function _immediate(Purchase calldata p) private pure returns (OrderRequest) {
        return OrderRequestLib.immediateBuy(MarketId.unwrap(p.market), p.tick, p.lots, p.minimumLots, p.maximumCost);
    }

    /// @dev The units come here, through {onERC1155Received}, and end here.
    function _retireLots(
        ParticipantId participant,
        MarketId market,
        MarketAssets memory assets,
        uint256 lots,
        Claim calldata claim,
        address holder
    ) private returns (uint256 number) {
        uint256 taken = EXCHANGE.debitUnits(participant, market, lots, address(this));
        if (taken != lots) revert RetirementLedgerShort(assets.unit, lots, taken);
        return _retire(address(this), participant, assets.unit, lots * assets.lotSize, claim, holder);
    }

    /// @dev Units authorised for use abroad are retired with a mark alone, until their authorisation lapses.
    function _retire(
        address wallet,
        ParticipantId participant,
        UnitId id,
        uint256 amount,
        Claim calldata claim,
        address holder
    ) private returns (uint256 number) {
        bool apart =
            UnitIdLib.classOf(id) == UnitIdLib.OFFSET_CREDIT && BatchNumbers.isAuthorised(id);
        if (apart && _outcomeOf(id).use != OutcomeUse.Free) revert RetirementUnmarked(id);
        return _retireMarked(wallet, participant, id, amount, claim, holder);
    }

    /// @dev Takes the units from `wallet`, then mints the certificate. This project's contracts make no callback when
    /// units leave; should another one, no certificate is numbered twice: {_mint} refuses.
    function _retireMarked(
        address wallet,
        ParticipantId participant,
        UnitId id,
        uint256 amount,
        Claim calldata claim,
        address holder
    ) private returns (uint256 number) {
        if (holder == address(0)) revert RetirementHolderMissing();
        _checkClaim(claim);
        number = lastCertificate() + 1;

        SerialBlock[] memory blocks = _exit(wallet, id, amount, Exit.Retired, bytes32(number));
        _mint(
            number,
            Record({
                holder: holder,
                retiredAt: uint40(block.timestamp), // 40 bits of seconds last 34,000 years
                periodStart: uint16(claim.periodStart), // checked with the claim
                periodEnd: uint16(claim.periodEnd), //     checked with the claim
                country: claim.country,
                furtherBlocks: 0,
                unit: uint104(UnitId.unwrap(id)), // the unit contract has checked the form of the id
                amount: uint64(amount), //          no more than a balance, which has 64 bits
                firstSerial: 0,
                claimHash: keccak256(abi.encode(claim))
            }),
            blocks
        );
        emit UnitsRetired(number, id, participant, wallet, amount, blocks, claim);
    }

    function _exit(address wallet, UnitId id, uint256 amount, Exit kind, bytes32 ref)
        private
        returns (SerialBlock[] memory blocks)
    {
        IRetirableUnits units = _unitsOf(id);
        if (UnitIdLib.classOf(id) == UnitIdLib.OFFSET_CREDIT) {
            return ISerialUnits(address(units)).exitWithSerials(wallet, id, amount, kind, ref);
        }
        units.exit(wallet, id, amount, kind, ref);
    }

    function _addUnitContract(address unitContract_) private {
        uint8 class = IRetirableUnits(unitContract_).unitClass();
        if (_unitContracts[class] != address(0)) revert RetirementClassTaken(class, _unitContracts[class]);
        _unitContracts[class] = unitContract_;
        emit UnitContractAdded(class, unitContract_);
    }

    function _unitsOf(UnitId id) private view returns (IRetirableUnits) {
        address units = _unitContracts[UnitIdLib.classOf(id)];
        if (units == address(0)) revert RetirementClassUnknown(id);
        return IRetirableUnits(units);
    }

    /// @dev The caller must be a wallet with all of `right` of an active participant.
    function _checkCaller(uint8 right) private view returns (ParticipantId participant) {
        uint8 rights;
        uint8 status;
        (participant, rights, status) = PARTICIPANTS.walletOf(msg.sender);
        if (status != uint8(ParticipantStatus.Active) || rights & right != right) {
            revert RetirementRightMissing(msg.sender, right);
        }
    }

    function _checkClaim(Claim calldata claim) private view {
        uint256 named = bytes(claim.beneficiary).length;
        if ((named == 0) == (claim.commitment == 0)) revert RetirementBeneficiaryMissing();
        if (named > MAX_BENEFICIARY) revert RetirementTextTooLong(named, MAX_BENEFICIARY);
        if (bytes(claim.purpose).length > MAX_PURPOSE) {
            revert RetirementTextTooLong(bytes(claim.purpose).length, MAX_PURPOSE);
        }
        // Days of the year to come can be claimed for, and no later ones; 16 bits hold them until the year 2149.
        uint256 latest = block.timestamp / 1 days + MAX_DAYS_AHEAD;
        if (claim.periodEnd < claim.periodStart || claim.periodEnd > latest || latest > type(uint16).max) {
            revert RetirementPeriodInvalid(claim.periodStart, claim.periodEnd);
        }
        if (!Countries.isKnown(claim.country)) revert RetirementCountryInvalid(claim.country);
    }
}
