//! The response cases of `tests/data/conformance.json` and our verdict on each. In: what a reader made of the bytes. Out:
//! whether that is the verdict. Knows no reader: the same cases are put to the bare grammar and to whole clients.

use std::collections::{BTreeMap, HashMap};

use serde::Deserialize;

/// How many cases there are: a case that is lost from the file must be noticed.
pub const CASES: usize = 177;
/// How many of them good clients decide differently, so that we had to.
pub const DECISIONS: usize = 40;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    Accepted {
        status: u16,
        /// Names and values in order, as received.
        fields: Vec<(String, Vec<u8>)>,
        body: Vec<u8>,
        /// Complete while the connection was still open.
        self_delimited: bool,
    },
    /// With what was wrong, for the reader of a failure.
    Rejected(String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Ending {
    Close,
    Open,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expected {
    Accept,
    Reject,
    Either,
}

pub struct Case {
    pub id: String,
    pub method: String,
    pub response: Vec<u8>,
    pub ending: Ending,
    pub expected: Expected,
    status: u16,
    /// What may be shown as the content; nothing here if anything will do.
    bodies: Vec<Vec<u8>>,
    headers: BTreeMap<String, String>,
    absent: Vec<String>,
    self_delimited: bool,
    /// The section or the decision behind the verdict.
    why: String,
}

#[derive(Deserialize)]
struct Row {
    id: String,
    method: String,
    response: String,
    end: Ending,
    accept: Option<bool>,
    level: String,
    rfc: String,
    status: Option<u16>,
    body: Option<String>,
    #[serde(default)]
    bodies: Vec<String>,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    #[serde(default)]
    absent: Vec<String>,
    #[serde(default)]
    selfdelimited: bool,
}

#[derive(Deserialize)]
struct Decision {
    id: String,
    verdict: String,
    reason: String,
    body: Option<String>,
}

/// All cases, each with its verdict.
pub fn cases() -> Vec<Case> {
    let rows: Vec<Row> = serde_json::from_str(include_str!("../data/conformance.json"))
        .expect("conformance.json is well-formed");
    let decisions: Vec<Decision> = serde_json::from_str(include_str!("../data/decisions.json"))
        .expect("decisions.json is well-formed");
    assert_eq!((rows.len(), decisions.len()), (CASES, DECISIONS));
    let mut decisions: HashMap<String, Decision> =
        decisions.into_iter().map(|decision| (decision.id.clone(), decision)).collect();
    let cases = rows
        .into_iter()
        .map(|row| {
            let decision = decisions.remove(&row.id);
            assert_eq!(decision.is_some(), row.level == "differs", "{}", row.id);
            Case::new(row, decision)
        })
        .collect();
    assert!(decisions.is_empty(), "decisions without a case");
    cases
}

impl Case {
    fn new(row: Row, decision: Option<Decision>) -> Case {
        let response = latin1(&row.response);
        let mut bodies: Vec<Vec<u8>> =
            row.bodies.iter().chain(&row.body).map(|b| latin1(b)).collect();
        let (mut expected, why) = match (&decision, row.accept) {
            (Some(decision), _) => {
                let verdict = match decision.verdict.as_str() {
                    "accept" => Expected::Accept,
                    "reject" => Expected::Reject,
                    other => panic!("{}: verdict {other}", row.id),
                };
                bodies.extend(decision.body.as_deref().map(latin1));
                (verdict, decision.reason.clone())
            }
            (None, Some(true)) => (Expected::Accept, row.rfc),
            (None, Some(false)) => (Expected::Reject, row.rfc),
            (None, None) => (Expected::Either, row.rfc),
        };
        // Codings are not undone at the level of framing: the coded bytes are the content.
        let (head, content) = row.response.split_once("\r\n\r\n").unwrap_or_default();
        if head.to_ascii_lowercase().contains("content-encoding:") {
            expected = Expected::Accept;
            bodies = vec![latin1(content)];
        }
        Case {
            id: row.id,
            method: row.method,
            response,
            ending: row.end,
            expected,
            status: row.status.unwrap_or(200),
            bodies,
            headers: row.headers,
            absent: row.absent,
            self_delimited: row.selfdelimited,
            why,
        }
    }

    /// Whether its framing alone ends the message, so that it is complete on a connection that stays open.
    pub fn ends_by_itself(&self) -> bool {
        self.self_delimited
    }

    /// Compares `outcome` with the verdict. The error is made for people.
    pub fn judge(&self, outcome: &Outcome) -> Result<(), String> {
        let complaint = match (self.expected, outcome) {
            (Expected::Reject | Expected::Either, Outcome::Rejected(_)) => return Ok(()),
            (Expected::Accept, Outcome::Rejected(why)) => format!("rejected: {why}"),
            (Expected::Reject, Outcome::Accepted { .. }) => "accepted".to_owned(),
            (_, Outcome::Accepted { status, fields, body, self_delimited }) => {
                match self.flaw(*status, fields, body, *self_delimited) {
                    None => return Ok(()),
                    Some(flaw) => flaw,
                }
            }
        };
        let response = self.response.escape_ascii();
        Err(format!(
            "{}: {complaint}\n  verdict: {:?} ({})\n  {response}",
            self.id, self.expected, self.why
        ))
    }

    fn flaw(
        &self,
        status: u16,
        fields: &[(String, Vec<u8>)],
        body: &[u8],
        self_delimited: bool,
    ) -> Option<String> {
        let shown = |name: &str| {
            let lines = fields.iter().filter(|field| field.0.eq_ignore_ascii_case(name));
            let values: Vec<&[u8]> = lines.map(|field| &field.1[..]).collect();
            (!values.is_empty()).then(|| values.join(&b", "[..]))
        };
        for (name, value) in &self.headers {
            let found = shown(name);
            if found != Some(latin1(value)) {
                return Some(format!(
                    "{name} shows {:?}",
                    found.map(|v| v.escape_ascii().to_string())
                ));
            }
        }
        if let Some(name) = self.absent.iter().find(|name| shown(name).is_some()) {
            return Some(format!("{name} must not show"));
        }
        if status != self.status {
            return Some(format!("status {status}, not {}", self.status));
        }
        if !self.bodies.is_empty() && !self.bodies.iter().any(|wanted| wanted == body) {
            return Some(format!("content {:?}", body.escape_ascii().to_string()));
        }
        (self.self_delimited && !self_delimited).then(|| "waited for the close".to_owned())
    }
}

/// One character is one byte.
fn latin1(text: &str) -> Vec<u8> {
    text.chars().map(|c| u8::try_from(u32::from(c)).expect("Latin-1")).collect()
}
