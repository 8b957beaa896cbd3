"""Scenarios: a plain model of a market, without a chain, run over rules that are varied and over seeds."""
