"""The data service: a chain's history over HTTP, beside any node."""
