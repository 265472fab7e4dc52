//! Owns the attack with phrases: text that is cheap to send is matched against phrases that are cheap to request.

use std::time::Duration;

use hyper::{Method, StatusCode};
use serde_json::json;
use tokio::{
    task::JoinSet,
    time::{Instant, sleep, sleep_until, timeout},
};

use super::{
    scene::{QUERY_TIMEOUT, Scene},
    stream::{OpenStream, Unread, get, post_batch},
};
use crate::{
    api::{Call, Client, Credential, encode_parameter},
    attack::Claim,
    campaign::Fault,
    hostile::gzip,
    server::processor_seconds,
};

/// Words of a long text: slightly below 32 KiB, above which a record may be kept as its digest alone.
const TEXT_WORDS: usize = 16_000;
/// Word counts of the phrases to try, the longest first: from 8 KiB, the maximum of a query, downwards.
const PHRASE_WORDS: [usize; 9] = [4_000, 2_000, 1_000, 500, 250, 125, 60, 30, 15];
/// The documented maximum of words in a phrase.
const BOUNDED_WORDS: usize = 512;
/// The number of long texts that lists scan.
const STORED: usize = 40;
/// The number of long texts in a batch that tails scan; less than a kilobyte in gzip.
const BATCH: usize = 5;
const TAILS: usize = 4;
const BATCH_EVERY: Duration = Duration::from_secs(1);
/// After this time a client disconnects without waiting for its list.
const IMPATIENCE: Duration = Duration::from_millis(300);
/// How much longer than its deadline a list may take: a busy machine, and the answer itself.
const DEADLINE_SLACK: Duration = Duration::from_secs(2);
/// The seconds of a core that a server without clients may use over [`AFTERWARDS`].
const PROCESSOR_SECONDS_MAX: f64 = 0.8;
const AFTERWARDS: Duration = Duration::from_secs(2);

pub(super) struct PhraseAttack {
    tail: String,
    list: String,
    highlights: String,
    words: usize,
}

impl PhraseAttack {
    /// Finds the longest phrase that the server accepts, and stores long texts.
    pub(super) async fn prepare(scene: &Scene) -> Result<Self, Fault> {
        let words = longest_phrase(scene).await?;
        let missing = encode_parameter(&format!("\"{}b\"", "a ".repeat(words - 1)));
        let present = encode_parameter(&format!("\"{}\"", "a ".repeat(words).trim_end()));
        for _ in 0..STORED / BATCH {
            scene.store(&scene.attacker, &batch()).await?;
        }
        Ok(Self {
            tail: format!("/api/v1/events/tail?q={missing}"),
            list: format!("/api/v1/events?limit=1000&q={missing}"),
            highlights: format!("/api/v1/events?limit=50&highlight=true&q={present}"),
            words,
        })
    }

    pub(super) async fn carry_out(self, scene: &Scene, window: Duration) -> Result<Vec<Claim>, Fault> {
        let end = Instant::now() + window;
        let mut attackers = JoinSet::new();
        let mut statuses = Vec::new();
        for _ in 0..TAILS {
            let tail = OpenStream::open(scene.address, &get(&scene.attacker, &self.tail)).await?;
            statuses.push(tail.status.to_string());
            attackers.spawn(async move {
                tail.ends_within(window).await;
            });
        }
        let (address, batch) = (scene.address, post_batch(&scene.attacker, &gzip(batch().as_bytes())));
        attackers.spawn(async move {
            while let Ok(_answer) = OpenStream::open(address, &batch).await {
                sleep(BATCH_EVERY).await;
            }
        });
        for target in [self.list.clone(), self.highlights] {
            let (address, request) = (scene.address, get(&scene.attacker, &target));
            attackers.spawn(async move {
                while let Ok(list) = Unread::send(address, &request).await {
                    sleep(IMPATIENCE).await;
                    drop(list);
                }
            });
        }
        let list = patient_list(scene, &self.list).await;
        sleep_until(end).await;
        attackers.shutdown().await;
        let let_in = Claim::new(
            "phrases are bounded",
            self.words <= BOUNDED_WORDS,
            format!("{} words were accepted", self.words),
        );
        // Without such tails there was no attack.
        let are_open = statuses.iter().all(|status| status == "200");
        let opened = Claim::new("tails with such a phrase were opened", are_open, statuses.join(", "));
        Ok(vec![let_in, opened, list, used_afterwards(scene).await])
    }
}

/// How long the server takes to end a list for a client that waits.
async fn patient_list(scene: &Scene, list: &str) -> Claim {
    let limit = QUERY_TIMEOUT + DEADLINE_SLACK;
    let asked = Instant::now();
    let mut client = Client::new(scene.address);
    let answer = timeout(limit * 2, client.call(&Credential::of_key(&scene.attacker), Call::get(list))).await;
    let took = asked.elapsed();
    let how = match answer {
        Ok(Ok(answer)) => answer.status.as_u16().to_string(),
        Ok(Err(error)) => error.to_string(),
        Err(_) => "no answer".to_owned(),
    };
    let seen = format!("{how} after {:.1} s of {:.0} s", took.as_secs_f64(), QUERY_TIMEOUT.as_secs_f64());
    Claim::new("a list ends at its deadline", took <= limit, seen)
}

/// The server's load after all clients have disconnected.
async fn used_afterwards(scene: &Scene) -> Claim {
    let process = scene.server.id();
    sleep(Duration::from_secs(1)).await;
    let before = processor_seconds(process).unwrap_or(0.0);
    // Only waiting can show whether it continues.
    sleep(AFTERWARDS).await;
    let used = processor_seconds(process).unwrap_or(0.0) - before;
    let seen = format!("{used:.1} s of a core in {:.0} s", AFTERWARDS.as_secs_f64());
    Claim::new("no search continues after its client has left", used <= PROCESSOR_SECONDS_MAX, seen)
}

async fn longest_phrase(scene: &Scene) -> Result<usize, Fault> {
    for words in PHRASE_WORDS {
        let phrase = encode_parameter(&format!("\"{}b\"", "a ".repeat(words - 1)));
        let target = format!("/api/v1/events?limit=1&q={phrase}");
        let answer = scene.call(&scene.attacker, Method::GET, &target, "").await?;
        match answer.status {
            StatusCode::OK => return Ok(words),
            StatusCode::BAD_REQUEST => {}
            status => return Err(format!("a phrase of {words} words: {status} {}", answer.text()).into()),
        }
    }
    Err("not even the shortest phrase is accepted".into())
}

fn batch() -> String {
    let text = format!("b {}", "a ".repeat(TEXT_WORDS));
    let event = json!({
        "action": "text.write", "actor": {"type": "user", "id": "a"}, "source": {"service": "attacker"},
        "raw": {"format": "text", "body": text},
    });
    serde_json::to_string(&vec![event; BATCH]).unwrap_or_default()
}
