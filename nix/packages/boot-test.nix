# SPDX-License-Identifier: BSD-2-Clause

# Boots an image on QEMU until its console shows a text. The build fails if QEMU ends first, or
# after the given time. `arguments` are for `run-qemu`. The output is the console's log.
{ lib, runCommand }:
{
  image,
  sentinel,
  arguments ? [ ],
  seconds ? 60,
}:
lib.throwIf (image.platform.qemu == null) "KaaL: QEMU has no model of ${image.platform.platform}" (
  runCommand "${image.name}-boots" { } ''
    ${image}/bin/run-qemu ${lib.escapeShellArgs arguments} < /dev/null > $out 2>&1 &
    qemu=$!

    end=$((SECONDS + ${toString seconds}))
    while ! grep --quiet --fixed-strings ${lib.escapeShellArg sentinel} $out; do
      if ! kill -0 $qemu 2> /dev/null; then
        reason="QEMU ended"
      elif [ $SECONDS -ge $end ]; then
        reason="${toString seconds} s were over"
      else
        sleep 0.1
        continue
      fi
      cat $out
      echo "KaaL: $reason before the console showed" ${lib.escapeShellArg sentinel} >&2
      kill $qemu || true
      exit 1
    done
    kill $qemu || true
    wait $qemu || true
    cat $out
  ''
)
