//! Owns requests that cost the server more than the client, one after the other without a pause.

use std::{
    io::Write as _,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use tokio::task::JoinSet;

use crate::{
    api::{Answer, Call, CallError, Client, Credential, encode_parameter},
    hostile::attack::{Target, raw},
};

const OVERSIZED: usize = 16;
const BOMBS: usize = 8;
const FLOODERS: usize = 32;
const GUESSERS: usize = 32;
const BOMB_BYTES: usize = 64 << 20;
/// The number of words in one hostile query.
const WORDS: usize = 24;

pub(super) fn send_too_much(tasks: &mut JoinSet<()>, target: &Arc<Target>) {
    let post = |target: &Target, rest: &str| {
        let key = &target.stranger;
        format!(
            "POST /api/v1/events/batch HTTP/1.1\r\nhost: server\r\nauthorization: Bearer {key}\r\n\
             content-type: application/json\r\n{rest}"
        )
    };
    let endless = format!("{}\r\n", "10000\r\n".to_owned() + &" ".repeat(1 << 16)).repeat(256);
    let requests = Arc::new([
        format!("GET /health/live HTTP/1.1\r\nhost: server\r\nx-large: {}\r\n\r\n", "a".repeat(64 << 10)),
        format!("GET /health/live HTTP/1.1\r\nhost: server\r\n{}\r\n", "x-many: a\r\n".repeat(200)),
        post(target, "content-length: 104857600\r\n\r\n["),
        post(target, "transfer-encoding: chunked\r\n\r\n") + &endless,
    ]);
    for _ in 0..OVERSIZED / requests.len() {
        for number in 0..requests.len() {
            let (target, requests) = (Arc::clone(target), Arc::clone(&requests));
            tasks.spawn(async move {
                loop {
                    target.answers.note(raw::send(target.address, requests[number].as_bytes()).await);
                }
            });
        }
    }
}

pub(super) fn send_bombs(tasks: &mut JoinSet<()>, target: &Arc<Target>) {
    let head = |encoding: &str, length: usize| {
        format!(
            "POST /api/v1/events/batch HTTP/1.1\r\nhost: server\r\nauthorization: Bearer {}\r\n\
             content-type: application/json\r\ncontent-encoding: {encoding}\r\ncontent-length: {length}\r\n\r\n",
            target.stranger
        )
    };
    let whole = |encoding: &str, body: Vec<u8>| [head(encoding, body.len()).into_bytes(), body].concat();
    let bombs = Arc::new([
        whole("gzip", gzip(&vec![b' '; BOMB_BYTES])),
        whole("zstd", zstd::encode_all(&vec![b' '; BOMB_BYTES][..], 3).unwrap_or_default()),
        whole("identity", vec![b'['; 1 << 20]),
        whole("gzip", gzip(&vec![b'['; 1 << 20])),
    ]);
    for number in 0..BOMBS {
        let (target, bombs) = (Arc::clone(target), Arc::clone(&bombs));
        tasks.spawn(async move {
            loop {
                target.answers.note(raw::send(target.address, &bombs[number % bombs.len()]).await);
            }
        });
    }
}

/// Writing into memory does not fail.
pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    let written = encoder.write_all(bytes).and_then(|()| encoder.finish());
    written.unwrap_or_default()
}

pub(super) fn ask_too_much(tasks: &mut JoinSet<()>, target: &Arc<Target>) {
    let pairs = target.words.windows(2).map(|pair| format!("-\"{} {}\"", pair[0], pair[1]));
    let search = encode_parameter(&pairs.take(WORDS).collect::<Vec<_>>().join(" "));
    let question: Arc<str> = format!("/api/v1/events?limit=1000&count=true&q={search}").into();
    let asked = Arc::new(AtomicU64::new(0));
    for _ in 0..FLOODERS {
        let (target, question, asked) = (Arc::clone(target), Arc::clone(&question), Arc::clone(&asked));
        tasks.spawn(async move {
            let mut client = Client::new(target.address);
            let key = Credential::of_key(&target.neighbour);
            loop {
                // Never the same query twice, because the server caches its counts.
                let number = asked.fetch_add(1, Ordering::Relaxed);
                let another = encode_parameter(&format!(" -flood{number}"));
                target.answers.note(told(&client.call(&key, Call::get(&format!("{question}{another}"))).await));
            }
        });
    }
}

pub(super) fn try_keys(tasks: &mut JoinSet<()>, target: &Arc<Target>) {
    let guess = Credential::of_key(&wrong(&target.neighbour));
    for number in 0..GUESSERS {
        let (target, guess) = (Arc::clone(target), guess.clone());
        tasks.spawn(async move {
            let mut client = Client::new(target.address);
            loop {
                if number % 2 == 0 {
                    client = Client::new(target.address);
                }
                let call = Call::get("/api/v1/events?limit=1");
                target.answers.note(told(&client.call(&guess, call).await));
            }
        });
    }
}

/// A real key's public half with a wrong secret: the server has to compare.
fn wrong(key: &str) -> String {
    let (rest, last) = key.split_at(key.len().saturating_sub(1));
    format!("{rest}{}", if last == "a" { "b" } else { "a" })
}

pub(super) fn told(answer: &Result<Answer, CallError>) -> String {
    match answer {
        Ok(answer) => match answer.retry_after {
            Some(_) => format!("{} with Retry-After", answer.status.as_u16()),
            None => answer.status.as_u16().to_string(),
        },
        Err(_) => "closed".to_owned(),
    }
}
