//! Owns the admission of control data changes: it waits for the author's turn, then checks that the author may still
//! make the change. A revoked key cannot make changes that were still waiting.

use auditlog_core::id::ApiKeyId;

use crate::{
    app::App,
    auth::authenticate::{check_address, check_holder},
    limits::{ControlTurn, Purpose},
    problem::{Code, Problem},
    use_cases::Author,
};

/// Waits for the author's turn to change control data.
pub(crate) async fn take_turn(app: &App, author: &Author, purpose: Purpose) -> Result<ControlTurn, Problem> {
    let unknown = || Problem::new(Code::InvalidCredentials, "there is no such API key");
    let (id, origin) = author.key().ok_or_else(unknown)?;
    let id = ApiKeyId::parse(id).ok_or_else(unknown)?;
    let scope = check_holder(&id, app)?.scope;
    let turn = app.control_turn(&scope, purpose).await?;
    check_address(&check_holder(&id, app)?, origin.ip)?;
    Ok(turn)
}
