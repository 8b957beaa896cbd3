"""The Python library of tonne: chain client, deployments, typed data, rule packs and the command line."""
