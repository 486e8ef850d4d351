# SPDX-License-Identifier: BSD-2-Clause

# seL4, installed as rust-sel4 expects SEL4_PREFIX. `kernelConfig` adds to the settings in
# kernel/<platform>/<variant>.cmake. Its attributes have the names of seL4's settings, and values are
# true, false, numbers or strings.
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
  chosen = choosePlatform { inherit platform variant; };
  inherit (chosen.kernel) settings fixed deviceTreeFromQemu;

  inCMake = value: if lib.isBool value then (if value then "ON" else "OFF") else toString value;
  wanted = lib.mapAttrs (_: inCMake) kernelConfig;

  contradictions = lib.filter (name: wanted ? ${name} && wanted.${name} != fixed.${name}) (
    lib.attrNames fixed
  );
  complaint = name: ''
    KaaL: kernelConfig.${name} = "${wanted.${name}}" contradicts platform "${platform}", variant "${variant}", which needs "${fixed.${name}}"
  '';
in
lib.throwIf (contradictions != [ ]) (lib.concatMapStrings complaint contradictions) (
  stdenvNoCC.mkDerivation {
    pname = "sel4-${chosen.name}";
    version = lib.fileContents "${sel4Source}/VERSION";
    src = sel4Source;

    nativeBuildInputs = kernelTools ++ toolchain.nativeBuildInputs;
    hardeningDisable = [ "all" ];
    # The host's tools would damage programs for the target.
    dontStrip = true;
    dontPatchELF = true;

    postPatch = ''
      patchShebangs .
    '';

    # Assertions name source files, so map the build folder to `seL4`.
    configurePhase = ''
      runHook preConfigure
      cmake -S . -B build -G Ninja -C ${settings} \
        ${lib.escapeShellArgs toolchain.cmakeFlags} \
        -DCMAKE_C_FLAGS="${toString toolchain.cFlags} -ffile-prefix-map=$PWD=seL4" \
        -DCMAKE_INSTALL_PREFIX=$out \
        ${lib.optionalString deviceTreeFromQemu "-DQEMU_DTB=${mkDeviceTree chosen}"} \
        ${lib.escapeShellArgs (lib.mapAttrsToList (name: value: "-D${name}=${value}") wanted)}
      runHook postConfigure
    '';

    buildPhase = ''
      runHook preBuild
      ninja -C build -j $NIX_BUILD_CORES all
      runHook postBuild
    '';

    # seL4's build silently ignores unknown settings, and settings that others rule out.
    doCheck = true;
    checkPhase = ''
      runHook preCheck
      requireSetting() {
        local found
        found=$(sed -n "s/^$1:[A-Z]*=//p" build/CMakeCache.txt)
        if [ "$found" != "$2" ]; then
          echo "KaaL: $3 = \"$2\" expected, but seL4 was configured with \"$found\"" >&2
          exit 1
        fi
      }
      ${lib.concatStrings (
        lib.mapAttrsToList (name: value: ''
          requireSetting ${name} ${lib.escapeShellArg value} kernelConfig.${name}
        '') wanted
        ++ lib.mapAttrsToList (name: value: ''
          requireSetting ${name} ${lib.escapeShellArg value} ${chosen.name}.kernel.fixed.${name}
        '') fixed
      )}
      runHook postCheck
    '';

    installPhase = ''
      runHook preInstall
      cmake --install build
      runHook postInstall
    '';

    passthru.platform = chosen;
    meta.description = "The seL4 microkernel for ${chosen.name}";
  }
)
