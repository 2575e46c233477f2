//! Key packages: a device stocks them, others take one each.

use axum::extract::State;
use std::panic::{AssertUnwindSafe, catch_unwind};
use undertone_mls::{KeyPackageInfo, inspect_key_package, verify_certificate};
use undertone_wire::device::DeviceCertificateBody;
use undertone_wire::error::ErrorResponse;
use undertone_wire::guest::UserKind;
use undertone_wire::key_package::{ClaimKeyPackagesResponse, KeyPackageStock, UploadKeyPackagesRequest};
use undertone_wire::limits::{KEY_PACKAGE_BYTES_MAX, KEY_PACKAGES_PER_UPLOAD_MAX};
use undertone_wire::{Bytes, ErrorCode, Timestamp, UserId};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::auth::AuthedDevice;
use crate::delivery::is_same_device;
use crate::error::{ApiError, Json, Path};
use crate::rate_limit::Class;
use crate::state::AppState;
use crate::store::key_package::{Claimer, NewKeyPackage, NewStock};

pub(crate) fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(upload, stock))
        .routes(routes!(claim))
}

/// Adds to the device's stock. Packages that the server has had before are passed over.
#[utoipa::path(
    post, path = "/api/v1/key-packages", tag = "key package",
    request_body = UploadKeyPackagesRequest,
    responses((status = 200, body = KeyPackageStock), (status = "default", body = ErrorResponse)),
)]
#[tracing::instrument(name = "handler.key_package.upload", skip_all)]
async fn upload(
    State(state): State<AppState>,
    caller: AuthedDevice,
    Json(request): Json<UploadKeyPackagesRequest>,
) -> Result<Json<KeyPackageStock>, ApiError> {
    let all = request.key_packages.iter().chain(&request.last_resort);
    if request.key_packages.len() > KEY_PACKAGES_PER_UPLOAD_MAX
        || all.clone().any(|package| package.len() > KEY_PACKAGE_BYTES_MAX)
    {
        return Err(ApiError::of(ErrorCode::TooLarge));
    }
    let certificate = registered_certificate(&state, &caller).await?;
    let now = state.clock.now();
    let checking = tokio::task::spawn_blocking(move || check(request, &certificate, now));
    let (single_use, last_resort) = checking.await.map_err(ApiError::internal)??;
    let new = NewStock {
        device: caller.device,
        single_use,
        last_resort,
    };
    let stock = state.store.add_key_packages(new).await?;
    stock
        .map(Json)
        .map_err(|_| ApiError::new(ErrorCode::LimitReached, "There are key packages enough."))
}

/// What the server holds of the device.
#[utoipa::path(
    get, path = "/api/v1/key-packages", tag = "key package",
    responses((status = 200, body = KeyPackageStock), (status = "default", body = ErrorResponse)),
)]
#[tracing::instrument(name = "handler.key_package.stock", skip_all)]
async fn stock(
    State(state): State<AppState>,
    caller: AuthedDevice,
) -> Result<Json<KeyPackageStock>, ApiError> {
    Ok(Json(state.store.key_package_stock(caller.device).await?))
}

/// Takes one package of each device of somebody, the own other devices included. The answer says
/// nothing about who is online.
#[utoipa::path(
    post, path = "/api/v1/people/{user}/key-packages", tag = "key package",
    params(("user" = String, Path, description = "whose")),
    responses((status = 200, body = ClaimKeyPackagesResponse), (status = "default", body = ErrorResponse)),
)]
#[tracing::instrument(name = "handler.key_package.claim", skip_all)]
async fn claim(
    State(state): State<AppState>,
    caller: AuthedDevice,
    Path(target): Path<UserId>,
) -> Result<Json<ClaimKeyPackagesResponse>, ApiError> {
    let who = [caller.user.as_bytes().as_slice(), target.as_bytes().as_slice()].concat();
    state.limits.check(Class::ClaimKeyPackages, &who)?;
    let person = state.store.person(target).await?;
    match person.map(|person| person.kind) {
        // Guests come into rooms by themselves, and begin nothing with others.
        Some(UserKind::Account) if caller.kind == UserKind::Guest => {
            return Err(ApiError::of(ErrorCode::Forbidden));
        }
        Some(UserKind::Account) => {}
        Some(UserKind::Guest) if target == caller.user => {}
        Some(UserKind::Guest) | None => return Err(ApiError::of(ErrorCode::NotFound)),
    }
    let claimer = Claimer {
        device: caller.device,
        target,
        now: state.clock.now(),
    };
    let key_packages = state.store.claim_key_packages(claimer).await?;
    Ok(Json(ClaimKeyPackagesResponse { key_packages }))
}

/// What the server has registered of the calling device.
pub(super) async fn registered_certificate(
    state: &AppState,
    caller: &AuthedDevice,
) -> Result<DeviceCertificateBody, ApiError> {
    let person = state.store.person(caller.user).await?;
    let device = person.and_then(|person| person.devices.into_iter().find(|one| one.device == caller.device));
    let certificate = device
        .ok_or_else(|| ApiError::of(ErrorCode::SessionRevoked))?
        .certificate;
    verify_certificate(certificate.as_slice()).map_err(ApiError::internal)
}

type Checked = (Vec<NewKeyPackage>, Option<NewKeyPackage>);

/// Checks each package; one bad one refuses all. Bytes from outside may make a parser panic.
fn check(
    request: UploadKeyPackagesRequest,
    certificate: &DeviceCertificateBody,
    now: Timestamp,
) -> Result<Checked, ApiError> {
    let checked = catch_unwind(AssertUnwindSafe(|| {
        let check = |package: Bytes, last_resort| check_one(package, last_resort, certificate, now);
        let single_use = request
            .key_packages
            .into_iter()
            .map(|package| check(package, false));
        let single_use = single_use.collect::<Option<Vec<_>>>()?;
        let last_resort = match request.last_resort {
            Some(package) => Some(check(package, true)?),
            None => None,
        };
        Some((single_use, last_resort))
    }));
    checked
        .ok()
        .flatten()
        .ok_or_else(|| ApiError::of(ErrorCode::KeyPackageInvalid))
}

/// Checks one package of the device with this certificate.
pub(super) fn check_one(
    key_package: Bytes,
    last_resort: bool,
    registered: &DeviceCertificateBody,
    now: Timestamp,
) -> Option<NewKeyPackage> {
    let info: KeyPackageInfo = inspect_key_package(key_package.as_slice(), now).ok()?;
    let fits = info.last_resort == last_resort && is_same_device(&info.certificate, registered);
    fits.then_some(NewKeyPackage {
        reference: info.reference,
        expires_at: info.expires_at,
        key_package,
    })
}
