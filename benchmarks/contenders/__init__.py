"""One file per contender, each with ``label``, ``version()`` and ``milliseconds(work, ...)`` per frame."""
