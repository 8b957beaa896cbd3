"""What every daemon stands on: the loop, the journal, the transaction manager, the metrics."""
