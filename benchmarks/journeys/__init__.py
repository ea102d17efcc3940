"""The national year in small: generated journeys sent into the real system and followed to the end.

`benchmarks/year.py` measures it. Here is what it is made of: the lines that are sent, the doors
that take them, who keeps their order, who asks for pages meanwhile, what it costs, and whether
everything arrived.
"""
