"""HTML reports: one template, charts and tables in a single file, and data files beside it."""
