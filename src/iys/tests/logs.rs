//! What the log says, and what it never says.

use super::*;
use crate::iys::Day;
use crate::model::consent::channel::{Channel, RecipientType};
use crate::model::time::IysTime;
use std::fmt::Write as _;
use std::io::Write;
use tracing::subscriber::DefaultGuard;

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Lines {
    /// Everything this thread logs, down to the last detail.
    fn record(&self) -> DefaultGuard {
        let lines = self.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(tracing::Level::TRACE)
            .with_ansi(false)
            .with_writer(move || lines.clone())
            .finish();
        tracing::subscriber::set_default(subscriber)
    }

    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }

    fn with(&self, words: &str) -> usize {
        self.text().lines().filter(|line| line.contains(words)).count()
    }
}

#[tokio::test(start_paused = true)]
async fn wrong_credentials_are_one_line_an_hour() {
    let (lines, fake) = (Lines::default(), Fake::whole(|_, _| coded(401, "H251")));
    let _guard = lines.record();
    let iys = fake.client();
    for _ in 0..90 {
        pull(&iys).await.unwrap_err();
        sleep(Duration::from_mins(1)).await;
    }
    assert_eq!(lines.with("İYS refuses the API user's name or password"), 2, "{}", lines.text());
}

#[tokio::test(start_paused = true)]
async fn a_wrong_clock_is_told_with_its_skew() {
    let (lines, fake) = (Lines::default(), Fake::of(vec![coded(422, "H162").dated("Tue, 18 Aug 2020 10:00:00 GMT")]));
    let _guard = lines.record();
    let budget = Arc::new(crate::iys::rate_limit::Budget::new(&Limits::default()));
    let ours = || IysTime::parse("2020-08-18 13:07:00").unwrap();
    let iys = Iys::with(settings(), fake as Arc<dyn Transport>, budget, ours);
    pull(&iys).await.unwrap_err();
    assert_eq!(lines.with("ours=2020-08-18 13:07:00 theirs=2020-08-18 13:00:00 skew_seconds=420"), 1, "{}", lines.text());
}

#[tokio::test(start_paused = true)]
async fn no_secret_and_no_address_is_in_a_line_or_an_error() {
    let refusal =
        r#"{"errors":[{"code":"H121","message":"+905311333449","value":"ayse@ornek.com","location":["recipients",0]}]}"#;
    let fake = Fake::whole(move |asked, number| match (asked.is_login(), number % 5) {
        (true, 0 | 1) => token(number),
        (true, 2) => told(400, r#"{"error":"invalid_grant","error_description":"api@ornek.com s3cret"}"#),
        (true, _) => told(502, "<html>s3cret</html>"),
        (false, 0) => coded(401, "H351"),
        (false, 1) => told(422, refusal),
        (false, 2) => fails(TransportError::Timeout),
        (false, _) => told(500, refusal),
    });
    let lines = Lines::default();
    let _guard = lines.record();
    let iys = fake.client();
    let mut errors = String::new();
    for _ in 0..60 {
        let address = ["+905311333449", "ayse@ornek.com"];
        let approved = iys.approved(sender(), RecipientType::Bireysel, Channel::Mesaj, &address).await;
        let file = iys.day_file(sender(), Day::parse("2026-03-01").unwrap()).await.map(drop);
        write!(errors, "{approved:?} {:?} {file:?}", pull(&iys).await).unwrap();
        sleep(Duration::from_mins(10)).await;
    }
    let said = lines.text() + &errors;
    assert!(lines.text().lines().count() > 10, "{said}");
    for secret in ["s3cret", "api@ornek", "5311333", "ayse", "t0", "r0", "Bearer"] {
        assert!(!said.contains(secret), "{secret}: {said}");
    }
}
