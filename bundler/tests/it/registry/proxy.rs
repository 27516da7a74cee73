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
    trip: Trip,
}

impl Proxy {
    /// In front of a port of this machine. Its threads end with the process.
    pub(crate) fn before(target: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let proxy = Self { port, received: Arc::default(), trip: Arc::default() };
        let own = proxy.clone();
        std::thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let Ok(server) = TcpStream::connect(("127.0.0.1", target)) else { continue };
                let (up, down) = (client.try_clone().unwrap(), server.try_clone().unwrap());
                let counter = own.clone();
                std::thread::spawn(move || pass(up, server, |_| ()));
                std::thread::spawn(move || pass(down, client, |count| counter.count(count)));
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

    fn count(&self, count: u64) {
        let now = self.received.fetch_add(count, Ordering::SeqCst) + count;
        let mut trip = self.trip.lock().unwrap();
        if trip.as_ref().is_some_and(|(at, _)| now >= *at)
            && let Some((_, action)) = trip.take()
        {
            action();
        }
    }
}

fn pass(mut from: TcpStream, mut to: TcpStream, count: impl Fn(u64)) {
    let mut buffer = [0; 16 << 10];
    while let Ok(bytes @ 1..) = from.read(&mut buffer) {
        if to.write_all(&buffer[..bytes]).is_err() {
            break;
        }
        count(bytes as u64);
    }
    let _ = to.shutdown(Shutdown::Both);
    let _ = from.shutdown(Shutdown::Both);
}
