"""Looking at results: overlays on the source, pictures of the character."""
