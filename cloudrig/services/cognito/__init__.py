"""What the rig adds to the upstream's user pools: proofs of passwords, confirmation codes, names in any case."""
