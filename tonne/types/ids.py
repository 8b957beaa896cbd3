"""Ids as types, by the names that `interfaces/` gives them: a market's number is no participant's.

They are plain integers at run time; 0 is no id.
"""

from __future__ import annotations

from typing import NewType

#: A registered legal person, 24 bits.
ParticipantId = NewType("ParticipantId", int)

#: A plant of an emitter, 32 bits.
InstallationId = NewType("InstallationId", int)

#: A jurisdiction's rule set, 16 bits.
SchemeId = NewType("SchemeId", int)

#: A compliance period of a scheme, 16 bits.
PeriodId = NewType("PeriodId", int)

#: An ERC-1155 id of a unit: `tonne.types.unit_id`.
UnitId = NewType("UnitId", int)

#: One issuance within a class, scheme and vintage: the lowest 64 bits of a unit's id.
BatchId = NewType("BatchId", int)

#: One unit traded against one currency on the Exchange, 16 bits.
MarketId = NewType("MarketId", int)

#: A participant's account in a market: `tonne.types.account_id`.
AccountId = NewType("AccountId", int)

#: A resting order of the Exchange: `tonne.market.order_encoding.OrderKey`.
OrderId = NewType("OrderId", int)

#: An auction, 32 bits.
AuctionId = NewType("AuctionId", int)

#: An offset project, 32 bits.
ProjectId = NewType("ProjectId", int)

#: A charge of a false report: `tonne.types.charge_id`.
ChargeId = NewType("ChargeId", int)

#: A metering point, 32 bits.
MeterId = NewType("MeterId", int)

#: A kind of energy in a region, where it is balanced and priced, 24 bits.
NodeId = NewType("NodeId", int)

#: A generating device with energy certificates, 32 bits.
DeviceId = NewType("DeviceId", int)

#: An account of the PowerMarket, 32 bits: a participant's number, or a pseudonym.
PowerAccountId = NewType("PowerAccountId", int)

#: An interval of the PowerMarket: its start [s] over the market's step [s].
IntervalId = NewType("IntervalId", int)
