use super::*;
use crate::evidence::tree::signed_note::Verifier;
use crate::model::decision::id::DecisionId;

fn seal(number: u64, previous: Hash) -> Seal {
    let none = DecisionId::of(0, 0, 0);
    Seal {
        node: 7,
        number,
        frames: 1,
        decisions: 0,
        ids: (none, none),
        times: (0, 0),
        previous,
        chain: [1; 32],
        root: [2; 32],
        bytes: 100,
    }
}

/// Seals that follow one another.
fn chain(count: u64) -> Vec<Seal> {
    let mut seals: Vec<Seal> = Vec::new();
    for number in 1..=count {
        seals.push(seal(number, seals.last().map_or([0; 32], Seal::end)));
    }
    seals
}

fn archive(folder: &Path) -> Archive {
    let seals = read_seals(folder).unwrap();
    Archive::resume(folder, Signer::of_node(7, &[7; 32]).unwrap(), &seals).unwrap()
}

fn key() -> Verifier {
    Signer::of_node(7, &[7; 32]).unwrap().verifier()
}

#[test]
fn every_seal_is_in_the_tree_and_the_tree_is_signed() {
    let folder = tempfile::tempdir().unwrap();
    let seals = chain(4);
    let mut first = archive(folder.path());
    seals[..3].iter().for_each(|seal| first.add(seal).unwrap());
    drop(first);
    // A record that a crash tore is written again.
    let mut torn = fs::read(folder.path().join("tree")).unwrap();
    torn.extend([9; 100]);
    fs::write(folder.path().join("tree"), &torn).unwrap();
    let mut second = archive(folder.path());
    second.add(&seals[3]).unwrap();
    let signed = second.sign().unwrap();
    assert_eq!(read_seals(folder.path()).unwrap(), seals);
    let key = Verifier::parse(&fs::read_to_string(folder.path().join("public.key")).unwrap()).unwrap();
    let checkpoint = key.open(&read_checkpoint(folder.path()).unwrap().unwrap()).unwrap();
    assert_eq!((checkpoint.size, checkpoint.root), (4, root_of(&seals)));
    assert_eq!(signed, Signed { size: 4, root: root_of(&seals) });
}

/// A kill between the making of the file and its first line.
#[test]
fn a_tree_that_was_just_made_is_empty() {
    let folder = tempfile::tempdir().unwrap();
    for length in 0..=TITLE.len() {
        fs::write(folder.path().join("tree"), &TITLE[..length]).unwrap();
        assert_eq!(read_seals(folder.path()).unwrap(), [], "{length}");
    }
    fs::write(folder.path().join("tree"), b"izingate evidence tree 2\n").unwrap();
    assert!(read_seals(folder.path()).is_err());
}

#[test]
fn a_checkpoint_that_cannot_be_written_adds_nothing_twice() {
    let folder = tempfile::tempdir().unwrap();
    let (seals, mut archive) = (chain(2), archive(folder.path()));
    fs::create_dir(folder.path().join("checkpoint.new")).unwrap();
    archive.add(&seals[0]).unwrap();
    assert!(archive.sign().is_err());
    fs::remove_dir(folder.path().join("checkpoint.new")).unwrap();
    archive.add(&seals[1]).unwrap();
    assert_eq!(archive.sign().unwrap().size, 2);
    assert_eq!(read_seals(folder.path()).unwrap(), seals);
}

/// Faults of a tree, by its checkpoint and by what the store remembers.
fn faults(seals: &[Seal], checkpoint: Option<&str>, mark: Option<Signed>) -> (u64, Vec<Fault>) {
    let mark = mark.map(|Signed { size, root }| EvidenceMark { tree_size: size, tree_root: root, ..EvidenceMark::default() });
    let mut faults = Vec::new();
    let vouched = check_tree(seals, checkpoint, &key(), mark.as_ref(), &mut faults);
    (vouched, faults)
}

#[test]
fn a_tree_that_contradicts_a_witness_is_named() {
    let seals = chain(4);
    let signed = |size: usize| Signed { size: size as u64, root: root_of(&seals[..size]) };
    let note = |size: usize| Signer::of_node(7, &[7; 32]).unwrap().sign(size as u64, &signed(size).root);
    let clean = |vouched: u64| (vouched, Vec::new());
    assert_eq!(faults(&[], None, None), clean(0), "a fresh folder");
    assert_eq!(faults(&seals, Some(&note(4)), Some(signed(4))), clean(4));
    assert_eq!(faults(&seals, Some(&note(2)), None), clean(2), "the checkpoint may be behind");
    assert_eq!(faults(&seals, Some(&note(4)), Some(signed(1))), clean(4), "so may what is remembered");

    let mut forged = seals.clone();
    forged[2] = Seal { decisions: 9, ..seals[2] };
    forged[3].previous = forged[2].end();
    let differs = |by, size| Fault::TreeDiffers(by, size);
    assert_eq!(faults(&forged, Some(&note(4)), None), (0, vec![differs(Witness::Checkpoint, 4)]));
    assert_eq!(faults(&forged, Some(&note(2)), None), clean(2), "what is not signed is not vouched for");
    assert_eq!(faults(&forged, Some(&note(2)), Some(signed(3))), (2, vec![differs(Witness::Store, 3)]));
    let both = vec![differs(Witness::Store, 4), Fault::CheckpointMissing(4)];
    assert_eq!(faults(&forged, None, Some(signed(4))), (0, both));
    let short = vec![Fault::TreeShort(Witness::Store, 4, 2)];
    assert_eq!(faults(&seals[..2], Some(&note(2)), Some(signed(4))), (2, short), "an older folder");
    let gone = vec![Fault::TreeShort(Witness::Store, 4, 0), Fault::CheckpointMissing(0)];
    assert_eq!(faults(&[], None, Some(signed(4))), (0, gone));
    let mut swapped = seals.clone();
    swapped[1].previous = [9; 32];
    assert!(matches!(&faults(&swapped, Some(&note(1)), None).1[..], [Fault::TreeDamaged(_), Fault::TreeDamaged(_)]));
    for foreign in ["", "x", &Signer::of_node(7, &[8; 32]).unwrap().sign(4, &root_of(&seals))] {
        assert!(matches!(&faults(&seals, Some(foreign), Some(signed(4))).1[..], [Fault::CheckpointForeign(..)]), "{foreign}");
    }
}
