"""What the outside world reads of the catalogue: a frozen Record in, bytes out. Knows no Django."""
