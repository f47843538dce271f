use camino::Utf8Path;
use tera::{Context, Tera};

use crate::RenderError;

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
    // tera decides by the end of the name; the one given here says nothing else. Its reports name the template.
    let mut tera = Tera::new();
    let name = path.as_str();
    tera.autoescape_on(match escaping {
        Escaping::Off => Vec::<String>::new(),
        Escaping::On => vec![name.to_owned()],
    });
    let failed = |error: tera::Error| RenderError::Template {
        template: path.to_owned(),
        report: error.to_string().trim().to_owned(),
    };
    tera.add_raw_template(name, template).map_err(failed)?;
    tera.render(name, context).map_err(failed)
}
