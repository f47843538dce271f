use camino::Utf8Path;
use tera::{Context, ErrorKind, Tera};

use crate::{RenderError, context::SpecContext};

/// Whether `<`, `>`, `&` and quotes in values become entities.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Escaping {
    /// Specs, repository files, mails.
    Off,
    /// XML and HTML.
    On,
}

/// Renders one template; undefined variables are errors.
pub(crate) fn render(
    template: &str,
    path: &Utf8Path,
    context: &Context,
    escaping: Escaping,
) -> Result<String, RenderError> {
    // tera decides by the end of the name; the one given here says nothing else.
    let mut tera = Tera::new();
    let name = path.as_str();
    tera.autoescape_on(match escaping {
        Escaping::Off => Vec::<String>::new(),
        Escaping::On => vec![name.to_owned()],
    });
    tera.add_raw_template(name, template).map_err(|error| failed(path, &error))?;
    tera.render(name, context).map_err(|error| failed(path, &error))
}

/// A typed context as tera takes it.
pub(crate) fn values(context: &SpecContext, path: &Utf8Path) -> Result<Context, RenderError> {
    Context::from_serialize(context).map_err(|error| failed(path, &error))
}

fn failed(path: &Utf8Path, error: &tera::Error) -> RenderError {
    let (line, message, is_syntax) = match error.kind() {
        ErrorKind::SyntaxError(report) => (report.span().start_line, report.message().to_owned(), true),
        ErrorKind::RenderingError(report) => (report.span().start_line, report.message().to_owned(), false),
        _ => (1, error.to_string(), false),
    };
    let message = message.trim().trim_end_matches('.');
    let mut characters = message.chars();
    let first = characters.next().map(|first| first.to_ascii_lowercase());
    let message = first.into_iter().chain(characters).collect();
    RenderError::Template { template: path.to_owned(), line, message, is_syntax }
}
