# SPDX-License-Identifier: BSD-2-Clause

# seL4, installed as the crates of rust-sel4 expect SEL4_PREFIX. `kernelConfig` adds to the settings
# in kernel/<platform>/<variant>.cmake: attributes named like seL4's settings, with true, false,
# numbers or strings.
{
  lib,
  stdenvNoCC,
  sel4Source,
  choosePlatform,
  kernelToolchains,
  kernelTools,
  mkDeviceTree,
}:
{
  platform,
  variant ? "default",
  kernelConfig ? { },
  toolchain ? kernelToolchains.default,
}:
let
  chosen = choosePlatform { inherit platform variant kernelConfig; };
  inherit (chosen.kernel) settings wanted deviceTreeFromQemu;
  each = f: set: lib.concatStringsSep " " (lib.mapAttrsToList f set);
in
stdenvNoCC.mkDerivation {
  pname = "sel4-${chosen.name}";
  version = lib.fileContents "${sel4Source}/VERSION";
  src = sel4Source;

  nativeBuildInputs = kernelTools ++ toolchain.nativeBuildInputs;
  hardeningDisable = [ "all" ];
  # The host's tools would damage programs for the target.
  dontFixup = true;

  # The kernel's assertions contain the paths of source files: relative to seL4's folder. seL4's build
  # silently drops unknown settings, and those that other settings exclude.
  configurePhase = ''
    patchShebangs .
    cmake -S . -B build -G Ninja -C ${settings} \
      ${lib.escapeShellArgs toolchain.cmakeFlags} \
      -DCMAKE_C_FLAGS="${toString toolchain.cFlags} -ffile-prefix-map=$PWD=seL4" \
      -DCMAKE_INSTALL_PREFIX=$out \
      ${lib.optionalString deviceTreeFromQemu "-DQEMU_DTB=${mkDeviceTree chosen}"} \
      ${each (name: value: lib.escapeShellArg "-D${name}=${value}") wanted}
    for setting in ${
      each (name: value: lib.escapeShellArg "${name}=${value}") (chosen.kernel.fixed // wanted)
    }; do
      found=$(sed -n "s/^''${setting%%=*}:[A-Z]*=//p" build/CMakeCache.txt)
      if [ "$found" != "''${setting#*=}" ]; then
        echo "KaaL: $setting expected for ${chosen.name}, but seL4 was configured with \"$found\"" >&2
        exit 1
      fi
    done
  '';

  buildPhase = "ninja -C build -j $NIX_BUILD_CORES all";

  installPhase = "cmake --install build";

  passthru.platform = chosen;
  meta.description = "The seL4 microkernel for ${chosen.name}";
}
