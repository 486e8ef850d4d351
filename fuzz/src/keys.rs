// SPDX-License-Identifier: BSD-2-Clause

//! Hostile key files.

use crate::inputs::{Content, PRIVATE_KEY, PUBLIC_KEY, RAM};
use crate::{Target, input};

/// The readers of public and private keys. The first byte chooses one.
pub const KEYS: Target = Target {
    name: "keys",
    run: |input| {
        let Some((&selector, key)) = input.split_first() else {
            return false;
        };
        let (key, content) = (Some(key.to_vec()), Content::signed());
        let content = match selector % 2 {
            0 => Content {
                trust_key: key,
                sign_key: None,
                ..content
            },
            _ => Content {
                sign_key: key,
                ..content
            },
        };
        content.build(&[RAM]).is_some()
    },
    seeds: || {
        vec![
            input(0, PUBLIC_KEY.as_bytes()),
            input(1, PRIVATE_KEY.as_bytes()),
        ]
    },
};
