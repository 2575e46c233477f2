//! The people list, and what one needs to begin a conversation with someone.

use axum::extract::State;
use undertone_wire::account::{PeopleQuery, PeopleResponse, Person, PersonDetails};
use undertone_wire::error::ErrorResponse;
use undertone_wire::guest::UserKind;
use undertone_wire::limits::{PEOPLE_PAGE_MAX, USER_NAME_CHARS_MAX};
use undertone_wire::{ErrorCode, UserId};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::auth::AuthedDevice;
use crate::error::{ApiError, Json, Path, Query};
use crate::state::AppState;
use crate::store::account::{PeoplePage, fold_name};

/// Longest searched text, in bytes: a name in the widest encoding.
const QUERY_BYTES_MAX: usize = USER_NAME_CHARS_MAX * 4;

pub(crate) fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(show))
}

/// Accounts by name, for accounts.
#[utoipa::path(
    get, path = "/api/v1/people", tag = "people",
    params(
        ("query" = Option<String>, Query, description = "only names that contain this, without regard to capitals"),
        ("after" = Option<String>, Query, description = "only names that sort after this: the last of the page before"),
        ("limit" = Option<u32>, Query, description = "at most so many"),
    ),
    responses((status = 200, body = PeopleResponse), (status = "default", body = ErrorResponse)),
)]
#[tracing::instrument(name = "handler.people.list", skip_all)]
async fn list(
    State(state): State<AppState>,
    caller: AuthedDevice,
    Query(query): Query<PeopleQuery>,
) -> Result<Json<PeopleResponse>, ApiError> {
    if caller.kind == UserKind::Guest {
        return Err(ApiError::of(ErrorCode::Forbidden));
    }
    let limit = query.limit.unwrap_or(PEOPLE_PAGE_MAX).clamp(1, PEOPLE_PAGE_MAX);
    let folded = |text: Option<String>| match text {
        Some(text) if text.len() > QUERY_BYTES_MAX => Err(ApiError::of(ErrorCode::BadRequest)),
        // PostgreSQL takes no NUL in a text.
        Some(text) if text.contains('\0') => Err(ApiError::of(ErrorCode::BadRequest)),
        Some(text) => Ok(fold_name(text.trim())),
        None => Ok(String::new()),
    };
    // One more than asked for tells whether there is more.
    let page = PeoplePage {
        query: folded(query.query)?,
        after: folded(query.after)?,
        limit: limit + 1,
    };
    let mut people: Vec<Person> = state
        .store
        .people(page)
        .await?
        .into_iter()
        .map(|(user, name)| Person { user, name })
        .collect();
    let size = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = people.len() > size;
    people.truncate(size);
    Ok(Json(PeopleResponse { people, more }))
}

/// Somebody's identity key and devices. Guests are shown to themselves alone.
#[utoipa::path(
    get, path = "/api/v1/people/{user}", tag = "people",
    params(("user" = String, Path, description = "whose")),
    responses((status = 200, body = PersonDetails), (status = "default", body = ErrorResponse)),
)]
#[tracing::instrument(name = "handler.people.show", skip_all)]
async fn show(
    State(state): State<AppState>,
    caller: AuthedDevice,
    Path(user): Path<UserId>,
) -> Result<Json<PersonDetails>, ApiError> {
    let person = state
        .store
        .person(user)
        .await?
        .filter(|person| person.kind == UserKind::Account || user == caller.user)
        .ok_or_else(|| ApiError::of(ErrorCode::NotFound))?;
    let (name, identity_key) = (person.name, person.identity_key.into());
    Ok(Json(PersonDetails {
        user,
        name,
        identity_key,
        devices: person.devices,
    }))
}
