"""Planned objects against what is there: pure comparison, told by object, field and spec place."""
