"""Meters: what they sign, what it is worth, and what of it settles in which interval."""
