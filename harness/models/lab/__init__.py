"""The lab model: a small language model that this project trains itself."""
