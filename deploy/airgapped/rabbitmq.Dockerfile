# Stands in for rabbitmq:4-management: the same ports, user id, volume and default-user variables.
ARG DEBIAN_IMAGE
FROM ${DEBIAN_IMAGE}
RUN groupadd --system --gid 999 rabbitmq \
 && useradd --system --uid 999 --gid 999 --home-dir /var/lib/rabbitmq rabbitmq \
 && apt-get -qq update \
 && DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends rabbitmq-server \
 && rm -rf /var/lib/apt/lists/* /var/lib/rabbitmq/* /var/lib/rabbitmq/.erlang.cookie \
 && mkdir -p /etc/rabbitmq/conf.d /var/lib/rabbitmq /var/log/rabbitmq \
 && printf '[rabbitmq_management].\n' >/etc/rabbitmq/enabled_plugins \
 && chown -R rabbitmq:rabbitmq /etc/rabbitmq /var/lib/rabbitmq /var/log/rabbitmq
# Debian's wrappers in /usr/sbin insist on root; the programs themselves are underneath.
ENV PATH=/usr/lib/rabbitmq/bin:$PATH RABBITMQ_LOGS=- HOME=/var/lib/rabbitmq LANG=C.UTF-8
RUN printf 'loopback_users = none\n' >/etc/rabbitmq/conf.d/10-defaults.conf
VOLUME /var/lib/rabbitmq
EXPOSE 5672 15672
USER rabbitmq
CMD ["rabbitmq-server"]
