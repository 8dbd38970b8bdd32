"""Measures of our side beside the limit, in one run: `make bench`. Never a test: a timing decides nothing."""
