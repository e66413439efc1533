"""Lifters' training: `wright`, and published networks on the same motion. `run` is the whole of it, `evaluation` its figures."""
