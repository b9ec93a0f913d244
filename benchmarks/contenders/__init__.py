"""One module per contender; each is a :class:`benchmarks.contenders.base.Contender`."""
