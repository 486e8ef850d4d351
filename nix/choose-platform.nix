# SPDX-License-Identifier: BSD-2-Clause

# Looks up the entry of platforms.nix for a platform and a variant.
{ choose, platforms }:
{
  platform,
  variant ? "default",
}:
choose "variant" variant (choose "platform" platform platforms)
