//! The calls, and the document that describes them.

use super::access::{App, Caller, let_in, let_in_or_outside};
use super::error::{ApiError, ErrorBody};
use super::evaluate::Asking;
use super::quota::QuotaBody;
use super::status;
use crate::driver::Target;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Extension, Path, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router, middleware};
use parasol_protocol::cbor::Malformed;
use parasol_protocol::record::{Refusal, Rule, Verified};
use parasol_protocol::wire::Again;
use parasol_protocol::wire::client::{
    Evaluate, Evaluated, OwnAsk, PassOn, Publish, Published, TagsAsk,
};
use parasol_protocol::wire::peer::{Reply, Request};
use std::time::Duration;
use tower_http::timeout::TimeoutLayer;
use utoipa::OpenApi;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};

/// The routes of a node.
pub fn router(app: App) -> Router {
    let limits = app.limits;
    let inside = Router::new()
        .route("/v1/directory", get(directory))
        .route("/v1/evaluate", post(evaluate))
        .route("/v1/quota", get(quota))
        .route("/v1/sealed", post(sealed))
        .route("/v1/publish", post(publish))
        .route("/v1/records", post(carry_in))
        .route("/v1/tags", post(tags))
        .route("/v1/own", post(own))
        .route("/v1/records/{id}", get(record))
        .route("/v1/store", get(status::store))
        .route_layer(middleware::from_fn_with_state(app.clone(), let_in));
    Router::new()
        .route(
            "/v1/status",
            get(status::status).route_layer(middleware::from_fn_with_state(
                app.clone(),
                let_in_or_outside,
            )),
        )
        .route("/openapi.json", get(|| async { Json(openapi()) }))
        .merge(inside)
        .fallback(|| async {
            ApiError::new(
                StatusCode::NOT_FOUND,
                "no-such-call",
                "there is no such call; see /openapi.json",
            )
        })
        .layer(DefaultBodyLimit::max(limits.request_bytes))
        .layer(TimeoutLayer::with_status_code(
            StatusCode::GATEWAY_TIMEOUT,
            Duration::from_secs(limits.request_seconds.max(1)),
        ))
        .layer(middleware::map_response(harden))
        .with_state(app)
}

/// Nothing that a node says may be kept by a browser or a proxy.
async fn harden(mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    response
}

/// The OpenAPI document of the API.
pub fn openapi() -> utoipa::openapi::OpenApi {
    #[derive(OpenApi)]
    #[openapi(
        info(
            title = "Parasol home node",
            description = "What an organisation's clients ask their node. CBOR bodies are specified in spec/cddl/client.cddl."
        ),
        paths(
            status::status,
            status::store,
            directory,
            evaluate,
            quota,
            sealed,
            publish,
            carry_in,
            tags,
            own,
            record
        ),
        components(schemas(ErrorBody, QuotaBody))
    )]
    struct Document;
    let mut document = Document::openapi();
    let bearer = SecurityScheme::Http(HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build());
    document
        .components
        .get_or_insert_default()
        .add_security_scheme("token", bearer);
    document
}

fn cbor(bytes: Vec<u8>) -> Response {
    ([(header::CONTENT_TYPE, "application/cbor")], bytes).into_response()
}

fn read<T>(
    body: &Bytes,
    decode: impl FnOnce(&[u8]) -> Result<T, Malformed>,
) -> Result<T, ApiError> {
    decode(body).map_err(ApiError::malformed)
}

/// What clients must know of the federation: charter, certificate, and what root keys signed.
#[utoipa::path(get, path = "/v1/directory", security(("token" = [])),
    responses((status = 200, content_type = "application/cbor", body = Vec<u8>), (status = 401, body = ErrorBody)))]
async fn directory(State(app): State<App>) -> Result<Response, ApiError> {
    Ok(cbor(app.driver.directory().await?.encode()))
}

/// Blinded elements, evaluated by as many keyholders as it takes.
#[utoipa::path(post, path = "/v1/evaluate", request_body(content = Vec<u8>, content_type = "application/cbor"), security(("token" = [])),
    responses((status = 200, content_type = "application/cbor", body = Vec<u8>), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody), (status = 429, body = ErrorBody)))]
async fn evaluate(
    State(app): State<App>,
    Extension(Caller(member)): Extension<Caller>,
    body: Bytes,
) -> Result<Response, ApiError> {
    let wanted = read(&body, Evaluate::decode)?;
    let count = u32::try_from(wanted.ask.elements.len()).unwrap_or(u32::MAX);
    let epoch = wanted.ask.epoch;
    let asking = Asking::of(&app, wanted).await?;
    if asking.is_vain() {
        // Nobody is asked, so that nothing is counted.
        return Ok(cbor(asking.gather(&app).await?.0.encode()));
    }
    let charged = app.driver.charge(member, count, app.division()).await?;
    let day = match charged {
        Ok(day) => day,
        Err(again) => return Err(used_up(again)),
    };
    let (evaluated, refused) = asking.gather(&app).await?;
    if refused {
        app.driver.refund(member, count, day).await;
    }
    let again = match evaluated
        .missing
        .iter()
        .any(|(_, why)| why.again().is_some())
    {
        true => {
            let holders = app.driver.holders(epoch).await?;
            let threshold = holders.map_or(app.threshold, |(t, _)| usize::from(t));
            again_after(&evaluated, threshold)
        }
        false => None,
    };
    let mut response = cbor(evaluated.encode());
    if let Some(again) = again {
        let headers = response.headers_mut();
        headers.insert(header::RETRY_AFTER, HeaderValue::from(again.seconds()));
    }
    Ok(response)
}

/// The answer to a member who has used her part of the day.
fn used_up(again: Again) -> ApiError {
    let message = format!(
        "what one member may ask in a day is used up, so that something is left for the others; it can be asked again {again}. Whoever runs the node can allow another number: rates.evaluations_per_member in node.toml"
    );
    ApiError::later("member-quota", message, again.seconds().into())
}

/// When so many keyholders can be asked again that it is enough, if quotas are what is lacking.
pub(super) fn again_after(evaluated: &Evaluated, threshold: usize) -> Option<Again> {
    let refused = evaluated.missing.iter();
    let mut again: Vec<Again> = refused.filter_map(|(_, why)| why.again()).collect();
    again.sort_unstable();
    let lacking = threshold.checked_sub(evaluated.answers.len())?;
    again.get(lacking.checked_sub(1)?).copied()
}

/// What may be asked of the keyholders today: the member's share, the organisation's quota, grants.
#[utoipa::path(get, path = "/v1/quota", security(("token" = [])),
    responses((status = 200, body = QuotaBody), (status = 401, body = ErrorBody)))]
async fn quota(
    State(app): State<App>,
    Extension(Caller(member)): Extension<Caller>,
) -> Result<Json<QuotaBody>, ApiError> {
    let (share, allowance) = app.driver.quota(member, app.division()).await?;
    Ok(Json(QuotaBody::new(&share, &allowance)))
}

/// A sealed question, passed on to another organisation's node; the sealed reply as it comes.
#[utoipa::path(post, path = "/v1/sealed", request_body(content = Vec<u8>, content_type = "application/cbor"), security(("token" = [])),
    responses((status = 200, content_type = "application/octet-stream", body = Vec<u8>), (status = 502, body = ErrorBody)))]
async fn sealed(State(app): State<App>, body: Bytes) -> Result<Response, ApiError> {
    let pass_on = read(&body, PassOn::decode)?;
    let away = |why: &str| {
        let message = format!("that node {why}; another organisation's node can be asked");
        ApiError::new(StatusCode::BAD_GATEWAY, "unreachable", message)
    };
    let reply = match app.driver.locate(pass_on.to).await? {
        Target::Here => app.driver.sealed(pass_on.sealed).await?,
        Target::Peer(peer) => {
            let answer = app
                .net
                .request(peer, Request::Sealed(pass_on.sealed).encode())
                .await;
            let bytes = answer.map_err(|_| away("did not answer"))?;
            Reply::decode(&bytes).map_err(|_| away("did not answer sensibly"))?
        }
        Target::Away => return Err(away("is not connected")),
    };
    match reply {
        Reply::Sealed(bytes) => {
            Ok(([(header::CONTENT_TYPE, "application/octet-stream")], bytes).into_response())
        }
        _ => Err(away("refused the question")),
    }
}

/// Records to be signed, stored and passed on. When this answers, they are on disk.
#[utoipa::path(post, path = "/v1/publish", request_body(content = Vec<u8>, content_type = "application/cbor"), security(("token" = [])),
    responses((status = 200, content_type = "application/cbor", body = Vec<u8>), (status = 507, body = ErrorBody)))]
async fn publish(State(app): State<App>, body: Bytes) -> Result<Response, ApiError> {
    let Publish(wanted) = read(&body, Publish::decode)?;
    Ok(cbor(Published(app.driver.publish(wanted).await?).encode()))
}

/// A record that a root key signed elsewhere, to be stored and passed on. Says whether it was new.
#[utoipa::path(post, path = "/v1/records", request_body(content = Vec<u8>, content_type = "application/cose"), security(("token" = [])),
    responses((status = 200, content_type = "application/json"), (status = 400, body = ErrorBody), (status = 422, body = ErrorBody), (status = 507, body = ErrorBody)))]
async fn carry_in(State(app): State<App>, body: Bytes) -> Result<Response, ApiError> {
    let refused = |why: Refusal| match why.rule {
        // No record by its form: what does not decode is told alike by every call.
        Rule::Encoding => ApiError::malformed(why),
        // The engine keeps it, in memory and for a while, as it keeps what comes early from others.
        Rule::Future => {
            let said = format!(
                "{why}. It waits in this node's memory, and is taken when its day has come; carry it again then if the node was started anew"
            );
            ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, Rule::Future.id(), said)
        }
        rule => ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, rule.id(), why.to_string()),
    };
    let record = Verified::from_bytes(&body, &app.federation).map_err(refused)?;
    if !record.kind().by_root() {
        return Err(refused(Rule::WrongSigner.into()));
    }
    let id = record.id().to_string();
    let new = app.driver.carry_in(record).await?.map_err(refused)?;
    Ok(Json(serde_json::json!({"id": id, "new": new})).into_response())
}

/// The tags of a range of days, for browsing.
#[utoipa::path(post, path = "/v1/tags", request_body(content = Vec<u8>, content_type = "application/cbor"), security(("token" = [])),
    responses((status = 200, content_type = "application/cbor", body = Vec<u8>)))]
async fn tags(State(app): State<App>, body: Bytes) -> Result<Response, ApiError> {
    let ask = read(&body, TagsAsk::decode)?;
    Ok(cbor(app.driver.tags(ask).await?.encode()))
}

/// The organisation's own reports, whole.
#[utoipa::path(post, path = "/v1/own", request_body(content = Vec<u8>, content_type = "application/cbor"), security(("token" = [])),
    responses((status = 200, content_type = "application/cbor", body = Vec<u8>)))]
async fn own(State(app): State<App>, body: Bytes) -> Result<Response, ApiError> {
    let ask = read(&body, OwnAsk::decode)?;
    Ok(cbor(app.driver.own(ask).await?.encode()))
}

/// A record as it lies on the disk, by its id or the first bytes of it.
#[utoipa::path(get, path = "/v1/records/{id}", params(("id" = String, Path, description = "8 to 64 hexadecimal characters")), security(("token" = [])),
    responses((status = 200, content_type = "application/cose", body = Vec<u8>), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody)))]
async fn record(State(app): State<App>, Path(id): Path<String>) -> Result<Response, ApiError> {
    let prefix = hex::decode(&id)
        .ok()
        .filter(|p| (4..=32).contains(&p.len()))
        .ok_or_else(|| {
            ApiError::malformed("an id is 8 to 64 hexadecimal characters, an even number of them")
        })?;
    let mut found = app.driver.record(prefix).await?;
    match (found.pop(), found.pop()) {
        (Some(bytes), None) => {
            Ok(([(header::CONTENT_TYPE, "application/cose")], bytes).into_response())
        }
        (None, _) => {
            let message =
                "this node carries no record with that id: it may have expired or been retracted";
            Err(ApiError::new(
                StatusCode::NOT_FOUND,
                "no-such-record",
                message,
            ))
        }
        (Some(_), Some(_)) => {
            let message = "more than one record begins like that: give more of the id";
            Err(ApiError::new(StatusCode::CONFLICT, "ambiguous", message))
        }
    }
}
