"""What `make` calls. Standard library only, unless a module says otherwise: it runs before anything is installed."""
