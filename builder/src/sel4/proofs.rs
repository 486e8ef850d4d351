// SPDX-License-Identifier: BSD-2-Clause

//! Compares a kernel's configuration with those of seL4's proofs for AArch64.

use yaml_rust2::Yaml;

/// The platforms that seL4's proofs are about: `PLAT` or, if a platform has several boards, `ARM_PLAT`; and the file in
/// seL4's `configs` (seL4 16.0.0, `configs/AARCH64_*_verified.cmake`; `AARCH64_MCS_verified.cmake` is left out, because
/// the proofs about MCS are unfinished).
const PLATFORMS: [(&str, &str); 16] = [
    ("bcm2711", "AARCH64_bcm2711_verified.cmake"),
    ("bcm2712", "AARCH64_bcm2712_verified.cmake"),
    ("hikey", "AARCH64_hikey_verified.cmake"),
    ("imx8mm-evk", "AARCH64_imx8mm_verified.cmake"),
    ("imx8mq-evk", "AARCH64_imx8mq_verified.cmake"),
    ("imx93", "AARCH64_imx93_verified.cmake"),
    ("maaxboard", "AARCH64_maaxboard_verified.cmake"),
    ("odroidc2", "AARCH64_odroidc2_verified.cmake"),
    ("odroidc4", "AARCH64_odroidc4_verified.cmake"),
    ("rockpro64", "AARCH64_rockpro64_verified.cmake"),
    ("stm32mp2", "AARCH64_stm32mp2_verified.cmake"),
    ("tqma8xqp1gb", "AARCH64_tqma_verified.cmake"),
    ("tx1", "AARCH64_tx1_verified.cmake"),
    ("tx2", "AARCH64_verified.cmake"),
    ("ultra96v2", "AARCH64_ultra96v2_verified.cmake"),
    ("zcu102", "AARCH64_zynqmp_verified.cmake"),
];

/// The value of a setting in `gen_config.json`.
#[derive(Clone, Copy)]
enum Value {
    Flag(bool),
    Text(&'static str),
}

use Value::{Flag, Text};

/// The other settings of these kernels. The first ones are those of seL4 16.0.0,
/// `configs/include/AARCH64_verified_include.cmake`, the rest are seL4's defaults in `config.cmake` and
/// `src/arch/arm/config.cmake`.
const SETTINGS: [(&str, Value); 39] = [
    ("ARM_HYPERVISOR_SUPPORT", Flag(true)),
    (CLAIM, Flag(true)),
    ("MAX_NUM_NODES", Text("1")),
    ("KERNEL_OPT_LEVEL", Text("-O2")),
    ("RETYPE_FAN_OUT_LIMIT", Text("256")),
    ("KERNEL_BENCHMARK", Text("none")),
    ("DANGEROUS_CODE_INJECTION", Flag(false)),
    ("FASTPATH", Flag(true)),
    ("PRINTING", Flag(false)),
    ("NUM_DOMAINS", Text("16")),
    ("MAX_NUM_BOOTINFO_UNTYPED_CAPS", Text("50")),
    ("ARM_SMMU", Flag(false)),
    ("ALLOW_SMC_CALLS", Flag(true)),
    ("DEBUG_BUILD", Flag(false)),
    ("KERNEL_MCS", Flag(false)),
    ("ROOT_CNODE_SIZE_BITS", Text("12")),
    ("NUM_DOMAIN_SCHEDULES", Text("100")),
    ("NUM_PRIORITIES", Text("256")),
    ("TIMER_TICK_MS", Text("2")),
    ("TIME_SLICE", Text("5")),
    ("MAX_NUM_WORK_UNITS_PER_PREEMPTION", Text("100")),
    ("RESET_CHUNK_BITS", Text("8")),
    ("KERNEL_STACK_BITS", Text("12")),
    ("EXCEPTION_FASTPATH", Flag(false)),
    ("SIGNAL_FASTPATH", Flag(false)),
    ("HARDWARE_DEBUG_API", Flag(false)),
    ("KERNEL_INVOCATION_REPORT_ERROR_IPC", Flag(false)),
    ("KERNEL_FWHOLE_PROGRAM", Flag(false)),
    ("SET_TLS_BASE_SELF", Flag(false)),
    ("AARCH64_SERROR_IGNORE", Flag(false)),
    ("AARCH64_USER_CACHE_ENABLE", Flag(true)),
    ("ARM_HYP_ENABLE_VCPU_CP14_SAVE_AND_RESTORE", Flag(false)),
    ("VTIMER_UPDATE_VOFFSET", Flag(false)),
    ("DISABLE_WFI_WFE_TRAPS", Flag(false)),
    ("EXPORT_PMU_USER", Flag(false)),
    ("EXPORT_PCNT_USER", Flag(false)),
    ("EXPORT_VCNT_USER", Flag(false)),
    ("EXPORT_PTMR_USER", Flag(false)),
    ("EXPORT_VTMR_USER", Flag(false)),
];

/// `KernelVerificationBuild`
const CLAIM: &str = "VERIFICATION_BUILD";

/// How a kernel's configuration relates to those of seL4's proofs.
#[derive(Clone, Debug, Default)]
pub(crate) struct Proofs {
    /// The file in seL4's `configs` for the kernel's platform, if there is one.
    pub(crate) file: Option<&'static str>,
    /// Whether the kernel was built for verification.
    pub(crate) is_claimed: bool,
    /// The settings that differ from that file, and their values.
    pub(crate) differences: Vec<String>,
}

impl Proofs {
    /// Reads a `gen_config.json`.
    pub(crate) fn of(config: &Yaml) -> Self {
        let board = ["ARM_PLAT", "PLAT"].map(|key| config[key].as_str().unwrap_or_default());
        let mut platforms = PLATFORMS.iter();
        let file = platforms
            .find(|(name, _)| board.contains(name))
            .map(|(_, file)| *file);
        let mut differences = Vec::new();
        if file.is_none() {
            let [_, platform] = board;
            differences.push(format!("no proofs for PLAT {platform:?}"));
        }
        let mut unknown = 0;
        for (key, expected) in SETTINGS {
            let found = match (&config[key], expected) {
                (Yaml::Boolean(found), Flag(value)) if *found == value => continue,
                (Yaml::String(found), Text(value)) if found == value => continue,
                (Yaml::Boolean(found), _) => found.to_string(),
                (Yaml::String(found), _) => found.clone(),
                _ => {
                    unknown += 1;
                    continue;
                }
            };
            differences.push(format!("{key} {found}"));
        }
        if unknown > 0 {
            differences.push(format!("{unknown} settings unknown"));
        }
        Self {
            file,
            is_claimed: config[CLAIM].as_bool() == Some(true),
            differences,
        }
    }

    /// The settings that these proofs have in place of the differing ones.
    pub(crate) fn expected(&self) -> String {
        let differing = |key: &str| {
            let mut found = self.differences.iter();
            found.any(|it| it.split(' ').next() == Some(key))
        };
        let settings = SETTINGS.iter().filter(|(key, _)| differing(key));
        let settings = settings.map(|(key, value)| match value {
            Flag(value) => format!("{key} {value}"),
            Text(value) => format!("{key} {value}"),
        });
        settings.collect::<Vec<_>>().join(", ")
    }
}
