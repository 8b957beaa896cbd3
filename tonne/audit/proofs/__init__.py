"""Proofs of what a node says: headers by hashes, receipts and storage by roots, code by its source."""
