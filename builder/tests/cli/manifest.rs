// SPDX-License-Identifier: BSD-2-Clause

//! Tests of manifests.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::process::Command;

use assert_cmd::cargo::cargo_bin;
use expect_test::expect;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::common::device_tree::{Core, DeviceTree};
use crate::common::folder::Folder;
use crate::common::programs;

const MANIFEST: &str = "image.elf.json";

/// Options for an image from all inputs, with every setting.
const EVERYTHING: [(&str, &str); 13] = [
    ("--unpacker", "unpacker.elf"),
    ("--platform", "platform.yaml"),
    ("--kernel-config", "gen_config.json"),
    ("--kernel-paddr", "0x40000000"),
    ("--app-offset", "0x24d000"),
    ("--cores", "2"),
    ("--format", "uimage"),
    ("--compress", "lz4"),
    ("--load-address", "0x42000000"),
    ("--log-level", "debug"),
    ("--verify", "sha256"),
    ("--bootargs", "quiet"),
    ("--out", "image"),
];

fn folder_of_everything() -> Folder {
    let folder = Folder::new();
    let device_tree = DeviceTree::with_cores(Core::all([0, 1]));
    folder.put("kernel.dtb", device_tree.to_bytes());
    folder.put(
        "platform.yaml",
        "memory:\n- end: 0x50000000\n  start: 0x40000000\n",
    );
    folder.put(
        "gen_config.json",
        r#"{"ARM_HYPERVISOR_SUPPORT": false, "MAX_NUM_NODES": "2"}"#,
    );
    folder
}

fn read(folder: &Folder, name: &str) -> Value {
    serde_json::from_slice(&folder.get(name)).expect("JSON")
}

fn sha256(content: &[u8]) -> String {
    let bytes = Sha256::digest(content);
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn of_an_ordinary_image() {
    let folder = Folder::new();
    folder.accepted(&[]);
    expect![[r#"
        {
          "kind": "KaaL image manifest",
          "manifestVersion": 1,
          "kaal": {
            "version": "0.1.0",
            "payloadVersion": 4,
            "packageVersion": 2
          },
          "image": {
            "name": "image.elf",
            "size": 7735,
            "sha256": "b907fe6c17045ff8813813d57fcfc45346bc08a99516873715e483e599c32131"
          },
          "inputs": [
            {
              "role": "loader",
              "name": "loader.elf",
              "size": 500,
              "sha256": "64c7a64798e152292c99e5e3aa70bc76d84e832c09fbf505d74984941c25a932"
            },
            {
              "role": "kernel",
              "name": "kernel.elf",
              "size": 4780,
              "sha256": "324d4e763441aeb14f01508743f4949499473c7ea384c87df49201e6a4c8fa6f"
            },
            {
              "role": "rootTask",
              "name": "app.elf",
              "size": 483,
              "sha256": "6d5d4be09cce3ac999a5560a91f1ecbd827df00bf84e49ffe82c237d421911bd"
            },
            {
              "role": "deviceTree",
              "name": "kernel.dtb",
              "size": 362,
              "sha256": "060bc4ffea0645f91b27ccaba993d3aeadef1c97a2bc72a49c566a742afb1cae"
            }
          ],
          "settings": {
            "format": "elf",
            "compress": "none",
            "loadAddress": null,
            "fitKeyName": null,
            "kernelPaddr": null,
            "cores": null,
            "appOffset": null,
            "kernelDtb": null,
            "logLevel": "info",
            "verify": "crc32c",
            "symbols": "auto",
            "bootargs": null,
            "imageVersion": 0,
            "minVersion": 0
          },
          "payload": {
            "imageVersion": 0,
            "keyId": null,
            "signature": null,
            "measurement": "c9727955a95c27b8e278504feaf563526d8e8006ec760907c25268ec710ffdb7",
            "package": null,
            "exceptionLevel": 1,
            "cores": 1,
            "physicalAddressBits": null,
            "logLevel": "info",
            "integrity": "crc32c",
            "kernelEntry": "0xffffff8040000000",
            "userImage": {
              "start": "0x4024d000",
              "end": "0x40253000",
              "entry": "0x200020",
              "offset": "0x4004d000"
            },
            "deviceTree": {
              "start": "0x4023d000",
              "size": 456,
              "capacity": 65536,
              "kernel": "firmware"
            },
            "loader": {
              "start": "0x40400000",
              "constantSize": 4160,
              "digest": "crc32c:27fb59c2"
            },
            "translationTables": {
              "ttbr0": "0x40406000",
              "ttbr1": "0x40407000"
            },
            "console": {
              "kind": "PL011",
              "address": "0x9000000",
              "registerShift": 0,
              "accessSize": 4
            },
            "psci": null,
            "interruptController": null,
            "regions": [
              {
                "kind": "kernel",
                "start": "0x40000000",
                "end": "0x4023d000",
                "stored": 4660,
                "digest": "crc32c:6bff4307"
              },
              {
                "kind": "device tree",
                "start": "0x4023d000",
                "end": "0x4024d000",
                "stored": 456,
                "digest": "crc32c:c4096c83"
              },
              {
                "kind": "user image",
                "start": "0x4024d000",
                "end": "0x4024e128",
                "stored": 291,
                "digest": "crc32c:4b90d40f"
              },
              {
                "kind": "user image",
                "start": "0x4024e128",
                "end": "0x40253000",
                "stored": 16,
                "digest": "crc32c:a0de6714"
              },
              {
                "kind": "translation tables",
                "start": "0x40406000",
                "end": "0x4040e000",
                "stored": 32768,
                "digest": "crc32c:9316167f"
              }
            ],
            "cpus": [],
            "bootArguments": null
          },
          "memoryMap": [
            {
              "start": "0x40000000",
              "end": "0x4023d000",
              "what": "kernel text and data",
              "file": "kernel.elf"
            },
            {
              "start": "0x4023d000",
              "end": "0x4024d000",
              "what": "device tree",
              "file": "kernel.dtb"
            },
            {
              "start": "0x4024d000",
              "end": "0x4024d123",
              "what": "user image text",
              "file": "app.elf"
            },
            {
              "start": "0x4024e128",
              "end": "0x40252148",
              "what": "user image data",
              "file": "app.elf"
            },
            {
              "start": "0x40400000",
              "end": "0x40400040",
              "what": "loader read-only data",
              "file": "loader.elf"
            },
            {
              "start": "0x40401000",
              "end": "0x40401040",
              "what": "loader text",
              "file": "loader.elf"
            },
            {
              "start": "0x40402000",
              "end": "0x40403800",
              "what": "loader data",
              "file": "loader.elf"
            },
            {
              "start": "0x40404000",
              "end": "0x40406000",
              "what": "payload header",
              "file": null
            },
            {
              "start": "0x40406000",
              "end": "0x4040e000",
              "what": "translation tables",
              "file": null
            }
          ],
          "packageMap": [],
          "sbom": {
            "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
            "bomFormat": "CycloneDX",
            "specVersion": "1.6",
            "version": 1,
            "metadata": {
              "tools": {
                "components": [
                  {
                    "type": "application",
                    "bom-ref": "builder",
                    "name": "kaal-elfloader-builder",
                    "version": "0.1.0"
                  }
                ]
              },
              "component": {
                "type": "firmware",
                "bom-ref": "image",
                "name": "image.elf",
                "description": "bootable image",
                "hashes": [
                  {
                    "alg": "SHA-256",
                    "content": "b907fe6c17045ff8813813d57fcfc45346bc08a99516873715e483e599c32131"
                  }
                ]
              }
            },
            "components": [
              {
                "type": "firmware",
                "bom-ref": "loader",
                "name": "loader.elf",
                "description": "KaaL's loader",
                "hashes": [
                  {
                    "alg": "SHA-256",
                    "content": "64c7a64798e152292c99e5e3aa70bc76d84e832c09fbf505d74984941c25a932"
                  }
                ],
                "properties": [
                  {
                    "name": "kaal:contract",
                    "value": "4"
                  }
                ]
              },
              {
                "type": "operating-system",
                "bom-ref": "kernel",
                "name": "kernel.elf",
                "description": "seL4 kernel",
                "hashes": [
                  {
                    "alg": "SHA-256",
                    "content": "324d4e763441aeb14f01508743f4949499473c7ea384c87df49201e6a4c8fa6f"
                  }
                ]
              },
              {
                "type": "application",
                "bom-ref": "root-task",
                "name": "app.elf",
                "description": "root task",
                "hashes": [
                  {
                    "alg": "SHA-256",
                    "content": "6d5d4be09cce3ac999a5560a91f1ecbd827df00bf84e49ffe82c237d421911bd"
                  }
                ]
              },
              {
                "type": "data",
                "bom-ref": "device-tree",
                "name": "kernel.dtb",
                "description": "device tree",
                "hashes": [
                  {
                    "alg": "SHA-256",
                    "content": "060bc4ffea0645f91b27ccaba993d3aeadef1c97a2bc72a49c566a742afb1cae"
                  }
                ]
              }
            ],
            "dependencies": [
              {
                "ref": "image",
                "dependsOn": [
                  "loader",
                  "kernel",
                  "root-task",
                  "device-tree"
                ]
              }
            ],
            "compositions": [
              {
                "aggregate": "complete",
                "dependencies": [
                  "image"
                ]
              },
              {
                "aggregate": "unknown",
                "dependencies": [
                  "loader",
                  "kernel",
                  "root-task",
                  "device-tree"
                ]
              }
            ]
          }
        }
    "#]]
    .assert_eq(&String::from_utf8(folder.get(MANIFEST)).expect("text"));
}

/// The fields that are empty for an ordinary image.
#[test]
fn of_an_image_with_everything() {
    let folder = folder_of_everything();
    folder.accepted(&EVERYTHING);
    let manifest = read(&folder, "image.json");
    expect![[r#"
        {
          "format": "uimage",
          "compress": "lz4",
          "loadAddress": "0x42000000",
          "fitKeyName": null,
          "kernelPaddr": "0x40000000",
          "cores": 2,
          "appOffset": 2412544,
          "kernelDtb": null,
          "logLevel": "debug",
          "verify": "sha256",
          "symbols": "auto",
          "bootargs": "quiet",
          "imageVersion": 0,
          "minVersion": 0
        }
    "#]]
    .assert_eq(&format!("{:#}\n", manifest["settings"]));
    expect![[r#"
        [
          {
            "mpidr": "0x0",
            "releaseAddress": null
          },
          {
            "mpidr": "0x1",
            "releaseAddress": null
          }
        ]
    "#]]
    .assert_eq(&format!("{:#}\n", manifest["payload"]["cpus"]));
    expect![[r#"
        {
          "offset": 9048,
          "size": 280,
          "what": "LZ4 block",
          "unpackedTo": {
            "start": "0x40000000",
            "end": "0x4023d000"
          }
        }
    "#]]
    .assert_eq(&format!("{:#}\n", manifest["packageMap"][2]));
}

#[test]
fn hashes_are_those_of_the_files() {
    let folder = folder_of_everything();
    // Debug information, which the builder doesn't keep in memory.
    let kernel = [folder.get("kernel.elf"), vec![0x5a; 200_000]].concat();
    folder.put("kernel.elf", kernel);
    folder.accepted(&EVERYTHING);
    let manifest = read(&folder, "image.json");
    let mut files = manifest["inputs"].as_array().expect("inputs").clone();
    assert_eq!(files.len(), 7);
    files.push(manifest["image"].clone());
    for file in files {
        let content = folder.get(file["name"].as_str().expect("a name"));
        assert_eq!(file["sha256"], sha256(&content), "{file}");
        assert_eq!(file["size"], content.len(), "{file}");
    }
}

/// The bill of materials names each file once, with the SHA-256 of the input.
#[test]
fn bill_of_materials_agrees_with_the_rest() {
    let folder = folder_of_everything();
    folder.accepted(&EVERYTHING);
    let manifest = read(&folder, "image.json");
    let components = manifest["sbom"]["components"].as_array().expect("a list");
    assert_eq!(components.len(), 5);
    for component in components {
        let inputs = manifest["inputs"].as_array().expect("a list");
        let same: Vec<_> = inputs
            .iter()
            .filter(|input| input["name"] == component["name"])
            .collect();
        assert_eq!(same.len(), 1, "{component}");
        assert_eq!(component["hashes"][0]["content"], same[0]["sha256"]);
    }
    let image = &manifest["sbom"]["metadata"]["component"];
    assert_eq!(image["hashes"][0]["content"], manifest["image"]["sha256"]);
}

#[test]
fn an_unused_unpacker_is_no_part_of_the_image() {
    let folder = Folder::new();
    folder.accepted(&[("--unpacker", "unpacker.elf")]);
    let manifest = read(&folder, MANIFEST);
    assert_eq!(manifest["inputs"][1]["role"], "unpacker");
    let components = manifest["sbom"]["components"].as_array().expect("a list");
    assert!(
        components
            .iter()
            .all(|component| component["bom-ref"] != "unpacker")
    );
}

#[test]
fn same_inputs_give_the_same_bytes() {
    let (here, there) = (folder_of_everything(), folder_of_everything());
    here.accepted(&EVERYTHING);
    let absolute = |name: &str| here.path().join(name).to_string_lossy().into_owned();
    let mut elsewhere = EVERYTHING.to_vec();
    let files = [
        ("--loader", absolute("loader.elf")),
        ("--kernel", absolute("kernel.elf")),
        ("--app", absolute("app.elf")),
        ("--dtb", absolute("kernel.dtb")),
        ("--unpacker", absolute("unpacker.elf")),
    ];
    elsewhere.retain(|(option, _)| files.iter().all(|(other, _)| option != other));
    elsewhere.extend(files.iter().map(|(option, file)| (*option, file.as_str())));
    there.accepted(&elsewhere);
    assert_eq!(here.get("image.json"), there.get("image.json"));
}

#[test]
fn no_manifest_writes_none() {
    let folder = Folder::new();
    let before = folder.files().len();
    folder.accepted(&[("--no-manifest", "")]);
    assert_eq!(folder.files().len(), before + 1);
}

#[test]
fn replaces_a_manifest() {
    let folder = Folder::new();
    folder.accepted(&[("--bootargs", "before")]);
    let (before, files) = (folder.get(MANIFEST), folder.files());
    folder.accepted(&[]);
    assert_ne!(folder.get(MANIFEST), before);
    assert_eq!(folder.files(), files);
}

#[test]
fn permissions_are_those_of_the_image() {
    let folder = Folder::new();
    folder.accepted(&[]);
    let mode = |name| {
        let metadata = fs::metadata(folder.path().join(name)).expect("a file");
        metadata.permissions().mode()
    };
    assert_eq!(mode(MANIFEST), mode("image.elf"));
}

#[test]
fn folder_of_that_name() {
    let folder = Folder::new();
    fs::create_dir(folder.path().join(MANIFEST)).expect("a writable folder");
    expect![[r#"
        error: --out image.elf.json: can't be replaced by the image's manifest
          expected: a regular file, or no file
          found: a folder
          help: choose another name for the image, or add --no-manifest
    "#]]
    .assert_eq(&folder.refused(&[]));
    folder.accepted(&[("--no-manifest", "")]);
}

#[test]
fn equal_to_an_input() {
    let folder = folder_of_everything();
    symlink("gen_config.json", folder.path().join(MANIFEST)).expect("a writable folder");
    expect![[r#"
        error: --out image.elf.json: would replace an input
          expected: a file that isn't an input
          found: --kernel-config gen_config.json
          help: choose another name for the image, or add --no-manifest
    "#]]
    .assert_eq(&folder.refused(&[("--kernel-config", "gen_config.json"), ("--cores", "2")]));
}

/// The file system accepts the image's name, but no longer one.
#[test]
fn name_that_is_too_long() {
    let folder = Folder::new();
    let name = "i".repeat(252);
    folder.put(&name, "before");
    let message = folder.refused(&[("--out", &name)]);
    expect![[r#"
        error: --out NAME.json: can't be written
          expected: a shorter name
          found: File name too long
          help: choose a shorter name
    "#]]
    .assert_eq(&message.replace(&name, "NAME"));
    assert_eq!(folder.get(&name), b"before");
}

/// Options for an image to sign.
const SIGNED: [(&str, &str); 2] = [
    ("--loader", "signed-loader.elf"),
    ("--trust-key", "public.pem"),
];

fn builder(folder: &Folder, arguments: &[&str]) {
    let output = Command::new(cargo_bin("kaal-elfloader-builder"))
        .args(arguments)
        .current_dir(folder.path())
        .output()
        .expect("the builder runs");
    assert!(output.status.success(), "{output:?}");
}

/// A folder with a loader for signed images and a key pair.
fn folder_with_keys() -> Folder {
    let folder = Folder::new();
    let loader = programs::loader_of_signed_images();
    folder.put("signed-loader.elf", loader.to_bytes());
    let keys = ["--sign-key", "private.pem", "--trust-key", "public.pem"];
    builder(&folder, &[&["keygen"], &keys[..]].concat());
    folder
}

/// The manifest holds neither the private key nor its hash.
#[test]
fn of_a_signed_image() {
    let folder = folder_with_keys();
    folder.accepted(&[&SIGNED[..], &[("--sign-key", "private.pem")]].concat());
    let manifest = read(&folder, MANIFEST);
    assert_eq!(manifest["inputs"][4]["role"], "trustKey");
    assert!(manifest["payload"]["keyId"].is_string());
    assert!(manifest["payload"]["signature"].is_string());
    let text = String::from_utf8(folder.get(MANIFEST)).expect("text");
    for secret in ["private", &sha256(&folder.get("private.pem"))] {
        assert!(!text.contains(secret), "{secret}");
    }
}

#[test]
fn of_an_image_that_is_signed_later() {
    let folder = folder_with_keys();
    folder.accepted(&[&SIGNED[..], &[("--sign-key", "private.pem")]].concat());
    let (image, manifest) = (folder.get("image.elf"), folder.get(MANIFEST));
    folder.accepted(&SIGNED);
    assert_ne!(folder.get(MANIFEST), manifest);
    builder(&folder, &["sign", "image.elf", "--sign-key", "private.pem"]);
    assert_eq!(folder.get("image.elf"), image);
    assert_eq!(folder.get(MANIFEST), manifest);
}

/// Without a manifest, or with that of another image, `sign` writes none.
#[test]
fn of_an_unknown_image_that_is_signed_later() {
    let folder = folder_with_keys();
    folder.accepted(&SIGNED);
    let sign = ["sign", "image.elf", "--sign-key", "private.pem", "--out"];
    fs::remove_file(folder.path().join(MANIFEST)).expect("a manifest");
    builder(&folder, &[&sign[..], &["signed.elf"]].concat());
    folder.put(
        MANIFEST,
        r#"{"kind": "KaaL image manifest", "image": {"sha256": "another"}}"#,
    );
    builder(&folder, &[&sign[..], &["signed.elf"]].concat());
    assert!(!folder.path().join("signed.elf.json").exists());
}

/// An edited manifest with odd values.
#[test]
fn odd_manifest_of_an_image_that_is_signed_later() {
    let folder = folder_with_keys();
    folder.accepted(&SIGNED);
    let hash = sha256(&folder.get("image.elf"));
    let odd = format!(
        r#"{{"kind": "KaaL image manifest", "image": {{"sha256": "{hash}"}}, "sbom": "none"}}"#
    );
    folder.put(MANIFEST, odd);
    builder(&folder, &["sign", "image.elf", "--sign-key", "private.pem"]);
    let hash = sha256(&folder.get("image.elf"));
    let manifest = read(&folder, MANIFEST);
    assert_eq!(manifest["image"]["sha256"], hash);
    assert_eq!(manifest["sbom"], "none");
}

/// `docs/manifest.md` documents every field.
#[test]
fn documentation_names_every_field() {
    fn names(value: &Value, found: &mut Vec<String>) {
        match value {
            Value::Object(fields) => {
                for (name, value) in fields {
                    found.push(name.clone());
                    names(value, found);
                }
            }
            Value::Array(elements) => elements.iter().for_each(|element| names(element, found)),
            _ => {}
        }
    }
    let folder = folder_of_everything();
    folder.accepted(&EVERYTHING);
    let mut manifest = read(&folder, "image.json");
    // `docs/json.md` documents these.
    manifest["payload"].take();
    // CycloneDX documents its own fields.
    manifest["sbom"].take();
    let mut found = Vec::new();
    names(&manifest, &mut found);
    let text = include_str!("../../../docs/manifest.md");
    for name in found {
        assert!(text.contains(&format!("`{name}`")), "{name}");
    }
}
