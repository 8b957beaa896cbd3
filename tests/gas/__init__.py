"""Gas of whole transactions: measured by Forge, by Anvil, and beside other books."""
