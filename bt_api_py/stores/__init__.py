"""Local copies of what a venue knows, filled by REST and kept by its feed."""
