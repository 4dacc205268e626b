//! Whether one more file fits. Pure.

use crate::file::{FILES_PER_RECORD_MAX, POSITION_MAX};
use domain::{Code, Problem};

/// What is there already.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Holding {
    /// Files of the record.
    pub(crate) files: i64,
    /// The place of the last of them.
    pub(crate) last: i64,
    /// Bytes of the principal, with those that are to come.
    pub(crate) used: i64,
    /// Bytes that the principal may have.
    pub(crate) quota: i64,
}

/// What is to come.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Demand {
    /// With thumbnails.
    pub(crate) bytes: i64,
}

/// The place of the new file.
pub(crate) fn plan(holding: Holding, demand: Demand) -> Result<i64, Problem> {
    let Holding { files, last, used, quota } = holding;
    if files >= FILES_PER_RECORD_MAX {
        let detail =
            format!("it has {files} files already, and takes {FILES_PER_RECORD_MAX}: remove one first");
        return Err(Problem::new(Code::LimitExceeded, detail));
    }
    if used > quota {
        let before = used - demand.bytes;
        let detail = format!(
            "you have attached files of {before} bytes, and with the {} bytes of this one it would be more than \
             your {quota}: remove some, or ask the operator for more (`files.quota_mib`)",
            demand.bytes
        );
        return Err(Problem::new(Code::LimitExceeded, detail));
    }
    Ok((last + 1).min(POSITION_MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_more_file_fits_up_to_the_limits_and_not_beyond() {
        let (most, quota) = (FILES_PER_RECORD_MAX, 1_000);
        let rows = [
            ((0, 0, 100), Ok(1)),
            ((3, 7, 100), Ok(8)),
            ((most - 1, 25, 1_000), Ok(26)),
            ((5, POSITION_MAX, 100), Ok(POSITION_MAX)),
            ((most, 20, 100), Err("it has 20 files already")),
            ((0, 0, 1_001), Err("you have attached files of 901 bytes")),
        ];
        for ((files, last, used), expected) in rows {
            let holding = Holding { files, last, used, quota };
            match (plan(holding, Demand { bytes: 100 }), expected) {
                (Ok(place), expected) => assert_eq!(Ok(place), expected),
                (Err(problem), expected) => {
                    assert_eq!(problem.code, Code::LimitExceeded);
                    assert!(problem.detail.starts_with(expected.unwrap_err()), "{problem}");
                }
            }
        }
    }
}
