# SPDX-License-Identifier: Apache-2.0
# The image of Signet. The last stage starts from nothing: Node.js, the shared libraries it needs, the compiled program
# and its production dependencies; no shell, no package manager, nothing to write to.
#
# BASE is any Debian root file system with node and npm (20 or newer) in it; only the build uses it. Releases pin it by
# digest. The Node.js that runs the program is the one of package-lock.json, whose sum npm checks.
ARG BASE=docker.io/library/node:26-bookworm-slim
FROM ${BASE} AS build
WORKDIR /build

# Node.js is linked against libatomic, which the slim images of Debian lack.
RUN ldconfig -p | grep -q libatomic.so.1 || \
    (apt-get update && apt-get install --yes --no-install-recommends libatomic1 && rm -rf /var/lib/apt/lists/*)

COPY package.json package-lock.json .npmrc ./
RUN npm ci --no-audit --no-fund
COPY src src
RUN node_modules/.bin/tsc -b src

# What the last stage holds: the program of this machine's architecture, and the libraries that its loader finds.
RUN set -eu; \
    node=$(ls node_modules/node-linux-*/bin/node); \
    install -D "$node" /image/usr/local/bin/node; \
    for library in $(ldd "$node" | grep -o '/[^ ]*'); do \
      install -D "$(readlink -f "$library")" "/image$library"; \
    done; \
    mkdir -p /image/etc /image/app; \
    echo 'signet:x:65532:65532::/:/sbin/nologin' > /image/etc/passwd; \
    echo 'signet:x:65532:' > /image/etc/group
RUN npm ci --no-audit --no-fund --omit=dev --omit=optional && \
    find node_modules dist -type f \( -name '*.map' -o -name '*.d.ts' -o -name '*.d.cts' -o -name '*.d.mts' \
      -o -name '*.tsbuildinfo' -o -name '*.md' \) -delete && \
    rm -rf node_modules/*/test node_modules/*/docs && \
    cp -R package.json node_modules dist /image/app/

FROM scratch
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="Signet" \
      org.opencontainers.image.description="Short-lived SPIFFE X.509 identities for Kubernetes services" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
COPY --from=build /image /
WORKDIR /app
USER 65532:65532
# SIGUSR1 must not open an inspector; the heap is sized for 10,000 identities (docs/benchmarks.md). The chart says the
# same with the heap that its memory limit allows. One arena for malloc: what a thread frees, others can use.
ENV MALLOC_ARENA_MAX=1
ENTRYPOINT ["/usr/local/bin/node", "--disable-sigusr1", "--expose-gc", "--max-semi-space-size=8", "--v8-pool-size=0", "--no-maglev-destroy-on-background", "--max-old-space-size=256", "/app/dist/main.js"]
CMD ["--help"]
