import pytest
from engineapi import Engine, open_probe


@pytest.fixture(scope="session")
def probe():
    """The engine with extractors whose scores a test can predict."""
    return open_probe()


@pytest.fixture(scope="session")
def engine():
    """The engine as it is shipped."""
    from vmafpy.capi._embedded import ffi, lib

    return Engine(ffi, lib)
