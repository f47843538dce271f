//! A publication that dies at any point.

use std::sync::Arc;

use xen4centos_publish::{PublishError, Step};

use crate::{DIRECTORY, DiesBefore, NOW, World, finish, names, request, revision, states, visible};

/// Publishes once, dies before `step` of the second publication, looks, and publishes again.
fn check(step: Step) {
    let world = World::new();
    let old = world.package("xen", "4.2.4-1", "a");
    let new = world.package("xen", "4.2.5-1", "b");
    let _ = world.publish(std::slice::from_ref(&old), NOW).unwrap();
    let path = world.channel().path();
    let before = revision(&path);

    let observer = Arc::new(DiesBefore::new(step));
    let channel = world.storage.clone().observed_by(observer).channel(DIRECTORY).unwrap();
    let error = channel.stage(&request(std::slice::from_ref(&new), NOW + 10)).and_then(finish).err().unwrap();
    assert!(matches!(error, PublishError::Stopped { .. }), "{step:?}: {error}");

    let switched = step > Step::Switch;
    let expect: &[&str] =
        if switched { &["xen-4.2.4-1.x86_64", "xen-4.2.5-1.x86_64"] } else { &["xen-4.2.4-1.x86_64"] };
    assert_eq!(visible(&path), expect, "{step:?}");
    assert_eq!(world.channel().history().unwrap().len(), 1 + usize::from(switched), "{step:?}");

    // The same command again continues; nothing of the dead one stays.
    let published = world.publish(&[new], NOW + 20).unwrap();
    assert_eq!(visible(&path), ["xen-4.2.4-1.x86_64", "xen-4.2.5-1.x86_64"], "{step:?}");
    assert!(revision(&path) > before);
    let numbers: Vec<String> = (1..=published.state.number).map(|number| number.to_string()).collect();
    assert_eq!(names(&states(&world)), [numbers, vec!["lock".to_owned()]].concat(), "{step:?}");
    assert_eq!(names(path.parent().unwrap()), ["x86_64"], "{step:?}");
}

#[test]
fn readers_see_the_old_or_the_new_state_and_the_next_publication_works() {
    for step in Step::ALL {
        check(step);
    }
}

#[test]
fn the_very_first_publication_may_die_too() {
    for step in Step::ALL {
        let world = World::new();
        let package = world.package("xen", "4.2.4-1", "a");
        let channel = world.storage.clone().observed_by(Arc::new(DiesBefore::new(step)));
        let channel = channel.channel(DIRECTORY).unwrap();
        let died = channel.stage(&request(std::slice::from_ref(&package), NOW)).and_then(finish);
        assert!(died.is_err());
        assert_eq!(world.channel().path().exists(), step > Step::Switch, "{step:?}");
        let _ = world.publish(&[package], NOW).unwrap();
        assert_eq!(visible(&world.channel().path()), ["xen-4.2.4-1.x86_64"]);
    }
}

#[test]
fn every_step_is_announced_once_and_in_order() {
    let world = World::new();
    let observer = Arc::new(DiesBefore::new(Step::Prune));
    let channel = world.storage.clone().observed_by(observer.clone()).channel(DIRECTORY).unwrap();
    let died = channel.stage(&request(&[world.package("xen", "1-1", "a")], NOW)).and_then(finish);
    assert!(died.is_err());
    assert_eq!(*observer.1.lock().unwrap(), Step::ALL);
}

#[test]
fn a_state_half_removed_is_no_state() {
    let world = World::new();
    for number in 1..=3 {
        let _ = world.publish(&[world.package("xen", &format!("{number}-1"), "a")], NOW).unwrap();
    }
    let states = states(&world);
    fs_err::rename(states.join("1"), states.join("removed-1")).unwrap();
    fs_err::remove_file(states.join("removed-1/state.json")).unwrap();
    assert_eq!(world.channel().history().unwrap().len(), 2);
    let _ = world.publish(&[world.package("xen", "4-1", "a")], NOW).unwrap();
    assert_eq!(names(&states), ["2", "3", "4", "lock"]);
}

#[test]
fn two_publications_of_one_channel_do_not_meet() {
    let world = World::new();
    let staging = world.channel().stage(&request(&[world.package("xen", "1-1", "a")], NOW)).unwrap();
    let second = world.publish(&[], NOW).unwrap_err();
    assert!(matches!(second, PublishError::Busy { .. }) && second.hint().is_some(), "{second}");
    // Another channel is free.
    let other = world.storage.channel("centos/6/testing").unwrap();
    let _ = other.stage(&request(&[], NOW)).and_then(finish).unwrap();
    let _ = finish(staging).unwrap();
    let _ = world.publish(&[], NOW).unwrap();
}
