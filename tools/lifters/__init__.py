"""Parts of `tools/lifters_report.py`."""
