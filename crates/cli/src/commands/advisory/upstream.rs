//! Upstream's own directory of an advisory: `advisory-NNN.txt`, signed, and the patches that it lists with their digests.

use camino::Utf8PathBuf;
use xen4centos_advisory::{ListedPatch, NewPatch, PatchOrigin, PatchTree, Series, XsaText};
use xen4centos_manifest::{Package, Project};
use xen4centos_sources::{SignedText, Store};

use super::{
    given::GivenPatch,
    issue::{Issue, tree_of},
    wrong,
};
use crate::{
    args::{AdvisoryImportArgs, SourceArgs},
    failure::{Failure, Kind},
    pipeline::{narrator::Narrator, plan::sha256, sources},
    session::{Options, Session},
    settings,
};

/// Where the directory is.
#[derive(Clone, Debug)]
pub(super) enum Place {
    Directory(Utf8PathBuf),
    /// Without a slash at its end.
    Url(String),
}

impl Place {
    pub(super) fn of(given: &str) -> Result<Self, Failure> {
        if given.contains("://") {
            return Ok(Self::Url(given.trim_end_matches('/').to_owned()));
        }
        Ok(Self::Directory(settings::current_directory()?.join(given)))
    }

    /// What upstream says of an issue, if upstream said it.
    pub(super) fn text(
        &self,
        session: &Session<'_>,
        args: &AdvisoryImportArgs,
        number: u32,
    ) -> Result<XsaText, Failure> {
        let file = format!("advisory-{number}.txt");
        let package = signer(&session.project, args)?;
        let no_others =
            SourceArgs { source_override: Vec::new(), source_tree: Vec::new(), ..args.sources.clone() };
        let settings = sources::fetch_settings(session, &no_others, &Options::new())?;
        let (store, reporter) = (Store::new(session.work("store")), Narrator::new(session.printer));
        let bytes = match self {
            Self::Directory(directory) => fs_err::read(directory.join(&file))
                .map_err(|error| Failure::of(Kind::Data, &error).hint(Some(layout(&file))))?,
            Self::Url(base) => {
                store.unpinned_text(package, &format!("{base}/{file}"), &settings, &reporter)?
            }
        };
        let text = if SignedText::is_in(&bytes) {
            let signed = store.signed_text(package, (&file, &bytes), &settings, &reporter)?;
            session.printer.step("Verified", format!("{file}, signed by {}", signed.signed_by.primary));
            signed.text
        } else if args.upstream.unsigned {
            session.printer.warning(format!("{file} is not signed: nobody answers for its digests"));
            String::from_utf8_lossy(&bytes).into_owned()
        } else {
            let hint = "take the text that upstream signed; --unsigned takes this one";
            return Err(wrong(format!("`{file}` is not signed"), hint));
        };
        let xsa = XsaText::parse(&text).map_err(|error| {
            wrong(
                format!("`{file}` is no advisory of Xen's: {error}"),
                "give the patches by --patch and --sha256",
            )
        })?;
        if xsa.number != number {
            let message = format!("`{file}` is about {}, not about XSA-{number}", xsa.id());
            return Err(wrong(message, "look what the directory holds"));
        }
        Ok(xsa)
    }

    /// The patches that the text has for a package.
    pub(super) fn patches_for(
        &self,
        issue: &Issue<'_>,
        package: &Package,
    ) -> Result<Vec<GivenPatch>, Failure> {
        let (Some(text), Some(series)) = (&issue.text, Series::of(&package.version)) else {
            return Ok(Vec::new());
        };
        let (id, release) = (&issue.id, format!("{} {}", package.name, package.version));
        let is_denied = text.affects(series) == Some(false) && !issue.is_known_affected(package);
        if is_denied && tree_of(package) == PatchTree::Xen {
            let message =
                format!("{id} says that {release} is not vulnerable\n  {}", text.vulnerable.join("\n  "));
            let hint =
                "say so in advisories/known/ (state `not_affected`); a patch is taken where --patch names it";
            return Err(wrong(message, hint));
        }
        let listed = text.patches_for(tree_of(package), series);
        let of_models = text.patches_for(PatchTree::DeviceModel, series);
        if listed.is_empty() && !of_models.is_empty() && tree_of(package) == PatchTree::Xen {
            let message =
                format!("what {id} lists for {release} is for device models\n{}", table(&of_models));
            let hint = "they lie below tools/ in trees of their own: make a patch of it for Xen's tree, and give that by --patch \
                        and --sha256";
            return Err(wrong(message, hint));
        }
        if listed.is_empty() {
            let message = format!("{id} lists no patch for {release}; it has\n{}", table(&text.patches()));
            let hint = "look which of them serves, and name it: --patch NAME; or make one, and give it by --patch and --sha256";
            return Err(wrong(message, hint));
        }
        listed.iter().map(|listed| self.patch(issue, listed, &package.name)).collect()
    }

    /// A patch of the directory, pinned by what the text says.
    pub(super) fn patch(
        &self,
        issue: &Issue<'_>,
        listed: &ListedPatch,
        package: &str,
    ) -> Result<GivenPatch, Failure> {
        let ListedPatch { name, sha256: Some(expected), .. } = listed else {
            let message = format!("{} has no digest of `{}`", issue.id, listed.name);
            return Err(wrong(message, "give the patch by --patch FILE, with a --sha256 from another place"));
        };
        let last = name.rsplit('/').next().unwrap_or(name);
        let is_named = last.contains(issue.number());
        let file = if is_named { last.to_owned() } else { format!("xsa{}-{last}", issue.number()) };
        let (origin, bytes) = match self {
            Self::Directory(directory) => {
                let bytes =
                    fs_err::read(directory.join(name)).map_err(|error| Failure::of(Kind::Data, &error))?;
                let found = sha256(&bytes);
                if found != *expected {
                    let message = format!(
                        "`{name}` is not the file that the text of {} lists: expected {expected}, found {found}",
                        issue.id
                    );
                    return Err(wrong(message, "get it from upstream again"));
                }
                (PatchOrigin::Tree { sha256: expected.to_string() }, Some(bytes))
            }
            Self::Url(base) => {
                (PatchOrigin::Url { url: format!("{base}/{name}"), sha256: expected.to_string() }, None)
            }
        };
        let (issue, summary) = (issue.id.clone(), issue.title.clone());
        let patch = NewPatch { file, strip: 1, issue, summary, origin, miniature: false };
        Ok(GivenPatch { package: package.to_owned(), patch, bytes })
    }
}

/// The package whose key signs the texts: the one that was named, or the first that pins one.
fn signer<'s>(project: &'s Project, args: &AdvisoryImportArgs) -> Result<&'s Package, Failure> {
    let pins =
        |package: &&Package| package.upstream.as_ref().is_some_and(|upstream| upstream.advisories.is_some());
    let named = args.package.as_ref().and_then(|name| project.packages.get(name)).filter(pins);
    let is_xen =
        |package: &&Package| package.upstream.as_ref().is_some_and(|upstream| upstream.name == "xen");
    let mut all = project.packages.values();
    let found = named.or_else(|| all.clone().find(pins)).or_else(|| all.find(is_xen));
    found.ok_or_else(|| {
        wrong("no package pins the key of upstream's advisories".to_owned(), "[upstream.advisories]")
    })
}

fn table(patches: &[ListedPatch]) -> String {
    let width = patches.iter().map(|patch| patch.name.len()).max().unwrap_or(0);
    let lines: Vec<String> = patches
        .iter()
        .map(|patch| format!("  {:<width$}  {}", patch.name, patch.of).trim_end().to_owned())
        .collect();
    lines.join("\n")
}

fn layout(file: &str) -> String {
    format!("--from names a directory as upstream's: with `{file}` and the patches that it lists")
}
