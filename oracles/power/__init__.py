"""Daemons of the power market: each does one participant's part, by the chain alone."""
