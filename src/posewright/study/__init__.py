"""Beside the path: synthetic clips with exact truth, authored motion, and what is measured with them."""
