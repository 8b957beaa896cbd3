// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {IERC721} from "@openzeppelin/contracts/token/ERC721/IERC721.sol";
import {IERC721Metadata} from "@openzeppelin/contracts/token/ERC721/extensions/IERC721Metadata.sol";
import {IERC721Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {Strings} from "@openzeppelin/contracts/utils/Strings.sol";
import {IERC165} from "@openzeppelin/contracts/utils/introspection/IERC165.sol";

import {IERC5192} from "../../interfaces/standards/IERC5192.sol";
import {UnitId} from "../../interfaces/types/Ids.sol";
import {SerialBlock} from "../../interfaces/units/IOffsetCredits.sol";
import {Certificate, Claim, IRetirementRegistry} from "../../interfaces/compliance/IRetirementRegistry.sol";
import {CertificateMetadata} from "./CertificateMetadata.sol";

/// @title Certificates
/// @notice Retirement certificates: ERC-721 tokens that are minted once and never move (ERC-5192).
/// @dev Three slots for units of this registry with one serial block; further blocks take a slot each.
abstract contract Certificates is IRetirementRegistry, IERC721, IERC721Metadata, IERC721Errors, IERC5192 {
    /// @dev As stored; an empty comment marks each slot boundary.
    struct Record {
        address holder;
        uint40 retiredAt; //   [s]
        uint16 periodStart; // [days since 1970-01-01]
        uint16 periodEnd; //   [days since 1970-01-01]
        bytes2 country;
        uint8 furtherBlocks; // blocks in `_furtherBlocks`; 0 when the first one below is the only one
        //
        uint104 unit; //        {UnitIdLib} uses 104 bits
        uint64 amount; //       [units]
        uint64 firstSerial; //  in this registry; 0 for classes without serials
        //
        bytes32 claimHash;
    }

    /// @dev Number of this registry in serial blocks.
    uint32 internal constant THIS_REGISTRY = 1;

    CertificateMetadata private immutable METADATA = new CertificateMetadata();

    uint256 private _last;
    mapping(uint256 number => Record) private _records;
    mapping(uint256 number => SerialBlock[]) private _furtherBlocks;
    mapping(address holder => uint256) private _balances;
    /// @dev Of units authorised for use abroad: {MARKED} and the Party.
    mapping(uint256 number => uint256) private _marks;
    uint256 private constant MARKED = 1 << 16;

    /* VIEWS */

    /// @inheritdoc IRetirementRegistry
    function certificate(uint256 number) public view returns (Certificate memory) {
        Record memory r = _record(number);
        return Certificate({
            holder: r.holder,
            unit: UnitId.wrap(r.unit),
            amount: r.amount,
            retiredAt: r.retiredAt,
            periodStart: r.periodStart,
            periodEnd: r.periodEnd,
            country: r.country,
            claimHash: r.claimHash
        });
    }

    /// @inheritdoc IRetirementRegistry
    function serialsOf(uint256 number) public view returns (SerialBlock[] memory blocks) {
        Record memory r = _record(number);
        if (r.furtherBlocks != 0) return _furtherBlocks[number];
        if (r.firstSerial == 0) return blocks;
        blocks = new SerialBlock[](1);
        blocks[0] =
            SerialBlock({registry: THIS_REGISTRY, series: 0, first: r.firstSerial, last: r.firstSerial + r.amount - 1});
    }

    /// @inheritdoc IRetirementRegistry
    function isClaimOf(uint256 number, Claim calldata claim) public view returns (bool) {
        return _record(number).claimHash == keccak256(abi.encode(claim));
    }

    /// @inheritdoc IRetirementRegistry
    function lastCertificate() public view returns (uint256) {
        return _last;
    }

    /// @inheritdoc IERC721Metadata
    function name() external pure returns (string memory) {
        return "tonne retirement certificate";
    }

    /// @inheritdoc IERC721Metadata
    function symbol() external pure returns (string memory) {
        return "RETIRED";
    }

    /// @inheritdoc IERC721
    function balanceOf(address holder) external view returns (uint256) {
        if (holder == address(0)) revert ERC721InvalidOwner(holder);
        return _balances[holder];
    }

    /// @inheritdoc IERC721
    function ownerOf(uint256 number) external view returns (address) {
        return _record(number).holder;
    }

    /// @inheritdoc IERC5192
    function locked(uint256 number) external view returns (bool) {
        _record(number);
        return true;
    }

    /// @inheritdoc IERC721
    function getApproved(uint256 number) external view returns (address) {
        _record(number);
        return address(0);
    }

    /// @inheritdoc IERC721
    function isApprovedForAll(address, address) external pure returns (bool) {
        return false;
    }

    /// @inheritdoc IERC721Metadata
    function tokenURI(uint256 number) external view returns (string memory) {
        return METADATA.uri(number, certificate(number), serialsOf(number), _markText(number));
    }

    /// @inheritdoc IRetirementRegistry
    function imageOf(uint256 number, Claim calldata claim) external view returns (string memory svg) {
        if (!isClaimOf(number, claim)) revert RetirementOtherClaim(number);
        return METADATA.picture(number, certificate(number), serialsOf(number), claim, _markText(number));
    }

    /// @inheritdoc IRetirementRegistry
    function markOf(uint256 number) public view returns (bool marked, uint16 party) {
        uint256 mark = _marks[number];
        return (mark != 0, uint16(mark)); // the lowest field
    }

    /* REFUSALS OF A LOCKED TOKEN */

    /// @inheritdoc IERC721
    function transferFrom(address, address, uint256 number) external pure {
        revert RetirementCertificateLocked(number);
    }

    /// @inheritdoc IERC721
    function safeTransferFrom(address, address, uint256 number) external pure {
        revert RetirementCertificateLocked(number);
    }

    /// @inheritdoc IERC721
    function safeTransferFrom(address, address, uint256 number, bytes calldata) external pure {
        revert RetirementCertificateLocked(number);
    }

    /// @inheritdoc IERC721
    function approve(address, uint256 number) external pure {
        revert RetirementCertificateLocked(number);
    }

    /// @inheritdoc IERC721
    function setApprovalForAll(address, bool) external pure {
        revert RetirementCertificateLocked(0);
    }

    /* INSIDE */

    /// @dev Mints certificate `number`, which must be the next one.
    function _mint(uint256 number, Record memory record, SerialBlock[] memory blocks) internal {
        if (number != _last + 1) revert RetirementReentered(number);
        _last = number;
        if (blocks.length == 1 && blocks[0].registry == THIS_REGISTRY) {
            record.firstSerial = blocks[0].first;
        } else {
            record.furtherBlocks = uint8(blocks.length); // a batch holds fewer than 256 blocks
            for (uint256 i = 0; i < blocks.length; ++i) {
                _furtherBlocks[number].push(blocks[i]);
            }
        }
        _records[number] = record;
        unchecked {
            ++_balances[record.holder]; // bounded by the count of certificates
        }
        emit Transfer(address(0), record.holder, number);
        emit Locked(number);
    }

    function _mark(uint256 number, uint16 party) internal {
        _marks[number] = MARKED | party;
    }

    /// @dev Empty where the units were not authorised for use abroad.
    function _markText(uint256 number) private view returns (string memory) {
        (bool marked, uint16 party) = markOf(number);
        if (!marked) return "";
        if (party == 0) return "for other international purposes";
        return string.concat("towards the contribution of Party ", Strings.toString(party));
    }

    function _record(uint256 number) internal view returns (Record memory record) {
        record = _records[number];
        if (record.holder == address(0)) revert RetirementCertificateUnknown(number);
    }

    function _supports(bytes4 interfaceId) internal pure returns (bool) {
        return interfaceId == type(IERC165).interfaceId || interfaceId == type(IERC721).interfaceId
            || interfaceId == type(IERC721Metadata).interfaceId || interfaceId == type(IERC5192).interfaceId;
    }
}
