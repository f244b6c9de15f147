"""Files: atomic and conditional writes, locks, and the settings of GDAL's reads."""
