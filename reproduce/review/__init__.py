"""Blind review: what a reviewer sees of a publication, masked, and the scan of it before a link is issued."""
