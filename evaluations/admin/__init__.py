"""The staff's side of evaluations."""
