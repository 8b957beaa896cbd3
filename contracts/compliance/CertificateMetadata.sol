// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {Base64} from "@openzeppelin/contracts/utils/Base64.sol";
import {Strings} from "@openzeppelin/contracts/utils/Strings.sol";

import {SerialBlock} from "../../interfaces/units/IOffsetCredits.sol";
import {Certificate, Claim} from "../../interfaces/compliance/IRetirementRegistry.sol";
import {IsoDate} from "../lib/IsoDate.sol";
import {SvgSheet} from "../lib/SvgSheet.sol";
import {UnitIdLib} from "../types/UnitIdLib.sol";
import {UnitWords} from "../units/lib/UnitWords.sol";

/// @title CertificateMetadata
/// @notice JSON and picture of a certificate, made on chain from its stored fields; no host, and no way to change them.
/// @dev A contract of its own, without state, which the registry makes for itself: a contract's size is limited. The
/// caller is the registry that the certificate is of.
/// @dev Of the words of a claim only the hash is stored. {uri} shows that; {picture} shows words which the caller has
/// checked against it.
contract CertificateMetadata {
    using SvgSheet for SvgSheet.Sheet;

    /// @notice A data URI with the JSON of the ERC-721 metadata schema, picture inside.
    /// @param mark of units authorised for use abroad; else empty
    function uri(uint256 number, Certificate memory c, SerialBlock[] memory blocks, string memory mark)
        external
        view
        returns (string memory)
    {
        (string memory class, string memory measure) = UnitWords.forClass(UnitIdLib.classOf(c.unit));
        bytes memory json = abi.encodePacked(
            '{"name":"Retirement certificate ',
            Strings.toString(number),
            '","description":"',
            abi.encodePacked(Strings.toString(c.amount), " ", measure, ", ", class, ", retired for ever"),
            '","attributes":[',
            _attribute("Vintage", Strings.toString(UnitIdLib.vintageOf(c.unit))),
            _attribute("Batch", Strings.toString(UnitIdLib.batchOf(c.unit))),
            _attribute("Amount", Strings.toString(c.amount))
        );
        for (uint256 i = 0; i < blocks.length; ++i) {
            json = abi.encodePacked(json, _attribute("Serial numbers", UnitWords.serials(blocks[i])));
        }

        if (bytes(mark).length != 0) json = abi.encodePacked(json, _attribute("Article 6", mark));
        json = abi.encodePacked(
            json,
            _attribute("Country", string(abi.encodePacked(c.country))),
            _attribute("Period", _period(c)),
            _attribute("Retired", IsoDate.text(c.retiredAt / 1 days)),
            '{"trait_type":"Claim hash","value":"',
            Strings.toHexString(uint256(c.claimHash), 32),
            '"}],"image":"data:image/svg+xml;base64,'
        );
        Claim memory unsaid;
        json = abi.encodePacked(json, Base64.encode(bytes(picture(number, c, blocks, unsaid, mark))), '"}');
        return string.concat("data:application/json;base64,", Base64.encode(json));
    }

    /// @notice The certificate as an SVG. A claim without a name in clear is shown by its hash.
    function picture(
        uint256 number,
        Certificate memory c,
        SerialBlock[] memory blocks,
        Claim memory claim,
        string memory mark
    ) public view returns (string memory) {
        (string memory class, string memory measure) = UnitWords.forClass(UnitIdLib.classOf(c.unit));
        SvgSheet.Sheet memory s = SvgSheet.headed(
            string.concat("Retirement certificate ", Strings.toString(number)),
            string.concat(Strings.toString(c.amount), " ", measure),
            string.concat(class, ", retired for ever")
        );

        if (bytes(claim.beneficiary).length != 0) s.words("For", claim.beneficiary);
        if (claim.commitment != 0) s.row("For (commitment)", Strings.toHexString(uint256(claim.commitment), 32));
        if (bytes(claim.purpose).length != 0) s.words("Purpose", claim.purpose);
        s.row("Claimed for", string.concat(_period(c), ", country ", string(abi.encodePacked(c.country))));
        s.row("Retired", string.concat(IsoDate.text(c.retiredAt / 1 days), " (UTC)"));
        if (bytes(mark).length != 0) s.row("Article 6", string.concat("authorised, used ", mark));
        s.row("Vintage, batch", _vintageAndBatch(c));
        for (uint256 i = 0; i < blocks.length; ++i) {
            s.row(i == 0 ? "Serial numbers" : "", UnitWords.serials(blocks[i]));
        }
        s.row("Claim hash", Strings.toHexString(uint256(c.claimHash), 32));
        // Not `toHexString(address)`: beside the other form, whether the compiler inlines it depends on what else it compiles.
        s.row("Registry", Strings.toHexString(uint256(uint160(msg.sender)), 20));
        s.row("Chain", Strings.toString(block.chainid));
        return s.framed();
    }

    /* WORDS */

    function _attribute(string memory trait, string memory value) private pure returns (bytes memory) {
        return abi.encodePacked('{"trait_type":"', trait, '","value":"', value, '"},');
    }

    function _period(Certificate memory c) private pure returns (string memory) {
        return string.concat(IsoDate.text(c.periodStart), " to ", IsoDate.text(c.periodEnd));
    }

    function _vintageAndBatch(Certificate memory c) private pure returns (string memory) {
        string memory batch = Strings.toString(UnitIdLib.batchOf(c.unit));
        return string.concat(Strings.toString(UnitIdLib.vintageOf(c.unit)), ", ", batch);
    }
}
