"""Reports from public sources, and what was fetched."""
