use super::*;
use proptest::prelude::*;

proptest! {
    /// Whatever is in a frame is found there; what else is found shares 32 bits.
    #[test]
    fn every_recipient_is_found(frames in prop::collection::vec(prop::collection::vec(any::<[u8; 4]>(), 0..40), 1..40), bits in 0..9_u32) {
        let folder = tempfile::tempdir().unwrap();
        let mut heads = Heads::default();
        for (frame, recipients) in frames.iter().enumerate() {
            let of: Vec<u8> = recipients.iter().flat_map(|head| [&head[..], &[9; 12]].concat()).collect();
            heads.frame(begin(frame), &of);
        }
        fs::write(path(folder.path(), 3), heads.write(bits, 3, 99).get()).unwrap();
        for (frame, recipients) in frames.iter().enumerate() {
            for head in recipients {
                let mut recipient = [9; 16];
                recipient[..4].copy_from_slice(head);
                let found = look_up(folder.path(), 3, 99, Pseudonym(recipient)).unwrap();
                prop_assert!(found.contains(&begin(frame)));
                prop_assert!(found.is_sorted());
                prop_assert!(found.windows(2).all(|pair| pair[0] != pair[1]));
            }
        }
        prop_assert_eq!(look_up(folder.path(), 3, 98, Pseudonym([0; 16])), None);
        prop_assert_eq!(look_up(folder.path(), 4, 99, Pseudonym([0; 16])), None);
    }
}

/// Where a frame begins.
const fn begin(frame: usize) -> u64 {
    58 + frame as u64 * 100
}

#[test]
fn what_failed_is_forgotten() {
    let mut heads = Heads::default();
    heads.frame(58, &[1; 32]);
    heads.frame(200, &[2; 48]);
    heads.truncate(1);
    let mut once = Heads::default();
    once.frame(58, &[1; 32]);
    assert_eq!(heads, once);
    heads.truncate(0);
    assert_eq!(heads, Heads::default());
}
