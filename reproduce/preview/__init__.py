"""What pages show of an HDF5 or NeXus file: read by a confined program of its own, one for each question."""
