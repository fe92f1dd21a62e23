# The image of the action contains only a static program and the certificate authorities.
# The classic builder is enough, because some runners and offline machines have no other.
# For a release, GO_IMAGE is an image with its digest; otherwise, it is the stage of that name, because Dependabot reads only stages.
ARG GO_IMAGE=go

FROM golang:1.26 AS go

FROM ${GO_IMAGE} AS build
WORKDIR /src
# A separate layer, so that modules are downloaded again only when they change.
COPY go.mod go.sum ./
RUN go mod download
COPY .ci/build .ci/
COPY main.go ./
COPY internal internal
# VERSION is set for a release. If TARGETARCH is empty, the machine's architecture is used.
ARG VERSION=
ARG TARGETARCH
# The program recognizes the post step by its own name. A link adds nothing to the size of the image.
RUN GOARCH="$TARGETARCH" .ci/build /out/dbt-tableau-refresh && \
    ln -s dbt-tableau-refresh /out/post && \
    mkdir -p /out/etc/ssl/certs && \
    cp /etc/ssl/certs/ca-certificates.crt /out/etc/ssl/certs/

FROM scratch
# The whole folder, because COPY would turn the link into a second program.
COPY --from=build /out/ /
# No USER: the runner's files and the workspace belong to a user that is unknown when the image is built, so only root can write to them.
ENTRYPOINT ["/dbt-tableau-refresh"]
