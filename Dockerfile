# The service as an image. `make image` builds it; docs/container.md says how it is built and run.
#
#   docker build .                  target cuda: PyTorch with CUDA; the driver comes from the host
#   docker build --target cpu ...   target cpu: 1.5 GB instead of several; CPU_TORCH_ARGS says where PyTorch's CPU build is
#
# All stages have the same base, so that the virtual environment made in one finds its interpreter in the other. Name
# the base by digest where images must not change under you: `docker buildx imagetools inspect` shows it, and
# --build-arg BASE_IMAGE=python:3.11.14-slim-bookworm@sha256:... takes it.
ARG BASE_IMAGE=python:3.11.14-slim-bookworm

FROM ${BASE_IMAGE} AS tools
# PIP_ARGS: further arguments of every `pip install`, such as an index of your own. Build stages leave no trace in the
# history of the image.
ARG PIP_ARGS=""
# EXTRAS: optional dependencies of pyproject.toml that the image has.
ARG EXTRAS="server"
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /build
COPY constraints.txt pyproject.toml ./
COPY container/requirements.py container/slim.sh container/
# pip is installed beside the environment that it fills, which then holds what runs and nothing else.
RUN python3 -m venv /opt/tools \
    && /opt/tools/bin/pip install ${PIP_ARGS} -c constraints.txt pip \
    && python3 -m venv --without-pip /opt/triwire \
    && python3 container/requirements.py ${EXTRAS}

# PyTorch, the dependencies and the code are layers of their own: a new version of the service is a small download.
FROM tools AS torch-cuda
RUN /opt/tools/bin/pip --python /opt/triwire/bin/python install --no-compile ${PIP_ARGS} -c constraints.txt -r torch.txt \
    && sh container/slim.sh /opt/triwire

FROM tools AS torch-cpu
ARG CPU_TORCH_ARGS=""
RUN /opt/tools/bin/pip --python /opt/triwire/bin/python install --no-compile ${PIP_ARGS} ${CPU_TORCH_ARGS} -c constraints.txt -r torch.txt \
    && sh container/slim.sh /opt/triwire --cpu

FROM tools AS dependencies
RUN /opt/tools/bin/pip --python /opt/triwire/bin/python install --no-compile ${PIP_ARGS} -c constraints.txt -r requirements.txt \
    && sh container/slim.sh /opt/triwire

FROM tools AS code
COPY README.md LICENSE ./
COPY proto/gen proto/gen
COPY service service
COPY clients/python clients/python
RUN /opt/tools/bin/pip --python /opt/triwire/bin/python install --no-compile ${PIP_ARGS} --no-deps . \
    && sh container/slim.sh /opt/triwire

FROM ${BASE_IMAGE} AS runtime
# tini, the first process, passes signals on from the first moment: the kernel would drop a SIGTERM that came before
# Python has a handler for it. libgomp1 is what numba computes in parallel with. A base may have both already, and
# which versions there are is for the base to say.
# hadolint ignore=DL3008
RUN { dpkg -s libgomp1 tini > /dev/null 2>&1 \
        || { apt-get update && apt-get install -y --no-install-recommends libgomp1 tini && rm -rf /var/lib/apt/lists/*; }; } \
    && echo 'triwire:x:10001:' >> /etc/group \
    && echo 'triwire:x:10001:10001::/nonexistent:/usr/sbin/nologin' >> /etc/passwd \
    && install -d -o 10001 -g 10001 /var/cache/triwire /var/lib/triwire \
    && find / -xdev -type f -perm /6000 -exec chmod a-s {} +

# Calls from other machines are taken. The bytecode is compiled at build time. Models come from the first volume and may
# be mounted read-only; glossaries are kept in the second, the only one that needs a backup.
ENV PATH=/opt/triwire/bin:/usr/local/bin:/usr/bin:/bin \
    LANG=C.UTF-8 \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    HOME=/tmp \
    HF_HOME=/var/cache/triwire/huggingface-home \
    TRIWIRE_HOST=0.0.0.0 \
    TRIWIRE_HEALTH_HOST=0.0.0.0 \
    TRIWIRE_METRICS_HOST=0.0.0.0 \
    TRIWIRE_LOG_FORMAT=json \
    TRIWIRE_CACHE_DIR=/var/cache/triwire \
    TRIWIRE_GLOSSARIES=sqlite:////var/lib/triwire/glossaries.sqlite3
VOLUME ["/var/cache/triwire", "/var/lib/triwire"]
WORKDIR /var/lib/triwire
EXPOSE 50051 50052 9464
USER 10001:10001
STOPSIGNAL SIGTERM
# Loading a large model takes minutes; an orchestrator's own probes replace this.
HEALTHCHECK --interval=30s --timeout=10s --start-period=10m --retries=3 CMD ["triwire-server", "healthcheck"]
ENTRYPOINT ["tini", "--", "triwire-server"]
CMD ["serve"]
LABEL org.opencontainers.image.title="triwire" \
      org.opencontainers.image.description="Cleans, summarizes and translates news articles between English, Korean and Japanese over gRPC" \
      org.opencontainers.image.licenses="Apache-2.0"

FROM runtime AS cpu
COPY --from=torch-cpu /opt/triwire /opt/triwire
COPY --from=dependencies /opt/triwire /opt/triwire
COPY --from=code /opt/triwire /opt/triwire
# What changes with every commit comes last. SOURCE: where the code of this image lies.
ARG VERSION=""
ARG REVISION=""
ARG SOURCE=""
LABEL org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.source="${SOURCE}"

FROM runtime AS cuda
ENV NVIDIA_DRIVER_CAPABILITIES=compute,utility
COPY --from=torch-cuda /opt/triwire /opt/triwire
COPY --from=dependencies /opt/triwire /opt/triwire
COPY --from=code /opt/triwire /opt/triwire
ARG VERSION=""
ARG REVISION=""
ARG SOURCE=""
LABEL org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.source="${SOURCE}"
