"""What intake does with what came in: one transaction a batch, each receipt accounted for."""
