// SPDX-License-Identifier: BSD-2-Clause

//! UEFI applications (Microsoft, "PE Format"; UEFI Specification 2.10, section 2.1.1): headers, the stub and the package.
//!
//! ```text
//!  headers | .text: stub, from its StubHead on | .kaal: package | certificates
//! ```
//!
//! Sections lie in the file without gaps, because U-Boot refuses to verify signed files with gaps. The certificates of
//! Secure Boot are not the builder's: programs such as sbsign append them.

use std::mem::offset_of;
use std::ops::Range;

use kaal_payload::{
    Integrity, PAGE_SIZE, Package, Payload, StubHead, TpmEvent, UefiHeaders, package_header_size,
};
use zerocopy::little_endian::{U16, U32, U64};
use zerocopy::{FromBytes, FromZeros, Immutable, IntoBytes, KnownLayout};

use super::digest::crc32c;
use super::{Format, branch};
use crate::diagnostic::Diagnostic;

/// Alignment in bytes of sections in the file, the smallest that the format permits.
pub(crate) const FILE_ALIGNMENT: usize = 512;

/// Size in bytes of the headers in the file.
pub(crate) const HEADERS_SIZE: usize = size_of::<UefiHeaders>();

/// Largest size in bytes of a stub.
pub(crate) const STUB_MAX_SIZE: u64 = 0x10000;

/// Address of the stub in the loaded image: behind the headers.
const STUB_ADDRESS: u32 = PAGE_SIZE as u32;

const MACHINE_ARM64: u16 = 0xaa64;

/// `IMAGE_FILE_EXECUTABLE_IMAGE` and `IMAGE_FILE_LARGE_ADDRESS_AWARE`. Without `IMAGE_FILE_RELOCS_STRIPPED`, the image
/// can be loaded to any address.
const CHARACTERISTICS: u16 = 0x22;

/// PE32+.
const OPTIONAL_MAGIC: u16 = 0x20b;

/// `IMAGE_SUBSYSTEM_EFI_APPLICATION`
const SUBSYSTEM: u16 = 10;

/// `IMAGE_DLLCHARACTERISTICS_NX_COMPAT`: no section is both writable and executable.
const DLL_CHARACTERISTICS: u16 = 0x100;

/// `IMAGE_SCN_CNT_CODE`, `IMAGE_SCN_MEM_EXECUTE` and `IMAGE_SCN_MEM_READ`. The package too begins with code.
const CODE: u32 = 0x6000_0020;

/// The index of the certificate table, whose address is an offset in the file.
const CERTIFICATES: usize = 4;

/// Alignment in bytes of certificates.
const CERTIFICATE_ALIGNMENT: usize = 8;

/// `WIN_CERT_REVISION_2_0`
const CERTIFICATE_REVISION: u16 = 0x200;

/// `WIN_CERT_TYPE_PKCS_SIGNED_DATA`
const CERTIFICATE_TYPE: u16 = 2;

#[derive(Clone, Copy, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
struct Headers {
    dos_magic: [u8; 2],
    dos_unused: [u8; 58],
    pe_offset: U32,

    magic: [u8; 4],
    machine: U16,
    section_count: U16,
    time: U32,
    symbols: [U32; 2],
    optional_size: U16,
    characteristics: U16,

    optional_magic: U16,
    linker_version: [u8; 2],
    code_size: U32,
    data_sizes: [U32; 2],
    entry: U32,
    code_start: U32,
    image_base: U64,
    section_alignment: U32,
    file_alignment: U32,
    versions: [U32; 4],
    image_size: U32,
    headers_size: U32,
    checksum: U32,
    subsystem: U16,
    dll_characteristics: U16,
    stack_and_heap: [U64; 4],
    loader_flags: U32,
    directory_count: U32,
    directories: [Directory; 16],

    sections: [Section; 2],
}

#[derive(Clone, Copy, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
struct Directory {
    address: U32,
    size: U32,
}

#[derive(Clone, Copy, FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C)]
struct Section {
    name: [u8; 8],
    size: U32,
    address: U32,
    file_size: U32,
    file_offset: U32,
    relocations: [U32; 3],
    characteristics: U32,
}

#[derive(FromBytes, Immutable, KnownLayout)]
#[repr(C)]
struct Certificate {
    length: U32,
    revision: U16,
    kind: U16,
}

/// The parts of a file, as ranges of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Layout {
    pub(crate) stub: Range<usize>,
    pub(crate) package: Range<usize>,
    /// Empty unless the file is signed for Secure Boot.
    pub(crate) certificates: Range<usize>,
}

// The contract with the stub names the same fields.
const _: () = {
    assert!(HEADERS_SIZE == FILE_ALIGNMENT);
    assert!(offset_of!(Headers, image_base) == offset_of!(UefiHeaders, image_base));
    assert!(offset_of!(Headers, checksum) == offset_of!(UefiHeaders, checksum));
    let directories = offset_of!(Headers, directories);
    let certificates = directories + CERTIFICATES * size_of::<Directory>();
    assert!(certificates == offset_of!(UefiHeaders, certificates));
};

/// The head of the stub for `package`, which holds `payload` and has its header at `header_offset`; without checksums
/// and branch.
fn head(package: &Package<'_>, header_offset: usize, payload: &Payload<'_>) -> StubHead {
    let checked_size = match package.integrity {
        Integrity::None => header_offset + package_header_size(package.chunks.len()),
        _ => package.size as usize,
    };
    StubHead {
        header_offset: header_offset as u32,
        checked_size: checked_size as u32,
        exception_level: payload.exception_level as u32,
        tpm_event: TpmEvent::new(payload.measurement),
        ..StubHead::new_zeroed()
    }
}

/// The bytes of the section `.text`: the program `stub`, which is entered at the offset `entry`, with its head for
/// `package`. The checksums are zero.
pub(crate) fn stub_section(
    mut stub: Vec<u8>,
    entry: u64,
    package: &Package<'_>,
    header_offset: usize,
    payload: &Payload<'_>,
) -> Vec<u8> {
    stub.resize(stub.len().next_multiple_of(PAGE_SIZE as usize), 0);
    let head = StubHead {
        branch: branch::to(entry.saturating_sub(StubHead::ENTRY as u64)),
        ..head(package, header_offset, payload)
    };
    stub[..size_of::<StubHead>()].copy_from_slice(head.as_bytes());
    stub
}

/// Puts headers and `stub`, a [`stub_section`], in front of `package`.
pub(crate) fn wrap(stub: &[u8], package: &[u8]) -> Result<Vec<u8>, Diagnostic> {
    let most = u32::MAX as usize - STUB_ADDRESS as usize - stub.len() - PAGE_SIZE as usize;
    if package.len() > most {
        return Err(Format::Efi
            .origin()
            .diagnostic("the image is too large for this format")
            .expected(format!("a package of at most {most} bytes"))
            .found(format!("{} bytes", package.len()))
            .remedy("choose --compress lz4"));
    }
    let headers = Headers::new(stub.len() as u32, package.len() as u32);
    let mut file = headers.as_bytes().to_vec();
    file.resize(HEADERS_SIZE, 0);
    file.extend_from_slice(stub);
    file.extend_from_slice(package);
    seal(&mut file);
    Ok(file)
}

/// Writes the checksums into the head of the stub in `file`.
pub(crate) fn seal(file: &mut [u8]) {
    if let Some(head) = sealed(file) {
        file[HEADERS_SIZE..][..size_of::<StubHead>()].copy_from_slice(head.as_bytes());
    }
}

/// The head of the stub in `file`, with the right checksums; `None` if the file is truncated or damaged.
fn sealed(file: &[u8]) -> Option<StubHead> {
    let layout = layout(file)?;
    let headers = UefiHeaders::read_from_bytes(file.get(..HEADERS_SIZE)?).ok()?;
    let stub = file.get(layout.stub)?;
    let (mut head, _) = StubHead::read_from_prefix(stub).ok()?;
    let checked = file
        .get(layout.package)?
        .get(..head.checked_size as usize)?;
    head.package_checksum = crc32c(checked);
    let stub = [head.as_bytes(), stub.get(size_of::<StubHead>()..)?].concat();
    let mut checked = headers.checked().concat();
    checked.extend_from_slice(&stub[StubHead::CHECKED_FROM..]);
    head.checksum = crc32c(&checked);
    Some(head)
}

impl Headers {
    /// The headers for sections of these sizes in bytes, without certificates.
    fn new(stub: u32, package: u32) -> Self {
        let aligned = |size: u32| size.next_multiple_of(PAGE_SIZE as u32);
        let package_address = STUB_ADDRESS + aligned(stub);
        let section = |name: &[u8; 5], size: u32, address: u32, file_offset: u32| {
            let mut section = Section {
                size: size.into(),
                address: address.into(),
                file_size: size.into(),
                file_offset: file_offset.into(),
                characteristics: CODE.into(),
                ..Section::new_zeroed()
            };
            section.name[..name.len()].copy_from_slice(name);
            section
        };
        let headers_size = HEADERS_SIZE as u32;
        let sections = [
            section(b".text", stub, STUB_ADDRESS, headers_size),
            section(b".kaal", package, package_address, headers_size + stub),
        ];
        let code_size: u32 = sections.iter().map(|section| section.file_size.get()).sum();
        Self {
            dos_magic: *b"MZ",
            pe_offset: (offset_of!(Self, magic) as u32).into(),
            magic: *b"PE\0\0",
            machine: MACHINE_ARM64.into(),
            section_count: (sections.len() as u16).into(),
            optional_size: {
                let size = offset_of!(Self, sections) - offset_of!(Self, optional_magic);
                (size as u16).into()
            },
            characteristics: CHARACTERISTICS.into(),
            optional_magic: OPTIONAL_MAGIC.into(),
            code_size: code_size.into(),
            entry: (STUB_ADDRESS + StubHead::ENTRY as u32).into(),
            code_start: STUB_ADDRESS.into(),
            section_alignment: (PAGE_SIZE as u32).into(),
            file_alignment: (FILE_ALIGNMENT as u32).into(),
            image_size: (package_address + aligned(package)).into(),
            headers_size: headers_size.into(),
            subsystem: SUBSYSTEM.into(),
            dll_characteristics: DLL_CHARACTERISTICS.into(),
            directory_count: (Self::new_zeroed().directories.len() as u32).into(),
            sections,
            ..Self::new_zeroed()
        }
    }
}

/// The parts of the file that begins with `head`; `None` if [`wrap`] didn't write it. Certificates follow the package.
pub(crate) fn layout(head: &[u8]) -> Option<Layout> {
    let (found, _) = Headers::ref_from_prefix(head).ok()?;
    let [stub, package] = found.sections.map(|section| section.size.get());
    let is_sound = stub.is_multiple_of(PAGE_SIZE as u32)
        && u64::from(stub) <= STUB_MAX_SIZE
        && package.is_multiple_of(FILE_ALIGNMENT as u32)
        && package <= u32::MAX - 2 * STUB_ADDRESS - stub;
    if !is_sound {
        return None;
    }
    let mut expected = Headers::new(stub, package);
    expected.checksum = found.checksum;
    expected.directories[CERTIFICATES] = found.directories[CERTIFICATES];
    if expected.as_bytes() != found.as_bytes() {
        return None;
    }
    let stub = HEADERS_SIZE..HEADERS_SIZE + stub as usize;
    let package = stub.end..stub.end + package as usize;
    let table = &found.directories[CERTIFICATES];
    let (start, size) = (table.address.get() as usize, table.size.get() as usize);
    let certificates = match (start, size, found.checksum.get()) {
        (0, 0, 0) => package.end..package.end,
        (start, size, _) if start == package.end && size > 0 => start..start.checked_add(size)?,
        _ => return None,
    };
    Some(Layout {
        stub,
        package,
        certificates,
    })
}

/// Checks all of `file` but its `package`, which holds `payload` and has its header at `header_offset`.
///
/// # Errors
///
/// Returns the difference from what the builder writes.
pub(crate) fn check(
    file: &[u8],
    package: &Package<'_>,
    header_offset: usize,
    payload: &Payload<'_>,
) -> Result<(), String> {
    let layout = layout(file).ok_or("other headers")?;
    let part = |range: Range<usize>| file.get(range).ok_or("a truncated file");
    let padding = part(size_of::<Headers>()..HEADERS_SIZE)?;
    if padding.iter().any(|&byte| byte != 0) {
        return Err("bytes behind its headers that aren't zero".to_owned());
    }
    let (found, _) = StubHead::read_from_prefix(part(layout.stub)?).map_err(|_| "no stub")?;
    let expected = StubHead {
        branch: found.branch,
        checksum: found.checksum,
        package_checksum: found.package_checksum,
        ..head(package, header_offset, payload)
    };
    if found != expected {
        return Err("a stub for another package".to_owned());
    }
    if sealed(file) != Some(found) {
        return Err("other checksums in its stub".to_owned());
    }
    check_certificates(part(layout.certificates)?)
}

/// Checks that `table` consists of certificates. Their content is the firmware's business.
fn check_certificates(mut table: &[u8]) -> Result<(), String> {
    while !table.is_empty() {
        let certificate = Certificate::read_from_prefix(table).ok();
        let length = certificate.and_then(|(certificate, _)| {
            let kind = (certificate.revision.get(), certificate.kind.get());
            let length = certificate.length.get() as usize;
            let is_sound = kind == (CERTIFICATE_REVISION, CERTIFICATE_TYPE)
                && length > size_of::<Certificate>();
            is_sound.then_some(length.checked_next_multiple_of(CERTIFICATE_ALIGNMENT)?)
        });
        table = length
            .and_then(|length| table.get(length..))
            .ok_or("malformed certificates for Secure Boot")?;
    }
    Ok(())
}
