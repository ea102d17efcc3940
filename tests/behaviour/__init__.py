"""One suite for every port, run against its model and against the real thing.

What the simulation proves it proves of the models; these sentences are why that says something of
MongoDB, of RabbitMQ and of the transport on local disk.
"""
