// SPDX-License-Identifier: BSD-2-Clause

//! Compares the kernel in the image with the one that the root task was compiled for, as an ELF note of the root task
//! tells it.

use kaal_payload::ExceptionLevel;

use super::kernel::Kernel;
use super::platform::CONFIG;
use super::yaml;
use crate::diagnostic::{Diagnostic, Flag};
use crate::elf::note;
use crate::options::Inputs;

/// Type of the ELF note whose content is the `gen_config.json` of the kernel that a root task was compiled for.
const NOTE_TYPE: u32 = 5;

/// The setting that also shows in the kernel's addresses.
const HYPERVISOR: &str = "ARM_HYPERVISOR_SUPPORT";

/// Settings that change the numbers of system calls, invocations or objects on AArch64, or the IPC buffer (seL4 16.0.0,
/// `libsel4/include/api/syscall.xml`, `libsel4/include/interfaces`, `libsel4/arch_include/arm/interfaces`,
/// `libsel4/include/sel4`).
const INTERFACE: [&str; 12] = [
    "KERNEL_MCS",
    HYPERVISOR,
    "ENABLE_SMP_SUPPORT",
    "PRINTING",
    "DEBUG_BUILD",
    "HARDWARE_DEBUG_API",
    "ARM_SMMU",
    "ENABLE_BENCHMARKS",
    "BENCHMARK_TRACK_UTILISATION",
    "DANGEROUS_CODE_INJECTION",
    "SET_TLS_BASE_SELF",
    "KERNEL_INVOCATION_REPORT_ERROR_IPC",
];

/// Checks the root task against the kernel and, if given, its configuration.
///
/// # Errors
///
/// Returns an error if the root task was compiled for a kernel with another interface.
pub(crate) fn check(inputs: &Inputs<'_>, kernel: &Kernel<'_>) -> Result<(), Diagnostic> {
    let Some(file) = inputs.system.app() else {
        return Ok(());
    };
    let Some((_, note)) = note::find(file.content, NOTE_TYPE).next() else {
        return Ok(());
    };
    let app = file.origin(Flag::App);
    let compiled_for = yaml::read(app, note, CONFIG)?;
    let config = inputs
        .kernel_config
        .map(|file| yaml::read(file.origin(Flag::KernelConfig), file.content, CONFIG));
    let config = config.transpose()?;
    let is_hypervisor = kernel.exception_level == ExceptionLevel::El2;
    let of_kernel = |key: &str| match &config {
        Some(config) => config[key].as_bool(),
        None => (key == HYPERVISOR).then_some(is_hypervisor),
    };
    let differences: Vec<_> = INTERFACE
        .into_iter()
        .filter_map(|key| Some((key, of_kernel(key)?, compiled_for[key].as_bool()?)))
        .filter(|(_, of_kernel, of_app)| of_kernel != of_app)
        .collect();
    if differences.is_empty() {
        return Ok(());
    }
    let list = |value: fn(&(&str, bool, bool)) -> bool| {
        let settings = differences.iter();
        let settings = settings.map(|setting| format!("{} {}", setting.0, value(setting)));
        settings.collect::<Vec<_>>().join(", ")
    };
    Err(app
        .diagnostic("compiled for another kernel")
        .expected(format!("{}, as in the kernel", list(|setting| setting.1)))
        .found(list(|setting| setting.2))
        .remedy("build the root task again, with SEL4_PREFIX set to the folder of this kernel"))
}
