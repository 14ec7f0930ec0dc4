"""Inspection reports -> paragraphs -> themes -> a cross-authority matrix with its evidence."""
