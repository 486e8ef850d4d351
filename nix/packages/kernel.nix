# SPDX-License-Identifier: BSD-2-Clause

# seL4, installed as the crates of rust-sel4 expect SEL4_PREFIX. `kernelConfig` adds to the settings
# in kernel/<platform>/<variant>.cmake: attributes named like seL4's settings, with true, false,
# numbers or strings.
{
  lib,
  stdenvNoCC,
  sel4Source,
  choose,
  kernelSettings,
  kernelToolchains,
  kernelTools,
  mkDeviceTree,
  platforms,
}:
{
  platform,
  variant ? "default",
  kernelConfig ? { },
  toolchain ? kernelToolchains.default,
}:
let
  chosen = choose "variant" variant (choose "platform" platform platforms);
  inherit (chosen.kernel) settings fixed deviceTreeFromQemu;
  wanted = kernelSettings chosen kernelConfig;
  each = f: set: lib.concatStringsSep " " (lib.mapAttrsToList f set);
in
stdenvNoCC.mkDerivation {
  pname = "sel4-${chosen.name}";
  version = lib.fileContents "${sel4Source}/VERSION";
  src = sel4Source;

  nativeBuildInputs = kernelTools ++ toolchain.nativeBuildInputs;
  hardeningDisable = [ "all" ];
  # The host's tools would damage programs for the target.
  dontStrip = true;
  dontPatchELF = true;

  postPatch = "patchShebangs .";

  # The kernel's assertions contain the paths of source files: relative to seL4's folder.
  configurePhase = ''
    cmake -S . -B build -G Ninja -C ${settings} \
      ${lib.escapeShellArgs toolchain.cmakeFlags} \
      -DCMAKE_C_FLAGS="${toString toolchain.cFlags} -ffile-prefix-map=$PWD=seL4" \
      -DCMAKE_INSTALL_PREFIX=$out \
      ${lib.optionalString deviceTreeFromQemu "-DQEMU_DTB=${mkDeviceTree chosen}"} \
      ${each (name: value: lib.escapeShellArg "-D${name}=${value}") wanted}
  '';

  buildPhase = "ninja -C build -j $NIX_BUILD_CORES all";

  # seL4's build silently drops unknown settings, and those that other settings exclude.
  doCheck = true;
  checkPhase = ''
    for setting in ${each (name: value: lib.escapeShellArg "${name}=${value}") (fixed // wanted)}; do
      found=$(sed -n "s/^''${setting%%=*}:[A-Z]*=//p" build/CMakeCache.txt)
      if [ "$found" != "''${setting#*=}" ]; then
        echo "KaaL: $setting expected for ${chosen.name}, but seL4 was configured with \"$found\"" >&2
        exit 1
      fi
    done
  '';

  installPhase = "cmake --install build";

  passthru.platform = chosen;
  meta.description = "The seL4 microkernel for ${chosen.name}";
}
