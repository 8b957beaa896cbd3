"""What a chain of validators carries: `make bench-chain`, which writes `docs/capacity.md`."""
