"""Daemons that carry signed evidence to the chain. They remember in a journal and decide from the
chain."""
