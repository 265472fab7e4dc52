//! A bad network: connections through it end in the middle of an answer.

use std::{
    collections::VecDeque,
    io::{Read, Write},
    net::{Shutdown, TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
        mpsc::{Receiver, Sender, channel},
    },
    thread,
};

/// Forwards the traffic between clients and a server, and cuts connections.
pub(crate) struct Proxy {
    pub(crate) url: String,
    line: Arc<Line>,
}

/// A connection that has reached its limit. It hangs until this value is dropped, and is cut then.
pub(crate) struct Cut {
    _release: Sender<()>,
}

struct Line {
    server: String,
    /// After how many bytes of answers each of the next connections ends; later ones are not cut.
    ends: Mutex<VecDeque<u64>>,
    passed: AtomicU64,
    cuts: Sender<Cut>,
}

impl Proxy {
    /// A proxy in front of this `host:port`. The first connection with this many bytes of answers is cut there, then
    /// the first one that reaches the next number, and so on.
    pub(crate) fn new(server: &str, ends: &[u64]) -> Self {
        Self::holding(server, ends).0
    }

    /// The same, and sends each connection that has reached its limit to a channel.
    pub(crate) fn holding(server: &str, ends: &[u64]) -> (Self, Receiver<Cut>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (sender, cuts) = channel();
        let ends = Mutex::new(ends.iter().copied().collect());
        let line = Arc::new(Line { server: server.to_owned(), ends, passed: AtomicU64::new(0), cuts: sender });
        let shared = Arc::clone(&line);
        thread::spawn(move || {
            for client in listener.incoming() {
                let line = Arc::clone(&shared);
                thread::spawn(move || line.pass(&client.unwrap()));
            }
        });
        (Self { url, line }, cuts)
    }

    /// How many bytes of answers were forwarded.
    pub(crate) fn passed(&self) -> u64 {
        self.line.passed.load(Ordering::Relaxed)
    }

    /// How many cuts are left.
    pub(crate) fn cuts_left(&self) -> usize {
        self.line.ends.lock().unwrap().len()
    }
}

impl Line {
    /// An error of either side ends the connection; the peer sees the same.
    fn pass(&self, client: &TcpStream) {
        let Ok(server) = TcpStream::connect(&self.server) else { return };
        let (mut from_client, mut to_server) = (client.try_clone().unwrap(), server.try_clone().unwrap());
        let questions = thread::spawn(move || {
            let _ = std::io::copy(&mut from_client, &mut to_server);
            let _ = to_server.shutdown(Shutdown::Both);
        });
        self.pass_answers(&server, client);
        let _ = client.shutdown(Shutdown::Both);
        let _ = server.shutdown(Shutdown::Both);
        questions.join().unwrap();
    }

    fn pass_answers(&self, mut server: &TcpStream, mut client: &TcpStream) {
        let mut passed = 0;
        let mut buffer = [0; 4_096];
        while let Ok(count @ 1..) = server.read(&mut buffer) {
            let mut ends = self.ends.lock().unwrap();
            let left = ends.front().map_or(u64::MAX, |end| end.saturating_sub(passed));
            let is_end = left <= count as u64;
            let count = if is_end { ends.pop_front().map_or(count, |_| usize::try_from(left).unwrap()) } else { count };
            drop(ends);
            if client.write_all(&buffer[..count]).is_err() {
                return;
            }
            passed += count as u64;
            self.passed.fetch_add(count as u64, Ordering::Relaxed);
            if is_end {
                let (release, released) = channel();
                // Without a receiver the connection is dropped at once and cut.
                let _ = self.cuts.send(Cut { _release: release });
                let _ = released.recv();
                return;
            }
        }
    }
}
