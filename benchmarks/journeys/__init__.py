"""The national year in small: generated journeys imported into the real system, to the very end.

`benchmarks/year.py` measures it. Here is what it is made of: the files that are imported, who sends
them, who asks for pages meanwhile, what it costs, and whether everything arrived.
"""
