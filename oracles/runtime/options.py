"""Options of a daemon's commands in groups: a command takes a dataclass, the command line its fields."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import MISSING, Field, dataclass, fields, is_dataclass
from inspect import Parameter, Signature, signature
from typing import Any, get_type_hints

from oracles.runtime.fees import FeePolicy
from oracles.runtime.process import (
    Deployment,
    FinalityChoice,
    Interval,
    LeastTip,
    MaxFee,
    MaxTip,
    MetricsPort,
    NoticeFile,
    Operation,
    Rpcs,
    Silence,
    Within,
    fee_policy,
)


@dataclass(frozen=True, slots=True)
class ChainAccess:
    """Nodes of the chain, and the market's contracts there."""

    rpcs: Rpcs
    deployment: Deployment


@dataclass(frozen=True, slots=True)
class Sending:
    """When a block is final, and the limits for gas."""

    finality: FinalityChoice = "auto"
    max_fee_gwei: MaxFee = 500
    least_tip_wei: LeastTip = 1
    max_tip_gwei: MaxTip = 50

    def fees(self) -> FeePolicy:
        """Refused where the bounds do not follow one another."""
        return fee_policy(self.max_fee_gwei, self.least_tip_wei, self.max_tip_gwei)


@dataclass(frozen=True, slots=True)
class Running:
    """Settings of the loop."""

    interval: Interval = 0.5
    metrics_port: MetricsPort = None
    silence: Silence = 300
    notices: NoticeFile = None

    def operation(self, sending: Sending) -> Operation:
        """With how it sends."""
        return Operation(
            sending.finality,
            sending.fees(),
            self.interval,
            self.metrics_port,
            self.silence,
            self.notices,
        )


@dataclass(frozen=True, slots=True)
class DrainingTime:
    """Time limit for finishing open work."""

    within: Within = 600

    def operation(self, sending: Sending) -> Operation:
        """With how it sends."""
        return Operation(sending.finality, sending.fees(), drains_within_s=self.within)


def spread(command: Callable[..., None], **groups: type) -> Callable[..., None]:
    """The command with an option for each field of its parameters that are dataclasses; `groups` names
    those that its own annotations leave open."""
    hints = get_type_hints(command, include_extras=True) | groups
    taken = {name: hints[name] for name in signature(command).parameters}
    grouped: dict[str, Any] = {name: hint for name, hint in taken.items() if is_dataclass(hint)}

    def parameters() -> Iterator[Parameter]:
        for name, known in signature(command).parameters.items():
            if name in grouped:
                own = get_type_hints(grouped[name], include_extras=True)
                yield from (_option(field, own[field.name]) for field in fields(grouped[name]))
            else:
                yield known.replace(annotation=hints[name], kind=Parameter.KEYWORD_ONLY)

    def spreading(**given: Any) -> None:
        groups = {
            name: hint(**{field.name: given.pop(field.name) for field in fields(hint)})
            for name, hint in grouped.items()
        }
        command(**groups, **given)

    shown = Signature(list(parameters()))
    spreading.__doc__ = command.__doc__
    spreading.__name__ = command.__name__
    spreading.__annotations__ = {p.name: p.annotation for p in shown.parameters.values()}
    spreading.__dict__["__signature__"] = shown  # where `inspect` looks first
    return spreading


def _option(field: Field[Any], annotation: Any) -> Parameter:
    default = Parameter.empty if field.default is MISSING else field.default
    return Parameter(field.name, Parameter.KEYWORD_ONLY, default=default, annotation=annotation)
