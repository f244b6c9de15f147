"""Daily mosaics: committed overpasses to calendar days on any grid."""
