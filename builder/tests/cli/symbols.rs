// SPDX-License-Identifier: BSD-2-Clause

//! Tests of the function names in images, for fault reports.

use expect_test::expect;
use kaal_payload::{PAGE_SIZE, RegionKind, Symbol as Found};

use crate::common::folder::Folder;
use crate::common::loaded::Loaded;
use crate::common::programs::{self, HYPERVISOR_BASE, KERNEL, ORDINARY_BASE};
use crate::common::symbols::{self, DATA, Symbol};

/// Addresses of the kernel's code, and of the loader's, from where it is linked.
const CODE: u64 = ORDINARY_BASE + KERNEL;
const CODE_SIZE: u64 = 0x1000;
const LOADER_CODE: (u64, u64) = (0x1000, 0x40);

fn kernel_with(symbols: &[Symbol]) -> Vec<u8> {
    let kernel = programs::kernel(ORDINARY_BASE).to_bytes();
    symbols::add(kernel, (CODE, CODE_SIZE), symbols)
}

fn kernel() -> Vec<u8> {
    kernel_with(&[
        Symbol::local("helper.constprop.0", CODE + 0x10, 0x20),
        Symbol::global("_start", CODE, 0x10),
        Symbol::object("ksCurThread", CODE + CODE_SIZE, 8),
    ])
}

fn loader() -> Vec<u8> {
    let boot = Symbol::local("_RNvCs1234_14kaal_elfloader4boot", 0x1008, 0x38);
    symbols::add(programs::loader().to_bytes(), LOADER_CODE, &[boot])
}

/// A folder whose kernel and loader have symbols.
fn folder() -> Folder {
    let folder = Folder::new();
    folder.put("kernel.elf", kernel());
    folder.put("loader.elf", loader());
    folder
}

/// An image's table of symbols; empty where it has none.
fn table(folder: &Folder, changes: &[(&str, &str)]) -> Vec<u8> {
    folder.accepted(changes);
    let loaded = Loaded::new(&folder.get("image.elf"));
    let payload = loaded.payload();
    let mut regions = payload.regions.iter();
    let Some(region) = regions.find(|region| region.kind() == Some(RegionKind::Symbols)) else {
        return Vec::new();
    };
    loaded.check_region(region);
    let memory = region.memory().expect("a valid region");
    assert!(memory.start.is_page_aligned() && memory.end.is_page_aligned());
    let mut table = loaded.read_range(memory);
    table.truncate(region.file_size() as usize);
    table
}

fn name(table: &[u8], address: u64) -> String {
    Found::find(table, address).map_or("nothing".to_owned(), |symbol| symbol.to_string())
}

#[test]
fn functions_are_found() {
    let folder = folder();
    let table = table(&folder, &[]);
    let loader = Loaded::new(&folder.get("image.elf"))
        .payload()
        .load_address
        .0;
    for (address, expected) in [
        (CODE - 4, "nothing"),
        (CODE, "_start+0x0"),
        (CODE + 0xc, "_start+0xc"),
        (CODE + 0x10, "helper.constprop.0+0x0"),
        (CODE + 0x2c, "helper.constprop.0+0x1c"),
        (CODE + 0x30, "nothing"),
        (CODE + CODE_SIZE, "nothing"),
        (loader + 0x1004, "nothing"),
        (loader + 0x1008, "kaal_elfloader::boot+0x0"),
        (loader + 0x103c, "kaal_elfloader::boot+0x34"),
        (loader + 0x1040, "nothing"),
        (0x1008, "nothing"),
    ] {
        assert_eq!(name(&table, address), expected, "{address:#x}");
    }
}

#[test]
fn hypervisors_functions_are_found() {
    let folder = folder();
    let start = HYPERVISOR_BASE + KERNEL;
    folder.put(
        "kernel.elf",
        symbols::add(
            programs::kernel(HYPERVISOR_BASE).to_bytes(),
            (start, CODE_SIZE),
            &[Symbol::global("_start", start, 4)],
        ),
    );
    assert_eq!(name(&table(&folder, &[]), start), "_start+0x0");
}

#[test]
fn what_is_no_function_of_the_kernel_is_left_out() {
    let folder = folder();
    let beyond = CODE + programs::KERNEL_SIZE;
    folder.put(
        "kernel.elf",
        symbols::add(
            programs::kernel(ORDINARY_BASE).to_bytes(),
            (0x1000, u64::MAX - 0x1000),
            &[
                Symbol::global("low", 0x2000, 4),
                Symbol::global("_start", CODE, 4),
                Symbol {
                    section: DATA,
                    ..Symbol::global("data", CODE + 8, 4)
                },
                Symbol {
                    section: 0xfff1,
                    ..Symbol::global("absolute", CODE + 0x10, 4)
                },
                Symbol {
                    section: 77,
                    ..Symbol::global("nowhere", CODE + 0x18, 4)
                },
                Symbol::global("", CODE + 0x20, 4),
                Symbol::global("across", beyond - 4, 8),
                Symbol::global("endless", beyond + 8, u64::MAX),
            ],
        ),
    );
    let table = table(&folder, &[]);
    assert_eq!(name(&table, CODE), "_start+0x0");
    for address in [
        0x2000,
        CODE + 0x40,
        beyond - 4,
        beyond,
        beyond + 8,
        u64::MAX,
    ] {
        assert_eq!(name(&table, address), "nothing", "{address:#x}");
    }
}

/// Those of one address, without a size, and within others.
#[test]
fn one_function_is_chosen_of_several() {
    let folder = folder();
    folder.put(
        "kernel.elf",
        kernel_with(&[
            Symbol::local("a_local", CODE, 0x10),
            Symbol::global("z_global", CODE, 0x10),
            Symbol::global("y_global", CODE, 0x10),
            Symbol::global("outer", CODE + 0x10, 0x100),
            Symbol::global("inner", CODE + 0x20, 0x10),
            Symbol::global("unsized", CODE + 0x800, 0),
            Symbol::global("misaligned", CODE + 0xf01, 0xff),
        ]),
    );
    let table = table(&folder, &[]);
    for (offset, expected) in [
        (0, "y_global+0x0"),
        (0x1c, "outer+0xc"),
        (0x2c, "inner+0xc"),
        (0x800, "unsized+0x0"),
        (0xefc, "unsized+0x6fc"),
        (0xf00, "misaligned+0x0"),
        (0xffc, "misaligned+0xfc"),
        (CODE_SIZE, "nothing"),
    ] {
        assert_eq!(name(&table, CODE + offset), expected, "{offset:#x}");
    }
}

#[test]
fn loader_without_symbols() {
    let folder = folder();
    folder.put("loader.elf", programs::loader().to_bytes());
    assert_eq!(name(&table(&folder, &[]), CODE), "_start+0x0");
}

#[test]
fn chosen_by_the_option() {
    let folder = folder();
    assert!(!table(&folder, &[("--symbols", "on")]).is_empty());
    assert!(!table(&folder, &[("--symbols", "auto")]).is_empty());
    assert!(table(&folder, &[("--symbols", "off")]).is_empty());
    let without = folder.get("image.elf");
    folder.put("kernel.elf", programs::kernel(ORDINARY_BASE).to_bytes());
    folder.put("loader.elf", programs::loader().to_bytes());
    assert!(table(&folder, &[]).is_empty());
    assert_eq!(folder.get("image.elf"), without);
}

#[test]
fn chosen_by_the_kernels_configuration() {
    let folder = folder();
    let config =
        |debug| format!(r#"{{"ARM_HYPERVISOR_SUPPORT": false, "MAX_NUM_NODES": "1"{debug}}}"#);
    for (debug, expected) in [
        (r#", "DEBUG_BUILD": true"#, true),
        (r#", "DEBUG_BUILD": false, "PRINTING": true"#, false),
        ("", true),
    ] {
        folder.put("config.json", config(debug));
        let changes = [("--kernel-config", "config.json")];
        assert_eq!(!table(&folder, &changes).is_empty(), expected, "{debug}");
        let on = [changes[0], ("--symbols", "on")];
        assert!(!table(&folder, &on).is_empty());
    }
}

/// Many, of a kernel that nothing is known of.
#[test]
fn not_chosen_where_they_are_large() {
    const NAME: &str = "a_name_that_takes_sixty_bytes_or_so_as_long_names_do_________";
    let folder = folder();
    let function = |index: u64| Symbol::local(NAME, CODE + 4 * index, 4);
    let many = |count| kernel_with(&(0..count).map(function).collect::<Vec<_>>());
    folder.put("kernel.elf", many(700));
    assert!(!table(&folder, &[]).is_empty());
    folder.put("kernel.elf", many(1000));
    assert!(table(&folder, &[]).is_empty());
    assert!(!table(&folder, &[("--symbols", "on")]).is_empty());
}

#[test]
fn none_where_they_are_asked_for() {
    let folder = Folder::new();
    folder.put("loader.elf", loader());
    expect![[r#"
        error: --kernel kernel.elf: has no symbols, but --symbols on needs them
          expected: functions in a section .symtab
          found: none
          help: pass the kernel.elf of seL4's build, or leave the option out
    "#]]
    .assert_eq(&folder.refused(&[("--symbols", "on")]));
}

#[test]
fn memory_map_names_them() {
    let map = folder().accepted(&[("-v", "")]);
    let line = map.lines().find(|line| line.contains(" symbols "));
    let line = line.expect("a line for the symbols");
    assert!(line.ends_with("(made by the builder)"), "{line}");
    assert!(line.contains(&format!(" {PAGE_SIZE} ")), "{line}");
}

/// Only the symbol table is damaged, and the image doesn't need it.
#[test]
fn damaged_symbol_tables_are_none() {
    let whole = kernel();
    let end = programs::kernel(ORDINARY_BASE).to_bytes().len();
    let folder = folder();
    for length in end..whole.len() {
        folder.put("kernel.elf", &whole[..length]);
        assert!(table(&folder, &[]).is_empty(), "{length}");
    }
    // Offset, size and link of the sections, and how many there are.
    let headers = whole.len() - 5 * 64;
    let fields = [3, 4].into_iter().flat_map(|section| {
        let header = headers + section * 64;
        [(header + 24, 8), (header + 32, 8), (header + 40, 4)]
    });
    for (offset, size) in fields.chain([(40, 8), (60, 2)]) {
        let mut damaged = whole.clone();
        damaged[offset..][..size].fill(0xff);
        folder.put("kernel.elf", &damaged);
        folder.accepted(&[]);
    }
}
