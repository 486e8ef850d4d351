# SPDX-License-Identifier: BSD-2-Clause

# Builds bootimage.elf without Nix on the host: `docker build --output . .` writes it to this folder.
FROM nixos/nix:2.35.2@sha256:7a007c766426c1877758ddc5cb87a965ac131fc78c582ce0083d922d51ae945c AS build
COPY . /kaal
RUN nix --extra-experimental-features "nix-command flakes" --option filter-syscalls false \
    build --print-build-logs --out-link /result path:/kaal#bootimage \
    && cp --dereference /result/bootimage.elf /bootimage.elf

FROM scratch
COPY --from=build /bootimage.elf /
