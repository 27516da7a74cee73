//! A TCP proxy that counts what the client gets, and does something at a certain byte.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

type Trip = Arc<Mutex<Option<(u64, Box<dyn FnOnce() + Send>)>>>;

#[derive(Clone)]
pub(crate) struct Proxy {
    pub(crate) port: u16,
    received: Arc<AtomicU64>,
    /// Counts what happened; a connection from before is dead afterwards, whatever is still in its buffers.
    age: Arc<AtomicU64>,
    trip: Trip,
}

impl Proxy {
    /// In front of a port of this machine. Its threads end with the process.
    pub(crate) fn before(target: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let proxy =
            Self { port, received: Arc::default(), age: Arc::default(), trip: Arc::default() };
        let own = proxy.clone();
        std::thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let Ok(server) = TcpStream::connect(("127.0.0.1", target)) else { continue };
                let (up, down) = (client.try_clone().unwrap(), server.try_clone().unwrap());
                let counter = own.clone();
                let born = own.age.load(Ordering::SeqCst);
                std::thread::spawn(move || pass(up, server, |_| true));
                std::thread::spawn(move || {
                    pass(down, client, |bytes| counter.count(bytes, born));
                });
            }
        });
        proxy
    }

    /// Bytes that clients got, TLS included.
    pub(crate) fn received(&self) -> u64 {
        self.received.load(Ordering::SeqCst)
    }

    /// Does something once so many more bytes went through.
    pub(crate) fn after(&self, bytes: u64, action: impl FnOnce() + Send + 'static) {
        *self.trip.lock().unwrap() = Some((self.received() + bytes, Box::new(action)));
    }

    /// Whether a connection that is so old goes on.
    fn count(&self, bytes: u64, born: u64) -> bool {
        if self.age.load(Ordering::SeqCst) != born {
            return false;
        }
        let now = self.received.fetch_add(bytes, Ordering::SeqCst) + bytes;
        let mut trip = self.trip.lock().unwrap();
        if trip.as_ref().is_some_and(|(at, _)| now >= *at)
            && let Some((_, action)) = trip.take()
        {
            self.age.fetch_add(1, Ordering::SeqCst);
            action();
        }
        true
    }
}

/// `goes_on` is asked before bytes are passed.
fn pass(mut from: TcpStream, mut to: TcpStream, goes_on: impl Fn(u64) -> bool) {
    let mut buffer = [0; 16 << 10];
    while let Ok(bytes @ 1..) = from.read(&mut buffer) {
        if !goes_on(bytes as u64) || to.write_all(&buffer[..bytes]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Both);
    let _ = from.shutdown(Shutdown::Both);
}
