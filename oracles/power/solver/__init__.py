"""The solver: clears intervals of the power market for pay. Any number of them compete."""
