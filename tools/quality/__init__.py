"""The parts of `quality_report.py`: what is compared, how it is measured, the page."""
