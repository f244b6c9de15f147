"""Our figures beside their yardsticks, measured side by side in one run."""
