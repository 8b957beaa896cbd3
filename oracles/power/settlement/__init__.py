"""The settlement daemon: runs of intervals, the day's list, its payments, and what is asked about them."""
