# SPDX-License-Identifier: BSD-2-Clause

# The differences between flake.lock and the inputs in flake.nix: empty if they agree.
let
  inherit (builtins)
    attrNames
    attrValues
    concatMap
    elemAt
    filter
    fromJSON
    isList
    mapAttrs
    match
    readFile
    ;
  inherit (import ../../../flake.nix) inputs;
  lock = fromJSON (readFile ../../../flake.lock);
  node = name: lock.nodes.${lock.nodes.${lock.root}.inputs.${name}};

  fromGitHub =
    url:
    let
      parts = match "github:([^/]+)/([^/]+)(/(.+))?" url;
    in
    {
      type = "github";
      owner = elemAt parts 0;
      repo = elemAt parts 1;
    }
    // (if elemAt parts 3 == null then { } else { ref = elemAt parts 3; });

  complaints =
    name: input:
    let
      locked = node name;
      follows = mapAttrs (_: nested: filter (part: part != "") [ nested.follows ]) (input.inputs or { });
    in
    concatMap (test: if test.holds then [ ] else [ "${name}: ${test.otherwise}" ]) [
      {
        holds = locked.original == fromGitHub input.url;
        otherwise = "the lock is for another reference than ${input.url}";
      }
      {
        holds = locked.locked.owner == locked.original.owner && locked.locked.repo == locked.original.repo;
        otherwise = "the locked repository is another than the original one";
      }
      {
        holds = match "[0-9a-f]{40}" locked.locked.rev != null;
        otherwise = "the locked revision is no commit";
      }
      {
        holds = match "sha256-[A-Za-z0-9+/]{43}=" locked.locked.narHash != null;
        otherwise = "the locked hash is no SHA-256";
      }
      {
        holds = locked.flake or true == input.flake or true;
        otherwise = "lock and input differ on whether it is a flake";
      }
      {
        holds =
          filter isList (attrValues (locked.inputs or { })) == attrValues follows
          && attrNames (locked.inputs or { }) == attrNames follows;
        otherwise = "lock and input differ on what its own inputs follow";
      }
    ];
in
(
  if attrNames lock.nodes.${lock.root}.inputs == attrNames inputs then
    [ ]
  else
    [ "flake.lock has other inputs than flake.nix" ]
)
++ (if lock.version == 7 then [ ] else [ "flake.lock is not of version 7" ])
++ concatMap (name: complaints name inputs.${name}) (attrNames inputs)
