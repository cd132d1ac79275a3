"""From results to something a person can read: one HTML file, a Markdown summary, a console table."""
