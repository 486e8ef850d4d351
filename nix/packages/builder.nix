# SPDX-License-Identifier: BSD-2-Clause

# The image builder, with its manual pages and shell completions.
{ workspace }:
(workspace.build "kaal-elfloader-builder").overrideAttrs (package: {
  postInstall = (package.postInstall or "") + ''
    program=kaal-elfloader-builder
    $out/bin/$program man $out/share/man/man1
    complete() {
      mkdir -p "$out/share/$2"
      $out/bin/$program completions "$1" > "$out/share/$2/$3"
    }
    complete bash bash-completion/completions $program.bash
    complete zsh zsh/site-functions _$program
    complete fish fish/vendor_completions.d $program.fish
  '';
})
