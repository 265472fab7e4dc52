//! How a server stops: no running request is cut, no stored event is lost.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
};

use crate::harness::Installation;

#[test]
fn a_stopped_server_finishes_the_request_that_is_under_way() {
    let place = Installation::new();
    let (server, user) = place.started();
    let body = r#"{"action":"slow.send","actor":{"type":"user","id":"x"},"source":{"service":"s"}}"#;
    let mut stream = TcpStream::connect(server.address()).unwrap();
    write!(
        stream,
        "POST /api/v1/events HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\nExpect: 100-continue\r\n\r\n",
        place.keys().default,
        body.len()
    )
    .unwrap();
    // The server requests the body once the request is running: only then the signal is sent.
    let mut answer = BufReader::new(stream.try_clone().unwrap());
    let mut line = String::new();
    answer.read_line(&mut line).unwrap();
    assert!(line.starts_with("HTTP/1.1 100"), "{line}");
    server.signal("TERM");
    // Once new connections are refused, the server has handled the signal.
    while TcpStream::connect(server.address()).is_ok() {
        std::thread::yield_now();
    }
    stream.write_all(body.as_bytes()).unwrap();
    let mut rest = String::new();
    answer.read_to_string(&mut rest).unwrap();
    assert!(rest.contains("201 Created"), "{rest}");
    let (status, _) = server.wait();
    assert!(status.success(), "{status}");
    drop(user);

    let server = place.start();
    assert_eq!(place.user(&server, &place.keys().default).count("action:slow.send"), 1);
}

#[test]
fn a_restart_keeps_everything_however_the_server_ended() {
    let place = Installation::new();
    let mut expected = 0;
    for signal in ["INT", "KILL", "TERM", "KILL"] {
        let (server, user) = place.started();
        for _ in 0..3 {
            user.ok(&["send", "--action", "a.b", "--actor", "user:x", "--service", "s"]);
            expected += 1;
        }
        server.signal(signal);
        let (status, _) = server.wait();
        assert_eq!(status.success(), signal != "KILL", "{signal}: {status}");
        let server = place.start();
        assert_eq!(place.user(&server, &place.keys().default).count("action:a.b"), expected);
        server.stop();
    }
}

#[test]
fn a_slow_reader_does_not_hold_up_the_end() {
    let place = Installation::new();
    let config = place.path("grace.toml");
    std::fs::write(&config, "[server]\nshutdown_grace_s = 1\n").unwrap();
    let server = place.start_with(&["--config", config.to_str().unwrap()]);
    let user = place.user(&server, &place.keys().default);
    let body = "x".repeat(30_000);
    let event = format!(
        r#"{{"action":"a.b","actor":{{"type":"user","id":"x"}},"source":{{"service":"s"}},"raw":{{"format":"f","body":"{body}"}}}}"#
    );
    user.run_with_input(&["send"], &format!("{event}\n").repeat(1_200)).ok();
    // A file of 36 MB whose reader takes the first bytes and then stops reading.
    let mut stream = TcpStream::connect(server.address()).unwrap();
    let key = place.keys().default;
    write!(stream, "GET /api/v1/events/export HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\n\r\n").unwrap();
    stream.read_exact(&mut [0; 1_000]).unwrap();
    server.signal("TERM");
    let (status, _) = server.wait();
    assert!(status.success(), "{status}");
    let log = std::fs::read_to_string(place.path("server.err")).unwrap();
    assert!(log.contains("were cut"), "{log}");
    let mut rest = Vec::new();
    let _ = stream.read_to_end(&mut rest);
    assert!(!rest.ends_with(b"0\r\n\r\n"), "the file was sent to its end");
}
