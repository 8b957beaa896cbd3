"""The aggregator: bids for its customers by their standing instructions, interval after interval."""
