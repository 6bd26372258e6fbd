# The api and the worker from this checkout; docker-compose.yml says which of them a container runs.
FROM node:20-trixie-slim AS build
WORKDIR /belay
COPY . .
RUN npm ci --ignore-scripts --no-audit --no-fund && npm run build && npm prune --omit=dev --ignore-scripts \
  && rm -rf node_modules/.belay-postgres

FROM node:20-trixie-slim
# Keeps parsers apart, and reads scans and pictures (more languages: tesseract-ocr-swe, -deu, …).
RUN apt-get update \
  && apt-get install -y --no-install-recommends bubblewrap tesseract-ocr poppler-utils \
  && rm -rf /var/lib/apt/lists/*
WORKDIR /belay
COPY --from=build /belay /belay
RUN mkdir /data && chown node:node /data
USER node
ENV BELAY_HOME=/data NODE_ENV=production
VOLUME /data
CMD ["node", "apps/api/dist/main.js"]
