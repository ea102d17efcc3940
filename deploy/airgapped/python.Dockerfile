# Stands in for python:3.11-slim-bookworm.
ARG DEBIAN_IMAGE
FROM ${DEBIAN_IMAGE}
RUN apt-get -qq update \
 && DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends python3-venv \
 && ln -s python3 /usr/bin/python \
 && rm -rf /var/lib/apt/lists/*
CMD ["python3"]
