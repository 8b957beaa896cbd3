"""The settlement daemon: runs of intervals, the day's list, its payments, and answers about them."""
