//! A segment read frame by frame at a start: what it says of the log's end, and whether it holds the frame that the store remembers.

use crate::evidence::entry::Event;
use crate::evidence::events::Removal;
use crate::evidence::segment::{Body, Broken, Frames, Header, Seal, is_nothing};
use crate::evidence::tree::merkle::Hash;
use crate::model::secret::mac::MacKey;
use crate::ports::{EvidenceMark, Reached};

/// A segment that was read frame by frame.
pub(in crate::evidence) struct Walk {
    pub(in crate::evidence) header: Header,
    /// Behind the last frame that is right.
    pub(in crate::evidence) at: usize,
    pub(in crate::evidence) chain: Hash,
    pub(in crate::evidence) seal: Option<Seal>,
    pub(in crate::evidence) last: Last,
    /// Whether a frame ends where the store remembers one, with the chain that it remembers.
    pub(in crate::evidence) is_at_mark: bool,
    pub(in crate::evidence) broken: Option<Broken>,
}

/// End of a segment by its frames.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Last {
    /// Time of the last write, in Unix milliseconds.
    pub durable: u64,
    /// Decisions that may have been answered and are not recorded, at most.
    pub missing: u64,
    /// The last frame before the seal says that the log was closed.
    pub stopped: bool,
    /// Progress that the store is known to have made.
    pub reached: Reached,
    /// An operator accepted that the store had lost writes: what earlier segments know of those is void.
    pub(in crate::evidence) loss_accepted: bool,
    /// Bytes behind the last authentic frame.
    pub torn: u64,
    /// The newest removal.
    pub removal: Option<Removal>,
}

/// Reads a segment to its end, or to the first frame that is not authentic.
pub(in crate::evidence) fn walk(bytes: &[u8], growing: bool, key: &MacKey, mark: Option<&EvidenceMark>) -> Result<Walk, Broken> {
    let frames = |growing| if growing { Frames::growing(bytes) } else { Frames::of(bytes) };
    let mut reading = frames(growing)?.under(Some(key));
    let header = *reading.header();
    let is_marked = mark.is_some_and(|mark| mark.segment == header.number);
    let at_mark = |at: usize, chain: &Hash| mark.is_some_and(|mark| is_marked && mark.bytes == at as u64 && mark.chain == *chain);
    let mut walk = Walk {
        header,
        at: reading.at(),
        chain: *reading.head(),
        seal: None,
        last: Last { durable: header.made, ..Last::default() },
        is_at_mark: false,
        broken: None,
    };
    while let Some(frame) = reading.next() {
        let body = match frame {
            Ok(frame) => frame.body,
            Err(broken) => {
                walk.broken = Some(broken);
                break;
            }
        };
        (walk.at, walk.chain) = (reading.at(), *reading.head());
        walk.is_at_mark |= at_mark(walk.at, &walk.chain);
        match body {
            Body::Seal(seal) => walk.seal = Some(*seal),
            body @ Body::Event(_) => walk.last.event(body.event().as_ref()),
            Body::Decisions(..) => walk.last.stopped = false,
        }
    }
    // Without its first frame it says nothing.
    if walk.chain == *frames(growing)?.head() {
        return Err(walk.broken.unwrap_or(Broken { at: walk.at, why: "there is no frame" }));
    }
    let rest = bytes.get(walk.at..).filter(|rest| !is_nothing(rest)).unwrap_or_default();
    walk.last.torn = rest.len() as u64;
    // What decisions say is needed where the log does not say it itself.
    if !walk.last.stopped || walk.last.reached.revision == 0 {
        let mut decided = frames(growing)?.under(Some(key));
        walk.last = Last { torn: walk.last.torn, ..last_of(header.made, &mut decided) };
    }
    Ok(walk)
}

/// Reads the end by all frames, decisions too.
fn last_of(made: u64, frames: &mut Frames<'_>) -> Last {
    let mut last = Last { durable: made, ..Last::default() };
    for frame in frames.map_while(Result::ok) {
        match frame.body {
            Body::Seal(_) => {}
            body @ Body::Event(_) => last.event(body.event().as_ref()),
            body @ Body::Decisions(..) => {
                last.stopped = false;
                let Some(decisions) = body.decisions() else { continue };
                last.durable = decisions.written;
                // Each of them was outstanding, or has a number of the lease.
                let on_record = decisions.entries.iter().map(|entry| entry.outcomes.len() as u64).sum();
                last.missing = last.missing.saturating_sub(on_record);
                last.reached.revision =
                    decisions.entries.iter().map(|entry| entry.revision).fold(last.reached.revision, u64::max);
            }
        }
    }
    last
}

impl Last {
    fn event(&mut self, event: Option<&Event>) {
        self.stopped = matches!(event, Some(Event::Stopped { .. }));
        let Some(event) = event else { return };
        self.reached.revision = self.reached.revision.max(event.revision().unwrap_or(0));
        match event {
            Event::Committed { writes, .. } => self.reached.writes = self.reached.writes.max(*writes),
            Event::StoreLossAccepted { .. } => (self.reached.writes, self.loss_accepted) = (0, true),
            _ => {}
        }
        self.removal = Removal::of(event).or(self.removal);
        if let Event::Leased { next, outstanding, to, .. } = event {
            self.missing = to.saturating_sub(*next) + outstanding;
        }
        self.durable = self.durable.max(event.at().unwrap_or(0));
    }

    /// Takes over what an earlier segment knows and this one does not: one that was begun without the store knows less.
    pub(in crate::evidence) fn behind(self, earlier: &Self) -> Self {
        let mut reached = earlier.reached.joined(self.reached);
        if self.loss_accepted {
            reached.writes = self.reached.writes;
        }
        Self { reached, removal: self.removal.or(earlier.removal), ..self }
    }

    /// Decisions that may be missing behind it; none after an ordered end.
    #[must_use]
    pub const fn gap(&self) -> Option<Event> {
        if self.stopped {
            return None;
        }
        Some(Event::Gap { last_durable: self.durable, at_most: self.missing, torn: self.torn })
    }
}
