"""The data service: what a chain's history says, over HTTP, beside any node."""
