"""Fine-tuning at a provider, through OpenAI's fine-tuning API."""
