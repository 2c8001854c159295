//! Errors as clients see them: a status, a stable word, and a sentence with the next step.

use crate::driver::Unavailable;
use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

/// An answer that is an error.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ApiError {
    status: StatusCode,
    code: &'static str,
    message: String,
    /// In how many seconds to ask again, if that is known.
    retry_after: Option<u64>,
}

/// The body of an error.
#[derive(serde::Serialize, utoipa::ToSchema)]
pub struct ErrorBody {
    error: ErrorDetail,
}

#[derive(serde::Serialize, utoipa::ToSchema)]
struct ErrorDetail {
    /// A stable word for programs.
    code: &'static str,
    /// A sentence for people: what was wrong, and what to do.
    message: String,
    /// In how many seconds to ask again, if that is known; as in the header `Retry-After`.
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after: Option<u64>,
}

impl ApiError {
    pub(super) fn new(status: StatusCode, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            status,
            code,
            message: message.into(),
            retry_after: None,
        }
    }
    /// Too much for now, and when to ask again.
    pub(super) fn later(code: &'static str, message: impl Into<String>, seconds: u64) -> Self {
        Self {
            retry_after: Some(seconds),
            ..Self::new(StatusCode::TOO_MANY_REQUESTS, code, message)
        }
    }
    pub(super) fn malformed(why: impl std::fmt::Display) -> Self {
        let message = format!(
            "the request is not what this call takes: {why}; use a client of the same version"
        );
        Self::new(StatusCode::BAD_REQUEST, "malformed", message)
    }
}

impl From<Unavailable> for ApiError {
    fn from(why: Unavailable) -> Self {
        let (status, code) = match why {
            Unavailable::Stopping => (StatusCode::SERVICE_UNAVAILABLE, "stopping"),
            Unavailable::Full => (StatusCode::INSUFFICIENT_STORAGE, "disk-full"),
            Unavailable::Store => (StatusCode::SERVICE_UNAVAILABLE, "store"),
        };
        Self::new(status, code, why.to_string())
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let body = ErrorBody {
            error: ErrorDetail {
                code: self.code,
                message: self.message,
                retry_after: self.retry_after,
            },
        };
        let mut response = (self.status, Json(body)).into_response();
        if let Some(seconds) = self.retry_after {
            let headers = response.headers_mut();
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}
