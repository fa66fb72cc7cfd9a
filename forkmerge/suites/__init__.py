"""Runners: how the results of single tests are got out of a test command (see ``runner.py``)."""
