// SPDX-License-Identifier: BSD-2-Clause

//! The items of a file that have unsafe code.

use anyhow::Result;
use quote::ToTokens;
use syn::{ImplItem, Item, Type};

use super::count::Count;

/// The items of a file with what is unsafe in them, like `Gic::release` fn, 2 blocks; `wake` fn.
pub(crate) fn places(code: &str) -> Result<String> {
    let mut places = Places::default();
    places.add_all(&syn::parse_file(code)?.items);
    Ok(places.0.join("; "))
}

#[derive(Default)]
struct Places(Vec<String>);

impl Places {
    fn add_all(&mut self, items: &[Item]) {
        for item in items {
            match item {
                Item::Impl(item) => {
                    let name = name_of_type(&item.self_ty);
                    let mut header = item.clone();
                    header.items.clear();
                    self.add(&name, &header);
                    for inner in &item.items {
                        match inner {
                            ImplItem::Fn(function) => {
                                self.add(&format!("{name}::{}", function.sig.ident), function);
                            }
                            other => self.add(&name, other),
                        }
                    }
                }
                Item::Mod(item) => {
                    if let Some((_, items)) = &item.content {
                        self.add_all(items);
                    }
                }
                other => self.add(&name_of(other), other),
            }
        }
    }

    fn add(&mut self, name: &str, code: &impl ToTokens) {
        let count = Count::of(code.to_token_stream());
        if !count.is_empty() {
            self.0.push(format!("`{name}` {count}"));
        }
    }
}

/// The name that an item is listed by.
fn name_of(item: &Item) -> String {
    match item {
        Item::Const(item) => item.ident.to_string(),
        Item::Fn(item) => item.sig.ident.to_string(),
        Item::ForeignMod(_) => "extern".to_owned(),
        Item::Macro(item) => match &item.ident {
            Some(name) => format!("{name}!"),
            None => format!("{}!", item.mac.path.to_token_stream()),
        },
        Item::Static(item) => item.ident.to_string(),
        Item::Struct(item) => item.ident.to_string(),
        Item::Trait(item) => item.ident.to_string(),
        Item::Type(item) => item.ident.to_string(),
        _ => "another item".to_owned(),
    }
}

fn name_of_type(name: &Type) -> String {
    match name {
        Type::Path(name) => name.path.segments.last().map(|last| last.ident.to_string()),
        _ => None,
    }
    .unwrap_or_else(|| name.to_token_stream().to_string())
}
