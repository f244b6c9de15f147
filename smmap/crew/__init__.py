"""Who does the work of a run: this process, processes beside it, or a Dask cluster."""
