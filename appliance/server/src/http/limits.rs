//! How much one address may ask for: a bucket of tokens each, in a table of bounded size.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// Addresses that are remembered; when more come, those that used nothing lately are forgotten.
const MAX_ADDRESSES: usize = 10_000;

/// A limit on requests a minute from one address.
pub(crate) struct RateLimit {
    per_minute: f64,
    buckets: Mutex<HashMap<IpAddr, Bucket>>,
}

struct Bucket {
    tokens: f64,
    at: Instant,
}

impl RateLimit {
    /// A limit; a full minute's worth may come at once.
    pub(crate) fn new(per_minute: u32) -> Self {
        Self { per_minute: f64::from(per_minute), buckets: Mutex::new(HashMap::new()) }
    }

    /// Takes one request from the bucket of an address, or says how long to wait.
    pub(crate) fn take(&self, address: IpAddr, now: Instant) -> Result<(), Duration> {
        let mut buckets = match self.buckets.lock() {
            Ok(buckets) => buckets,
            Err(poisoned) => poisoned.into_inner(),
        };
        if buckets.len() >= MAX_ADDRESSES && !buckets.contains_key(&address) {
            let minute = Duration::from_secs(60);
            buckets.retain(|_, bucket| now.saturating_duration_since(bucket.at) < minute);
            if buckets.len() >= MAX_ADDRESSES {
                return Err(Duration::from_secs(60));
            }
        }
        let full = self.per_minute;
        let bucket = buckets.entry(address).or_insert(Bucket { tokens: full, at: now });
        let passed = now.saturating_duration_since(bucket.at).as_secs_f64();
        bucket.tokens = (bucket.tokens + passed * full / 60.0).min(full);
        bucket.at = now;
        if bucket.tokens >= 1.0 {
            bucket.tokens -= 1.0;
            return Ok(());
        }
        Err(Duration::from_secs_f64((1.0 - bucket.tokens) * 60.0 / full))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(10, 0, 0, 1));
    const TWO: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(10, 0, 0, 2));

    #[test]
    fn a_minutes_worth_is_had_and_comes_back_with_time() {
        let limit = RateLimit::new(60);
        let start = Instant::now();
        for _ in 0..60 {
            assert_eq!(limit.take(ONE, start), Ok(()));
        }
        let wait = limit.take(ONE, start).unwrap_err();
        assert!(wait <= Duration::from_secs(1), "{wait:?}");
        assert_eq!(limit.take(TWO, start), Ok(()), "another address is not concerned");
        assert_eq!(limit.take(ONE, start + Duration::from_secs(1)), Ok(()));
        assert!(limit.take(ONE, start + Duration::from_secs(1)).is_err());
    }

    #[test]
    fn the_table_does_not_grow_without_bound() {
        let limit = RateLimit::new(60);
        let start = Instant::now();
        for n in 0..u32::try_from(MAX_ADDRESSES).unwrap() {
            limit.take(IpAddr::from(n.to_be_bytes()), start).unwrap();
        }
        assert!(limit.take(TWO, start).is_err());
        assert_eq!(limit.take(TWO, start + Duration::from_secs(61)), Ok(()));
        assert_eq!(limit.buckets.lock().unwrap().len(), 1);
    }
}
