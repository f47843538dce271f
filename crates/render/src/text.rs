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
    let parsed = Parsed::new(template, path, escaping(path))?;
    let values = values(context, path)?;
    check_names(template, path, &Vocabulary::new(context, &values, path)?)?;
    parsed.render(&values)
}

/// Renders a template over values of its own, such as an announcement; escaped as in [`text`].
///
/// # Errors
/// When tera does not take it, or it looks at a value that there is not.
pub fn document(
    template: &str,
    path: &Utf8Path,
    data: &impl serde::Serialize,
) -> Result<String, RenderError> {
    Parsed::new(template, path, escaping(path))?.render(&values(data, path)?)
}

fn escaping(path: &Utf8Path) -> Escaping {
    let inner = Utf8Path::new(path.as_str().strip_suffix(".tera").unwrap_or(path.as_str()));
    match inner.extension() {
        Some("xml" | "html") => Escaping::On,
        _ => Escaping::Off,
    }
}
