use std::collections::BTreeMap;

use camino::Utf8Path;
use serde::Serialize;
use tera::{Context, ErrorKind, Tera, Value};

use crate::{RenderError, context::SpecContext};

/// Whether `<`, `>`, `&` and quotes in values become entities.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Escaping {
    /// Specs, repository files, mails.
    Off,
    /// XML and HTML.
    On,
}

/// A template that tera takes.
pub(crate) struct Parsed<'p> {
    tera: Tera,
    path: &'p Utf8Path,
}

impl<'p> Parsed<'p> {
    pub(crate) fn new(template: &str, path: &'p Utf8Path, escaping: Escaping) -> Result<Self, RenderError> {
        // tera decides by the end of the name; the one given here says nothing else.
        let mut tera = Tera::new();
        let name = path.as_str();
        tera.autoescape_on(match escaping {
            Escaping::Off => Vec::<String>::new(),
            Escaping::On => vec![name.to_owned()],
        });
        tera.add_raw_template(name, template).map_err(|error| failed(path, &error))?;
        Ok(Self { tera, path })
    }

    /// Undefined variables are errors.
    pub(crate) fn render(&self, context: &Context) -> Result<String, RenderError> {
        self.tera.render(self.path.as_str(), context).map_err(|error| failed(self.path, &error))
    }
}

/// A typed context as tera takes it.
pub(crate) fn values(context: &impl Serialize, path: &Utf8Path) -> Result<Context, RenderError> {
    Context::from_serialize(context).map_err(|error| failed(path, &error))
}

/// Values as they can stand in a spec: rpm would expand what follows a `%`. What is a piece of a spec already comes from
/// `changelog` and its like, which double it themselves.
pub(crate) fn for_spec(values: &Context) -> Context {
    let mut escaped = Context::new();
    for name in SpecContext::NAMES.into_iter().chain([SpecContext::KERNEL_CONFIG]) {
        if let Some(value) = values.get(name) {
            let is_piece = SpecContext::PIECES.contains(&name);
            escaped.insert_value(name, if is_piece { value.clone() } else { doubled(value) });
        }
    }
    escaped
}

fn doubled(value: &Value) -> Value {
    if let Some(text) = value.as_str() {
        return Value::from(text.replace('%', "%%"));
    }
    if let Some(items) = value.as_array() {
        return Value::from(items.iter().map(doubled).collect::<Vec<Value>>());
    }
    if let Some(map) = value.as_map() {
        let entries = map.iter().map(|(key, value)| (key.to_string(), doubled(value)));
        return Value::from(entries.collect::<BTreeMap<String, Value>>());
    }
    value.clone()
}

fn failed(path: &Utf8Path, error: &tera::Error) -> RenderError {
    let (line, message, is_syntax) = match error.kind() {
        ErrorKind::SyntaxError(report) => (Some(report.span().start_line), report.message().to_owned(), true),
        ErrorKind::RenderingError(report) => {
            (Some(report.span().start_line), report.message().to_owned(), false)
        }
        _ => (None, error.to_string(), false),
    };
    let message = message.trim().trim_end_matches('.');
    let mut characters = message.chars();
    let first = characters.next().map(|first| first.to_ascii_lowercase());
    let message = first.into_iter().chain(characters).collect();
    RenderError::Template { template: path.to_owned(), line, message, is_syntax }
}
