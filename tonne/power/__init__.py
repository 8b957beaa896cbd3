"""The power market: grids, clearing, losses and settlement, off chain."""
