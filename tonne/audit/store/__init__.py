"""The auditor's store: proven history on disk, with the digest of each block."""
