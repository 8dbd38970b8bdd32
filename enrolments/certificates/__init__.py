"""Certificates: their codes, what they say, how they are set, and who has which. Issued in operations/certificates."""
