"""Opens an output: what is committed, its indexes, its cube generations."""
