//! Checkpoints in a folder: saved, found, pruned, damaged, old.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::{
    collections::BTreeSet,
    fs::{self, File},
    num::NonZeroUsize,
    path::Path,
};

use checkpoint_store::{CheckpointError, Loaded, Store};
use pipeline::{Offset, Partition};

fn names(dir: &Path) -> BTreeSet<String> {
    fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

fn name(topic: &str, partition: i32, offset: u64) -> String {
    format!("{topic}-{partition:05}-{offset:020}.checkpoint")
}

fn found(store: &Store, partition: &Partition) -> Option<(u64, Vec<u8>)> {
    store.load(partition).unwrap().map(|loaded| (loaded.next_offset.0, loaded.payload))
}

#[test]
fn what_was_saved_last_is_loaded() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path().join("new/folder")).unwrap();
    let (one, two) = (Partition::new("events", 1), Partition::new("events", 2));
    assert_eq!(store.load(&one).unwrap(), None);
    store.save(&one, Offset(10), 7, b"ten").unwrap();
    store.save(&one, Offset(9_000_000_000), 8, b"far").unwrap();
    store.save(&two, Offset(5), 7, b"").unwrap();
    let far = Loaded { next_offset: Offset(9_000_000_000), rules: 8, payload: b"far".to_vec() };
    assert_eq!(store.load(&one).unwrap(), Some(far));
    assert_eq!(found(&store, &two), Some((5, Vec::new())));
    store.save(&two, Offset(5), 7, b"again").unwrap();
    assert_eq!(
        found(&Store::open(dir.path().join("new/folder")).unwrap(), &two),
        Some((5, b"again".to_vec()))
    );
}

#[test]
fn the_last_few_are_kept_and_other_partitions_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    let partition = Partition::new("events", 1);
    store.save(&Partition::new("events", 11), Offset(1), 7, b"other").unwrap();
    fs::write(dir.path().join("notes.txt"), "the operator's").unwrap();
    let left_over = format!("{}.tmp", name("events", 1, 15));
    fs::write(dir.path().join(&left_over), "torn").unwrap();
    for offset in [10, 20, 30] {
        store.save(&partition, Offset(offset), 7, b"x").unwrap();
    }
    let kept = |offsets: &[u64]| -> BTreeSet<String> {
        let own = offsets.iter().map(|offset| name("events", 1, *offset));
        own.chain([name("events", 11, 1), "notes.txt".to_owned()]).collect()
    };
    assert_eq!(names(dir.path()), kept(&[20, 30]));
    let more = store.clone().keeping(NonZeroUsize::new(3).unwrap());
    more.save(&partition, Offset(40), 7, b"x").unwrap();
    assert_eq!(names(dir.path()), kept(&[20, 30, 40]));
}

#[test]
fn an_instance_that_was_overtaken_takes_nothing_from_the_one_ahead() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap().keeping(NonZeroUsize::MIN);
    let partition = Partition::new("events", 1);
    store.save(&partition, Offset(10), 7, b"zombie").unwrap();
    store.save(&partition, Offset(50), 7, b"ahead").unwrap();
    store.save(&partition, Offset(20), 7, b"zombie").unwrap();
    assert_eq!(found(&store, &partition), Some((50, b"ahead".to_vec())));
}

#[test]
fn a_damaged_file_is_set_aside_and_the_one_before_is_used() {
    type Damage = fn(&Path);
    let damages: [(&str, Damage); 4] = [
        ("torn", |path| File::options().write(true).open(path).unwrap().set_len(40).unwrap()),
        ("empty", |path| fs::write(path, "").unwrap()),
        ("foreign", |path| fs::write(path, "<html>404</html> this is no checkpoint").unwrap()),
        ("altered", |path| {
            let mut bytes = fs::read(path).unwrap();
            *bytes.last_mut().unwrap() ^= 1;
            fs::write(path, bytes).unwrap();
        }),
    ];
    for (what, damage) in damages {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path()).unwrap();
        let partition = Partition::new("events", 1);
        store.save(&partition, Offset(10), 7, b"before").unwrap();
        store.save(&partition, Offset(20), 7, b"after").unwrap();
        damage(&dir.path().join(name("events", 1, 20)));
        assert_eq!(found(&store, &partition), Some((10, b"before".to_vec())), "{what}");
        let bad = format!("{}.bad", name("events", 1, 20));
        assert!(names(dir.path()).contains(&bad), "{what}: the damaged file is not kept");
        store.save(&partition, Offset(15), 7, b"on").unwrap();
        assert_eq!(found(&store, &partition), Some((15, b"on".to_vec())), "{what}");
    }
}

#[test]
fn a_file_of_a_later_version_is_passed_over_and_left() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    let partition = Partition::new("events", 1);
    store.save(&partition, Offset(10), 7, b"before").unwrap();
    store.save(&partition, Offset(20), 7, b"later").unwrap();
    let path = dir.path().join(name("events", 1, 20));
    let mut bytes = fs::read(&path).unwrap();
    bytes[8] = 200;
    fs::write(&path, &bytes).unwrap();
    assert_eq!(found(&store, &partition), Some((10, b"before".to_vec())));
    assert_eq!(fs::read(&path).unwrap(), bytes);
}

#[test]
fn a_renamed_file_is_not_taken_for_what_its_name_says() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path()).unwrap();
    store.save(&Partition::new("events", 1), Offset(10), 7, b"one").unwrap();
    fs::copy(dir.path().join(name("events", 1, 10)), dir.path().join(name("events", 2, 10))).unwrap();
    fs::copy(dir.path().join(name("events", 1, 10)), dir.path().join(name("events", 1, 99))).unwrap();
    assert_eq!(found(&store, &Partition::new("events", 2)), None);
    assert_eq!(found(&store, &Partition::new("events", 1)), Some((10, b"one".to_vec())));
}

#[test]
fn a_folder_that_cannot_be_used_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("file");
    fs::write(&file, "").unwrap();
    let error = Store::open(&file).unwrap_err();
    assert!(error.to_string().contains("create the folder"), "{error}");
    assert!(error.to_string().contains(&file.display().to_string()), "{error}");

    let store = Store::open(dir.path().join("gone")).unwrap();
    fs::remove_dir(dir.path().join("gone")).unwrap();
    let partition = Partition::new("events", 0);
    assert!(store.save(&partition, Offset(1), 7, b"x").is_err());
    assert!(store.load(&partition).is_err(), "a folder that is gone is not an empty one");
    let error = store.save(&Partition::new("../up", 0), Offset(1), 7, b"x").unwrap_err();
    assert!(matches!(error, CheckpointError::TopicName(_)), "{error}");
}

/// Every format that was ever written stays readable: add a file for a new one, never change an old one.
#[test]
fn old_formats_stay_readable() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    for entry in fs::read_dir(&fixtures).unwrap() {
        let version = entry.unwrap().file_name().into_string().unwrap();
        let dir = tempfile::tempdir().unwrap();
        let file = name("events.all", 3, 123_456);
        fs::copy(fixtures.join(&version).join(&file), dir.path().join(&file)).unwrap();
        let loaded = Store::open(dir.path()).unwrap().load(&Partition::new("events.all", 3)).unwrap();
        let expected = Loaded {
            next_offset: Offset(123_456),
            rules: 0x0123_4567_89ab_cdef,
            payload: b"state of partition 3\n\0\xff".to_vec(),
        };
        assert_eq!(loaded, Some(expected), "{version}");
    }
}
