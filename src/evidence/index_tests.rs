use super::*;
use proptest::prelude::*;

proptest! {
    /// Whatever is in a frame is found there; what else is found shares 32 bits.
    #[test]
    fn every_recipient_is_found(frames in prop::collection::vec(prop::collection::vec(any::<[u8; 4]>(), 0..40), 1..40), bits in 0..9_u32) {
        let folder = tempfile::tempdir().unwrap();
        let begins: Vec<u32> = (0..frames.len() as u32).map(|frame| 58 + frame * 100).collect();
        let mut heads: Vec<(u32, u32)> = Vec::new();
        for (frame, recipients) in frames.iter().enumerate() {
            let mut of: Vec<_> = recipients.iter().map(|head| (u32::from_be_bytes(*head), frame as u32)).collect();
            of.sort_unstable();
            of.dedup();
            heads.extend(of);
        }
        fs::write(path(folder.path(), 3), write(&begins, &heads, bits, 3, 99)).unwrap();
        for (frame, recipients) in frames.iter().enumerate() {
            for head in recipients {
                let mut recipient = [9; 16];
                recipient[..4].copy_from_slice(head);
                let found = look_up(folder.path(), 3, 99, Pseudonym(recipient)).unwrap();
                prop_assert!(found.contains(&u64::from(begins[frame])));
                prop_assert!(found.is_sorted());
            }
        }
        prop_assert_eq!(look_up(folder.path(), 3, 98, Pseudonym([0; 16])), None);
        prop_assert_eq!(look_up(folder.path(), 4, 99, Pseudonym([0; 16])), None);
    }
}

#[test]
fn a_frame_names_a_recipient_once() {
    let mut heads = vec![(1, 0), (2, 1), (2, 1), (3, 1), (3, 1)];
    dedup_from(&mut heads, 1);
    assert_eq!(heads, [(1, 0), (2, 1), (3, 1)]);
}
