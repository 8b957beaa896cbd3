// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.20;

import {Base64} from "@openzeppelin/contracts/utils/Base64.sol";
import {Strings} from "@openzeppelin/contracts/utils/Strings.sol";

import {SerialBlock} from "../../interfaces/units/IOffsetCredits.sol";
import {Certificate, Claim} from "../../interfaces/compliance/IRetirementRegistry.sol";
import {IsoDate} from "./IsoDate.sol";
import {UnitIdLib} from "../types/UnitIdLib.sol";
import {UnitMetadata} from "../lib/UnitMetadata.sol";
import {XmlText} from "./XmlText.sol";

/// @title CertificateMetadata
/// @notice JSON and picture of a certificate, made on chain from its stored fields; no host, and no way to change them.
/// @dev A contract of its own, without state, which the registry makes for itself: a contract's size is limited. The
/// caller is the registry that the certificate is of.
/// @dev Of the words of a claim only the hash is stored. {uri} shows that; {picture} shows words which the caller has
/// checked against it.
contract CertificateMetadata {
    uint256 private constant LINE = 24; //    [px]
    uint256 private constant COLUMNS = 62; // of the words of a claim

    /// @dev The picture drawn so far, and its height.
    struct Sheet {
        bytes body;
        uint256 y;
    }

    /// @notice A data URI with the JSON of the ERC-721 metadata schema, picture inside.
    /// @param mark of units authorised for use abroad; else empty
    function uri(uint256 number, Certificate memory c, SerialBlock[] memory blocks, string memory mark)
        external
        view
        returns (string memory)
    {
        (string memory class, string memory measure) = UnitMetadata.words(UnitIdLib.classOf(c.unit));
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
            json = abi.encodePacked(json, _attribute("Serial numbers", _serials(blocks[i])));
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
        (string memory class, string memory measure) = UnitMetadata.words(UnitIdLib.classOf(c.unit));
        Sheet memory s = Sheet("", 64);
        _text(s, 40, 20, string.concat("Retirement certificate ", Strings.toString(number)));
        s.y += 52;
        _text(s, 40, 40, string.concat(Strings.toString(c.amount), " ", measure));
        s.y += 32;
        _text(s, 40, 16, string.concat(class, ", retired for ever"));
        s.y += 20;

        if (bytes(claim.beneficiary).length != 0) _words(s, "For", claim.beneficiary);
        if (claim.commitment != 0) _row(s, "For (commitment)", Strings.toHexString(uint256(claim.commitment), 32));
        if (bytes(claim.purpose).length != 0) _words(s, "Purpose", claim.purpose);
        _row(s, "Claimed for", string.concat(_period(c), ", country ", string(abi.encodePacked(c.country))));
        _row(s, "Retired", string.concat(IsoDate.text(c.retiredAt / 1 days), " (UTC)"));
        if (bytes(mark).length != 0) _row(s, "Article 6", string.concat("authorised, used ", mark));
        _row(s, "Vintage, batch", _vintageAndBatch(c));
        for (uint256 i = 0; i < blocks.length; ++i) {
            _row(s, i == 0 ? "Serial numbers" : "", _serials(blocks[i]));
        }
        _row(s, "Claim hash", Strings.toHexString(uint256(c.claimHash), 32));
        // Not `toHexString(address)`: beside the other form, whether the compiler inlines it depends on what else it compiles.
        _row(s, "Registry", Strings.toHexString(uint256(uint160(msg.sender)), 20));
        _row(s, "Chain", Strings.toString(block.chainid));
        return _framed(s);
    }

    /* DRAWING */

    function _framed(Sheet memory s) private pure returns (string memory) {
        string memory height = Strings.toString(s.y + 40);
        string memory inner = Strings.toString(s.y + 16);
        return string(
            abi.encodePacked(
                '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 800 ',
                height,
                '" font-family="sans-serif" fill="#1b3a2f"><rect width="800" height="',
                height,
                '" fill="#f6f4ec"/><rect x="12" y="12" width="776" height="',
                inner,
                '" fill="none" stroke="#2f6f4f" stroke-width="3"/>',
                s.body,
                "</svg>"
            )
        );
    }

    function _row(Sheet memory s, string memory label, string memory value) private pure {
        s.y += LINE;
        if (bytes(label).length != 0) _text(s, 40, 14, label);
        _text(s, 190, 13, value);
    }

    /// @dev Words of a claim: as many lines as they need, escaped.
    function _words(Sheet memory s, string memory label, string memory value) private pure {
        string[] memory lines = XmlText.lines(value, COLUMNS);
        for (uint256 i = 0; i < lines.length; ++i) {
            _row(s, i == 0 ? label : "", lines[i]);
        }
    }

    /// @param value Safe for XML.
    function _text(Sheet memory s, uint256 x, uint256 size, string memory value) private pure {
        s.body = abi.encodePacked(
            s.body,
            '<text x="',
            Strings.toString(x),
            '" y="',
            Strings.toString(s.y),
            '" font-size="',
            Strings.toString(size),
            '">',
            value,
            "</text>"
        );
    }

    /* WORDS */

    function _attribute(string memory trait, string memory value) private pure returns (bytes memory) {
        return abi.encodePacked('{"trait_type":"', trait, '","value":"', value, '"},');
    }

    function _serials(SerialBlock memory b) private pure returns (string memory) {
        string memory range = string.concat(Strings.toString(b.first), "-", Strings.toString(b.last));
        return string.concat(Strings.toString(b.registry), "-", Strings.toString(b.series), "-", range);
    }

    function _period(Certificate memory c) private pure returns (string memory) {
        return string.concat(IsoDate.text(c.periodStart), " to ", IsoDate.text(c.periodEnd));
    }

    function _vintageAndBatch(Certificate memory c) private pure returns (string memory) {
        string memory batch = Strings.toString(UnitIdLib.batchOf(c.unit));
        return string.concat(Strings.toString(UnitIdLib.vintageOf(c.unit)), ", ", batch);
    }
}
