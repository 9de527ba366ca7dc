use super::*;
use std::sync::Mutex;
use tokio::time::Instant;

const PACE: Pace = Pace { unready: Duration::from_secs(5), drain: Duration::from_secs(10) };

/// What happened, and after how many seconds.
#[derive(Clone)]
struct Diary(Arc<Mutex<Vec<(u64, &'static str)>>>, Instant);

impl Diary {
    fn new() -> Self {
        Self(Arc::default(), Instant::now())
    }

    fn note(&self, event: &'static str) {
        self.0.lock().unwrap().push((self.1.elapsed().as_secs(), event));
    }

    /// Notes `event` when `token` is cancelled.
    fn watch(&self, tasks: &TaskTracker, token: &CancellationToken, event: &'static str) {
        let (diary, token) = (self.clone(), token.clone());
        tasks.spawn(async move {
            token.cancelled().await;
            diary.note(event);
        });
    }

    fn events(&self) -> Vec<(u64, &'static str)> {
        self.0.lock().unwrap().clone()
    }
}

/// A shutdown whose every phase is written down, with one call that ends after `call` seconds or when
/// it is cut.
fn watched(call: u64) -> (Shutdown, Diary, TaskTracker) {
    let (shutdown, diary, watchers) = (Shutdown::new(), Diary::new(), TaskTracker::new());
    diary.watch(&watchers, shutdown.asked(), "unready");
    diary.watch(&watchers, shutdown.stopped(), "stopped");
    diary.watch(&watchers, shutdown.cut(), "cut");
    let (cut, noted) = (shutdown.cut().clone(), diary.clone());
    shutdown.calls().spawn(async move {
        let answered = cut.run_until_cancelled(tokio::time::sleep(Duration::from_secs(call))).await;
        noted.note(if answered.is_some() { "answered" } else { "dropped" });
    });
    (shutdown, diary, watchers)
}

async fn flush(diary: &Diary) -> &'static str {
    tokio::time::sleep(Duration::from_secs(1)).await;
    diary.note("flushed");
    "as flush said"
}

#[tokio::test(start_paused = true)]
async fn the_phases_come_in_order() {
    let (shutdown, diary, _watchers) = watched(7);
    shutdown.ask();
    let ended = shutdown.run(PACE, flush(&diary)).await;
    assert_eq!(ended, (End::Drained, "as flush said"));
    assert_eq!(diary.events(), [(0, "unready"), (5, "stopped"), (7, "answered"), (7, "cut"), (8, "flushed")]);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_does_not_end_is_cut_at_the_deadline() {
    let (shutdown, diary, _watchers) = watched(3600);
    shutdown.ask();
    assert_eq!(shutdown.run(PACE, flush(&diary)).await.0, End::DeadlinePassed(1));
    let mut events = diary.events();
    events[2..4].sort_unstable();
    assert_eq!(events, [(0, "unready"), (5, "stopped"), (15, "cut"), (15, "dropped"), (16, "flushed")]);
}

#[tokio::test(start_paused = true)]
async fn asked_again_it_does_not_wait() {
    for (second, expected) in [(2, 2), (9, 9)] {
        let (shutdown, diary, _watchers) = watched(3600);
        shutdown.ask();
        let hurry = async {
            tokio::time::sleep(Duration::from_secs(second)).await;
            shutdown.ask();
        };
        let ((end, _), ()) = tokio::join!(shutdown.run(PACE, flush(&diary)), hurry);
        assert_eq!(end, End::Hurried(1));
        assert!(diary.events().contains(&(expected, "dropped")), "{:?}", diary.events());
        assert_eq!(diary.events().last(), Some(&(expected + 1, "flushed")), "flushing is never skipped");
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_ends_until_it_is_asked_for() {
    let (shutdown, diary, _watchers) = watched(1);
    let waited = tokio::time::timeout(Duration::from_hours(24), shutdown.run(PACE, async {})).await;
    assert!(waited.is_err());
    assert_eq!(diary.events(), [(1, "answered")]);
}

#[tokio::test]
async fn signals_ask_and_hurry() {
    let shutdown = Shutdown::new();
    let signals = Signals::listen().unwrap();
    let send = |name: &str| std::process::Command::new("kill").args([name, &std::process::id().to_string()]).status().unwrap();
    let script = async {
        assert!(send("-TERM").success());
        shutdown.asked().cancelled().await;
        assert!(!shutdown.0.hurried.is_cancelled());
        assert!(send("-INT").success());
        shutdown.0.hurried.cancelled().await;
    };
    let ended = tokio::time::timeout(Duration::from_secs(30), async {
        tokio::select! {
            () = signals.forward(shutdown.clone()) => false,
            () = script => true,
        }
    });
    assert_eq!(ended.await, Ok(true));
}
