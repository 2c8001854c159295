//! Who is let in, and how often.

use super::error::ApiError;
use crate::config::{Limits, NodeConfig, Rates};
use crate::driver::DriverHandle;
use crate::keys::Tokens;
use crate::net::NetHandle;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;
use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use parasol_protocol::engine::{Division, Member};
use parasol_protocol::ids::{FederationId, OrganisationKey};
use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::Semaphore;

/// Requests of one token that are worked on at once; more wait, and take nobody else's places. A
/// client of this version asks no more than that side by side.
const PLACES_OF_ONE: usize = 8;

/// Whose token a request has shown.
#[derive(Clone, Copy)]
pub(super) struct Caller(pub Member);

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
    each: Option<u32>,
    tokens: Arc<Tokens>,
    rate: Arc<DefaultKeyedRateLimiter<String>>,
    places: Arc<Semaphore>,
    pub(super) slow: Arc<super::slow::Slow>,
    /// By profile. There are as many as the node has tokens.
    of_one: Arc<Mutex<BTreeMap<String, Arc<Semaphore>>>>,
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
            each: config.rates.evaluations_per_member,
            tokens: Arc::new(tokens),
            rate: Arc::new(RateLimiter::keyed(quota(&config.rates))),
            slow: Arc::default(),
            places: Arc::new(Semaphore::new(config.limits.requests_at_once.max(1))),
            of_one: Arc::default(),
        }
    }

    /// The way to the driver.
    #[cfg(test)]
    pub(crate) const fn driver(&self) -> &DriverHandle {
        &self.driver
    }

    /// How the day is divided among the members.
    pub(super) fn division(&self) -> Division {
        Division {
            members: self.tokens.len(),
            each: self.each,
        }
    }

    fn places_of(&self, profile: &str) -> Arc<Semaphore> {
        // Nothing that holds this lock can leave it half-changed.
        let mut all = self.of_one.lock().unwrap_or_else(PoisonError::into_inner);
        let places = all
            .entry(profile.to_owned())
            .or_insert_with(|| Arc::new(Semaphore::new(PLACES_OF_ONE)));
        Arc::clone(places)
    }
}

fn quota(rates: &Rates) -> Quota {
    let at_least_one = |n: u32| NonZeroU32::new(n).unwrap_or(NonZeroU32::MIN);
    Quota::per_minute(at_least_one(rates.requests_per_minute))
        .allow_burst(at_least_one(rates.burst))
}

/// The profile whose token a request shows.
fn profile_of<'a>(app: &'a App, headers: &HeaderMap) -> Result<(&'a str, Member), ApiError> {
    let shown = headers
        .get(header::AUTHORIZATION)
        .and_then(|v| v.to_str().ok());
    let profile = shown
        .and_then(|v| v.strip_prefix("Bearer "))
        .and_then(|token| Some((app.tokens.profile_of(token)?, Tokens::member(token))));
    let Some(profile) = profile else {
        let message = "this node does not know your token: check that your profile belongs to this node, or ask for a new one";
        return Err(ApiError::new(StatusCode::UNAUTHORIZED, "token", message));
    };
    Ok(profile)
}

/// Lets a request with a known token through, not too many a minute and not too many at once.
pub(super) async fn let_in(
    State(app): State<App>,
    mut request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    let (profile, member) = profile_of(&app, request.headers())?;
    if let Err(not_until) = app.rate.check_key(&profile.to_owned()) {
        let seconds = not_until
            .wait_time_from(DefaultClock::default().now())
            .as_secs()
            + 1;
        let message = format!("too many requests: wait {seconds} seconds and go on");
        return Err(ApiError::later("rate", message, seconds));
    }
    let stopping = |_| ApiError::from(crate::driver::Unavailable::Stopping);
    let own = app.places_of(profile);
    let _own = own.acquire().await.map_err(stopping)?;
    let _place = app.places.acquire().await.map_err(stopping)?;
    request.extensions_mut().insert(Caller(member));
    Ok(next.run(request).await)
}

/// As [`let_in`], but whoever shows no token stays outside instead of being sent away.
pub(super) async fn let_in_or_outside(
    app: State<App>,
    request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    if request.headers().contains_key(header::AUTHORIZATION) {
        let_in(app, request, next).await
    } else {
        Ok(next.run(request).await)
    }
}
