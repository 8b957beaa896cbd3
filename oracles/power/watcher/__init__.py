"""The watcher: holds aggregators to their bids and receipts, and who settles to its runs and lines."""
