"""Fine-tuning with LoRA, and the adapters that come of it."""
