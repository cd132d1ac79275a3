"""The lab model as an OpenAI-compatible server."""
