//! Owns the problems of downloading the file of an export.

use auditlog_core::store::ExportStatus;

use crate::{
    problem::{Code, Problem},
    use_cases::ExportFileRefusal,
};

impl From<ExportFileRefusal> for Problem {
    fn from(refusal: ExportFileRefusal) -> Self {
        match refusal {
            ExportFileRefusal::NotFound(error) => error.into(),
            ExportFileRefusal::NotOwner => {
                let detail = "the export belongs to another owner, and only its owner may download its file";
                Self::new(Code::PermissionDenied, detail)
            }
            ExportFileRefusal::NotReady(status) => Self::new(Code::ExportNotReady, why_not_ready(&status)),
            ExportFileRefusal::Damaged => {
                Self::new(Code::DataDamaged, "the file is missing or was altered; create a new export")
            }
            ExportFileRefusal::File(error) => error.into(),
            ExportFileRefusal::Failed => Self::new(Code::InternalError, "the file could not be opened"),
        }
    }
}

fn why_not_ready(status: &ExportStatus) -> String {
    match status {
        ExportStatus::Pending => "the file is being made; poll the export's progress".to_owned(),
        ExportStatus::Cancelled { .. } => "the export was cancelled and has no file".to_owned(),
        ExportStatus::Failed { detail, .. } => format!("the export failed and has no file: {detail}"),
        ExportStatus::Completed { .. } => "the file cannot be read now; retry it".to_owned(),
    }
}
