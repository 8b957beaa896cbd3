"""Credits that pass from one deployment to another: proofs in files, and the comparison of both histories."""
