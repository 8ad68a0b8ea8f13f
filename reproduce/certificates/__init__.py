"""Certificates as plain data: what one says, how it is signed, logged and verified. No Django here."""
