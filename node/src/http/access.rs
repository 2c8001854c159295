//! Who is let in, and how often.

use super::error::ApiError;
use crate::config::{Limits, NodeConfig, Rates};
use crate::driver::DriverHandle;
use crate::keys::Tokens;
use crate::net::NetHandle;
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;
use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use parasol_protocol::ids::{FederationId, OrganisationKey};
use std::num::NonZeroU32;
use std::sync::Arc;
use tokio::sync::Semaphore;

/// What every call has at hand.
#[derive(Clone)]
pub struct App {
    pub(super) driver: DriverHandle,
    pub(super) net: NetHandle,
    pub(super) name: Arc<str>,
    pub(super) dir: Arc<std::path::Path>,
    pub(super) federation: FederationId,
    pub(super) organisation: OrganisationKey,
    pub(super) threshold: usize,
    pub(super) limits: Limits,
    tokens: Arc<Tokens>,
    rate: Arc<DefaultKeyedRateLimiter<String>>,
    places: Arc<Semaphore>,
}

impl App {
    /// The API of a node.
    pub fn new(
        config: &NodeConfig,
        identity: (FederationId, OrganisationKey, u16),
        tokens: Tokens,
        driver: DriverHandle,
        net: NetHandle,
    ) -> Self {
        let (federation, organisation, threshold) = identity;
        Self {
            driver,
            net,
            name: config.name.as_str().into(),
            dir: config.dir.as_path().into(),
            federation,
            organisation,
            threshold: usize::from(threshold),
            limits: config.limits,
            tokens: Arc::new(tokens),
            rate: Arc::new(RateLimiter::keyed(quota(&config.rates))),
            places: Arc::new(Semaphore::new(config.limits.requests_at_once.max(1))),
        }
    }
}

fn quota(rates: &Rates) -> Quota {
    let at_least_one = |n: u32| NonZeroU32::new(n).unwrap_or(NonZeroU32::MIN);
    Quota::per_minute(at_least_one(rates.requests_per_minute)).allow_burst(at_least_one(rates.burst))
}

/// Lets a request with a known token through, not too many a minute and not too many at once.
pub(super) async fn let_in(State(app): State<App>, request: Request, next: Next) -> Result<Response, ApiError> {
    let shown = request.headers().get(header::AUTHORIZATION).and_then(|v| v.to_str().ok());
    let profile = shown.and_then(|v| v.strip_prefix("Bearer ")).and_then(|token| app.tokens.profile_of(token));
    let Some(profile) = profile else {
        let message = "this node does not know your token: check that your profile belongs to this node, or ask for a new one";
        return Err(ApiError::new(StatusCode::UNAUTHORIZED, "token", message));
    };
    if let Err(not_until) = app.rate.check_key(&profile.to_owned()) {
        let seconds = not_until.wait_time_from(DefaultClock::default().now()).as_secs() + 1;
        let message = format!("too many requests: wait {seconds} seconds and go on");
        return Err(ApiError::new(StatusCode::TOO_MANY_REQUESTS, "rate", message));
    }
    let Ok(_place) = app.places.acquire().await else {
        return Err(crate::driver::Unavailable::Stopping.into());
    };
    Ok(next.run(request).await)
}
