//! Whether somebody is somebody else: who may agree to a command, or refuse it.

use domain::{Code, PrincipalId, Problem};

/// Who asked, and who wants to decide.
#[derive(Clone, Copy, Debug)]
pub(super) struct Two {
    /// Who asked: a user, or a machine.
    pub(super) asked_by: PrincipalId,
    /// Who made the machine that asked; `None` for a user.
    pub(super) machine_of: Option<PrincipalId>,
    /// Who wants to decide.
    pub(super) decides: PrincipalId,
    /// Whether that is a person.
    pub(super) is_person: bool,
    /// Whoever else has set their password.
    pub(super) password_by: Option<PrincipalId>,
}

impl Two {
    /// Refuses whoever is nobody else.
    pub(super) fn check(&self) -> Result<(), Problem> {
        let refuse = |detail: &'static str| Err(Problem::new(Code::ApprovalNotOwn, detail));
        if !self.is_person {
            return refuse("a second person is a person: no machine can agree");
        }
        if self.decides == self.asked_by {
            return refuse("you have asked for this yourself, so somebody else has to agree");
        }
        if self.machine_of == Some(self.decides) {
            return refuse(
                "a key of a machine that you have made asked for this, so somebody else has to agree",
            );
        }
        if self.password_by == Some(self.asked_by) {
            return refuse("whoever asked for this has set your password: set one of your own first");
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_somebody_else_decides() {
        const ANN: PrincipalId = PrincipalId(101);
        const BOB: PrincipalId = PrincipalId(102);
        const MACHINE: PrincipalId = PrincipalId(103);
        for (asked_by, machine_of, decides, is_person, password_by, fine) in [
            (ANN, None, BOB, true, None, true),
            (ANN, None, BOB, true, Some(PrincipalId(1)), true),
            (ANN, None, ANN, true, None, false),
            (ANN, None, MACHINE, false, None, false),
            (ANN, None, BOB, false, None, false),
            (ANN, None, BOB, true, Some(ANN), false),
            (MACHINE, Some(ANN), BOB, true, None, true),
            (MACHINE, Some(ANN), ANN, true, None, false),
            (MACHINE, Some(ANN), BOB, true, Some(ANN), true),
        ] {
            let two = Two { asked_by, machine_of, decides, is_person, password_by };
            let done = two.check();
            assert_eq!(done.is_ok(), fine, "{two:?}");
            assert!(done.is_ok() || done.unwrap_err().code == Code::ApprovalNotOwn);
        }
    }
}
