# SPDX-License-Identifier: BSD-2-Clause
{
  description = "A seL4 system that KaaL boots";

  inputs = {
    kaal.url = "github:kaal-project/kaal";
    nixpkgs.follows = "kaal/nixpkgs";
  };

  outputs =
    { kaal, nixpkgs, ... }:
    let
      inherit (nixpkgs) lib;
      eachSystem =
        f: lib.genAttrs (lib.attrNames kaal.packages) (system: f nixpkgs.legacyPackages.${system});

      bootimageFor =
        pkgs:
        kaal.lib.mkBootImage {
          inherit pkgs;
          platform = "qemu-arm-virt";
          # variant = "hyp";
          # kernelConfig = { KernelRootCNodeSizeBits = 18; };
          rootTask =
            kernel:
            kaal.lib.mkRootTask {
              inherit pkgs kernel;
              pname = "my-root-task";
              src = ./root-task;
            };
        };
    in
    {
      packages = eachSystem (pkgs: rec {
        default = bootimage;
        bootimage = bootimageFor pkgs;
      });

      checks = eachSystem (pkgs: {
        boot = kaal.lib.mkBootTest {
          inherit pkgs;
          image = bootimageFor pkgs;
          sentinel = "Hello from my root task";
        };
      });
    };
}
