"""Seeded generators of the pretraining mix: scenes, questions, answers; no real fact in any."""
