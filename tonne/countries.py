"""Countries as the exchange formats name them: ISO 3166-1 numeric to alpha-3 and the picklist's name."""

from __future__ import annotations

from typing import Final, NamedTuple

from tonne.errors import TonneError


class Country(NamedTuple):
    """One Party."""

    alpha3: str
    name: str  # as in the country picklist of CAD Trust


#: Hosts of offset projects and buyers of their outcomes; others are added as they come.
COUNTRIES: Final = {
    32: Country("ARG", "Argentina"),
    36: Country("AUS", "Australia"),
    40: Country("AUT", "Austria"),
    50: Country("BGD", "Bangladesh"),
    56: Country("BEL", "Belgium"),
    64: Country("BTN", "Bhutan"),
    68: Country("BOL", "Bolivia"),
    76: Country("BRA", "Brazil"),
    116: Country("KHM", "Cambodia"),
    120: Country("CMR", "Cameroon"),
    124: Country("CAN", "Canada"),
    152: Country("CHL", "Chile"),
    156: Country("CHN", "China"),
    170: Country("COL", "Colombia"),
    188: Country("CRI", "Costa Rica"),
    203: Country("CZE", "Czech Republic"),
    208: Country("DNK", "Denmark"),
    214: Country("DOM", "Dominican Republic"),
    218: Country("ECU", "Ecuador"),
    231: Country("ETH", "Ethiopia"),
    246: Country("FIN", "Finland"),
    250: Country("FRA", "France"),
    268: Country("GEO", "Georgia"),
    276: Country("DEU", "Germany"),
    288: Country("GHA", "Ghana"),
    300: Country("GRC", "Greece"),
    320: Country("GTM", "Guatemala"),
    328: Country("GUY", "Guyana"),
    340: Country("HND", "Honduras"),
    356: Country("IND", "India"),
    360: Country("IDN", "Indonesia"),
    372: Country("IRL", "Ireland"),
    376: Country("ISR", "Israel"),
    380: Country("ITA", "Italy"),
    392: Country("JPN", "Japan"),
    398: Country("KAZ", "Kazakhstan"),
    400: Country("JOR", "Jordan"),
    404: Country("KEN", "Kenya"),
    410: Country("KOR", "Republic of Korea"),
    450: Country("MDG", "Madagascar"),
    454: Country("MWI", "Malawi"),
    458: Country("MYS", "Malaysia"),
    484: Country("MEX", "Mexico"),
    496: Country("MNG", "Mongolia"),
    504: Country("MAR", "Morocco"),
    508: Country("MOZ", "Mozambique"),
    524: Country("NPL", "Nepal"),
    528: Country("NLD", "Netherlands (Kingdom of the)"),
    548: Country("VUT", "Vanuatu"),
    554: Country("NZL", "New Zealand"),
    566: Country("NGA", "Nigeria"),
    578: Country("NOR", "Norway"),
    586: Country("PAK", "Pakistan"),
    591: Country("PAN", "Panama"),
    598: Country("PNG", "Papua New Guinea"),
    600: Country("PRY", "Paraguay"),
    604: Country("PER", "Peru"),
    608: Country("PHL", "Philippines"),
    616: Country("POL", "Poland"),
    620: Country("PRT", "Portugal"),
    646: Country("RWA", "Rwanda"),
    682: Country("SAU", "Saudi Arabia"),
    686: Country("SEN", "Senegal"),
    702: Country("SGP", "Singapore"),
    704: Country("VNM", "Viet Nam"),
    710: Country("ZAF", "South Africa"),
    724: Country("ESP", "Spain"),
    752: Country("SWE", "Sweden"),
    756: Country("CHE", "Switzerland"),
    764: Country("THA", "Thailand"),
    784: Country("ARE", "United Arab Emirates"),
    788: Country("TUN", "Tunisia"),
    792: Country("TUR", "Turkey"),
    800: Country("UGA", "Uganda"),
    804: Country("UKR", "Ukraine"),
    826: Country("GBR", "United Kingdom of Great Britain and Northern Ireland"),
    834: Country("TZA", "United Republic of Tanzania"),
    840: Country("USA", "United States of America"),
    858: Country("URY", "Uruguay"),
    894: Country("ZMB", "Zambia"),
}


def country(number: int) -> Country:
    """The country of an ISO 3166-1 numeric code."""
    found = COUNTRIES.get(number)
    if found is None:
        raise TonneError(
            "COUNTRY_UNKNOWN",
            f"Country {number} has no name here yet.",
            field="country",
            value=number,
            remedy="Add it to tonne/countries.py as the picklist of CAD Trust writes it.",
        )
    return found


def by_alpha3(code: str) -> int:
    """The numeric code of an alpha-3 one."""
    for number, known in COUNTRIES.items():
        if known.alpha3 == code.upper():
            return number
    raise TonneError(
        "COUNTRY_UNKNOWN",
        "This is no country known here.",
        field="country",
        value=code,
        remedy="Give the three letters of ISO 3166-1, e.g. CHN.",
    )
