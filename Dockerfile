# Two images:
#   docker build --target gateway .   the gateway as `npm start` runs it, with its Envoy
#   docker build --platform linux/amd64,linux/arm64 .   the module alone, as Higress and Istio load it: plugin.wasm at
#                                                       the root (without an engine: npm run pack)

# A tag can be moved to another image. A release names its bases by digest, as their registry shows them that day:
#   digest() { echo "$1@$(docker buildx imagetools inspect "$1" --format '{{.Manifest.Digest}}')"; }
#   docker build --build-arg NODE_IMAGE=$(digest node:20-bookworm-slim) --build-arg ENVOY_IMAGE=$(digest envoyproxy/envoy:v1.40.0) .
ARG NODE_IMAGE=node:20-bookworm-slim
ARG ENVOY_IMAGE=envoyproxy/envoy:v1.40.0

# What is built is the same for every platform: it is built on this machine's own.
FROM --platform=$BUILDPLATFORM ${NODE_IMAGE} AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY . .
RUN npm run build && npm prune --omit=dev

FROM ${ENVOY_IMAGE} AS envoy

FROM ${NODE_IMAGE} AS gateway
COPY --from=envoy /usr/local/bin/envoy /usr/local/bin/envoy
COPY --from=envoy /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/schema ./schema
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/build ./build
# The log of Envoy and the door to the demo providers; /config holds ai-failover.yaml. Whoever it runs as may write there.
RUN mkdir -m 1777 .cache /config \
  && printf '#!/bin/sh\nexec node /app/build/node/cli/main.js "$@"\n' > /usr/local/bin/ai-failover \
  && chmod +x /usr/local/bin/ai-failover
WORKDIR /config
# The image's user `node`, by the number: Kubernetes (runAsNonRoot) does not trust a name.
USER 1000
ENTRYPOINT ["ai-failover"]
# Beyond loopback, which in a container nobody else reaches; the second one is for probes and Prometheus.
CMD ["run", "--listen", "0.0.0.0:8080", "--status", "0.0.0.0:8002", "--console", "off"]

FROM scratch AS plugin
COPY --from=build /app/build/ai-failover.wasm /plugin.wasm
