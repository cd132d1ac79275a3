from __future__ import annotations

import contextlib
import importlib
import json
import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.numpy import save, save_file

from harness.errors import ArtefactError
from harness.models.lab.weights import read_safetensors


def test_every_float_type_is_read_as_the_library_reads_it(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch", reason="numpy has no bfloat16 to compare with")
    library = importlib.import_module("safetensors.torch")
    torch.manual_seed(0)
    tensors = {
        str(kind): torch.randn(3, 5).to(kind)
        for kind in (torch.bfloat16, torch.float16, torch.float32)
    }
    tensors["scalar"], tensors["none"] = torch.tensor(2.5), torch.zeros(0, 4)
    library.save_file(tensors, tmp_path / "x.safetensors", metadata={"format": "pt"})
    found = read_safetensors(tmp_path / "x.safetensors")
    assert found.keys() == tensors.keys()
    for name, tensor in tensors.items():
        assert found[name].dtype == np.float32
        np.testing.assert_array_equal(found[name], tensor.float().numpy())


def test_a_file_that_is_none_is_refused_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "x.safetensors"
    with pytest.raises(ArtefactError, match=r"x\.safetensors: cannot be read"):
        read_safetensors(path)
    for content in (b"", b"short", struct.pack("<Q", 2**60) + b"{}", struct.pack("<Q", 2) + b"[]"):
        path.write_bytes(content)
        with pytest.raises(ArtefactError, match="no safetensors file"):
            read_safetensors(path)
    save_file({"count": np.arange(4)}, path)
    with pytest.raises(ArtefactError, match=r"'count'.* I64"):
        read_safetensors(path)


_GOOD = save({"a": np.ones((4, 4), np.float32), "b": np.zeros(3, np.float16)})


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    cut=st.integers(0, len(_GOOD)),
    flips=st.dictionaries(st.integers(0, 200), st.binary(max_size=1, min_size=1), max_size=3),
)
def test_damage_never_passes_as_anything_but_an_artefact_error(
    tmp_path: Path, cut: int, flips: dict[int, bytes]
) -> None:
    data = bytearray(_GOOD[:cut])
    for place, byte in flips.items():
        data[place : place + 1] = byte
    path = tmp_path / "x.safetensors"
    path.write_bytes(data)
    # Whatever else is raised fails the test: a damaged file is the user's to mend, not a defect.
    with contextlib.suppress(ArtefactError):
        assert all(t.dtype == np.float32 for t in read_safetensors(path).values())


def test_offsets_beyond_the_file_are_refused(tmp_path: Path) -> None:
    header = json.dumps({"a": {"dtype": "F32", "shape": [4], "data_offsets": [0, 16]}}).encode()
    path = tmp_path / "x.safetensors"
    path.write_bytes(struct.pack("<Q", len(header)) + header + b"\0" * 15)
    with pytest.raises(ArtefactError, match="'a': its bytes are not those of its shape"):
        read_safetensors(path)
