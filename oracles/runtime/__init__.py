"""The common parts of all daemons: loop, journal, transaction manager, metrics."""
