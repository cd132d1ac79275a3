"""Asking at a given rate, whether or not earlier questions are answered: an open loop."""
