"""The nouns and the errors: frozen, without I/O; this floor knows nobody."""
