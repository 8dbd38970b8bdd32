"""The staff's side of mails: their words, and what became of them."""
