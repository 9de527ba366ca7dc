//! Who asks: a name that the caller gives itself, until keys say who it is.

use crate::api::error::{Kind, Problem};
use crate::evidence::Recorder;
use crate::evidence::settings::{Durability, LONGEST_CALLER, is_caller_name};
use arc_swap::ArcSwap;
use http::HeaderMap;
use std::collections::HashMap;
use std::sync::Arc;

/// The header, and the metadata of gRPC, in which a caller names itself.
pub const CALLER_HEADER: &str = "izingate-caller";

/// Names that are kept, so that the same one is not made for every question: far more than a gateway has callers.
const MOST: usize = 1_024;

/// Who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The name; empty for a caller that gives none.
    pub name: Arc<str>,
    /// When its decisions are on disk.
    pub durability: Durability,
}

/// Callers that asked before.
pub struct Callers {
    nameless: Caller,
    known: ArcSwap<HashMap<Arc<str>, Caller>>,
}

impl Callers {
    /// None has asked yet.
    #[must_use]
    pub fn new(recorder: &Recorder) -> Self {
        let nameless = Caller { name: Arc::from(""), durability: recorder.durability("") };
        Self { nameless, known: ArcSwap::default() }
    }

    /// The caller that headers name.
    pub fn of(&self, headers: &HeaderMap, recorder: &Recorder) -> Result<Caller, Problem> {
        let Some(name) = headers.get(CALLER_HEADER) else { return Ok(self.nameless.clone()) };
        let name = name.to_str().ok().filter(|name| is_caller_name(name)).ok_or_else(invalid)?;
        if let Some(known) = self.known.load().get(name) {
            return Ok(known.clone());
        }
        let caller = Caller { name: Arc::from(name), durability: recorder.durability(name) };
        if self.known.load().len() < MOST {
            self.known.rcu(|known| {
                let mut next = HashMap::clone(known);
                next.insert(Arc::clone(&caller.name), caller.clone());
                next
            });
        }
        Ok(caller)
    }
}

fn invalid() -> Problem {
    let text = format!("{CALLER_HEADER} is 1 to {LONGEST_CALLER} letters, digits and any of - _ . / @ :");
    Problem::new(Kind::InvalidField, text).of_field(CALLER_HEADER)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::decision::id::DecisionIds;

    #[test]
    fn a_caller_names_itself_or_does_not() {
        let recorder = Recorder::Nowhere(DecisionIds::new(1, 1));
        let callers = Callers::new(&recorder);
        let of = |name: Option<&str>| {
            let mut headers = HeaderMap::new();
            name.map(|name| headers.insert(CALLER_HEADER, name.parse().unwrap()));
            callers.of(&headers, &recorder).map(|caller| caller.name.to_string()).ok()
        };
        assert_eq!(of(None), Some(String::new()));
        assert_eq!(of(Some("dialer-7")), Some("dialer-7".to_owned()));
        for name in ["", "a b", &"a".repeat(65), "ş"] {
            assert_eq!(of(Some(name)), None, "{name:?}");
        }
        for number in 0..2 * MOST {
            assert!(of(Some(&number.to_string())).is_some());
        }
        assert_eq!(callers.known.load().len(), MOST, "of one thread; a few more of many");
    }
}
