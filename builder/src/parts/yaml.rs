// SPDX-License-Identifier: BSD-2-Clause

//! Reading YAML, and JSON, which is YAML too.

use yaml_rust2::parser::{MarkedEventReceiver, Parser};
use yaml_rust2::{Event, Yaml, YamlLoader};

use crate::diagnostic::{Diagnostic, Origin};

/// Lists and mappings within each other: more than seL4's files have, and few enough that reading
/// them is no question of the stack.
const MAX_DEPTH: usize = 16;

/// The document that `file`, which should be seL4's `name`, consists of.
pub(crate) fn read(origin: Origin<'_>, file: &[u8], name: &str) -> Result<Yaml, Diagnostic> {
    try_read(file).map_err(|reason| not_understood(origin, name, reason))
}

/// Says that a file isn't seL4's `name`.
pub(crate) fn not_understood(origin: Origin<'_>, name: &str, reason: String) -> Diagnostic {
    origin
        .diagnostic("can't be understood")
        .expected(format!("seL4's {name}"))
        .found(reason)
        .remedy("give the file that seL4's build leaves")
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
            // A few aliases of lists of aliases stand for more than there is memory for.
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
