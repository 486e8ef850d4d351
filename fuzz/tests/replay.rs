// SPDX-License-Identifier: BSD-2-Clause

//! Runs the seeds and the corpus of each target.

#![expect(clippy::expect_used, reason = "a test that can't go on may panic")]

use std::collections::BTreeSet;
use std::fs;
use std::panic;
use std::path::{Path, PathBuf};

use kaal_fuzz::{TARGETS, Target};

/// Maximum size in bytes of a target's corpus.
const MOST_BYTES: u64 = 32 << 10;

fn corpora() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus")
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("a readable folder");
    let mut files: Vec<_> = entries
        .map(|entry| entry.expect("an entry").path())
        .collect();
    files.sort();
    files
}

fn run(target: Target, name: &str, input: &[u8]) -> bool {
    println!("{} {name}", target.name);
    panic::catch_unwind(|| (target.run)(input))
        .unwrap_or_else(|_| panic!("{}: {name} makes it panic", target.name))
}

#[test]
fn seeds_are_accepted() {
    for target in TARGETS {
        for (index, seed) in (target.seeds)().iter().enumerate() {
            let is_accepted = run(target, &format!("seed {index}"), seed);
            assert!(is_accepted, "{}: seed {index}", target.name);
        }
    }
}

#[test]
fn corpus() {
    for target in TARGETS {
        let files = files(&corpora().join(target.name));
        assert!(!files.is_empty());
        for file in files {
            let input = fs::read(&file).expect("a readable file");
            run(target, &file.display().to_string(), &input);
        }
    }
}

#[test]
fn each_corpus_is_of_a_target_and_small() {
    let names = TARGETS.map(|target| target.name);
    let folders: BTreeSet<_> = files(&corpora()).into_iter().collect();
    assert_eq!(folders, names.map(|name| corpora().join(name)).into());
    for folder in folders {
        let sizes = files(&folder);
        let sizes = sizes
            .iter()
            .map(|file| file.metadata().expect("a file").len());
        assert!(sizes.sum::<u64>() <= MOST_BYTES, "{}", folder.display());
    }
}

/// Truncated seeds cause no panic.
#[test]
fn truncated_seeds() {
    for target in TARGETS {
        for (index, seed) in (target.seeds)().iter().enumerate() {
            for size in (0..seed.len()).step_by(seed.len() / 64 + 1) {
                run(target, &format!("seed {index} up to {size}"), &seed[..size]);
            }
        }
    }
}
