import sys

import pytest

from dualjit.cli import machine, main


def test_report_has_versions_processor_and_threads(capsys):
    assert main(["info"]) == 0
    said = capsys.readouterr().out
    for key in ("dualjit", "numba", "numpy", "scipy", "python", "cpu", "simd bits", "numba threads", "cuda"):
        assert f"\n{key}  " in f"\n{said}"


@pytest.mark.parametrize(
    ("features", "bits"),
    [({"avx512f": True, "avx2": True}, 512), ({"avx512f": False, "avx2": True}, 256), ({"neon": True}, 128), ({}, 64)],
)
def test_simd_width(features, bits):
    assert machine.simd_bits(features) == bits


def test_cuda_that_cannot_be_loaded_is_reported_not_raised(monkeypatch):
    monkeypatch.setitem(sys.modules, "numba.cuda", None)
    monkeypatch.delattr("numba.cuda", raising=False)
    assert machine.cuda().startswith("not available")


def test_help_names_the_commands(capsys):
    with pytest.raises(SystemExit) as stop:
        main(["--help"])
    assert stop.value.code == 0
    said = capsys.readouterr().out
    assert all(name in said for name in ("bench", "check", "info"))
