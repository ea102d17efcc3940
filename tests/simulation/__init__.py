"""The real core of all three services, run over the models, crashed and shuffled without mercy.

One process is one actor. Every touch of a port is a place where it may be killed, where another
process may run in between, or where the store, a feed or the broker may fail. Afterwards everything
is put right, and then nothing may be lost, doubled, out of order or invented.
"""
