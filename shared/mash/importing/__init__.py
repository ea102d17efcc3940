"""`mash import`: a council's history from a file to the bulk doors of the services.

`columns` says what a line may hold, `reading` streams a file, `window` decides what may be sent
next, `sending` sends it, `keeping` remembers how far it came, `run` puts them together.
"""
