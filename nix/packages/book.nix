# SPDX-License-Identifier: BSD-2-Clause

# The documentation as a book with search.
{
  runCommand,
  mdbook,
  source,
}:
runCommand "kaal-book" {
  nativeBuildInputs = [ mdbook ];
  meta.description = "KaaL's documentation, beginning with index.html";
} "mdbook build ${source [ "docs" ]}/docs --dest-dir $out"
