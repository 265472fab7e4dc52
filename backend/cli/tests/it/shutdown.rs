//! How a server ends: nothing under way is cut, nothing stored is lost.

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
    // The server asks for the body once the request is under way: only then is it told to stop.
    let mut answer = BufReader::new(stream.try_clone().unwrap());
    let mut line = String::new();
    answer.read_line(&mut line).unwrap();
    assert!(line.starts_with("HTTP/1.1 100"), "{line}");
    server.signal("TERM");
    // Once no new connection is taken, the server knows of the signal.
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
