// SPDX-License-Identifier: BSD-2-Clause

//! What is unsafe in code, told by the word `unsafe` and what follows it.

use std::fmt;

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// How often there is what, in the order in which it is listed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Count([u32; KINDS.len()]);

/// What can be unsafe: in the singular and in the plural.
const KINDS: [(&str, &str); 6] = [
    ("fn", "fns"),
    ("impl", "impls"),
    ("extern", "externs"),
    ("attribute", "attributes"),
    ("block", "blocks"),
    ("asm", "asms"),
];

const FN: usize = 0;
const IMPL: usize = 1;
const EXTERN: usize = 2;
const ATTRIBUTE: usize = 3;
const BLOCK: usize = 4;
const ASM: usize = 5;

/// Macros whose code the compiler doesn't look into.
const ASSEMBLY: [&str; 3] = ["asm", "naked_asm", "global_asm"];

impl Count {
    /// What is unsafe in `tokens`.
    pub(crate) fn of(tokens: TokenStream) -> Self {
        let mut count = Self::default();
        count.add(tokens);
        count
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.iter().all(|&count| count == 0)
    }

    fn add(&mut self, tokens: TokenStream) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        for (index, token) in tokens.iter().enumerate() {
            match token {
                TokenTree::Group(group) => self.add(group.stream()),
                TokenTree::Ident(word) if word == "unsafe" => {
                    self.0[kind(&tokens[index + 1..])] += 1;
                }
                TokenTree::Ident(word) if ASSEMBLY.iter().any(|name| word == name) => {
                    let next = tokens.get(index + 1);
                    let is_call =
                        matches!(next, Some(TokenTree::Punct(mark)) if mark.as_char() == '!');
                    self.0[ASM] += u32::from(is_call);
                }
                _ => {}
            }
        }
    }
}

/// What the `unsafe` is that stands before `tokens`.
fn kind(tokens: &[TokenTree]) -> usize {
    match tokens {
        [TokenTree::Group(group), ..] => match group.delimiter() {
            Delimiter::Parenthesis => ATTRIBUTE,
            _ => BLOCK,
        },
        [TokenTree::Ident(word), ..] if word == "impl" || word == "trait" => IMPL,
        // With an ABI, and without.
        [TokenTree::Ident(word), _, TokenTree::Group(_), ..]
        | [TokenTree::Ident(word), TokenTree::Group(_), ..]
            if word == "extern" =>
        {
            EXTERN
        }
        _ => FN,
    }
}

/// Shown as `fn, 2 blocks`.
impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kinds = KINDS.iter().zip(self.0).filter(|(_, count)| *count > 0);
        for (index, ((one, several), count)) in kinds.enumerate() {
            if index > 0 {
                f.write_str(", ")?;
            }
            match count {
                1 => f.write_str(one)?,
                _ => write!(f, "{count} {several}")?,
            }
        }
        Ok(())
    }
}
