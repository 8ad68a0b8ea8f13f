"""The command line `manage.py reproduce`: an author's check before submitting. Needs neither account nor database."""
