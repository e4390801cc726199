# The cloudrig gateway and its one-shot bootstrap (docker-compose.yml). Two stages: everything is fetched and built in
# the first; the second holds the Python environment, the sources, the built site and the functions' dependencies.
#
# Behind a proxy that re-signs TLS, put its CA bundle at docker/ca-bundle.crt.

FROM python:3.13-slim-trixie AS build
WORKDIR /app
COPY docker /tmp/docker
ENV PATH=/app/.tools/bin:$PATH UV_PYTHON_DOWNLOADS=never UV_LINK_MODE=copy
COPY tools/bootstrap.py tools/
RUN . /tmp/docker/trust.sh && python3 tools/bootstrap.py
COPY pyproject.toml uv.lock README.md LICENSE ./
RUN . /tmp/docker/trust.sh && uv sync --locked --no-dev --no-install-project --quiet
COPY frontend/package.json frontend/package-lock.json frontend/
RUN . /tmp/docker/trust.sh && npm ci --prefix frontend --no-fund --no-audit --loglevel=error
COPY . .
RUN . /tmp/docker/trust.sh && npm run --prefix frontend --silent build \
 && uv sync --locked --no-dev --quiet \
 && .venv/bin/cloudrig build \
 && rm -rf frontend/node_modules .tools/node

FROM python:3.13-slim-trixie
RUN useradd --uid 10001 --create-home cloudrig && install -d -o cloudrig /data
COPY --from=build --chown=cloudrig /app /app
WORKDIR /app
ENV PATH=/app/.venv/bin:/app/.tools/bin:$PATH CLOUDRIG_DATA_DIR=/data PYTHONUNBUFFERED=1
USER cloudrig
VOLUME /data
EXPOSE 4566 4567
HEALTHCHECK --interval=2s --timeout=5s --retries=60 \
  CMD ["python3", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:4566/_cloudrig/health', timeout=3)"]
CMD ["cloudrig", "serve", "--host", "0.0.0.0"]
