# SPDX-License-Identifier: BSD-2-Clause

# The entry of platforms.nix that a caller's attributes name.
{ choose, platforms }:
{
  platform,
  variant ? "default",
}:
choose "variant" variant (choose "platform" platform platforms)
