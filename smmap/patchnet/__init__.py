"""The two-branch network of Batchu et al. 2023, without padding: its parts in PyTorch."""
