// SPDX-License-Identifier: BSD-2-Clause

//! Demangles the names of functions.

use std::io::Write;

/// Longest name in bytes; the rest is cut off. The names in a hostile program can refer to each
/// other, and so expand to far more than its file.
const LONGEST: usize = 1024;

/// Demangles `name`. A Rust name keeps its path and loses its hash.
pub(crate) fn demangled(name: &str) -> String {
    let mut text = [0; LONGEST];
    let mut room = text.as_mut_slice();
    // Writing fails only where the name is too long. It may end within a character.
    let _ = write!(room, "{:#}", rustc_demangle::demangle(name));
    let size = LONGEST - room.len();
    let whole = text[..size].utf8_chunks().next();
    whole.map_or("", |chunk| chunk.valid()).to_owned()
}

/// `name` without the generic arguments of its parts. Debug information writes them out, over many lines for closures.
pub(crate) fn without_generics(name: &str) -> String {
    let mut short = String::new();
    let mut depth = 0_u32;
    let mut before = ' ';
    for letter in name.chars() {
        match letter {
            '<' if depth > 0 || !short.is_empty() => depth += 1,
            // Not the end of the arrow in the type of a function.
            '>' if depth > 0 && before != '-' => depth -= 1,
            _ if depth == 0 => short.push(letter),
            _ => {}
        }
        before = letter;
    }
    // A demangled name has `::` before the arguments.
    short.trim_end_matches("::").replace("::::", "::")
}

#[cfg(test)]
mod tests {
    use super::{LONGEST, demangled, without_generics};

    #[test]
    fn generic_arguments_are_left_out() {
        for (name, short) in [
            ("map_kernel_window", "map_kernel_window"),
            ("<kaal::Hand>::enter", "<kaal::Hand>::enter"),
            ("poll<sel4::state::Context>", "poll"),
            (
                "invoke<f<a, b>, fn(u8) -> c<d>>::{closure#0}<e>",
                "invoke::{closure#0}",
            ),
            ("map::<u8>::{closure#0}::<e>", "map::{closure#0}"),
            ("cut<a, b", "cut"),
        ] {
            assert_eq!(without_generics(name), short);
        }
    }

    #[test]
    fn paths_are_kept_and_hashes_left_out() {
        let name = "_RNvCs1234_14kaal_elfloader4boot";
        assert_eq!(demangled(name), "kaal_elfloader::boot");
        let name = "_ZN4core3fmt5Write9write_fmt17h0123456789abcdefE";
        assert_eq!(demangled(name), "core::fmt::Write::write_fmt");
        assert_eq!(demangled("map_kernel_window"), "map_kernel_window");
    }

    #[test]
    fn names_have_a_limit() {
        let longest = "x".repeat(LONGEST);
        assert_eq!(demangled(&longest), longest);
        assert_eq!(demangled(&"x".repeat(1 << 20)), longest);
        assert_eq!(demangled(&"é".repeat(LONGEST)), "é".repeat(LONGEST / 2));
        assert_eq!(
            demangled(&format!("x{}", "é".repeat(LONGEST))).len(),
            LONGEST - 1
        );
    }
}
