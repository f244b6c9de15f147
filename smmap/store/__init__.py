"""Files here and elsewhere: atomic writes, locks, request rates, pages on disk, GDAL's settings."""
