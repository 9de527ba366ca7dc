use super::*;
use proptest::prelude::*;
use std::fs;

const KEY: MacKey = MacKey::from_bytes([9; 32]);

proptest! {
    /// Whatever is in a frame is found there; what else is found shares 32 bits.
    #[test]
    fn every_recipient_is_found(frames in prop::collection::vec(prop::collection::vec(any::<[u8; 4]>(), 0..40), 1..40), bits in 0..9_u32) {
        let folder = tempfile::tempdir().unwrap();
        let heads = heads(&frames);
        write(folder.path(), &heads, bits);
        for (frame, recipients) in frames.iter().enumerate() {
            for head in recipients {
                let mut recipient = [9; 16];
                recipient[..4].copy_from_slice(head);
                let found = look_up_by(folder.path(), (3, 99), &KEY, Pseudonym(recipient)).unwrap();
                prop_assert!(found.contains(&candidate(frame)));
                prop_assert!(found.is_sorted_by_key(|found| found.at));
                prop_assert!(found.windows(2).all(|pair| pair[0] != pair[1]));
            }
        }
        for (segment, key) in [((3, 98), KEY), ((4, 99), KEY), ((3, 99), MacKey::from_bytes([8; 32]))] {
            prop_assert_eq!(look_up_by(folder.path(), segment, &key, Pseudonym([0; 16])), None);
        }
    }
}

fn heads(frames: &[Vec<[u8; 4]>]) -> Heads {
    let mut heads = Heads::default();
    for (frame, recipients) in frames.iter().enumerate() {
        let of: Vec<u8> = recipients.iter().flat_map(|head| [&head[..], &[9; 12]].concat()).collect();
        let Candidate { at, leaf } = candidate(frame);
        let mut whole = [0; 32];
        whole[..8].copy_from_slice(&leaf);
        heads.frame(at, &whole, &of);
    }
    heads
}

fn write(folder: &Path, heads: &Heads, bits: u32) {
    let mut blocks = heads.write(bits, 3, 99);
    push_codes(&mut blocks, &KEY, (3, 99));
    fs::write(path(folder, 3), blocks.get()).unwrap();
    assert_eq!(body_of(folder, 3).unwrap(), heads.write(bits, 3, 99).get());
}

/// First byte of a frame, and its leaf.
fn candidate(frame: usize) -> Candidate {
    Candidate { at: 58 + frame as u64 * 100, leaf: (frame as u64 * 7).to_be_bytes() }
}

/// Many pages: whatever bit is changed, whatever is cut off or added, what it says of a recipient is right or nothing.
#[test]
fn an_index_that_was_changed_says_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let frames: Vec<Vec<[u8; 4]>> =
        (0..500_u32).map(|frame| (0..8).map(|n| (frame * 7_919_777 + n * 104_729).to_be_bytes()).collect()).collect();
    let heads = heads(&frames);
    write(folder.path(), &heads, 2);
    let place = path(folder.path(), 3);
    let whole = fs::read(&place).unwrap();
    assert!(whole.len() > 5 * PAGE, "{}", whole.len());
    let recipient = |head: [u8; 4]| {
        let mut recipient = [9; 16];
        recipient[..4].copy_from_slice(&head);
        Pseudonym(recipient)
    };
    let asked = [recipient(frames[0][0]), recipient(frames[499][7]), recipient([1, 2, 3, 4])];
    let look = || asked.map(|recipient| look_up_by(folder.path(), (3, 99), &KEY, recipient));
    let right = look();
    assert!(right.iter().all(Option::is_some));
    for at in (0..whole.len()).step_by(97).chain(0..HEAD).chain(whole.len() - 16..whole.len()) {
        let mut changed = whole.clone();
        changed[at] ^= 1;
        fs::write(&place, &changed).unwrap();
        let said = look();
        assert!(said.iter().zip(&right).all(|(said, right)| said.is_none() || said == right), "byte {at}");
    }
    for length in [0, 1, HEAD, PAGE, whole.len() - CODE, whole.len() - 1] {
        fs::write(&place, &whole[..length]).unwrap();
        assert!(look().iter().zip(&right).all(|(said, right)| said.is_none() || said == right), "cut at {length}");
    }
    // Two pages swapped with their codes.
    let mut swapped = whole.clone();
    let codes = body_of(folder.path(), 3).map(|_| whole.len() - whole.len().div_ceil(PAGE + CODE) * CODE).unwrap();
    for byte in 0..PAGE {
        swapped.swap(PAGE + byte, 2 * PAGE + byte);
    }
    for byte in 0..CODE {
        swapped.swap(codes + CODE + byte, codes + 2 * CODE + byte);
    }
    fs::write(&place, &swapped).unwrap();
    assert!(look().iter().zip(&right).all(|(said, right)| said.is_none() || said == right));
    fs::write(&place, &whole).unwrap();
    assert_eq!(look(), right);
}

#[test]
fn what_failed_is_forgotten() {
    let mut heads = Heads::default();
    heads.frame(58, &[3; 32], &[1; 32]);
    heads.frame(200, &[4; 32], &[2; 48]);
    heads.truncate(1);
    let mut once = Heads::default();
    once.frame(58, &[3; 32], &[1; 32]);
    assert_eq!(heads, once);
    heads.truncate(0);
    assert_eq!(heads, Heads::default());
}
