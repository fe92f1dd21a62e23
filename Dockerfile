# The action's image: one static program and the certificate authorities, nothing else.
# Nothing here needs more than the classic builder: a runner, a mirror or an offline machine may have no other.
# GO_IMAGE is an image by its digest for a release, and else the stage of that name: Dependabot reads stages, not arguments.
ARG GO_IMAGE=go

FROM golang:1.26 AS go

FROM ${GO_IMAGE} AS build
WORKDIR /src
# A layer of its own: modules are fetched again only when they change.
COPY go.mod go.sum ./
RUN go mod download
COPY .ci/build .ci/
COPY main.go ./
COPY internal internal
# VERSION is set for a release. TARGETARCH is empty for the machine's own architecture.
ARG VERSION=
ARG TARGETARCH
# The post step is told apart by its name. As a link beside the program it adds nothing to the image.
RUN GOARCH="$TARGETARCH" .ci/build /out/dbt-tableau-refresh && \
    ln -s dbt-tableau-refresh /out/post && \
    mkdir -p /out/etc/ssl/certs && \
    cp /etc/ssl/certs/ca-certificates.crt /out/etc/ssl/certs/

FROM scratch
# As a folder: a copied link would turn into a second program.
COPY --from=build /out/ /
# No USER: the runner's files and the workspace belong to another user than an image could name, so only root may write.
ENTRYPOINT ["/dbt-tableau-refresh"]
