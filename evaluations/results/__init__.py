"""What the released results say: figures, comparisons, files."""
