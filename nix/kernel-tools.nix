# SPDX-License-Identifier: BSD-2-Clause

# The tools of seL4's build, besides a compiler.
{
  cmake,
  dtc,
  libxml2,
  ninja,
  python3,
}:
[
  cmake
  dtc
  libxml2
  ninja
  (python3.withPackages (modules: [
    modules.jinja2
    modules.jsonschema
    modules.lxml
    modules.ply
    modules.pyfdt
    modules.pyyaml
  ]))
]
