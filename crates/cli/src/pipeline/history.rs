//! What hosts of a channel may have by now: what it published, and what the channels published that its packages come
//! from.

use xen4centos_check::{FileChecksum, Published, PublishedPackage, Relation};
use xen4centos_publish::State;
use xen4centos_repodata::{Checksum, Repository};

use crate::{
    commands::repo,
    failure::Failure,
    pipeline::{channel, checks::Before},
    session::Session,
};

/// What the repositories of others, directories or URLs, have now; what they had before, nobody tells.
pub(crate) fn of_places(session: &Session<'_>, places: &[String]) -> Result<Before, Failure> {
    let mut before = Before { revision: None, histories: Vec::new(), comes_back: false };
    for place in places {
        let repository = repo::open(place, session.printer)?;
        let _activity = session.printer.activity("Reading", place);
        before.revision = before.revision.max(newest(&repository));
        let (place, mut packages) = (format!("`{place}`"), Vec::new());
        for package in repository.packages()? {
            let package = package?;
            let Checksum { kind, value } = package.checksum;
            let checksum = FileChecksum { kind, value };
            packages.push(PublishedPackage { nevra: package.nevra, checksum, is_there: true });
        }
        before.histories.push(Published { place, relation: Relation::Before, packages });
    }
    Ok(before)
}

fn newest(repository: &Repository) -> Option<u64> {
    repository.repomd().records.iter().map(|record| record.timestamp).max()
}

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
