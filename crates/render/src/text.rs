use camino::Utf8Path;

use crate::{
    RenderError,
    context::SpecContext,
    engine::{Escaping, Parsed, values},
    vocabulary::{Vocabulary, check_names},
};

/// Renders a template other than a spec, such as `CentOS-Xen.repo.tera`, under the same context. Values are escaped
/// where the name before `.tera` ends in `.xml` or `.html`.
///
/// # Errors
/// When tera does not take it, or it looks at a variable that there is not, or makes one that it does not look at.
pub fn text(template: &str, path: &Utf8Path, context: &SpecContext) -> Result<String, RenderError> {
    let inner = Utf8Path::new(path.as_str().strip_suffix(".tera").unwrap_or(path.as_str()));
    let escaping = match inner.extension() {
        Some("xml" | "html") => Escaping::On,
        _ => Escaping::Off,
    };
    let parsed = Parsed::new(template, path, escaping)?;
    let values = values(context, path)?;
    check_names(template, path, &Vocabulary::new(context, &values, path)?)?;
    parsed.render(&values)
}
