"""Writes finished layers: Cloud-optimised GeoTIFF, Zarr slices, pictures, STAC items."""
