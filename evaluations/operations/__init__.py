"""Rules across rows: open, answer, close, remind."""
