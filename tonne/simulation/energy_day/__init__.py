"""A day of an energy market on a chain of its own: from the meters to the bills."""
