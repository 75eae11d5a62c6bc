"""Programs that a proof starts: real clients and servers that take commands on stdin and tell events on stdout.

One JSON object a line, both ways. They end when stdin ends. They import nothing of backstay but `wire`.
"""
