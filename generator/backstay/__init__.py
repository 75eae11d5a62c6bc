"""backstay compiles one typed spec of intent per cluster into every config file that has to agree."""

__version__ = "0.1.0"
