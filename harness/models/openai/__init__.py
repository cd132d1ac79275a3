"""Any endpoint that speaks OpenAI's chat completions, as a language model."""
