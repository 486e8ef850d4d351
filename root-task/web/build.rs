// SPDX-License-Identifier: BSD-2-Clause

//! Puts the page together from its parts, and computes the hashes of style and scripts that its
//! content security policy allows.

use std::error::Error;
use std::path::Path;
use std::{env, fs};

use base64ct::{Base64, Encoding};
use sha2::{Digest, Sha256};

/// The scripts, in the order in which the page runs them.
const SCRIPTS: [&str; 6] = [
    "layout.js",
    "links.js",
    "picture.js",
    "tables.js",
    "live.js",
    "main.js",
];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=page");
    let read = |name: &str| fs::read_to_string(Path::new("page").join(name));
    let style = body(&read("style.css")?);
    let mut script = String::from("'use strict';\n");
    for name in SCRIPTS {
        script += &body(&read(name)?);
    }
    let page = read("page.html")?
        .replace("{STYLE}", &style)
        .replace("{SCRIPT}", &script);
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{}'; script-src 'sha256-{}'; connect-src 'self'; \
         img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; \
         require-trusted-types-for 'script'; trusted-types 'none'",
        hash(&style),
        hash(&script)
    );
    let tag = format!("\"{}\"", hash(&page));
    let source = format!(
        "/// The page, without external resources.\npub const PAGE: &str = {page:?};\n\
         /// Its content security policy.\npub(crate) const POLICY: &str = {policy:?};\n\
         /// Its entity tag.\npub(crate) const TAG: &str = {tag:?};\n"
    );
    fs::write(Path::new(&env::var("OUT_DIR")?).join("page.rs"), source)?;
    Ok(())
}

/// A part without its licence, which the page has once, and the script's comments.
fn body(part: &str) -> String {
    let is_sent = |line: &&str| !line.contains("SPDX") && !line.trim_start().starts_with("//");
    let lines = part.lines().filter(is_sent);
    lines.map(|line| format!("{line}\n")).collect()
}

fn hash(text: &str) -> String {
    Base64::encode_string(&Sha256::digest(text))
}
