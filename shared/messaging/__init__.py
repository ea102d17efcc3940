"""The only room that speaks AMQP: pika publishes on RabbitMQ, kombu does everything else."""
