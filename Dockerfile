# Node comes with the dependencies (the `node` package, pinned by the lock file), so that the image
# runs the very version that the tests ran. The base brings only what that binary links to.

FROM node:26-bookworm-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# The binary is a hard link to its twin in the nested package: copied, it would count twice.
RUN npm ci --omit=dev && rm -rf node_modules/node/node_modules

FROM debian:bookworm-slim
RUN apt-get update \
  && apt-get install --yes --no-install-recommends libatomic1 libstdc++6 \
  && rm -rf /var/lib/apt/lists/* \
  && groupadd --system --gid 10001 sallyport \
  && useradd --system --uid 10001 --gid sallyport --no-create-home --home-dir /nonexistent sallyport \
  && install --directory --owner sallyport --group sallyport --mode 0700 /var/lib/sallyport \
  && ln -s /app/src/cli.ts /usr/local/bin/sallyport
WORKDIR /app
COPY --from=dependencies /app/node_modules node_modules
COPY package.json LICENSE ./
COPY scripts/start.sh scripts/compile-cache.ts scripts/
COPY src src
COPY views views
# Compiled once, for the user below, who may read it.
RUN PATH=/app/node_modules/.bin:$PATH node scripts/compile-cache.ts 10001

ENV PATH=/app/node_modules/.bin:$PATH \
  NODE_ENV=production \
  SALLYPORT_CONFIG=/etc/sallyport/sallyport.yaml

# Nothing else is written to: the root file system may be read-only.
VOLUME /var/lib/sallyport
# By number: Kubernetes can't tell of a name that it isn't root.
USER 10001:10001
EXPOSE 3000
HEALTHCHECK --interval=15s --timeout=6s --start-period=20s CMD ["sallyport", "healthcheck"]
# Ends in Node as process 1, so that SIGTERM reaches it. Arguments go to the gateway.
ENTRYPOINT ["sh", "/app/scripts/start.sh"]
