# SPDX-License-Identifier: BSD-2-Clause

# The documentation as a book with search.
{
  lib,
  runCommand,
  mdbook,
}:
let
  root = ../..;
  source = lib.fileset.toSource {
    inherit root;
    fileset = root + "/docs";
  };
in
runCommand "kaal-book"
  {
    nativeBuildInputs = [ mdbook ];
    meta.description = "KaaL's documentation, beginning with index.html";
  }
  ''
    mdbook build ${source}/docs --dest-dir $out
  ''
