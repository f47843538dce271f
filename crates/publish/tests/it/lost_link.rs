//! A channel whose link somebody removed: its states are all that is left of its history.

use std::sync::Arc;

use camino::Utf8Path;
use xen4centos_publish::{PublishError, Step};

use crate::{DIRECTORY, DiesBefore, NOW, World, finish, names, request, revision, states, visible};

/// A world in which `count` states were published.
fn world(count: u64) -> World {
    let world = World::new();
    for number in 1..=count {
        let _ = world.publish(&[world.package("xen", &format!("{number}-1"), "a")], NOW).unwrap();
    }
    world
}

/// Everything refuses and nothing is removed; then what the hint says is done, and the history goes on.
#[track_caller]
fn check(world: &World, expect: u64) {
    let (channel, states) = (world.channel(), states(world));
    let before = names(&states);
    let new = world.package("xen", "9-1", "a");
    let errors = [
        world.publish(std::slice::from_ref(&new), NOW).unwrap_err(),
        channel.current().unwrap_err(),
        channel.history().unwrap_err(),
        channel.roll_back(1, None, NOW).err().unwrap(),
    ];
    for error in errors {
        assert!(matches!(&error, PublishError::LinkLost { last, .. } if *last == expect), "{error}");
        assert!(error.to_string().contains(DIRECTORY) && error.to_string().contains(&expect.to_string()));
    }
    assert_eq!(names(&states), before);

    let hint = channel.current().unwrap_err().hint().unwrap();
    let (_, command) = hint.split_once(": ").unwrap();
    let words: Vec<&str> = command.split('\'').collect();
    let ["mkdir -p ", parent, " && ln -s ", target, " ", path, ""] = words[..] else { panic!("{command}") };
    fs_err::create_dir_all(parent).unwrap();
    fs_err::os::unix::fs::symlink(target, path).unwrap();
    assert_eq!(channel.current().unwrap().unwrap().number, expect);
    let seen = revision(Utf8Path::new(path));
    let published = world.publish(&[new], NOW).unwrap();
    assert_eq!(published.state.number, expect + 1);
    assert!(revision(Utf8Path::new(path)) > seen);
}

#[test]
fn a_lost_link_is_an_error_that_deletes_nothing_and_names_the_way_out() {
    for count in [1, 3] {
        let world = world(count);
        fs_err::remove_file(world.channel().path()).unwrap();
        check(&world, count);
    }
    // With the directories above it.
    let world = world(2);
    fs_err::remove_dir_all(world.root().join("public/centos")).unwrap();
    check(&world, 2);
}

#[test]
fn what_a_killed_publication_left_is_not_taken_for_the_last_state() {
    for step in Step::ALL {
        let world = world(2);
        let channel = world.storage.clone().observed_by(Arc::new(DiesBefore::new(step)));
        let channel = channel.channel(DIRECTORY).unwrap();
        let died = channel.stage(&request(&[world.package("xen", "3-1", "a")], NOW)).and_then(finish);
        assert!(died.is_err());
        fs_err::remove_file(world.channel().path()).unwrap();
        check(&world, 2 + u64::from(step > Step::Switch));
    }
}

#[test]
fn a_first_publication_that_was_killed_after_its_switch_has_a_history_too() {
    let world = World::new();
    let channel = world.storage.clone().observed_by(Arc::new(DiesBefore::new(Step::Prune)));
    let channel = channel.channel(DIRECTORY).unwrap();
    assert!(channel.stage(&request(&[world.package("xen", "1-1", "a")], NOW)).and_then(finish).is_err());
    fs_err::remove_file(world.channel().path()).unwrap();
    check(&world, 1);
}

#[test]
fn cleaning_up_after_a_killed_first_publication_may_be_killed_too() {
    let world = World::new();
    let channel = world.storage.clone().observed_by(Arc::new(DiesBefore::new(Step::Switch)));
    let channel = channel.channel(DIRECTORY).unwrap();
    let package = world.package("xen", "1-1", "a");
    assert!(channel.stage(&request(std::slice::from_ref(&package), NOW)).and_then(finish).is_err());
    assert_eq!(channel.current().unwrap(), None);
    fs_err::remove_file(states(&world).join("1/state.json")).unwrap();
    assert_eq!(world.publish(&[package], NOW).unwrap().state.number, 1);
    assert_eq!(visible(&world.channel().path()), ["xen-1-1.x86_64"]);
}

#[test]
fn states_without_a_mark_get_it_with_the_next_publication_and_count_meanwhile() {
    let world = world(3);
    for number in 1..=3 {
        fs_err::remove_file(states(&world).join(format!("{number}/switched"))).unwrap();
    }
    let link = world.channel().path();
    let target = fs_err::read_link(&link).unwrap();
    fs_err::remove_file(&link).unwrap();
    let error = world.publish(&[], NOW).unwrap_err();
    assert!(matches!(&error, PublishError::LinkLost { last: 3, .. }), "{error}");
    fs_err::os::unix::fs::symlink(target, &link).unwrap();
    world.channel().stage(&request(&[], NOW)).unwrap().discard().unwrap();
    assert!(states(&world).join("3/switched").is_file());
}
