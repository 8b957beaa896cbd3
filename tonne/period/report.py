from pathlib import Path
def write(world, out: Path) -> Path:
    for k, v in world.facts.items():
        if k not in ("places","season","projects","unapplied rules"): print(k, str(v)[:300])
    print([ (s.title, round(s.seconds,2), s.transactions) for s in world.steps])
    return out
