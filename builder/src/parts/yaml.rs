// SPDX-License-Identifier: BSD-2-Clause

//! Reads YAML and JSON, which is a subset of YAML.

use yaml_rust2::parser::{MarkedEventReceiver, Parser};
use yaml_rust2::{Event, Yaml, YamlLoader};

use crate::diagnostic::{Diagnostic, Origin};
use crate::files::kind::{FileKind, JSON};

/// Deepest nesting of lists and mappings. seL4's files have less, and reading so many levels can't
/// overflow the stack.
const MAX_DEPTH: usize = 16;

/// Reads the only document in `file`, which should be seL4's file `name`.
pub(crate) fn read(origin: Origin<'_>, file: &[u8], name: &str) -> Result<Yaml, Diagnostic> {
    let kind = FileKind::of(file);
    match try_read(file) {
        _ if !kind.can_be(JSON) => Err(kind.found_by(not_understood(origin, name, String::new()))),
        Ok(Yaml::Hash(keys)) => Ok(Yaml::Hash(keys)),
        Ok(_) => Err(not_understood(
            origin,
            name,
            "no keys with values".to_owned(),
        )),
        Err(reason) => Err(not_understood(origin, name, reason)),
    }
}

/// The file isn't seL4's file `name`.
pub(crate) fn not_understood(origin: Origin<'_>, name: &str, reason: String) -> Diagnostic {
    origin
        .diagnostic("invalid content")
        .expected(format!("seL4's {name}"))
        .found(reason)
        .remedy("pass the file of seL4's build")
}

fn try_read(file: &[u8]) -> Result<Yaml, String> {
    let text = str::from_utf8(file).map_err(|error| error.to_string())?;
    let mut parser = Parser::new_from_str(text);
    let mut loader = YamlLoader::default();
    let mut depth = 0;
    loop {
        let (event, place) = parser.next_token().map_err(|error| error.to_string())?;
        match event {
            Event::SequenceStart(..) | Event::MappingStart(..) if depth == MAX_DEPTH => {
                return Err(format!(
                    "more than {MAX_DEPTH} levels, at line {}",
                    place.line()
                ));
            }
            Event::SequenceStart(..) | Event::MappingStart(..) => depth += 1,
            Event::SequenceEnd | Event::MappingEnd => depth -= 1,
            // A few nested aliases can expand to more than fits into memory.
            Event::Alias(_) => return Err(format!("an alias, at line {}", place.line())),
            Event::StreamEnd => break,
            _ => {}
        }
        loader.on_event(event, place);
    }
    match loader.documents() {
        [document] => Ok(document.clone()),
        documents => Err(format!("{} documents instead of one", documents.len())),
    }
}
