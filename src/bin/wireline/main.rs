//! `wireline`: HTTP from the command line, with the options that hands know from curl.
//!
//! ```text
//! arguments ─▶ plan ─▶ run ─▶ show
//! ```
//!
//! [`plan`] is pure: arguments in, a plan out. [`run`] carries it out with the library's public face. [`show`] turns what
//! happens into bytes. The exit code is curl's ([`exit`]).
//!
//! | file | what it is |
//! |---|---|
//! | **`plan`** | arguments to a plan; nothing is sent |
//! | `options` `words` `said` | the table of options; arguments as words; one option as it was said |
//! | `config_file` `variables` `expand` `glob` | more arguments from files; variables; many URLs in one |
//! | `whole` `group` | what holds for the run; what holds between two `--next` |
//! | `data` `form` `form/tests` `tests` | what `-d` and `-F` say, as bytes and parts |
//! | **`plan/parts`** | the parts of a group, each with the options it takes |
//! | `request` `body` `auth` `cookies` | what is asked, sent along, by whom |
//! | `connect` `proxy` `tls` | how it gets there |
//! | `redirects` `limits` `output` | where it may lead, how long it may take, where it is written |
//! | **`run`** | a plan is carried out |
//! | `shared` `client` `made` `outputs` | what all transfers share |
//! | `jobs` `parallel` `transfer` `carry` | transfers, in turn or side by side; one of them, and its redirects and retries |
//! | `hop` `request` `url` `body` `multipart` `pieces` | one request, with curl's bytes |
//! | `means` `connect` `tls` `proxy` `auth` `cookies` | how it gets there, and as whom |
//! | `redirect` `retry` `conditions` `when` | curl's rules: where to, once more, only if, since when |
//! | `sink` `heads` `naming` | where what comes is written |
//! | `multipart/tests` `redirect/tests` | their tests |
//! | **`show`** | what happens, as bytes |
//! | `watch` `facts` | events in; what is known of a transfer |
//! | `verbose` `trace` `narrate` `stamp` | `-v` and `--trace`, in curl's lines |
//! | `timing` `explain` `har` `progress` | the waterfall; sentences; HAR 1.2; bars |
//! | `write_out` `variables` `certificates` `strftime` `zone` | `-w` |
//! | `help` `out` `escape` `colour` | help; where it goes; what must not reach a terminal; colour |

mod exit;
mod persona;
mod plan;
mod run;
mod show;

use std::ffi::OsString;
use std::io::{self, Read as _};
use std::path::Path;
use std::process::ExitCode;

use persona::Persona;
use plan::{Files, Instead};

fn main() -> ExitCode {
    let mut args = std::env::args_os();
    let persona = Persona::of(args.next().as_deref());
    let plan = match plan::plan(args.collect(), &mut Disk) {
        Ok(plan) => plan,
        Err(wrong) => {
            eprintln!("{}: {wrong}", persona.name);
            eprintln!("{0}: try '{0} --help' for more information", persona.name);
            return ExitCode::from(wrong.code);
        }
    };
    match plan.whole.instead {
        Some(Instead::Help) => {
            let topic = plan.groups.iter().flat_map(|group| &group.urls).next();
            print!("{}", show::help::text(&persona, topic.map(|topic| topic.0.as_str())));
        }
        Some(Instead::Version) => print!("{}", persona.version()),
        None => return run::start(plan, persona),
    }
    ExitCode::SUCCESS
}

/// The files of this machine.
struct Disk;

impl Files for Disk {
    fn read(&mut self, path: &Path) -> io::Result<Vec<u8>> {
        if path == Path::new("-") {
            let mut all = Vec::new();
            io::stdin().read_to_end(&mut all)?;
            return Ok(all);
        }
        std::fs::read(path)
    }

    fn variable(&mut self, name: &str) -> Option<OsString> {
        std::env::var_os(name)
    }
}
