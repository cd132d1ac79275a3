"""RAG, fine-tuning or both? An evaluation harness that answers with evidence."""
