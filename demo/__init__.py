"""The demo's content: loaded once, beside whatever people change afterwards. Never in production."""
