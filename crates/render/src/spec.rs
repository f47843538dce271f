use camino::Utf8Path;
use tera::{Context, Value};
use xen4centos_artifact::RenderedSpec;

use crate::{
    RenderError, UnusedDeclaration,
    context::{Declared, SpecContext},
    engine::{Escaping, Parsed, for_spec, values},
    lint::lint,
    references::{Reference, references},
    vocabulary::{Vocabulary, check_names},
};

/// Whether a template looks at a variable or a member of it, so that what it stands for is made only where it is wanted.
/// A template that tera does not take asks for nothing: [`spec`] says why.
pub fn asks_for(template: &str, name: &str) -> bool {
    let is_sound = Parsed::new(template, Utf8Path::new("template"), Escaping::Off).is_ok();
    is_sound && looks_at(&references(template).found, name)
}

/// Renders a spec template.
///
/// # Errors
/// When the template has a collision of tera's syntax with rpm's, is not what tera takes, looks at an undefined variable,
/// does not look at one that it sets, or at an option or patch that the manifest declares, or when two sources are called
/// the same, or a value would end its line.
pub fn spec(template: &str, path: &Utf8Path, context: &SpecContext) -> Result<RenderedSpec, RenderError> {
    let findings = lint(template);
    if !findings.is_empty() {
        return Err(RenderError::Lint { template: path.to_owned(), findings });
    }
    // Of a template that tera does not take, anything else that is said would be guesswork.
    let parsed = Parsed::new(template, path, Escaping::Off)?;
    let values = values(context, path)?;
    check_names(template, path, &Vocabulary::new(context, &values, path)?)?;
    check_uses(template, path, context)?;
    context.check_sources(path)?;
    check_lines(&values, path)?;
    let mut text = parsed.render(&for_spec(&values))?;
    if !text.ends_with('\n') {
        text.push('\n');
    }
    Ok(RenderedSpec { package: context.package.name.clone(), text })
}

/// The name itself, a member of it, or an element.
fn looks_at(references: &[Reference], name: &str) -> bool {
    let of_name = |found: &Reference| {
        found.name.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
    };
    references.iter().any(of_name)
}

/// What a value would put on a line of its own, rpm would read as one.
fn check_lines(values: &Context, path: &Utf8Path) -> Result<(), RenderError> {
    let is_value = |name: &&str| !SpecContext::PIECES.contains(name);
    let mut named =
        SpecContext::NAMES.into_iter().filter(is_value).filter_map(|name| Some((name, values.get(name)?)));
    match named.find_map(|(name, value)| broken(name, value)) {
        Some(name) => Err(RenderError::LineBreak { template: path.to_owned(), name }),
        None => Ok(()),
    }
}

/// The name of the first value in it that has a line break.
fn broken(name: &str, value: &Value) -> Option<String> {
    if value.as_str().is_some_and(|text| text.contains(['\n', '\r'])) {
        return Some(name.to_owned());
    }
    let items = value.as_array().unwrap_or_default();
    let mut members = value.as_map().into_iter().flatten();
    let item = items.iter().find_map(|item| broken(&format!("{name}[]"), item));
    item.or_else(|| members.find_map(|(key, value)| broken(&format!("{name}.{key}"), value)))
}

fn check_uses(template: &str, path: &Utf8Path, context: &SpecContext) -> Result<(), RenderError> {
    let references = references(template).found;
    let looks_at = |name: &str| looks_at(&references, name);
    let is_unused = |declared: &&Declared| !declared.variables.iter().any(|variable| looks_at(variable));
    let complain = |what: &str, declared: &Declared| UnusedDeclaration {
        line: declared.line,
        what: format!("{what} `{}`", declared.name),
        variable: declared.variables[0].clone(),
    };
    let options = context.declared_options.iter().filter(is_unused);
    let mut unused: Vec<_> = options.map(|option| complain("option", option)).collect();
    if !(looks_at("source_lines") || looks_at("sources")) {
        let sources = context.declared_sources.iter().filter(is_unused);
        unused.extend(sources.map(|source| complain("source", source)));
    }
    // A patch that is listed and not applied is worse than one that is missing.
    let missing = ["patch_lines", "patch_commands"].into_iter().find(|name| !looks_at(name));
    if let (Some(variable), false) = (missing, looks_at("patches")) {
        unused.extend(context.declared_patches.iter().map(|(file, line)| UnusedDeclaration {
            line: *line,
            what: format!("patch `{file}`"),
            variable: variable.to_owned(),
        }));
    }
    if unused.is_empty() {
        return Ok(());
    }
    unused.sort_by_key(|unused| unused.line);
    let manifest = path.with_file_name("package.toml");
    Err(RenderError::Unused { template: path.to_owned(), manifest, unused })
}
