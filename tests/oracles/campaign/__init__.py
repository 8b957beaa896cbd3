"""The fault campaign: both daemons as real processes at nodes that fail and lie, killed and reorganised."""
