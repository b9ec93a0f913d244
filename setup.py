"""Build of the embedded engine; everything else is declared in pyproject.toml."""

from setuptools import find_packages, setup
from setuptools.command.bdist_wheel import bdist_wheel


class AbiWheel(bdist_wheel):
    """One wheel per platform for every CPython from 3.10 on."""

    def finalize_options(self) -> None:
        """Fix the Python tag."""
        self.py_limited_api = "cp310"
        super().finalize_options()


setup(
    packages=[*find_packages(include=["vmafpy", "vmafpy.*"]), "vmafpy.model"],
    package_dir={"vmafpy.model": "model"},
    cffi_modules=["csrc/ffi_build.py:embedded", "csrc/ffi_build.py:external"],
    cmdclass={"bdist_wheel": AbiWheel},
)
