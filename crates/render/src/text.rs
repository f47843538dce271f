use camino::Utf8Path;
use tera::Context;

use crate::{
    RenderError,
    context::SpecContext,
    engine::{Escaping, render},
};

/// Renders a template other than a spec, such as `CentOS-Xen.repo.tera`, under the same context. Values are escaped
/// where the name before `.tera` ends in `.xml` or `.html`.
///
/// # Errors
/// When tera does not take it.
pub fn text(template: &str, path: &Utf8Path, context: &SpecContext) -> Result<String, RenderError> {
    let inner = Utf8Path::new(path.as_str().strip_suffix(".tera").unwrap_or(path.as_str()));
    let escaping = match inner.extension() {
        Some("xml" | "html") => Escaping::On,
        _ => Escaping::Off,
    };
    let context = Context::from_serialize(context)
        .map_err(|error| RenderError::Template { template: path.to_owned(), report: error.to_string() })?;
    render(template, path, &context, escaping)
}
