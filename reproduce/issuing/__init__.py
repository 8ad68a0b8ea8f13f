"""Certificates on record: issued for runs, logged, revoked, audited, and shown to people and programs."""
