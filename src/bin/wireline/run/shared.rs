//! What all transfers of a run share: settings, the client, where output goes, what was made for its groups.

use crate::exit::Failed;
use crate::persona::Persona;
use crate::plan::Whole;
use crate::show::Shown;
use crate::show::out::Out;

use super::made::Made;
use super::{client, outputs};

/// What all transfers of a run share.
pub struct Run {
    pub whole: Whole,
    pub persona: Persona,
    pub client: wireline::Client,
    pub outputs: outputs::Outputs,
    pub shown: Shown,
    /// What the groups have in common.
    pub made: Made,
}

impl Run {
    pub fn new(whole: Whole, persona: Persona) -> Result<Run, Failed> {
        let (client, outputs) = (client::client()?, outputs::Outputs::of(&whole));
        let messages = outputs.messages.clone();
        let terminal = messages.is_terminal();
        let shown = Shown::open(&whole, Out::new(messages, terminal))?;
        Ok(Run { whole, persona, client, outputs, shown, made: Made::new() })
    }

    /// An error, unless nobody wants to hear it.
    pub fn tell(&self, failed: &Failed) {
        if !self.whole.silent || self.whole.show_error {
            let Failed { code, message, .. } = failed;
            self.outputs.messages.line(&format!("{}: ({code}) {message}", self.persona.name));
        }
    }

    /// A warning, unless nobody wants to hear it.
    pub fn warn(&self, text: &str) {
        if !self.whole.silent {
            self.outputs.messages.line(&format!("Warning: {text}"));
        }
    }
}
