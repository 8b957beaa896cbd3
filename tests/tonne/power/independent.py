"""The highest welfare of a round by another house's solver and another model: CBC, a step a variable."""

from __future__ import annotations

import pulp

from tonne.constants import PPM
from tonne.power.encoding import Round


def welfare(round_: Round) -> float:
    """[micro-credit × Wh / kWh]"""
    model = pulp.LpProblem("round", pulp.LpMaximize)
    taken = [pulp.LpVariable(f"x{i}", 0, o.limit) for i, o in enumerate(round_.steps)]
    sent = [pulp.LpVariable(f"f{i}", 0, a.capacity) for i, a in enumerate(round_.arcs)]
    steps, arcs = list(zip(round_.steps, taken)), list(zip(round_.arcs, sent))
    worth = pulp.lpSum(-o.sign * o.price * x for o, x in steps)
    model += worth - pulp.lpSum(a.cost * f for a, f in arcs)
    for node in range(round_.nodes):
        injected = pulp.lpSum(o.sign * x for o, x in steps if o.node == node)
        leaving = pulp.lpSum(f for a, f in arcs if a.start == node)
        arriving = pulp.lpSum(a.efficiency / PPM * f for a, f in arcs if a.end == node)
        model += injected - leaving + arriving == 0
    model.solve(pulp.PULP_CBC_CMD(msg=False))
    assert pulp.LpStatus[model.status] == "Optimal"
    return pulp.value(model.objective) or 0.0
