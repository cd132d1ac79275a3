"""Asking for memory to be kept never fails, and large arrays still come and go."""

from __future__ import annotations

import platform

import numpy as np

from harness.models.lab.memory import keep_freed_memory


def test_glibc_keeps_memory_and_others_are_left_alone() -> None:
    assert keep_freed_memory() is (platform.libc_ver()[0] == "glibc")
    assert keep_freed_memory() is (platform.libc_ver()[0] == "glibc")
    for size in (10, 10**6, 10**7):
        assert np.ones(size, np.float32).sum() == size
