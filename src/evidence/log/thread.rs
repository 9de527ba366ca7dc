//! The log's threads. Whoever answers goes before them.

use rustix::process::{getpriority_process, setpriority_process};
use std::io;
use std::thread::{Builder, JoinHandle};
use thread_priority::NormalThreadSchedulePolicy::Batch;
use thread_priority::{Error, ThreadPriority, ThreadSchedulePolicy, set_thread_priority_and_policy, thread_native_id};

/// Niceness 0 as the library counts, from 0 for 19 to 99 for -20.
const PLAIN: u8 = 48;

/// Starts a thread.
pub(in crate::evidence) fn named(name: &str, run: impl FnOnce() + Send + 'static) -> io::Result<JoinHandle<()>> {
    let begin = move || {
        if let Err(error) = give_way() {
            // At worst answers are a little later at times.
            tracing::debug!(%error, "a thread of the evidence log may not give way to those that answer");
        }
        run();
    };
    Builder::new().name(name.to_owned()).spawn(begin)
}

/// Has this thread interrupt nobody when it wakes: it begins once a processor is free, or its turn has come. Its share stays
/// what it is, or it would be late where all processors are busy (`SCHED_BATCH`, sched(7)).
fn give_way() -> Result<(), Error> {
    let niceness = getpriority_process(None);
    let priority = ThreadPriority::try_from(PLAIN).map_err(Error::Priority)?;
    let told = set_thread_priority_and_policy(thread_native_id(), priority, ThreadSchedulePolicy::Normal(Batch));
    // The library sets both, in this order; the niceness is the operator's.
    if let Ok(niceness) = niceness {
        let _ = setpriority_process(None, niceness);
    }
    told
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    /// Policy and niceness of this thread: fields 41 and 19 of stat, proc(5).
    fn here() -> (u32, i32) {
        let stat = fs::read_to_string("/proc/thread-self/stat").unwrap();
        let fields: Vec<&str> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
        (fields[41 - 3].parse().unwrap(), fields[19 - 3].parse().unwrap())
    }

    #[test]
    fn it_gives_way_and_keeps_its_share() {
        let (_, niceness) = here();
        let thread = named("izingate-test", move || assert_eq!(here(), (3, niceness), "SCHED_BATCH is 3"));
        thread.unwrap().join().unwrap();
        let nicer = named("izingate-test", move || {
            setpriority_process(None, niceness + 2).unwrap();
            // Only root may lower it on the way; the policy holds all the same.
            let _ = give_way();
            assert_eq!(here(), (3, niceness + 2));
        });
        nicer.unwrap().join().unwrap();
    }
}
