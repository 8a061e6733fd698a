# Two images from one file: `--target operator` and `--target runtime`.
# BASE_IMAGE is any Debian-like image with python3 >= 3.11 and its venv module.
ARG BASE_IMAGE=python:3.13-slim-trixie

FROM ${BASE_IMAGE} AS base
ENV PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 PATH=/venv/bin:$PATH PYTHONPATH=/app
# curl is for people: `kubectl exec POD -- curl …` is how one asks a pod what it can reach.
RUN command -v curl >/dev/null || (apt-get update && apt-get install -y --no-install-recommends curl && rm -rf /var/lib/apt/lists/*)

FROM base AS build
# The system's certificates, so that a build behind a proxy with an authority of its own works too.
ENV UV_LINK_MODE=copy UV_COMPILE_BYTECODE=1 UV_NO_CACHE=1 UV_SYSTEM_CERTS=1
RUN python3 -m venv /uv && /uv/bin/pip install --no-cache-dir uv==0.13.9 && python3 -m venv --without-pip /venv

FROM build AS build-operator
COPY requirements/operator.txt /requirements.txt
RUN /uv/bin/uv pip install --python /venv/bin/python --require-hashes -r /requirements.txt
COPY src /app
RUN /venv/bin/python -m compileall -q /app

FROM build AS build-runtime
COPY requirements/runtime.txt /requirements.txt
RUN /uv/bin/uv pip install --python /venv/bin/python --require-hashes -r /requirements.txt
COPY src /app
RUN /venv/bin/python -m compileall -q /app

FROM base AS operator
# The clocks of the time zones that freeze windows name.
RUN test -d /usr/share/zoneinfo/Europe || (apt-get update && apt-get install -y --no-install-recommends tzdata && rm -rf /var/lib/apt/lists/*)
COPY --from=build-operator /venv /venv
COPY --from=build-operator /app /app
USER 8888:8888
ENTRYPOINT ["python", "-m", "sdep"]
CMD ["operate"]

FROM base AS runtime
# What LightGBM's wheel, unlike the others, does not bring with it.
RUN ls /usr/lib/*/libgomp.so.1 >/dev/null 2>&1 || (apt-get update && apt-get install -y --no-install-recommends libgomp1 && rm -rf /var/lib/apt/lists/*)
COPY --from=build-runtime /venv /venv
COPY --from=build-runtime /app /app
# v1's command, for images made from this one. -P: the folder where it is started comes last among those with modules.
RUN printf '#!/bin/sh\nexec python -P -m sdep.runtime.classes "$@"\n' > /usr/local/bin/seldon-core-microservice \
    && chmod 755 /usr/local/bin/seldon-core-microservice
USER 8888:8888
ENTRYPOINT ["python", "-m", "sdep"]
CMD ["serve"]
