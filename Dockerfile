# The cloudrig gateway and its one-shot bootstrap (docker-compose.yml), and `load`, the same with Locust. Everything is
# fetched and built in stages of its own; what runs is Python, its packages, our sources, the built site and the
# functions' dependencies, as a user of its own.
#
# Behind a proxy that re-signs TLS, put its CA bundle at docker/ca-bundle.crt.

FROM python:3.13-slim-trixie AS tools
WORKDIR /app
COPY docker /tmp/docker
ENV PATH=/app/.tools/bin:$PATH UV_PYTHON_DOWNLOADS=never UV_LINK_MODE=copy
COPY tools/bootstrap.py tools/
# Without its link to Python: what is installed is to run on the image's own, which stays where `.tools` goes.
RUN . /tmp/docker/trust.sh && python3 tools/bootstrap.py && rm .tools/bin/python3

FROM tools AS site
COPY frontend/package.json frontend/package-lock.json frontend/
RUN . /tmp/docker/trust.sh && npm ci --prefix frontend --no-fund --no-audit --loglevel=error
COPY frontend frontend
RUN npm run --prefix frontend --silent build

FROM tools AS build
COPY pyproject.toml uv.lock README.md LICENSE ./
RUN . /tmp/docker/trust.sh && uv sync --locked --no-dev --no-install-project --quiet
COPY cloudrig cloudrig
COPY stack stack
COPY handlers handlers
RUN . /tmp/docker/trust.sh && uv sync --locked --no-dev --quiet \
 && CLOUDRIG_TARGET=localstack .venv/bin/cloudrig build \
 && rm -rf .tools
COPY --from=site /app/frontend/dist frontend/dist

FROM build AS load-build
COPY loadtests loadtests
COPY scenarios scenarios
RUN . /tmp/docker/trust.sh && python3 tools/bootstrap.py && rm .tools/bin/python3 \
 && uv sync --locked --no-dev --group load --quiet && rm -rf .tools

FROM python:3.13-slim-trixie AS base
RUN useradd --uid 10001 --create-home cloudrig && install -d -o cloudrig /data
WORKDIR /app
ENV PATH=/app/.venv/bin:$PATH CLOUDRIG_DATA_DIR=/data PYTHONUNBUFFERED=1
USER cloudrig

FROM base AS load
COPY --from=load-build /app /app
CMD ["locust", "--help"]

FROM base AS gateway
COPY --from=build --chown=cloudrig /app /app
EXPOSE 4566 4567
HEALTHCHECK --interval=2s --timeout=5s --retries=60 \
  CMD ["python3", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:4566/_cloudrig/health', timeout=3)"]
CMD ["cloudrig", "serve", "--host", "0.0.0.0"]
