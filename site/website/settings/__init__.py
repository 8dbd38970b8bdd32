"""Settings: `base` is shared; `production`, `demo` and `test` each add what is theirs."""
