"""Tables that are counted in PostgreSQL and put together with pandas: each a report of its own (see `catalogue.py`)."""
