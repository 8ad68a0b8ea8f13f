"""Repair a failed notebook by declaring what it lacks: each proposal is tried for real, in a copy of its repository."""
