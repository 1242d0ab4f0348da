//! Carrying a plan out: transfer after transfer, or side by side.
//!
//! In: a plan. Out: bytes where they are to go, and an exit code: that of the last transfer, or with `-Z` of the last that
//! failed. Ctrl-C drops whatever runs.

mod auth;
mod body;
mod carry;
mod client;
pub mod conditions;
mod connect;
mod cookies;
pub mod heads;
mod hop;
mod jobs;
mod made;
mod means;
mod multipart;
pub mod naming;
pub mod outputs;
mod parallel;
mod pieces;
mod proxy;
mod redirect;
mod request;
mod retry;
mod shared;
mod sink;
mod tls;
mod transfer;
mod url;
mod when;

use std::cell::{Cell, OnceCell, RefCell};
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::process::ExitCode;
use std::task::Poll;

use crate::exit::{Failed, INTERRUPTED};
use crate::persona::Persona;
use crate::plan::{Group, Plan};
use crate::show::write_out::write_out;

use jobs::Jobs;
use means::Means;

pub use shared::Run;
pub use transfer::Transfer;

/// Runs the plan to its end.
pub fn start(plan: Plan, persona: Persona) -> ExitCode {
    let name = persona.name;
    let Plan { whole, groups } = plan;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Failed::new(2, error.to_string()));
    let (runtime, run) = match runtime.and_then(|rt| Ok((rt, Run::new(whole, persona)?))) {
        Ok(both) => both,
        Err(Failed { code, message, .. }) => {
            eprintln!("{name}: ({code}) {message}");
            return ExitCode::from(code);
        }
    };
    let code = runtime.block_on(unless_interrupted(all(&run, &groups)));
    // A thread that waits for the standard input is not waited for.
    runtime.shutdown_background();
    ExitCode::from(code)
}

/// The result of `work`; at Ctrl-C it is dropped, and with it every file that is not whole.
async fn unless_interrupted(work: impl Future<Output = u8>) -> u8 {
    let interrupt = async {
        if tokio::signal::ctrl_c().await.is_err() {
            // Without signals there is nothing to wait for; the system ends the program then.
            std::future::pending::<()>().await;
        }
    };
    let (mut work, mut interrupt) = (pin!(work), pin!(interrupt));
    poll_fn(|cx| match work.as_mut().poll(cx) {
        Poll::Pending => interrupt.as_mut().poll(cx).map(|()| INTERRUPTED),
        done => done,
    })
    .await
}

/// The groups' means, made when they are needed.
struct Stage<'a> {
    run: &'a Run,
    groups: &'a [Group],
    means: Vec<OnceCell<Means<'a>>>,
}

impl<'a> Stage<'a> {
    fn means(&self, group: usize) -> Result<&Means<'a>, Failed> {
        let gone = || Failed::new(2, "no such group");
        let cell = self.means.get(group).ok_or_else(gone)?;
        if cell.get().is_none() {
            let made = Means::of(self.run, self.groups.get(group).ok_or_else(gone)?)?;
            // Nothing is awaited in between, so nobody else has made them.
            let _ = cell.set(made);
        }
        cell.get().ok_or_else(gone)
    }

    /// Runs a transfer and tells of it. The number is curl's.
    async fn one(&self, job: Result<Transfer<'_>, Failed>) -> u8 {
        let transfer = match job {
            Ok(transfer) => transfer,
            Err(failed) if failed.code == 2 => {
                let (name, messages) = (self.run.persona.name, &self.run.outputs.messages);
                messages.line(&format!("{name}: ({}) {}", failed.code, failed.message));
                messages.line(&format!("{name}: try '{name} --help' for more information"));
                return failed.code;
            }
            Err(failed) => {
                self.run.tell(&failed);
                return failed.code;
            }
        };
        let watch = self.run.shown.watch(transfer.number, transfer.url_number, &transfer.url);
        let done = match self.means(transfer.group_number) {
            Ok(means) => transfer.run(self.run, means, &watch).await,
            Err(failed) => Err(failed),
        };
        let failed = done.err();
        let code = failed.as_ref().map_or(0, |failed| failed.code);
        let facts = watch.finish(code, failed.as_ref().map(|failed| failed.message.as_str()));
        if let Some(failed) = &failed {
            self.run.tell(failed);
        }
        self.run.shown.done(&facts);
        if let Some(format) = &transfer.group.output.write_out {
            let lines = write_out(format, &facts, &self.run.persona);
            outputs::pour(&lines, &self.run.outputs.messages);
        }
        code
    }

    /// Writes what is written when all is over; its failure counts if nothing else failed.
    fn end(&self, code: u8) -> u8 {
        self.means.iter().filter_map(OnceCell::get).for_each(Means::finish);
        match self.run.shown.end() {
            Ok(()) => code,
            Err(failed) => {
                self.run.tell(&failed);
                if code == 0 { failed.code } else { code }
            }
        }
    }
}

async fn all(run: &Run, groups: &[Group]) -> u8 {
    let means = groups.iter().map(|_| OnceCell::new()).collect();
    let stage = Stage { run, groups, means };
    let code = match run.whole.parallel {
        Some(usual) => {
            let most = run.whole.parallel_max.filter(|most| *most > 0).unwrap_or(usual);
            together(&stage, most).await
        }
        None => in_turn(&stage).await,
    };
    stage.end(code)
}

async fn in_turn(stage: &Stage<'_>) -> u8 {
    let mut code = 0;
    for job in Jobs::new(stage.groups) {
        code = stage.one(job).await;
        if code != 0 && stage.run.whole.fail_early {
            break;
        }
    }
    code
}

async fn together(stage: &Stage<'_>, most: usize) -> u8 {
    let (code, jobs) = (Cell::new(0), RefCell::new(Jobs::new(stage.groups)));
    let next = || {
        let job = jobs.borrow_mut().next()?;
        Some(Box::pin(stage.one(job)) as Pin<Box<dyn Future<Output = u8> + '_>>)
    };
    let done = |ended: u8| {
        if ended != 0 {
            code.set(ended);
        }
        ended == 0 || !stage.run.whole.fail_early
    };
    parallel::side_by_side(most, next, done).await;
    code.get()
}
