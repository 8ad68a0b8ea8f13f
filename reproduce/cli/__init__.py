"""The command line `manage.py reproduce`: an author's check before submitting. Needs no registration and no database."""
