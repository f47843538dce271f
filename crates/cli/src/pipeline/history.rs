//! What hosts of a channel may have by now: what it published, and what the channels published that its packages come
//! from.

use xen4centos_check::{FileChecksum, Published, PublishedPackage, Relation};
use xen4centos_publish::State;

use crate::{failure::Failure, pipeline::channel, session::Session};

/// The session's channel, whose state readers see is `before`, and those that packages come from.
pub(crate) fn all(session: &Session<'_>, before: Option<&State>) -> Result<Vec<Published>, Failure> {
    let own = &session.channel.name;
    let mut histories: Vec<_> =
        before.map(|state| history(own, Relation::Before, state)).into_iter().collect();
    for name in &session.channel.from {
        let Some(origin) = session.target.channels.get(name) else { continue };
        if let Some(state) = channel::open_in(session, origin)?.current()? {
            histories.push(history(name, Relation::Origin, &state));
        }
    }
    Ok(histories)
}

fn history(name: &str, relation: Relation, state: &State) -> Published {
    let there = state.packages.iter().map(|package| (package, true));
    let gone = state.withdrawn.iter().map(|package| (package, false));
    let packages = there.chain(gone).map(|(package, is_there)| PublishedPackage {
        nevra: package.nevra.clone(),
        checksum: FileChecksum { kind: "sha256".to_owned(), value: package.sha256.to_string() },
        is_there,
    });
    Published { place: format!("channel `{name}`"), relation, packages: packages.collect() }
}
